using Nauha.Drivers.Mixer;
using Nauha.Drivers.Playback;
using Nauha.Format;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Capture;

/// <summary>
/// One line on a sound device: its ear, its mouth and its hook. A thread of its own fetches what the capture device hears
/// and tops the playback device up; it waits for nobody. The line reads through a ring of 1.28 s; the device itself holds
/// half a second. So a stall of either loses nothing, and what is lost all the same is counted and lies in its place.
/// A line on which the box never speaks has no mouth, and its device need not have one.
/// </summary>
public sealed class AlsaLine : ILineSource
{
    private const int WaitMs = 100, FullMs = 10;
    private const int SilentWaits = 20;             // 2 s without a sample: the device is gone, whatever it says
    private const int LookEvery = 50;
    private const int ResumeTries = 30;

    private readonly SoundOptions _options;
    private readonly IPcm _capture;
    private readonly Speaker? _speaker;
    private readonly IHookSense _hook;
    private readonly MixerWatch? _mixer;
    private readonly TimeProvider _time;
    private readonly BlockRing _blocks = new();
    private readonly BlockMaker _maker;
    private readonly DeviceClock _clock;
    private readonly byte[] _buffer;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _ended = new();
    private long _frames;                           // heard and lost, at the device's rate
    private long _overruns;
    private int _periods, _silent;

    internal AlsaLine(LineId line, string profile, SoundOptions options, IPcm capture, Speaker? speaker, IHookSense hook, MixerWatch? mixer, TimeProvider time)
    {
        (Line, Profile, _options, _capture, _speaker, _hook, _mixer, _time) = (line, profile, options, capture, speaker, hook, mixer, time);
        _maker = new(capture.Shape, LineChannels.Of(options), _blocks);
        _clock = new(capture.Shape.RateHz);
        _buffer = new byte[capture.Shape.PeriodFrames * capture.Shape.FrameBytes];
        Sound = Look();
        _thread = new(Run) { IsBackground = true, Name = $"line {line.Number} sound", Priority = ThreadPriority.Highest };
        _thread.Start();
    }

    /// <summary>Opens a line's devices and sets its mixer.</summary>
    /// <param name="hook">How the hook is known; null: by the sound itself.</param>
    /// <param name="relay">What puts the box's voice onto the pair; null: it is there always.</param>
    /// <param name="speaks">False: the box never says anything here, and no playback device is opened.</param>
    /// <exception cref="SoundDeviceException">A device is not there, is taken, or does not do.</exception>
    public static AlsaLine Open(LineId line, string profile, SoundOptions options, SoundCards cards, TimeProvider time, IHookSense? hook = null, IInjectionSwitch? relay = null, bool speaks = true)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(cards);
        var heard = cards.Resolve(options.Device);
        var mixer = MixerWatch.OpenAny(() => MixerCardOf(options, cards), options.Mixer, time);
        var capture = AlsaPcm.Open(heard, capture: true, options.HighestChannel, TimeSpan.FromMilliseconds(options.BufferMs));
        try
        {
            var speaker = speaks ? new Speaker(OpenPlayback(options, cards), options.SpokenChannel - 1, relay) : null;
            return new(line, profile, options, capture, speaker, hook ?? new VoiceHook(options.DbvAtFullScale), mixer, time);
        }
        catch
        {
            capture.Dispose();
            mixer?.Dispose();
            throw;
        }
    }

    /// <summary>What the devices of a line agree to, opened and closed again; no playback where it does not speak.</summary>
    /// <exception cref="SoundDeviceException">One is not there, is taken, or does not do.</exception>
    public static (PcmShape Capture, PcmShape? Playback) Try(SoundOptions options, SoundCards cards, bool speaks = true)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(cards);
        using var capture = AlsaPcm.Open(cards.Resolve(options.Device), capture: true, options.HighestChannel, TimeSpan.FromMilliseconds(options.BufferMs));
        using var playback = speaks ? OpenPlayback(options, cards) : null;
        return (capture.Shape, playback?.Shape);
    }

    private static AlsaPcm OpenPlayback(SoundOptions options, SoundCards cards) =>
        AlsaPcm.Open(cards.Resolve(options.Playback ?? options.Device), capture: false, options.SpokenChannel, TimeSpan.FromMilliseconds(options.PlaybackBufferMs), options.SpokenChannels);

    /// <summary>The card whose mixer is set, as a mixer is named: hw:1, where the PCM is hw:1,0.</summary>
    internal static string MixerCardOf(SoundOptions options, SoundCards cards) => SoundCards.ControlOf(cards.Resolve(options.MixerCard ?? options.Device));

    public LineId Line { get; }

    public HookSource HookSource => _hook.Source;

    public LineSides Sides => _options.Sides;

    public double DbvAtFullScale => _options.DbvAtFullScale;

    public double InjectionDbvAtFullScale => _options.InjectionDbvAtFullScale;

    public string Profile { get; }

    public bool Simulated => false;

    public bool CanInject => _speaker is not null;

    public int InjectionPending => _speaker?.Pending ?? 0;

    public int BlocksWaiting => _blocks.Count;

    public SoundLook? Sound { get; private set; }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
    {
        await _blocks.TakeAsync(block, cancel).ConfigureAwait(false);
        _hook.Sense(block);
        return true;
    }

    public int Inject(ReadOnlySpan<short> samples) => _speaker?.Inject(samples) ?? 0;

    public void StopInjection() => _speaker?.Stop();

    public bool HoldRelayOpen(bool open) => _speaker?.HoldOpen(open) ?? false;

    public bool LeavesPhoneOn
    {
        get => _speaker?.LeavesPhoneOn ?? true;
        set => _speaker?.LeavesPhoneOn = value;
    }

    private double Now => _time.GetTimestamp() / (double)_time.TimestampFrequency;

    private void Run()
    {
        try
        {
            Sure(_capture.Start());
            while (!_ended.IsCancellationRequested) Hear();
        }
        catch (Exception e)   // whatever it was ends this line's source, by name
        {
            _blocks.End(e);
        }
    }

    private void Hear()
    {
        var code = _capture.Wait(WaitMs);
        if (code == 0)
        {
            if (++_silent >= SilentWaits) throw new SoundDeviceException($"The sound device {_capture.Name} has given no sample for 2 s: reseat it.");
            return;
        }
        if (code > 0 && _blocks.IsNearlyFull)
        {
            // The line is behind. The device holds what it hears for a while yet, and what is said must go on.
            _speaker?.Feed(Now);
            _ended.Token.WaitHandle.WaitOne(FullMs);
            return;
        }
        if (code > 0) code = _capture.Read(_buffer);
        if (code == LibAsound.Again) return;
        if (code < 0)
        {
            Recover(code);
            return;
        }
        _silent = 0;
        _frames += code;
        _maker.Take(_buffer.AsSpan(0, code * _capture.Shape.FrameBytes));
        var now = Now;
        var waiting = _capture.Available();
        if (waiting >= 0) _clock.Take(_frames + waiting, now);
        _speaker?.Feed(now);
        if (++_periods % LookEvery != 0) return;
        _mixer?.Check();
        Sound = Look();
    }

    // The device has stopped: what it held and what it did not hear until it runs again is a gap of known length, by the clock.
    private void Recover(int error)
    {
        if (error is not (LibAsound.Pipe or LibAsound.StreamPipe)) throw Lost(error);
        _overruns++;
        if (error == LibAsound.StreamPipe) Wake();
        Sure(_capture.Prepare());
        Sure(_capture.Start());
        var lost = Math.Max(0, _clock.FramesAt(Now) - _frames);
        _frames += lost;
        _maker.Lose(lost);
        Sound = Look();
    }

    private void Wake()
    {
        for (var i = 0; i < ResumeTries; i++)
        {
            if (_capture.Resume() != LibAsound.Again) return;   // woken, or it cannot be: it is prepared anew
            if (_ended.Token.WaitHandle.WaitOne(WaitMs)) return;
        }
    }

    private void Sure(int code)
    {
        if (code < 0) throw Lost(code);
    }

    private SoundDeviceException Lost(int code) => new($"The sound device {_capture.Name} is lost: {LibAsound.Words(code)}.{(code == LibAsound.NoDevice ? " It was unplugged: plug it in again." : "")}");

    private SoundLook Look()
    {
        var shape = _capture.Shape;
        var (power, peak) = _maker.LastSecond;
        return new(_capture.Name, _speaker?.Name, shape.RateHz, shape.Channels, shape.Format.ToString(), _overruns, _speaker?.Underruns ?? 0, _maker.Lost + _blocks.Dropped, Rounded(_clock.Ppm), Rounded(_speaker?.Ppm), Dbv(peak * peak / 2), Dbv(power), _mixer?.Fault);
    }

    private static double? Rounded(double? ppm) => ppm is { } known ? Math.Round(known, 1) : null;

    // A full-scale sine has a mean square of one half.
    private double? Dbv(double power) => power > 0 ? Math.Round((10 * Math.Log10(2 * power)) + _options.DbvAtFullScale, 1) : null;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        _thread.Join();
        await _blocks.LeaveAsync().ConfigureAwait(false);
        _speaker?.Dispose();
        _capture.Dispose();
        _mixer?.Dispose();
        _ended.Dispose();
    }
}
