namespace Nauha.Simulation;

/// <summary>What the far party had of an announcement.</summary>
/// <param name="SegmentalSnrDb">Mean over the 250 ms windows that carry it of its level against all other speech there, each held within −10 and 35 dB; NaN where it did not arrive.</param>
/// <param name="FirstWord">How alike its first 0.7 s arrived, 0 to 1: the correlation of its spoken windows of 100 ms, their mean.</param>
/// <param name="WeakestDb">The weakest of those windows against what the median one gives: a swallowed or lost syllable lies far below 0.</param>
public readonly record struct FarEarFinding(double SegmentalSnrDb, double FirstWord, double WeakestDb)
{
    /// <summary>6 dB over other speech, and the first word whole.</summary>
    public bool IsHeard => SegmentalSnrDb >= 6 && FirstWord >= 0.8 && WeakestDb >= -8;
}

/// <summary>Judges an announcement where it matters, from the clean stems of the far ear: nothing of it is the recorder's own opinion.</summary>
public static class FarEarCheck
{
    private const int Window = 2_000, Short = 800, Word = 5_600, Wander = 400;
    private const double Clear = 35, Lost = -10;

    /// <param name="said">The announcement as it was played, full scale = 1.</param>
    /// <param name="from">Where its first sample is expected at the far ear, within 50 ms: line time, later by the network's delay.</param>
    public static FarEarFinding Judge(Stems stems, ReadOnlySpan<float> said, long from)
    {
        ArgumentNullException.ThrowIfNull(stems);
        var heard = stems[CapturePoint.FarEar, Stem.Announcement];
        var (agent, caller) = (stems[CapturePoint.FarEar, Stem.Agent], stems[CapturePoint.FarEar, Stem.Caller]);
        var (sum, windows) = (0.0, 0);
        for (var at = 0; at + Window <= said.Length && from + at + Window <= heard.Count; at += Window)
        {
            if (Power(said.Slice(at, Window)) < 1e-4) continue;
            double own = 0, others = 0;
            for (var i = 0; i < Window; i++)
            {
                var there = (int)(from + at + i);
                own += (double)heard[there] * heard[there];
                var other = (double)agent[there] + caller[there];
                others += other * other;
            }
            sum += own < 1 ? Lost : Math.Clamp(10 * Math.Log10(own / Math.Max(others, 1)), Lost, Clear);
            windows++;
        }
        var (alike, weakest) = FirstWord(heard, said, from);
        return new(windows == 0 ? double.NaN : sum / windows, alike, weakest);
    }

    private static (double Alike, double WeakestDb) FirstWord(List<short> heard, ReadOnlySpan<float> said, long from)
    {
        var (sum, gains) = (0.0, new List<double>());
        for (var at = 0; at + Short <= Math.Min(Word, said.Length); at += Short)
        {
            var reference = said.Slice(at, Short);
            if (Power(reference) < 1e-4) continue;
            var (best, gain) = (0.0, 0.0);
            for (var shift = -Wander; shift <= Wander; shift++)
            {
                var start = from + at + shift;
                if (start < 0 || start + Short > heard.Count) continue;
                double cross = 0, there = 0, own = 0;
                for (var i = 0; i < Short; i++)
                {
                    double h = heard[(int)start + i], r = reference[i];
                    (cross, there, own) = (cross + (h * r), there + (h * h), own + (r * r));
                }
                var correlation = there < 1 ? 0 : Math.Abs(cross) / Math.Sqrt(there * own);
                if (correlation > best) (best, gain) = (correlation, Math.Sqrt(there / own));
            }
            sum += best;
            gains.Add(gain);
        }
        if (gains.Count == 0) return (0, double.NegativeInfinity);
        var median = gains.Order().ElementAt(gains.Count / 2);
        return (sum / gains.Count, median <= 0 ? double.NegativeInfinity : 20 * Math.Log10(Math.Max(gains.Min(), 1e-9) / median));
    }

    private static double Power(ReadOnlySpan<float> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples) sum += (double)sample * sample;
        return sum / samples.Length;
    }
}
