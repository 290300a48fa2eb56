namespace Nauha.Drivers.Capture;

/// <summary>
/// One direction of an ALSA device: opened without blocking, periods of 20 ms, 8 kHz mono 16 bit asked for and whatever is
/// near taken. ALSA's own rate conversion stays off: ours is better, and what the hardware really does is shown.
/// </summary>
internal sealed unsafe class AlsaPcm : IPcm
{
    private const uint PeriodMicroseconds = 20_000;
    private static readonly SampleFormat[] Formats = [SampleFormat.S16, SampleFormat.S32, SampleFormat.S24In3];

    private readonly PcmHandle _pcm;

    private AlsaPcm(PcmHandle pcm, string name, PcmShape shape) => (_pcm, Name, Shape) = (pcm, name, shape);

    public string Name { get; }

    public PcmShape Shape { get; }

    /// <param name="name">As ALSA knows it: hw:1,0, or a name from asound.conf.</param>
    /// <param name="capture">Else playback.</param>
    /// <param name="channels">At least so many it must have.</param>
    /// <param name="wanted">So many are asked for, where it has them.</param>
    /// <param name="buffer">What the device may hold: the longest stall that loses nothing.</param>
    /// <exception cref="SoundDeviceException">There is no such device, another program has it, or it can do nothing that we can use.</exception>
    public static AlsaPcm Open(string name, bool capture, int channels, TimeSpan buffer, int wanted = 1) => LibAsound.Loaded(() =>
    {
        LibAsound.BeQuiet();
        var error = LibAsound.Open(out var pcm, name, capture ? LibAsound.Capture : LibAsound.Playback, LibAsound.NonBlocking);
        if (error < 0)
        {
            pcm.Dispose();
            throw new SoundDeviceException($"The sound device {name} cannot be opened for {(capture ? "capture" : "playback")}: {LibAsound.Words(error)}.{(error == -16 ? " Another program has it." : " nauha-recorder devices lists what is there.")}");
        }
        try
        {
            return new AlsaPcm(pcm, name, Agree(pcm, name, capture, channels, Math.Max(channels, wanted), buffer));
        }
        catch
        {
            pcm.Dispose();
            throw;
        }
    });

    private static PcmShape Agree(PcmHandle pcm, string name, bool capture, int channels, int wanted, TimeSpan buffer)
    {
        Sure(LibAsound.NewHwParams(out var hardware), "is not described");
        using var hw = hardware;
        Sure(LibAsound.Any(pcm, hw), "has no configuration");
        _ = LibAsound.SetResample(pcm, hw, 0);
        Sure(LibAsound.SetAccess(pcm, hw, LibAsound.Interleaved), "gives no interleaved samples");
        var format = Formats.FirstOrDefault(format => LibAsound.SetFormat(pcm, hw, (int)format) >= 0);
        if (format == default) throw new SoundDeviceException($"The sound device {name} gives neither 16, 24 nor 32 bit samples.");
        var (count, rate, period, length) = ((uint)wanted, 8_000u, PeriodMicroseconds, (uint)buffer.TotalMicroseconds);
        Sure(LibAsound.SetChannelsNear(pcm, hw, ref count), "gives no number of channels");
        if (count < channels) throw new SoundDeviceException($"The sound device {name} has {count} channels; channel {channels} is asked for.");
        Sure(LibAsound.SetRateNear(pcm, hw, ref rate, 0), "gives no rate");
        if (rate is < 8_000 or > 48_000) throw new SoundDeviceException($"The sound device {name} runs at {rate} Hz; 8,000 to 48,000 are used.");
        Sure(LibAsound.SetBufferTimeNear(pcm, hw, ref length, 0), "gives no buffer");
        Sure(LibAsound.SetPeriodTimeNear(pcm, hw, ref period, 0), "gives no period");
        Sure(LibAsound.Install(pcm, hw), "refuses its own configuration");
        Sure(LibAsound.GetRate(hw, out rate, 0), "does not say its rate");
        Sure(LibAsound.GetChannels(hw, out count), "does not say its channels");
        Sure(LibAsound.GetPeriod(hw, out var periodFrames, 0), "does not say its period");
        Sure(LibAsound.GetBuffer(hw, out var bufferFrames), "does not say its buffer");

        Sure(LibAsound.NewSwParams(out var software), "is not described");
        using var sw = software;
        Sure(LibAsound.Current(pcm, sw), "has no configuration");
        Sure(LibAsound.SetAvailMin(pcm, sw, periodFrames), "does not wake us by periods");
        // Started by hand, both ways.
        Sure(LibAsound.SetStartThreshold(pcm, sw, nuint.MaxValue / 2), "starts by itself");
        Sure(LibAsound.Install(pcm, sw), "refuses its own configuration");
        return new((int)rate, (int)count, format, (int)periodFrames, (int)bufferFrames);

        void Sure(int code, string what)
        {
            if (code < 0) throw new SoundDeviceException($"The sound device {name} {what} ({(capture ? "capture" : "playback")}): {LibAsound.Words(code)}.");
        }
    }

    public int Wait(int milliseconds) => LibAsound.Wait(_pcm, milliseconds);

    public int Available() => (int)LibAsound.Avail(_pcm);

    public int Read(Span<byte> frames)
    {
        fixed (byte* buffer = frames) return (int)LibAsound.Read(_pcm, buffer, (nuint)(frames.Length / Shape.FrameBytes));
    }

    public int Write(ReadOnlySpan<byte> frames)
    {
        fixed (byte* buffer = frames) return (int)LibAsound.Write(_pcm, buffer, (nuint)(frames.Length / Shape.FrameBytes));
    }

    public int Start() => LibAsound.Start(_pcm);

    public int Prepare() => LibAsound.Prepare(_pcm);

    public int Resume() => LibAsound.Resume(_pcm);

    public int Drop() => LibAsound.Drop(_pcm);

    public void Dispose() => _pcm.Dispose();
}
