using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Mixer;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>A capture device that hears what the test gives it, and fails as it is told. It waits until there is something.</summary>
internal sealed class TrialCapture(PcmShape shape) : IPcm
{
    private readonly BlockingCollection<(byte[]? Frames, int Code)> _script = [];
    private (byte[]? Frames, int Code)? _next;
    private int _at;

    public string Name => "trial";

    public PcmShape Shape { get; } = shape;

    public List<string> Calls { get; } = [];

    private readonly SemaphoreSlim _idle = new(0);

    /// <summary>Ends when all that was given has been worked off.</summary>
    public async Task WorkedOffAsync(CancellationToken cancel)
    {
        while (_script.Count > 0 || _next is not null) await _idle.WaitAsync(cancel);
        while (_idle.CurrentCount > 0) await _idle.WaitAsync(cancel);
        await _idle.WaitAsync(cancel);
    }

    /// <summary>Answers of <see cref="Resume"/>, in turn; then 0.</summary>
    public Queue<int> Resumes { get; } = new();

    /// <summary>What the clock does before the device is started again.</summary>
    public Action? BeforeStart { get; set; }

    public void Give(params short[] samples) => _script.Add((MemoryMarshal.AsBytes(samples.AsSpan()).ToArray(), 0));

    public void Give(byte[] frames) => _script.Add((frames, 0));

    public void Fail(int code) => _script.Add((null, code));

    public int Wait(int milliseconds)
    {
        if (_next is null && _script.Count == 0) _idle.Release();
        if (_next is null && _script.TryTake(out var next, milliseconds)) _next = next;
        return _next is null ? 0 : 1;
    }

    public int Available() => 0;

    public int Read(Span<byte> frames)
    {
        if (_next is not { } next) return LibAsound.Again;
        if (next.Frames is not { } bytes)
        {
            _next = null;
            return next.Code;
        }
        var count = Math.Min(bytes.Length - _at, frames.Length);
        bytes.AsSpan(_at, count).CopyTo(frames);
        _at += count;
        if (_at == bytes.Length) (_next, _at) = (null, 0);
        return count / Shape.FrameBytes;
    }

    public int Write(ReadOnlySpan<byte> frames) => throw new NotSupportedException();

    public int Start()
    {
        if (Calls.Count > 0) BeforeStart?.Invoke();
        Calls.Add("start");
        return 0;
    }

    public int Prepare()
    {
        Calls.Add("prepare");
        return 0;
    }

    public int Resume()
    {
        Calls.Add("resume");
        return Resumes.TryDequeue(out var code) ? code : 0;
    }

    public int Drop() => 0;

    public void Dispose() => Calls.Add("closed");
}

/// <summary>A playback device that keeps what it is given and sounds it when the test lets time pass.</summary>
internal sealed class TrialPlayback(PcmShape shape) : IPcm
{
    private readonly List<byte> _sounded = [];
    private readonly Queue<byte> _waiting = new();
    private int _error;
    private bool _runs;

    public string Name => "trial";

    public PcmShape Shape { get; } = shape;

    public List<string> Calls { get; } = [];

    /// <summary>All frames that have sounded, as 16-bit samples of all channels.</summary>
    public short[] Sounded => MemoryMarshal.Cast<byte, short>(_sounded.ToArray()).ToArray();

    public int Waiting => _waiting.Count / Shape.FrameBytes;

    /// <summary>The device plays so many frames; with nothing left it stops, as real ones do.</summary>
    public void Sound(int frames)
    {
        if (!_runs) return;
        for (var i = 0; i < frames * Shape.FrameBytes; i++)
        {
            if (_waiting.Count == 0)
            {
                (_error, _runs) = (LibAsound.Pipe, false);
                return;
            }
            _sounded.Add(_waiting.Dequeue());
        }
    }

    public void Fail(int code) => _error = code;

    public int Wait(int milliseconds) => 1;

    public int Available() => _error < 0 ? _error : Shape.BufferFrames - Waiting;

    public int Read(Span<byte> frames) => throw new NotSupportedException();

    public int Write(ReadOnlySpan<byte> frames)
    {
        if (_error < 0) return _error;
        foreach (var one in frames) _waiting.Enqueue(one);
        return frames.Length / Shape.FrameBytes;
    }

    public int Start()
    {
        _runs = true;
        return 0;
    }

    public int Prepare()
    {
        Calls.Add("prepare");
        if (_error == LibAsound.NoDevice) return _error;
        (_error, _runs) = (0, false);
        _waiting.Clear();
        return 0;
    }

    public int Resume() => 0;

    public int Drop()
    {
        Calls.Add("drop");
        return 0;
    }

    public void Dispose() => Calls.Add("closed");
}

/// <summary>A mixer with a will of its own.</summary>
internal sealed class TrialMixer : IMixer
{
    public string Card => "hw:1";

    public Dictionary<string, ControlState> Controls { get; } = [];

    /// <summary>Controls that cannot be moved.</summary>
    public HashSet<string> Stuck { get; } = [];

    public IReadOnlyList<string> Names() => [.. Controls.Keys];

    public ControlState? Read(string control) => Controls.TryGetValue(control, out var state) ? state : null;

    public void Write(string control, bool? on, int? step)
    {
        if (Stuck.Contains(control)) return;
        var state = Controls[control];
        Controls[control] = state with { On = on ?? state.On, Step = step ?? state.Step };
    }

    public void Dispose()
    {
    }
}
