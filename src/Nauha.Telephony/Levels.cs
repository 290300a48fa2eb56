namespace Nauha.Telephony;

/// <summary>One frequency that hums, and how loud.</summary>
public readonly record struct HumLine(double Hertz, double Dbm0);

/// <summary>
/// Levels of a stretch of audio in dBm0: a full-scale sine is +3.14. Null: silence, or there is none. On a pair of 600 Ω whose
/// 0 dBm is 0 dBm0, a level in dBV is 2.2 less.
/// </summary>
public readonly record struct Levels(double? PeakDbm0, double? RmsDbm0)
{
    /// <summary>dBV of 0 dBm in 600 Ω.</summary>
    public const double DbvAt0Dbm0 = -2.2;

    /// <summary>Active speech level, ITU-T P.56 method B.</summary>
    public double? ActiveSpeechDbm0 { get; init; }

    /// <summary>Share of the time that was active.</summary>
    public double? Activity { get; init; }

    /// <summary>What is there when nobody talks: the quietest twentieth of all 20 ms.</summary>
    public double? NoiseFloorDbm0 { get; init; }

    /// <summary>Samples in flat tops at the end of the scale.</summary>
    public long ClippedSamples { get; init; }

    /// <summary>The constant part.</summary>
    public double? DcOffsetDbm0 { get; init; }

    /// <summary>Mains hum in all: 50 or 60 Hz and harmonics to 1 kHz.</summary>
    public double? HumDbm0 { get; init; }

    /// <summary>Its lines, lowest first; null where nothing hums.</summary>
    public IReadOnlyList<HumLine>? Hum { get; init; }

    /// <summary>A GSM telephone's bursts, 217 a second.</summary>
    public double? GsmBuzzDbm0 { get; init; }

    public static Levels Of(ReadOnlySpan<short> samples)
    {
        var meter = new LevelMeter();
        meter.Process(samples);
        return meter.Read();
    }

    internal static double? Decibel(double power) => power > 0 ? Math.Round((10 * Math.Log10(2 * power)) + 3.14, 2) : null;
}
