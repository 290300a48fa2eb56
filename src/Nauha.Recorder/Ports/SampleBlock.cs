namespace Nauha.Recorder.Ports;

/// <summary>
/// 20 ms of one line: 160 samples at 8 kHz as the tap hears the pair, and the pair's volts beside them.
/// One block is made once and filled again and again: nothing is allocated per block.
/// </summary>
public sealed class SampleBlock
{
    /// <summary>Samples in a block: 20 ms at 8 kHz.</summary>
    public const int Length = 160;

    /// <summary>Volt readings in a block: 1,000 a second (LINE: hook, flash and pulse digits are decided in software).</summary>
    public const int VoltsLength = 20;

    /// <summary>Line time of the first sample, counted from when the source was opened; never goes back.</summary>
    public long FirstSample { get; set; }

    /// <summary>The pair's audio, 16 bit, full scale = <see cref="ILineSource.DbvAtFullScale"/>.</summary>
    public short[] Samples { get; } = GC.AllocateArray<short>(Length, pinned: true);     // the collector makes no copies of it

    /// <summary>
    /// The branch's side alone (the agent), where <see cref="HasSides"/>; same scale as <see cref="Samples"/>, which stay what is
    /// kept and judged. Old content where it is false.
    /// </summary>
    public short[] Near { get; } = GC.AllocateArray<short>(Length, pinned: true);

    /// <summary>The far side alone (the caller), where <see cref="HasSides"/>.</summary>
    public short[] Far { get; } = GC.AllocateArray<short>(Length, pinned: true);

    /// <summary>The source tells the two sides of this block apart. A few dB of each remain in the other (<see cref="InlineSides"/>).</summary>
    public bool HasSides { get; set; }

    /// <summary>The pair's volts, signed: the sign is the polarity. All zero where the source has no volts.</summary>
    public float[] Volts { get; } = new float[VoltsLength];

    /// <summary>The handset is up, where the source knows that without volts (contact, voice, signalling); null: the volts say it.</summary>
    public bool? HandsetUp { get; set; }

    /// <summary>It rings, where the source knows that without volts.</summary>
    public bool Ringing { get; set; }

    /// <summary>What a protocol says of the call that is up; null: no call, or a source that knows of none.</summary>
    public SignalledCall? Signalled { get; set; }

    /// <summary>Samples that the source lost just before this block: a gap of known length, never filled silently.</summary>
    public int LostBefore { get; set; }

    /// <summary>Some sample touched full scale.</summary>
    public bool Clipped { get; set; }
}
