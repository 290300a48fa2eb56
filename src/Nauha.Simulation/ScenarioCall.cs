using Nauha.Format;

namespace Nauha.Simulation;

/// <summary>A call of a scenario, from JSON.</summary>
internal static class ScenarioCall
{
    private static readonly Dictionary<string, ScriptKind> Kinds = new(StringComparer.Ordinal)
    {
        ["incoming"] = ScriptKind.Incoming,
        ["missed"] = ScriptKind.Missed,
        ["outgoing"] = ScriptKind.Outgoing,
        ["not-answered"] = ScriptKind.NotAnswered,
        ["busy"] = ScriptKind.Busy,
        ["lift-only"] = ScriptKind.LiftOnly,
        ["found-lifted"] = ScriptKind.FoundLifted,
        ["cut"] = ScriptKind.Cut,
    };

    private static readonly Dictionary<string, CallerIdForm> Forms = new(StringComparer.Ordinal)
    {
        ["none"] = CallerIdForm.None,
        ["dtmf"] = CallerIdForm.Dtmf,
        ["v23"] = CallerIdForm.V23,
        ["bell202"] = CallerIdForm.Bell202,
        ["restricted"] = CallerIdForm.Restricted,
        ["unavailable"] = CallerIdForm.Unavailable,
        ["garbage"] = CallerIdForm.Garbage,
    };

    private static readonly Dictionary<string, LineFault> Faults = new(StringComparer.Ordinal)
    {
        ["none"] = LineFault.None,
        ["not-heard"] = LineFault.NotHeard,
        ["loopback"] = LineFault.LoopbackTrap,
        ["loopback-at-level"] = LineFault.LoopbackAtLevel,
        ["relay-stuck-closed"] = LineFault.RelayStuckClosed,
        ["receive-open"] = LineFault.ReceiveOpen,
        ["other-pair"] = LineFault.OtherPair,
        ["automatic-gain"] = LineFault.AutomaticGain,
        ["volts-stuck"] = LineFault.VoltsStuck,
        ["volts-leg-open"] = LineFault.VoltsLegOpen,
    };

    private static readonly Dictionary<string, ClearTone> ClearTones = new(StringComparer.Ordinal) { ["none"] = ClearTone.None, ["busy"] = ClearTone.Busy, ["congestion"] = ClearTone.Congestion, ["dial"] = ClearTone.Dial };

    /// <param name="folder">Where its sounds lie.</param>
    public static CallScript Read(StrictJson.Members m, string folder)
    {
        var form = m.Has("callerId") ? Word(m, "callerId", Forms) : CallerIdForm.Dtmf;
        return new()
        {
            Kind = Word(m, "kind", Kinds),
            At = m.Number("at") is >= 0 and < 1e6 and var at ? at : throw m.Wrong("at", "is no second of the scenario"),
            Gap = m.Has("gap") ? NamedSound.Within(m, "gap", 0, 100_000) : 0,
            Rest = m.Has("rest") ? NamedSound.Within(m, "rest", 0, 100_000) : 0,
            Number = m.Has("number") ? Number(m, m.TextOrNull("number"), form) : null,
            CallerId = form,
            CallerIdAfterRing = m.Has("callerIdAfterRing") && m.Flag("callerIdAfterRing"),
            Rings = m.Has("rings") ? m.Small("rings", 1, 100) : 1,
            AnswersInBurst = m.Has("answersInBurst") && m.Flag("answersInBurst"),
            AnswersAfter = m.Has("answersAfter") ? NamedSound.Within(m, "answersAfter", 0, 100_000) : null,
            Reversal = !m.Has("reversal") || m.Flag("reversal"),
            Seconds = m.Has("seconds") ? NamedSound.Within(m, "seconds", 0, 100_000) : 3,
            Announces = m.Has("announces") ? new(m.Has("announcesAfter") ? NamedSound.Within(m, "announcesAfter", 0, 100_000) : 1, ScenarioFile.ReadTalk(Path.Combine(folder, m.Text("announces"))).Far) : null,
            MarksTalk = m.Has("marksTalk") && m.Flag("marksTalk"),
            Fault = m.Has("fault") ? Word(m, "fault", Faults) : LineFault.None,
            OwnTones = m.Has("ownTones") && m.Flag("ownTones"),
            PausesForAnnouncements = m.Has("pauses") && m.Flag("pauses"),
            TalkOverDb = m.Has("talkOverDb") ? NamedSound.Within(m, "talkOverDb", -40, 20) : null,
            Talk = m.Has("audio") && m.Text("audio") is not "bundled" and var audio ? ScenarioFile.ReadTalk(Path.Combine(folder, audio)) : m.Has("talkSeconds") ? Talk.Bundled.First(NamedSound.Within(m, "talkSeconds", 0, 100_000)) : Talk.Bundled,
            Longer = m.Has("longer") ? NamedSound.Within(m, "longer", 0, 100_000) : 0,
            Flashes = m.Has("flashes") ? m.List("flashes", 1_000, f => (NamedSound.Within(f, "after", 0, 100_000), f.Small("ms", 20, 2_000))) : [],
            Keyed = m.Has("keyed") ? m.List("keyed", 1_000, k => (NamedSound.Within(k, "after", 0, 100_000), Keys(k))) : [],
            Sounds = m.Has("sounds") ? m.List("sounds", 1_000, sound => NamedSound.Read(sound, folder)) : [],
            VoltsSteps = m.Has("volts") ? m.List("volts", 1_000, v => new VoltsStep(NamedSound.CueOf(v), NamedSound.Within(v, "after", 0, 100_000), v.Small("ms", 1, 120_000), NamedSound.Within(v, "volts", 0, 60))) : [],
            SecondPhones = m.Has("secondPhones") ? m.List("secondPhones", 100, p => new SecondPhone(NamedSound.CueOf(p), NamedSound.Within(p, "after", 0, 100_000), p.Small("ms", 1, 3_600_000))) : [],
            Clear = m.Has("farEnds") ? m.Nested("farEnds", c => new Clearing(NamedSound.Within(c, "seconds", 0, 3_600), c.Has("openLoopMs") ? c.Small("openLoopMs", 0, 2_000) : 0, c.Has("reversal") && c.Flag("reversal"), c.Has("tone") ? Word(c, "tone", ClearTones) : ClearTone.None)) : null,
        };
    }

    private static T Word<T>(StrictJson.Members m, string key, Dictionary<string, T> words) => words.TryGetValue(m.Text(key), out var value) ? value : throw m.Wrong(key, $"is none of {string.Join(", ", words.Keys)}");

    private static string Keys(StrictJson.Members m) => m.Text("digits") is { Length: > 0 } digits && digits.All(d => "0123456789*#".Contains(d, StringComparison.Ordinal)) ? digits : throw m.Wrong("digits", "holds something that is no key");

    // Data messages can carry a plus; digits cannot.
    private static string? Number(StrictJson.Members m, string? text, CallerIdForm form) =>
        text is null || (text.Length <= 20 && text.TrimStart(form is CallerIdForm.V23 or CallerIdForm.Bell202 ? '+' : '0').All(char.IsAsciiDigit) && text.IndexOf('+', StringComparison.Ordinal) <= 0) ? text : throw m.Wrong("number", "is not up to 20 digits");
}
