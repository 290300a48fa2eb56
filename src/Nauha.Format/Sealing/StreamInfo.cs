using System.Text.Json;

namespace Nauha.Format;

/// <summary>How a recording's audio is coded and what the line was: item 0x82 of frame 0.</summary>
public sealed record StreamInfo
{
    /// <summary>opus or alaw.</summary>
    public string Codec { get; init; } = "opus";

    public int RateHz { get; init; } = 8_000;

    /// <summary>Samples in a packet.</summary>
    public int PacketSamples { get; init; } = 160;

    /// <summary>Bytes of every packet: hard CBR, so that size says nothing.</summary>
    public int PacketBytes { get; init; } = 60;

    /// <summary>Samples that the decoder gives before the first recorded one, at <see cref="RateHz"/>; again after each stretch.</summary>
    public int PreSkip { get; init; }

    public string Profile { get; init; } = "ata";

    /// <summary>Where the samples came from: a device's name, or <c>simulated</c>.</summary>
    public string Source { get; init; } = "";

    public string HookSource { get; init; } = "volts";

    public double DbvAtFullScale { get; init; }

    /// <summary>The box's monotonic clock when the call began.</summary>
    public long MonotonicMs { get; init; }

    internal byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteString("codec", Codec);
        json.WriteNumber("rateHz", RateHz);
        json.WriteNumber("packetSamples", PacketSamples);
        json.WriteNumber("packetBytes", PacketBytes);
        json.WriteNumber("preSkip", PreSkip);
        json.WriteString("profile", Profile);
        json.WriteString("source", Source);
        json.WriteString("hookSource", HookSource);
        json.WriteNumber("dbvAtFullScale", DbvAtFullScale);
        json.WriteNumber("monotonicMs", MonotonicMs);
    });

    internal static bool TryParse(ReadOnlySpan<byte> utf8, out StreamInfo? stream) => StrictJson.TryRead(utf8, m => new StreamInfo
    {
        Codec = m.Text("codec") switch { "opus" => "opus", "alaw" => "alaw", _ => throw m.Wrong("codec", "is neither opus nor alaw") },
        RateHz = m.Small("rateHz", 8_000, 48_000),
        PacketSamples = m.Small("packetSamples", 1, 5_760),
        PacketBytes = m.Small("packetBytes", 1, 4_096),
        PreSkip = m.Small("preSkip", 0, 10_000),
        Profile = m.Text("profile"),
        Source = m.Text("source"),
        HookSource = m.Text("hookSource"),
        DbvAtFullScale = m.Number("dbvAtFullScale"),
        MonotonicMs = m.Whole("monotonicMs"),
    }, out stream, out _);
}

/// <summary>Something that happened in a recording, without content: never digits. Item 0x04.</summary>
/// <param name="At">Sample, counted from the off-hook edge.</param>
/// <param name="What">announcement, key, mask, hold, tone, gap, flash or clock.</param>
public sealed record SealedEvent(ulong At, string What)
{
    private static readonly string[] Known = ["announcement", "key", "mask", "hold", "tone", "gap", "flash", "clock"];

    /// <summary>How long it lasted; 0 for a moment.</summary>
    public ulong Samples { get; init; }

    internal byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteNumber("at", At);
        json.WriteString("what", What);
        json.WriteNumber("samples", Samples);
    });

    internal static bool TryParse(ReadOnlySpan<byte> utf8, out SealedEvent? happened) => StrictJson.TryRead(utf8, m => new SealedEvent(m.Count("at"), Array.IndexOf(Known, m.Text("what")) is >= 0 and var i ? Known[i] : throw m.Wrong("what", "is no event")) { Samples = m.Count("samples") }, out happened, out _);
}
