using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Capture;

/// <summary>
/// What the capture thread has heard and the line has not taken yet: 64 blocks, 1.28 s. While it is nearly full the rest
/// waits in the device; a block that finds no room all the same is lost, counted, and a gap before the next one. One
/// writer, one reader, no allocation.
/// </summary>
internal sealed class BlockRing : IValueTaskSource<bool>
{
    private const int Size = 64, Spare = 8;

    private sealed class Slot
    {
        public readonly short[] Samples = One(), Near = One(), Far = One();

        // The collector makes no copies of what was said.
        private static short[] One() => GC.AllocateArray<short>(SampleBlock.Length, pinned: true);
        public bool HasSides;
        public long First;
        public int Lost;
        public bool Clipped;
    }

    private readonly Slot[] _slots = [.. Enumerable.Range(0, Size).Select(_ => new Slot())];
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _waiter = new() { RunContinuationsAsynchronously = true };
    private int _first, _count, _lost;
    private bool _waits;
    private Exception? _end;
    private readonly Action _interrupt;
    private CancellationToken _cancel;
    private CancellationTokenRegistration _registration;

    public BlockRing() => _interrupt = Interrupt;

    /// <summary>A period of the device may find no room: what is still in the device is better left there.</summary>
    public bool IsNearlyFull
    {
        get { lock (_lock) return _count > Size - Spare; }
    }

    /// <summary>Blocks that the line has not taken yet.</summary>
    public int Count
    {
        get { lock (_lock) return _count; }
    }

    /// <summary>Samples lost because the line did not take them.</summary>
    public long Dropped { get; private set; }

    /// <param name="firstSample">Line time; <paramref name="lostBefore"/> is counted in it.</param>
    /// <param name="near">The two sides beside the samples; empty: the device does not tell them apart.</param>
    public void Push(long firstSample, ReadOnlySpan<short> samples, int lostBefore, bool clipped, ReadOnlySpan<short> near = default, ReadOnlySpan<short> far = default)
    {
        lock (_lock)
        {
            _lost += lostBefore;
            if (_count == Size)
            {
                _lost += samples.Length;
                Dropped += samples.Length;
                return;
            }
            var slot = _slots[(_first + _count++) % Size];
            samples.CopyTo(slot.Samples);
            near.CopyTo(slot.Near);
            far.CopyTo(slot.Far);
            slot.HasSides = near.Length > 0;
            (slot.First, slot.Lost, slot.Clipped, _lost) = (firstSample, _lost, clipped, 0);
            Wake();
        }
    }

    /// <summary>Nothing more comes: the reader gets what is there, then this.</summary>
    public void End(Exception why)
    {
        lock (_lock)
        {
            _end ??= why;
            Wake();
        }
    }

    /// <summary>Fills the block. False: there is none yet.</summary>
    /// <exception cref="IOException">The source has ended.</exception>
    public bool TryTake(SampleBlock block)
    {
        lock (_lock)
        {
            if (_count == 0) return _end is { } end ? throw new SoundDeviceException(end.Message, end) : false;
            var slot = _slots[_first];
            slot.Samples.CopyTo(block.Samples, 0);
            if (block.HasSides = slot.HasSides)
            {
                slot.Near.CopyTo(block.Near, 0);
                slot.Far.CopyTo(block.Far, 0);
            }
            (block.FirstSample, block.LostBefore, block.Clipped) = (slot.First, slot.Lost, slot.Clipped);
            (_first, _count) = ((_first + 1) % Size, _count - 1);
            return true;
        }
    }

    /// <summary>Waits for the next block and fills it. One reader at a time; his token is registered once, not for each block.</summary>
    /// <exception cref="IOException">The source has ended.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask TakeAsync(SampleBlock block, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (cancel != _cancel)
        {
            await _registration.DisposeAsync().ConfigureAwait(false);
            (_cancel, _registration) = (cancel, cancel.Register(_interrupt));
        }
        for (; ; )
        {
            cancel.ThrowIfCancellationRequested();
            if (TryTake(block)) return;
            await WaitAsync().ConfigureAwait(false);
        }
    }

    // Ends when there may be a block, or the end; true.
    private ValueTask<bool> WaitAsync()
    {
        lock (_lock)
        {
            if (_count > 0 || _end is not null) return ValueTask.FromResult(true);
            _waiter.Reset();
            _waits = true;
            return new(this, _waiter.Version);
        }
    }

    // Somebody wants to stop.
    private void Interrupt()
    {
        lock (_lock) Wake();
    }

    private void Wake()
    {
        if (!_waits) return;
        _waits = false;
        _waiter.SetResult(true);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _waiter.OnCompleted(continuation, state, token, flags);

    /// <summary>Nobody reads any more: his token is let go.</summary>
    public ValueTask LeaveAsync() => _registration.DisposeAsync();
}
