using System.Buffers.Binary;
using Nauha.Audio;
using Nauha.Drivers.Capture;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Playback;

/// <summary>
/// The line's mouth: what is to be injected, at 8 kHz, goes to one channel of the playback device. The device runs all the
/// time, on silence, so that an announcement sounds at once and always as late, and its crystal can be measured. Fed by the
/// capture thread every 20 ms, so that nobody else ever touches the device; filled and stopped by the line's own thread.
/// </summary>
/// <param name="channel">From 0.</param>
/// <param name="relay">Closed while something is to be said; null: there is none.</param>
internal sealed class Speaker(IPcm pcm, int channel, IInjectionSwitch? relay) : IDisposable
{
    private const int Rate = 8_000;
    private const int Capacity = Rate / 2;

    private readonly Lock _lock = new();
    private readonly short[] _queue = new short[Capacity];
    private readonly short[] _some = new short[SampleAt(pcm.Shape)];
    private readonly float[] _in = new float[SampleAt(pcm.Shape)];
    private readonly byte[] _frames = new byte[pcm.Shape.PeriodFrames * pcm.Shape.FrameBytes];
    private Resampler? _resampler = Up(pcm.Shape);
    private DeviceClock _clock = new(pcm.Shape.RateHz);
    private float[] _out = [];
    private int _first, _count;
    private bool _stop, _closed, _held, _runs;
    private long _written, _spokenUntil;
    private int _ready;             // samples at the device's rate in _out
    private int _inDevice;          // of what was injected, at 8 kHz

    public PcmShape Shape => pcm.Shape;

    public string Name => pcm.Name;

    public double? Ppm => _clock.Ppm;

    /// <summary>Times that something being said was torn.</summary>
    public long Underruns { get; private set; }

    /// <summary>Samples at 8 kHz injected and not yet handed to the device: what the device holds is no reason to wait with more.</summary>
    public int Pending
    {
        get { lock (_lock) return _stop ? 0 : _count; }
    }

    public int Inject(ReadOnlySpan<short> samples)
    {
        lock (_lock)
        {
            if (_stop) return 0;    // what was stopped is still being cleared: a block later there is room
            var taken = Math.Min(samples.Length, Capacity - _count);
            for (var i = 0; i < taken; i++) _queue[(_first + _count + i) % Capacity] = samples[i];
            _count += taken;
            if (taken > 0 && !_closed)
            {
                _closed = true;
                if (!_held) relay?.Close();
            }
            return taken;
        }
    }

    /// <summary>The phone stays on while something is said.</summary>
    public bool LeavesPhoneOn
    {
        get => relay?.LeavesPhoneOn ?? true;
        set
        {
            lock (_lock)
                if (relay is not null) relay.LeavesPhoneOn = value;
        }
    }

    /// <summary>Keeps the relay open, whatever is said: what comes back then came another way than over the pair.</summary>
    /// <returns>False: there is no relay.</returns>
    public bool HoldOpen(bool open)
    {
        if (relay is null) return false;
        lock (_lock)
        {
            _held = open;
            if (open) relay.Open();
            else if (_closed) relay.Close();
            return true;
        }
    }

    /// <summary>The relay opens at once; the device is cleared within a period.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            Open();
            if (_count == 0 && _inDevice == 0) return;
            (_count, _stop) = (0, true);
        }
    }

    private void Open()
    {
        if (!_closed) return;
        _closed = false;
        relay?.Open();
    }

    /// <summary>Tops the device up; <paramref name="seconds"/> is the box's own clock.</summary>
    /// <exception cref="SoundDeviceException">The device is lost.</exception>
    public void Feed(double seconds)
    {
        if (Stopped()) Sure(pcm.Drop(), restart: true);     // silence follows at once
        var room = pcm.Available();
        if (room < 0) room = Torn(room);
        for (; room >= Shape.PeriodFrames; room -= Shape.PeriodFrames)
        {
            Fill();
            var written = pcm.Write(_frames);
            if (written == LibAsound.Again) break;
            if (written < 0)
            {
                room = Torn(written) + Shape.PeriodFrames;
                continue;
            }
            _written += written;
        }
        if (!_runs)
        {
            Sure(pcm.Start(), restart: false);
            _runs = true;
        }
        var waiting = Shape.BufferFrames - Math.Max(0, pcm.Available());
        _clock.Take(_written - waiting, seconds);
        lock (_lock)
        {
            _inDevice = (int)(Math.Max(0, _spokenUntil - (_written - waiting)) * Rate / Shape.RateHz);
            if (_closed && _count == 0 && _inDevice == 0 && !_stop) Open();
        }
    }

    private bool Stopped()
    {
        lock (_lock)
        {
            if (!_stop) return false;
            (_stop, _inDevice) = (false, 0);
        }
        (_spokenUntil, _ready) = (0, 0);
        _resampler = Up(Shape);
        return true;
    }

    // A period for the device: what is to be said, then silence.
    private void Fill()
    {
        Array.Clear(_frames);
        var (made, spoke) = _resampler is null ? Plain() : Resampled(_resampler);
        if (spoke) _spokenUntil = _written + made;
    }

    private (int Made, bool Spoke) Plain()
    {
        var count = Fetch(Shape.PeriodFrames);
        for (var i = 0; i < count; i++) Put(i, _some[i] / 32_768f);
        return (count, count > 0);
    }

    // Silence goes through the filter too while something is still in it.
    private (int Made, bool Spoke) Resampled(Resampler resampler)
    {
        if (_out.Length == 0) _out = new float[Shape.PeriodFrames + resampler.MostOutput(_in.Length)];
        var spoke = false;
        while (_ready < Shape.PeriodFrames)
        {
            var count = Fetch(_in.Length);
            spoke |= count > 0;
            if (count == 0 && _ready == 0 && _written > _spokenUntil + Shape.BufferFrames) return (0, false);
            for (var i = 0; i < _in.Length; i++) _in[i] = i < count ? _some[i] / 32_768f : 0;
            _ready += resampler.Process(_in, _out.AsSpan(_ready));
        }
        for (var i = 0; i < Shape.PeriodFrames; i++) Put(i, _out[i]);
        _ready -= Shape.PeriodFrames;
        _out.AsSpan(Shape.PeriodFrames, _ready).CopyTo(_out);
        return (Shape.PeriodFrames, spoke);
    }

    private int Fetch(int most)
    {
        lock (_lock)
        {
            var count = Math.Min(most, _count);
            for (var i = 0; i < count; i++) _some[i] = _queue[(_first + i) % Capacity];
            (_first, _count) = ((_first + count) % Capacity, _count - count);
            return count;
        }
    }

    private void Put(int frame, float value)
    {
        var at = _frames.AsSpan((frame * Shape.FrameBytes) + (channel * Shape.SampleBytes));
        switch (Shape.Format)
        {
            case SampleFormat.S16:
                BinaryPrimitives.WriteInt16LittleEndian(at, short.CreateSaturating(MathF.Round(value * 32_768f)));
                break;
            case SampleFormat.S24In3:
                var wide = Math.Clamp((int)MathF.Round(value * 8_388_608f), -8_388_608, 8_388_607);
                (at[0], at[1], at[2]) = unchecked(((byte)wide, (byte)(wide >> 8), (byte)(wide >> 16)));
                break;
            default:
                BinaryPrimitives.WriteInt32LittleEndian(at, int.CreateSaturating(Math.Round(value * 2_147_483_648.0)));
                break;
        }
    }

    // Nothing was handed over in time, or the device was suspended: it begins again with what is next.
    private int Torn(int error)
    {
        if (error is not (LibAsound.Pipe or LibAsound.StreamPipe)) Sure(error, restart: false);
        lock (_lock)
            if (_count > 0 || _inDevice > 0) Underruns++;
        Sure(0, restart: true);
        var room = pcm.Available();
        Sure(room, restart: false);
        return room;
    }

    private void Sure(int code, bool restart)
    {
        if (code >= 0 && restart)
        {
            _runs = false;
            _clock = new(Shape.RateHz);
            code = pcm.Prepare();
        }
        if (code < 0 && code != LibAsound.Again) throw new SoundDeviceException($"The playback device {pcm.Name} is lost: {LibAsound.Words(code)}.");
    }

    private static int SampleAt(PcmShape shape) => Math.Max(1, shape.RateHz == Rate ? shape.PeriodFrames : shape.PeriodFrames * Rate / shape.RateHz);

    private static Resampler? Up(PcmShape shape) => shape.RateHz == Rate ? null : new(Rate, shape.RateHz);

    public void Dispose()
    {
        relay?.Open();
        pcm.Dispose();
    }
}
