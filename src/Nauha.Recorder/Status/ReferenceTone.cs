namespace Nauha.Recorder.Status;

/// <summary>A known sine on the pair, as the ear heard it.</summary>
/// <param name="Dbfs">Its level against a full-scale sine.</param>
/// <param name="RestDb">All that is not this sine, against it.</param>
/// <param name="Wander">How far the level went up and down, dB.</param>
/// <param name="Refusal">Why nothing can be built on it: silent, clips, unsteady, not-clean, frequency; null: it can.</param>
public sealed record ReferenceTone(double Hertz, double Dbfs, double RestDb, double Wander, string? Refusal)
{
    private const int Rate = 8_000, Step = Rate / 5;
    private const double Lowest = 200, Highest = 3_400;
    private const double Silent = -60, Clean = -30, Steady = 0.3;
    private const int Full = 32_700;

    /// <summary>Measures a stretch of some seconds at 8 kHz.</summary>
    /// <param name="clipped">The device said so of some sample.</param>
    public static ReferenceTone Measure(ReadOnlySpan<short> samples, bool clipped)
    {
        var hertz = Frequency(samples);
        var (power, all) = Fit(samples, hertz);
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var at = 0; at + Step <= samples.Length; at += Step)
        {
            var level = Db(Fit(samples.Slice(at, Step), hertz).Sine);
            (low, high) = (Math.Min(low, level), Math.Max(high, level));
            foreach (var sample in samples.Slice(at, Step)) clipped |= Math.Abs((int)sample) >= Full;
        }
        // A full-scale sine has a mean square of one half.
        var (dbfs, rest) = (Db(2 * power), Db(Math.Max(0, all - power)) - Db(power));
        var refusal = Db(2 * all) < Silent ? "silent" : clipped ? "clips" : rest > Clean ? "not-clean" : high - low > Steady ? "unsteady" : hertz is < Lowest or > Highest ? "frequency" : null;
        return new(Math.Round(hertz, 1), Math.Round(dbfs, 2), Math.Round(rest, 1), Math.Round(high - low, 2), refusal);
    }

    // The strongest of all places 20 Hz apart, then narrower and narrower about it.
    private static double Frequency(ReadOnlySpan<short> samples)
    {
        var head = samples[..Math.Min(samples.Length, Step * 2)];
        var (best, most) = (0.0, -1.0);
        for (double hertz = 40; hertz < (Rate / 2) - 40; hertz += 2)
            if (Fit(head, hertz).Sine is var power && power > most) (best, most) = (hertz, power);
        for (var step = 1.0; step > 0.002; step /= 2)
            foreach (var hertz in (ReadOnlySpan<double>)[best - step, best + step])
                if (Fit(samples, hertz).Sine is var power && power > Fit(samples, best).Sine) best = hertz;
        return best;
    }

    /// <summary>The mean square of the sine of this frequency that fits best, and of all without its mean.</summary>
    private static (double Sine, double All) Fit(ReadOnlySpan<short> samples, double hertz)
    {
        double mean = 0, all = 0, cosine = 0, sine = 0, cc = 0, ss = 0, cs = 0;
        foreach (var sample in samples) mean += sample;
        mean /= samples.Length;
        var (turnC, turnS) = (Math.Cos(2 * Math.PI * hertz / Rate), Math.Sin(2 * Math.PI * hertz / Rate));
        double c = 1, s = 0;
        foreach (var sample in samples)
        {
            var x = (sample - mean) / 32_768;
            (all, cosine, sine) = (all + (x * x), cosine + (x * c), sine + (x * s));
            (cc, ss, cs) = (cc + (c * c), ss + (s * s), cs + (c * s));
            (c, s) = ((c * turnC) - (s * turnS), (s * turnC) + (c * turnS));
        }
        // Least squares of a cosine and a sine.
        var det = (cc * ss) - (cs * cs);
        if (det <= 0) return (0, all / samples.Length);
        var (a, b) = (((cosine * ss) - (sine * cs)) / det, ((sine * cc) - (cosine * cs)) / det);
        return (((a * cosine) + (b * sine)) / samples.Length, all / samples.Length);
    }

    private static double Db(double power) => 10 * Math.Log10(Math.Max(power, 1e-12));
}

/// <summary>A pair that nobody feeds, as the converter shows it.</summary>
/// <param name="Volts">Its mean.</param>
/// <param name="Wander">How far single readings lie off it.</param>
/// <param name="Refusal">Why it is no zero: fed, unsteady, nothing; null: it is one.</param>
public sealed record PairZero(double Volts, double Wander, string? Refusal)
{
    /// <summary>Beyond this somebody feeds the pair, or the converter is broken.</summary>
    public const double Furthest = 3;

    private const double Steady = 1.5;

    /// <param name="volts">Readings of some seconds, with no zero taken off.</param>
    public static PairZero Measure(ReadOnlySpan<float> volts)
    {
        if (volts.IsEmpty) return new(0, 0, "nothing");
        double mean = 0, wander = 0;
        foreach (var reading in volts) mean += reading;
        mean /= volts.Length;
        foreach (var reading in volts) wander = Math.Max(wander, Math.Abs(reading - mean));
        return new(Math.Round(mean, 2), Math.Round(wander, 2), Math.Abs(mean) > Furthest ? "fed" : wander > Steady ? "unsteady" : null);
    }
}
