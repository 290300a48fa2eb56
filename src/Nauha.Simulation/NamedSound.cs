using Nauha.Audio;
using Nauha.Format;

namespace Nauha.Simulation;

/// <summary>The sounds that a scenario can name: tones, machines, voices, music, or a file.</summary>
internal static class NamedSound
{
    private const double Tones = -15, Voices = -25;

    private static readonly Dictionary<string, Func<double, double, float[]>> ByDbm0 = new(StringComparer.Ordinal)
    {
        ["dial"] = (s, l) => Signals.Tones(s, s, 0, l, 425),
        ["stutter"] = (s, l) => Signals.Tones(s, 0.65, 0.025, l, 425),
        ["ringback"] = (s, l) => Signals.Tones(s, 1, 4, l, 425),
        ["busy"] = (s, l) => Signals.Tones(s, 0.3, 0.3, l, 425),
        ["congestion"] = (s, l) => Signals.Tones(s, 0.2, 0.2, l, 425),
        ["call-waiting"] = (s, l) => Bursts(s, l, (0.15, 0.15, 425), (0.15, 8, 425)),
        ["intrusion"] = (s, l) => Signals.Tones(s, 0.15, 1.5, l, 1_400),
        ["record"] = (s, l) => Signals.Tones(s, 0.5, 15, l, 1_400),
        ["sit"] = (s, l) => Bursts(s, l, (0.33, 0, 950), (0.33, 0, 1_400), (0.33, 1, 1_800)),
        ["howler"] = (s, l) => Signals.Tones(s, s, 0, l, 1_400, 2_060, 2_450, 2_600),
        ["beep"] = (s, l) => Signals.Tones(s, s, 0, l, 1_000),
        ["cas"] = (s, l) => Signals.Tones(s, 0.085, 60, l, 2_130, 2_750),
        ["cng"] = (s, l) => Signals.Tones(s, 0.5, 3, l, 1_100),
        ["ced"] = (s, l) => Signals.Tones(s, s, 0, l, 2_100),
        ["v21"] = (s, l) => Signals.V21Flags(s, l),
        ["contact-id"] = (s, l) => Bursts(s, l, (0.1, 0.1, 1_400), (0.1, 1, 2_300)),
        ["sia"] = (s, l) => Signals.Fsk(s, 110, 1_070, 1_270, l),
        ["textphone"] = (s, l) => Signals.Fsk(s, 45.45, 1_800, 1_400, l),
    };

    private static readonly Dictionary<string, Func<double, double, float[]>> ByDbv = new(StringComparer.Ordinal)
    {
        ["music"] = Signals.Music,
        ["babble"] = (s, l) => Signals.Babble(s, l),
        ["agent"] = (s, l) => Said(Talk.Bundled.Near, s, l),
        ["caller"] = (s, l) => Said(Talk.Bundled.Far, s, l),
        ["silence"] = (s, _) => new float[(int)(s * 8_000)],
    };

    public static IEnumerable<string> Names => ByDbm0.Keys.Concat(ByDbv.Keys);

    public static Sound Read(StrictJson.Members m, string folder)
    {
        var from = CueOf(m);
        var after = m.Has("after") ? Within(m, "after", 0, 100_000) : 0;
        var side = m.Text("side") switch { "near" => Side.Near, "far" => Side.Far, "port" => Side.Port, _ => throw m.Wrong("side", "is none of near, far, port") };
        return new(from, after, side, Samples(m, folder));
    }

    private static float[] Samples(StrictJson.Members m, string folder)
    {
        if (m.Has("audio"))
        {
            var talk = ScenarioFile.ReadTalk(Path.Combine(folder, m.Text("audio")));
            return talk.Far;
        }
        var name = m.Text("signal");
        if (name == "digits")
        {
            var digits = m.Text("digits");
            if (digits.Length is 0 or > 64 || digits.Any(d => !"0123456789*#ABCD".Contains(d, StringComparison.Ordinal))) throw m.Wrong("digits", "is not 1 to 64 of 0-9, *, #, A-D");
            return Signals.Dtmf(digits, m.Has("onMs") ? m.Small("onMs", 20, 2_000) : 70, m.Has("offMs") ? m.Small("offMs", 20, 2_000) : 70, m.Has("dbm0") ? Within(m, "dbm0", -40, 0) : -12);
        }
        var seconds = m.Has("seconds") ? Within(m, "seconds", 0.02, 3_600) : 2;
        if (ByDbm0.TryGetValue(name, out var tone)) return tone(seconds, m.Has("dbm0") ? Within(m, "dbm0", -40, 0) : Tones);
        if (ByDbv.TryGetValue(name, out var voice)) return voice(seconds, m.Has("dbv") ? Within(m, "dbv", -60, -5) : Voices);
        throw m.Wrong("signal", $"is none of digits, {string.Join(", ", Names)}");
    }

    public static Cue CueOf(StrictJson.Members m) => m.Text("from") switch
    {
        "lifted" => Cue.Lifted,
        "announced" => Cue.Announced,
        "told" => Cue.Told,
        "answered" => Cue.Answered,
        "talk" => Cue.Talk,
        _ => throw m.Wrong("from", "is none of lifted, announced, told, answered, talk"),
    };

    public static double Within(StrictJson.Members m, string key, double low, double high) =>
        m.Number(key) is var value && value >= low && value <= high ? value : throw m.Wrong(key, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"is not within {low} to {high}"));

    // From its first word on.
    private static float[] Said(float[] voice, double seconds, double dbv)
    {
        var from = Array.FindIndex(voice, sample => Math.Abs(sample) > 0.01);
        var samples = new float[(int)(seconds * 8_000)];
        voice.AsSpan(from, Math.Min(samples.Length, voice.Length - from)).CopyTo(samples);
        return new Talk(samples, []).At(dbv, 0).Near;
    }

    private static float[] Bursts(double seconds, double dbm0, params ReadOnlySpan<(double On, double Off, double Hertz)> bursts)
    {
        var samples = new List<float>();
        while (samples.Count < seconds * 8_000)
            foreach (var (on, off, hertz) in bursts) samples.AddRange([.. Signals.Tones(on, on, 0, dbm0, hertz), .. new float[(int)(off * 8_000)]]);
        return [.. samples.Take((int)(seconds * 8_000))];
    }
}
