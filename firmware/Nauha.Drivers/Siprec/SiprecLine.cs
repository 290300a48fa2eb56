using Nauha.Drivers.Capture;
using Nauha.Format;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// One line that a PBX feeds: silent and on the hook until a recorded call takes it, then that call's streams mixed to one.
/// It only hears. Its time goes on by the box's clock while it rests, and by the media's while a call is up.
/// </summary>
public sealed class SiprecLine : ILineSource
{
    private const double Patience = 8;                  // for the registration: a line that does not move for ten seconds counts as hanging
    private const double Rest = 1.5;                    // after a call, before the next: it has to be closed as its own
    private const double StoodStill = 0.1;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private static readonly short[] Silence = new short[SampleBlock.Length];

    private readonly TimeProvider _time;
    private readonly Action<SiprecLine> _closed;
    private readonly Lock _lock = new();
    private readonly BlockRing _blocks = new();
    private readonly Queue<(long At, SignalledCall? Call)> _changes = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _clock;
    private readonly string _trunk;
    private Mixdown? _mix;
    private SignalledCall? _signalled;
    private long _at, _restAt, _lost;
    private double _restFrom, _freeAt;
    private bool _listens;

    internal SiprecLine(LineId line, string profile, string trunk, IReadOnlyList<string> local, TimeProvider time, Action<SiprecLine> closed)
    {
        (Line, Profile, _trunk, Local, _time, _closed) = (line, profile, trunk, local, time, closed);
        _restFrom = Now;
        _clock = RunAsync();
    }

    public LineId Line { get; }

    public HookSource HookSource => HookSource.Signalling;

    /// <summary>G.711's full scale is +3.14 dBm0 (ITU-T G.711 table 5): 0.9 dBV across 600 Ω.</summary>
    public double DbvAtFullScale => 0.9;

    public double InjectionDbvAtFullScale => 0;

    public string Profile { get; }

    public bool Simulated => false;

    public bool CanInject => false;

    public int InjectionPending => 0;

    public SoundLook? Sound { get; private set; }

    /// <summary>Whose calls it takes first, and who of a call's people are the line's own.</summary>
    internal IReadOnlyList<string> Local { get; }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
    {
        await _blocks.TakeAsync(block, cancel).ConfigureAwait(false);
        lock (_lock)
        {
            while (_changes.TryPeek(out var change) && change.At <= block.FirstSample) _signalled = _changes.Dequeue().Call;
        }
        (block.HandsetUp, block.Ringing, block.Signalled) = (_signalled is not null, false, _signalled);
        return true;
    }

    public int Inject(ReadOnlySpan<short> samples) => 0;

    public void StopInjection()
    {
        // nothing of the box ever sounds here
    }

    internal bool IsFree
    {
        get { lock (_lock) return _listens && _mix is null && Now >= _freeAt; }
    }

    private double Now => _time.GetTimestamp() / (double)_time.TimestampFrequency;

    /// <summary>The PBX can reach this box: the line's time begins.</summary>
    internal void Listen()
    {
        lock (_lock)
        {
            if (_listens) return;
            (_listens, _restAt, _restFrom) = (true, _at, Now);
        }
    }

    /// <summary>The source is lost, and with it the call on it.</summary>
    internal void Lose(SiprecException why) => _blocks.End(why);

    internal void Begin(SignalledCall call)
    {
        lock (_lock)
        {
            Idle(Now);
            _mix = new(SdpOffer.MostStreams, _at, Now);
            _changes.Enqueue((_at, call));
        }
    }

    internal void Update(SignalledCall call)
    {
        lock (_lock)
        {
            if (_mix is { } mix) _changes.Enqueue((mix.Released, call));
        }
    }

    internal void Hold(int stream, bool held)
    {
        lock (_lock) _mix?.Hold(stream, held, Now);
    }

    internal void Take(int stream, in RtpPacket packet)
    {
        lock (_lock) _mix?.Take(stream, packet, Now);
    }

    /// <summary>Seconds since something of the call last came; 0: no call.</summary>
    internal double QuietFor
    {
        get { lock (_lock) return _mix is { } mix ? Now - mix.HeardAt : 0; }
    }

    internal void End()
    {
        lock (_lock)
        {
            if (_mix is not { } mix) return;
            mix.Release(Now, _blocks, end: true);
            (_at, _mix, _lost) = (mix.Released, null, _lost + mix.Lost);
            (_restAt, _restFrom, _freeAt) = (_at, Now, Now + Rest);
            _changes.Enqueue((_at, null));
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick, _time);
        try
        {
            for (var last = Now; await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false); last = Now)
            {
                lock (_lock)
                {
                    if (Now - last is > StoodStill and var still) _mix?.Excuse(still);
                    if (_mix is { } mix) mix.Release(Now, _blocks);
                    else if (_listens) Idle(Now);
                    else if (Now - _restFrom > Patience) Lose(new($"The trunk {_trunk} is not registered yet: its PBX takes its time."));
                    if (Sound?.LostSamples is var said && said != Lost) Sound = new($"siprec:{_trunk}", null, 8_000, 1, "G.711", 0, 0, Lost, null, null, null, null, null);
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // closed
        }
        catch (Exception e)   // whatever it was ends this line's source, by name
        {
            _blocks.End(e);
        }
    }

    private long Lost => _lost + (_mix?.Lost ?? 0) + _blocks.Dropped;

    private void Idle(double now)
    {
        if (!_listens || _mix is not null) return;
        for (var due = _restAt + (long)((now - _restFrom) * 8_000); _at + SampleBlock.Length <= due; _at += SampleBlock.Length) _blocks.Push(_at, Silence, 0, clipped: false);
    }

    public async ValueTask DisposeAsync()
    {
        _closed(this);
        await _ended.CancelAsync().ConfigureAwait(false);
        await _clock.ConfigureAwait(false);
        await _blocks.LeaveAsync().ConfigureAwait(false);
        _ended.Dispose();
    }
}
