namespace Nauha.Recorder.Announcements;

/// <summary>
/// An announcement as it is played at one level on pairs of one reach: lines alike share it, for it is the largest thing
/// that a line at rest holds. Nobody writes into it.
/// </summary>
/// <param name="Samples">What the proof looks for: the texts at their level, 8 kHz, −1 to 1.</param>
/// <param name="Queue">What is handed to the line: a quiet lead-in of 250 ms, then the same texts.</param>
/// <param name="LevelDbv">Active speech level on the pair: what was asked, or less where the peaks do not let it.</param>
internal sealed record Spoken(float[] Samples, short[] Queue, double LevelDbv)
{
    public const int LeadIn = 2_000;

    /// <summary>The loudest sample on the pair, dBV of a sine that peaks there (ES 203 021-2 allows speech no more).</summary>
    public const double PeakDbv = -3;

    private const double LeadInDbv = -30;

    /// <param name="levelDbv">Active speech level that the pair should show.</param>
    /// <param name="reach">dBV on the pair of a full-scale sine.</param>
    public static Spoken At(Announcement announcement, double levelDbv, double reach)
    {
        var (samples, reached) = PeakLimit.Fit(announcement.Samples, levelDbv - reach, Math.Min(1, Math.Pow(10, (PeakDbv - reach) / 20)));
        return new(samples, [.. Noise(Math.Pow(10, (LeadInDbv - reach) / 20)), .. samples.Select(sample => short.CreateSaturating(sample * 32_767))], reached + reach);
    }

    // The same quiet noise each time: it carries nothing.
    private static IEnumerable<short> Noise(double level)
    {
        var state = 0x2545F491u;
        for (var i = 0; i < LeadIn; i++)
        {
            state = unchecked((state * 1664525) + 1013904223);
            yield return short.CreateSaturating((((state >> 8) / (double)(1 << 24)) - 0.5) * level * 2.45 * 32_767);
        }
    }
}
