using Nauha.Simulation;

namespace Nauha.Recorder.Tests.TheExchange;

/// <summary>A line that does one thing, and what is measured of it: by arithmetic that shares nothing with the model.</summary>
internal static class Tried
{
    /// <summary>A port on which nothing is heard but what a test puts there, open from the first sample.</summary>
    public static PortProfile Silent => PortProfile.Ata with { CutThroughMs = 0, DelayMs = 20, ComfortNoiseDbv = -100, Noises = new() { WhiteDbv = -100 } };

    /// <summary>A handset that is up from the start, and sounds from then on.</summary>
    public static CallScript Up(params Sound[] sounds) => new() { Kind = ScriptKind.FoundLifted, At = 0, Sounds = sounds, Talk = Minutes };

    private static Talk Minutes { get; } = new(new float[8_000 * 700], []);

    public static ExchangeLine Run(PortProfile port, double seconds, CallScript script, int seed = 7, int block = 160, Action<ExchangeLine>? each = null)
    {
        var line = new ExchangeLine(port, [script], seed) { KeepsEars = true, Stems = new() };
        var (samples, volts) = (new short[block], new float[(block + 7) / 8]);
        while (line.Now + block <= seconds * 8_000)
        {
            each?.Invoke(line);
            line.Fill(samples, volts);
        }
        return line;
    }

    /// <summary>Every reading of the pair's volts, 1,000 a second.</summary>
    public static float[] Volts(PortProfile port, double seconds, CallScript script)
    {
        var line = new ExchangeLine(port, [script], seed: 7);
        var (samples, volts, all) = (new short[160], new float[20], new List<float>());
        while (line.Now < seconds * 8_000)
        {
            line.Fill(samples, volts);
            all.AddRange(volts);
        }
        return [.. all];
    }

    public static float[] Sine(double hertz, double seconds, double dbv) =>
        [.. Enumerable.Range(0, (int)(seconds * 8_000)).Select(i => (float)(Math.Pow(10, (dbv - ExchangeLine.DbvAtFullScale) / 20) * Math.Sin(2 * Math.PI * hertz * i / 8_000)))];

    public static float[] Hiss(double seconds, double dbv, int seed = 3)
    {
        var random = new Random(seed);
        var peak = Math.Pow(10, (dbv - ExchangeLine.DbvAtFullScale - 3.01) / 20) * Math.Sqrt(3);
        return [.. Enumerable.Range(0, (int)(seconds * 8_000)).Select(_ => (float)(peak * ((random.NextDouble() * 2) - 1)))];
    }

    public static short[] From(this List<short> samples, double second, double seconds) => [.. samples.Skip((int)(second * 8_000)).Take((int)(seconds * 8_000))];

    /// <summary>Of all that is there, in dBV.</summary>
    public static double Dbv(this short[] samples) => (10 * Math.Log10((2 * samples.Average(s => (double)s * s) / 32_768 / 32_768) + 1e-30)) + ExchangeLine.DbvAtFullScale;

    /// <summary>Of one frequency, in dBV; whole turns only.</summary>
    public static double Dbv(this short[] samples, double hertz)
    {
        var (re, im) = (0.0, 0.0);
        for (var i = 0; i < samples.Length; i++) (re, im) = (re + (samples[i] * Math.Cos(2 * Math.PI * hertz * i / 8_000)), im + (samples[i] * Math.Sin(2 * Math.PI * hertz * i / 8_000)));
        return (20 * Math.Log10((2 * Math.Sqrt((re * re) + (im * im)) / samples.Length / 32_768) + 1e-15)) + ExchangeLine.DbvAtFullScale;
    }

    /// <summary>By how many samples <paramref name="later"/> lags, 0 to most: where the two are most alike.</summary>
    public static int Lag(short[] earlier, short[] later, int most)
    {
        var length = Math.Min(earlier.Length, later.Length) - most;
        return Enumerable.Range(0, most + 1).MaxBy(lag => Math.Abs(Audio.Sound.Correlation(earlier.AsSpan(0, length), later.AsSpan(lag, length))));
    }
}
