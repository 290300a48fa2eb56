namespace Nauha.Drivers.Capture;

/// <summary>How a device lays down samples; little-endian, all channels of a moment together.</summary>
public enum SampleFormat { S16 = 2, S24In3 = 32, S32 = 10 }    // the numbers of SND_PCM_FORMAT_…_LE

/// <summary>What was agreed with a device: it gives what it can, and that is honoured.</summary>
public readonly record struct PcmShape(int RateHz, int Channels, SampleFormat Format, int PeriodFrames, int BufferFrames)
{
    public int SampleBytes => Format switch { SampleFormat.S16 => 2, SampleFormat.S24In3 => 3, _ => 4 };

    public int FrameBytes => SampleBytes * Channels;
}

/// <summary>One direction of a sound device. Codes are libasound's: frames, or a negative error number. The twin is in the tests.</summary>
internal interface IPcm : IDisposable
{
    string Name { get; }

    PcmShape Shape { get; }

    /// <summary>Waits until a period can be fetched. 1: it can; 0: not within this time.</summary>
    int Wait(int milliseconds);

    /// <summary>Frames that could be fetched, or handed over, now.</summary>
    int Available();

    int Read(Span<byte> frames);

    int Write(ReadOnlySpan<byte> frames);

    int Start();

    /// <summary>After an overrun, a suspend or a drop: ready to be started again.</summary>
    int Prepare();

    /// <summary>Wakes a suspended device; <see cref="LibAsound.Again"/>: not yet.</summary>
    int Resume();

    /// <summary>Stops at once and forgets what waits in the device.</summary>
    int Drop();
}
