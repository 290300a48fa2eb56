namespace Nauha.Recorder.Announcements;

/// <summary>What was found on the pair while the announcement was played.</summary>
/// <param name="Score">Share of the speech windows that correlate at least 0.8, 0 to 1.</param>
/// <param name="Played">(a) At least nine tenths of them do.</param>
/// <param name="Level">(b) The announcement stood within 2.5 dB of the level that this line should show.</param>
/// <param name="State">(c) and (d): handset up and volts steady all the time, no progress tone, and answered.</param>
/// <param name="TalkedOver">(e) Others were louder than the announcement less 6 dB in three tenths of the windows or more.</param>
/// <param name="CutThrough">(f) The line carried audio by then, as far as that is known.</param>
/// <param name="ToneUnder">A progress tone sounded under it.</param>
/// <param name="LevelDbv">Active speech level of the announcement on the pair; NaN where it was not found.</param>
/// <param name="EndsAt">Line time just after the announcement's last sample on the pair.</param>
public readonly record struct Proof(double Score, bool Played, bool Level, bool State, bool TalkedOver, bool CutThrough, bool ToneUnder, double LevelDbv, long EndsAt)
{
    public bool Holds => Played && Level && State && !TalkedOver && CutThrough;
}

/// <summary>What an announcement must be like on the pair, besides being that announcement.</summary>
/// <param name="LowDbv">Lowest active speech level, dBV.</param>
/// <param name="HighDbv">Highest.</param>
/// <param name="TalkDbv">Against what others' talk is measured; null: against the announcement as it was heard.</param>
/// <param name="ToItsEnd">Its last 250 ms of speech must be alike for themselves: whoever else plays it may break it off.</param>
public readonly record struct Expected(double LowDbv, double HighDbv, double? TalkDbv, bool ToItsEnd)
{
    private const double Tolerance = 2.5;

    // A neighbour's announcement by crosstalk is at −55 dBV and less; nothing on a pair is louder than −6.
    private const double Crosstalk = -40, Loudest = -6;

    /// <summary>The box's own: its level on this line is known.</summary>
    public static Expected OfOwn(double dbv) => new(dbv - Tolerance, dbv + Tolerance, dbv, false);

    /// <param name="dbv">As it was measured here; null: any level that is no crosstalk.</param>
    public static Expected OfOthers(double? dbv) => dbv is { } known ? new(known - Tolerance, known + Tolerance, null, true) : new(Crosstalk, Loudest, null, true);
}

/// <summary>
/// Judges whether the pair carried the announcement: window by window, because over its whole length two clocks drift
/// apart (100 ppm are 2.4 samples in 3 s), and bound to level and line state, because a codec's own loopback correlates too.
/// </summary>
public static class HeardProof
{
    private const double Alike = 0.8;
    private const double Enough = 0.9;
    private const int Wander = 160;          // ±20 ms about the common delay
    private const double TalkShare = 0.25;   // 6 dB under the announcement
    private const double TalkWindows = 0.3;
    private const double Tonal = 0.6;
    private const double ToneFloorDbv = -45;

    /// <param name="heard">The pair from the moment the first announcement sample was queued, full scale = 1.</param>
    /// <param name="played">The announcement as it was injected, full scale = 1.</param>
    /// <param name="longestDelay">Samples within which the injection reaches the pair and comes back.</param>
    /// <param name="dbvAtFullScale">What a full-scale sine in <paramref name="heard"/> is on the pair.</param>
    /// <param name="expected">What else it must be like.</param>
    /// <param name="stateHeld">Handset up, no reversal, no flash; and answered, where the call went out.</param>
    /// <param name="cutThrough">The line carried audio by then.</param>
    /// <param name="toneHertz">Frequencies of the port's progress tones; of a pair each holds half.</param>
    /// <param name="heardFrom">Line time of the first sample heard.</param>
    public static Proof Judge(ReadOnlySpan<float> heard, ReadOnlySpan<float> played, int longestDelay, double dbvAtFullScale, Expected expected, bool stateHeld, bool cutThrough, ReadOnlySpan<double> toneHertz, long heardFrom)
    {
        var windows = expected.ToItsEnd ? SpeechWindows.ToTheEndOf(played) : SpeechWindows.Of(played);
        if (windows.Count == 0) return new(0, false, false, false, false, cutThrough, false, double.NaN, heardFrom + heard.Length);
        var delay = CommonDelay(heard, played, windows, longestDelay);
        var alike = 0;
        var heardPower = 0.0;
        var lastDelay = delay;
        var (tone, endAlike) = (false, false);
        var others = new List<double>();
        Span<float> rest = stackalloc float[SpeechWindows.Length];
        foreach (var window in windows)
        {
            var reference = played.Slice(window, SpeechWindows.Length);
            var (best, at) = Best(heard, reference, window + delay - Wander, (2 * Wander) + 1);
            var there = Slice(heard, at);
            endAlike = Math.Abs(best) >= Alike;
            if (endAlike)
            {
                alike++;
                lastDelay = at - window;
                heardPower += SpeechWindows.Power(there) * best * best;   // the announcement's share of what is heard
            }
            Rest(there, reference, rest);
            others.Add(SpeechWindows.Power(rest));
            tone |= HasTone(rest, others[^1], dbvAtFullScale, toneHertz);
        }
        var score = (double)alike / windows.Count;
        var level = alike == 0 ? double.NaN : (10 * Math.Log10(2 * heardPower / alike)) + dbvAtFullScale;
        var own = expected.TalkDbv is { } dbv ? Math.Pow(10, (dbv - dbvAtFullScale) / 10) / 2 : heardPower / Math.Max(1, alike);
        var talkedOver = others.Count(power => power > own * TalkShare) >= windows.Count * TalkWindows;
        return new(score, score >= Enough && (endAlike || !expected.ToItsEnd), level >= expected.LowDbv && level <= expected.HighDbv, stateHeld && !tone, talkedOver, cutThrough, tone, level, heardFrom + lastDelay + played.Length);
    }

    // The three loudest windows together say where the announcement lies; one alone could be talked over.
    private static int CommonDelay(ReadOnlySpan<float> heard, ReadOnlySpan<float> played, List<int> windows, int longestDelay)
    {
        var samples = played.ToArray();
        var loudest = windows.OrderByDescending(w => SpeechWindows.Power(samples.AsSpan(w, SpeechWindows.Length))).Take(3).ToList();
        var sums = new double[longestDelay + 1];
        foreach (var window in loudest)
        {
            var reference = played.Slice(window, SpeechWindows.Length);
            for (var delay = 0; delay <= longestDelay; delay++) sums[delay] += Math.Abs(Correlation(heard, window + delay, reference));
        }
        return Array.IndexOf(sums, sums.Max());
    }

    internal static (double Value, int At) Best(ReadOnlySpan<float> heard, ReadOnlySpan<float> reference, int from, int count)
    {
        var best = (Value: 0.0, At: Math.Max(0, from));
        for (var at = Math.Max(0, from); at < from + count; at++)
        {
            var value = Correlation(heard, at, reference);
            if (Math.Abs(value) > Math.Abs(best.Value)) best = (value, at);
        }
        return best;
    }

    private static ReadOnlySpan<float> Slice(ReadOnlySpan<float> heard, int at) =>
        at >= 0 && at + SpeechWindows.Length <= heard.Length ? heard.Slice(at, SpeechWindows.Length) : new float[SpeechWindows.Length];

    private static double Correlation(ReadOnlySpan<float> heard, int at, ReadOnlySpan<float> reference)
    {
        if (at < 0 || at + reference.Length > heard.Length) return 0;
        var there = heard.Slice(at, reference.Length);
        var energy = Math.Sqrt((double)SpeechWindows.Dot(there, there) * SpeechWindows.Dot(reference, reference));
        return energy < 1e-9 ? 0 : SpeechWindows.Dot(there, reference) / energy;
    }

    // What is left without the announcement: the others, and the line.
    private static void Rest(ReadOnlySpan<float> there, ReadOnlySpan<float> reference, Span<float> rest)
    {
        var own = SpeechWindows.Dot(reference, reference);
        var share = own > 0 ? SpeechWindows.Dot(there, reference) / own : 0;
        for (var i = 0; i < rest.Length; i++) rest[i] = there[i] - (share * reference[i]);
    }

    // A progress tone under the announcement: what is left is mostly that.
    private static bool HasTone(ReadOnlySpan<float> rest, double power, double dbvAtFullScale, ReadOnlySpan<double> toneHertz)
    {
        var tones = 0.0;
        foreach (var hertz in toneHertz)
        {
            var amplitude = Goertzel(rest, hertz);
            tones += amplitude * amplitude / 2;
        }
        return (10 * Math.Log10((2 * tones) + 1e-20)) + dbvAtFullScale > ToneFloorDbv && tones > Tonal * power;
    }

    private static double Goertzel(ReadOnlySpan<float> samples, double hertz)
    {
        var turn = 2 * Math.Cos(2 * Math.PI * hertz / 8_000);
        double one = 0, two = 0;
        foreach (var sample in samples) (one, two) = (sample + (turn * one) - two, one);
        return 2 * Math.Sqrt(Math.Max(0, (one * one) + (two * two) - (turn * one * two))) / samples.Length;
    }
}
