using Nauha.Format.Tests.Sealing.Vectors;
using static Nauha.Format.Tests.Signing.Vectors.Scribe;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>The call record: signed as it must be, whatever it says. FORMAT.md §4.1.</summary>
internal static class RecordVectors
{
    private static readonly CallRecord Start = (End with { Kind = RecordKind.Start, Ending = null, Recording = null }).Sealed(NoFacts);
    private static readonly CallRecord Amend = (End with { Kind = RecordKind.Amend, Ending = null, Recording = null }).Sealed();
    private static readonly CallRecord Missed = (End with { Kind = RecordKind.None, Ending = Ending.Missed, Recording = null }).Sealed(NoFacts);
    private static readonly CallRecord Blind = End with { Kind = RecordKind.Blind, Call = null, CallNumber = null, Ending = null, Recording = null, Line = new(0), BlindFromMs = 1_789_999_000_000, BlindUntilMs = 1_789_999_600_000, BlindCode = EndingCode.Power };
    private static readonly string Payload = Text(End.Sealed().ToPayload());

    public static List<SignedVector> All() => [.. Good(), .. Written(), .. Members(), .. Together(), .. Recipients(), .. Insides()];

    private static SignedVector V(string name, string expect, string about, byte[] payload, string at = "") =>
        new($"record-{name}", "record", expect, about, Envelope.Seal(PayloadTypes.Record, payload, Forge.Signer)) { At = at };

    private static SignedVector V(string name, string expect, string about, CallRecord record) => V(name, expect, about, record.ToPayload());

    private static SignedVector Bad(string name, string about, string payload, string at = "") => V(name, "refused bad-payload", about, Bytes(payload), at);

    private static SignedVector Bad(string name, string about, CallRecord record, string at = "kind") => V(name, "refused bad-payload", about, record.ToPayload(), at);

    private static IEnumerable<SignedVector> Good()
    {
        yield return V("end", "opens", "a recorded call", End.Sealed());
        yield return V("start", "opens", "a number, before anything acts: nothing personal", Start);
        yield return V("first", "opens", "the first of a chain follows zeros", (Start with { Seq = 1, Prev = new byte[32] }).Sealed(NoFacts));
        yield return V("amend", "opens", "party and agent, once the announcement is proven", Amend);
        yield return V("expired-unsent", "opens", "an amend that says that the recording never went out", (Amend with { Ending = Ending.ExpiredUnsent }).Sealed(NoFacts));
        yield return V("missed", "opens", "a call that nobody answered", Missed);
        yield return V("excluded", "opens", "an emergency call: not recorded", (Missed with { Ending = Ending.Excluded(EndingCode.Emergency) }).Sealed(NoFacts));
        yield return V("failed", "opens", "the announcement was not heard: not recorded", (Missed with { Ending = Ending.Failed(EndingCode.NotHeard) }).Sealed(NoFacts));
        yield return V("end-failed", "opens", "a recording that broke off for want of space", (End with { Ending = Ending.Failed(EndingCode.NoSpace) }).Sealed(NoFacts));
        yield return V("end-off-hook", "opens", "a handset that was left off the hook", (End with { Ending = new(EndingKind.Recorded, EndingCode.LeftOffHook) }).Sealed());
        yield return V("end-salvaged", "opens", "a recording that was salvaged", (End with { Recording = End.Recording! with { Closing = Closing.Salvaged } }).Sealed(NoFacts));
        yield return V("blind", "opens", "an interval on all lines, with nothing sealed", Blind);
        yield return V("in-doubt", "opens", "a clock of which nothing is known", (End with { Started = new(0, ClockSource.None, uint.MaxValue) }).Sealed());
        yield return V("highest", "opens", "the highest numbers that there are", (End with { Seq = long.MaxValue, Line = new(64), CallNumber = long.MaxValue, Recording = End.Recording! with { Bytes = long.MaxValue, Frames = 1 << 20 } }).Sealed());
        yield return V("other-order", "opens", "members in another order, with white space", Bytes("{ \"sealed\" : \"" + Convert.ToBase64String(End.Sealed().Sealed) + "\", " + Payload[1..].With("\"sealed\":\"" + Convert.ToBase64String(End.Sealed().Sealed) + "\",", "")));
    }

    private static IEnumerable<SignedVector> Written()
    {
        yield return V("v2", "refused unknown-version", "version 2, otherwise right", Bytes(Payload.Set("v", "2")), "v");
        yield return V("v0", "refused unknown-version", "version 0", Bytes(Payload.Set("v", "0")), "v");
        yield return V("v2-other-members", "refused unknown-version", "version 2 with a member of its own", Bytes(Payload.Set("v", "2").And("\"suite\":2")), "v");
        yield return Bad("v-text", "the version as text", Payload.Set("v", "\"1\""), "v");
        yield return Bad("v-missing", "no version", Payload.Without("v"), "v");
        yield return Bad("suite", "a suite, of which there is one and it is not named", Payload.And("\"suite\":1"), "suite");
        yield return Bad("empty", "a payload of no bytes", "");
        yield return Bad("no-json", "a payload that is no JSON", "record");
        yield return Bad("list", "a list", $"[{Payload}]");
        yield return Bad("bom", "a byte order mark", "\uFEFF" + Payload);
        yield return Bad("after", "bytes after the end", Payload + "{}");
        yield return Bad("cut", "the last byte is missing", Payload[..^1]);
        yield return V("not-utf8", "refused bad-payload", "a byte that is no UTF-8", [.. Bytes(Payload.Set("kind", "\"~\"")).Select(b => b == (byte)'~' ? (byte)0xC0 : b)]);
        yield return Bad("member-unknown", "a member that is not known", Payload.And("\"party\":\"0409990123\""), "party");
        yield return Bad("member-missing", "no dayKid", Payload.Without("dayKid"), "dayKid");
        yield return Bad("member-twice", "seq twice, the same both times", Payload.And("\"seq\":3"), "seq");
        yield return Bad("member-twice-other", "seq twice, with two values", Payload.And("\"seq\":4"), "seq");
        yield return Bad("member-twice-inside", "bytes twice in recording", Payload.With("\"bytes\":2840", "\"bytes\":2840,\"bytes\":2840"), "recording.bytes");
        yield return Bad("member-unknown-inside", "a member that is not known in ending", Payload.With("\"what\":", "\"why\":null,\"what\":"), "ending.why");
        yield return Bad("member-capital", "Seq in the place of seq", Payload.With("\"seq\"", "\"Seq\""), "seq");
    }

    private static IEnumerable<SignedVector> Members()
    {
        (string Name, string About, string Key, string Value, string At)[] members =
        [
            ("fleet-null", "no fleet", "fleet", "null", "fleet"), ("fleet-capital", "a fleet with a capital", "fleet", "\"Testfleet2345675\"", "fleet"), ("appliance-short", "an appliance of 15 characters", "appliance", "\"testbox234567aa\"", "appliance"),
            ("seq-0", "number 0 in the chain", "seq", "0", "seq"), ("seq-negative", "a negative number in the chain", "seq", "-1", "seq"), ("seq-2-63", "2^63 in the chain", "seq", "9223372036854775808", "seq"), ("seq-point", "a whole number with a point", "seq", "3.0", "seq"), ("seq-exponent", "a whole number with an exponent", "seq", "3e0", "seq"), ("seq-text", "a number as text", "seq", "\"3\"", "seq"), ("seq-null", "no number in the chain", "seq", "null", "seq"),
            ("prev-capitals", "prev in capitals", "prev", $"\"{Convert.ToHexString(End.Prev)}\"", "prev"), ("prev-short", "prev of 31 bytes", "prev", $"\"{Convert.ToHexStringLower(End.Prev)[2..]}\"", "prev"), ("prev-null", "no prev", "prev", "null", "prev"),
            ("kind-unknown", "an unknown kind", "kind", "\"hold\"", "kind"), ("kind-empty", "a kind without a name", "kind", "\"\"", "kind"), ("kind-number", "a kind as number", "kind", "2", "kind"),
            ("call-capitals", "a call in capitals", "call", $"\"{Call.ToString().ToUpperInvariant()}\"", "call"), ("call-hyphens", "a call with hyphens", "call", $"\"{Call.Value:D}\"", "call"),
            ("line-65", "line 65", "line", "65", "line"), ("line-negative", "line -1", "line", "-1", "line"), ("number-0", "call number 0", "callNumber", "0", "callNumber"), ("number-negative", "a negative call number", "callNumber", "-1", "callNumber"),
            ("started-negative", "a start before 1970", "startedMs", "-1", "startedMs"), ("clock-4", "an unknown clock", "clock", "4", "clock"), ("clock-text", "a clock by its name", "clock", "\"ntp\"", "clock"), ("uncertainty-2-32", "an uncertainty of 2^32 ms", "uncertaintyMs", "4294967296", "uncertaintyMs"), ("uncertainty-negative", "a negative uncertainty", "uncertaintyMs", "-1", "uncertaintyMs"),
            ("kid-short", "a kid of 15 bytes", "dayKid", $"\"{Forge.Day.Id.ToString()[2..]}\"", "dayKid"), ("ending-text", "an ending as text", "ending", "\"recorded\"", "ending"),
            ("what-unknown", "an unknown ending", "what", "\"salvaged\"", "ending.what"), ("code-unknown", "an unknown code", "code", "\"tired\"", "ending.code"), ("code-of-another", "recorded, with a code of failed", "code", "\"no-space\"", "ending.code"), ("code-of-blind", "recorded, with a code of blind", "code", "\"power\"", "ending.code"),
            ("sha-short", "a hash of 31 bytes", "sha256", $"\"{new string('0', 62)}\"", "recording.sha256"), ("bytes-negative", "a negative length", "bytes", "-1", "recording.bytes"), ("frames-most", "one frame more than a file may have", "frames", "1048577", "recording.frames"), ("closing-0", "closing 0", "closing", "0", "recording.closing"), ("closing-4", "closing 4", "closing", "4", "recording.closing"),
            ("simulated-number", "simulated as a number", "simulated", "1", "simulated"), ("simulated-null", "simulated is null", "simulated", "null", "simulated"), ("sealed-no-base64", "a sealed part that is no base64", "sealed", "\"*\"", "sealed"), ("sealed-null", "a sealed part that is null", "sealed", "null", "sealed"),
        ];
        foreach (var (name, about, key, value, at) in members) yield return Bad(name, about, key == "ending" ? Payload.With("{\"what\":\"recorded\",\"code\":null}", value) : Payload.Set(key, value), at);
        yield return Bad("blind-code", "blind for a reason of failed", Text(Blind.ToPayload()).With("\"power\"", "\"not-heard\""), "code");
        yield return Bad("blind-from-negative", "blind from before 1970", Text(Blind.ToPayload()).Set("fromMs", "-1"), "fromMs");
        yield return V("foreign-appliance", "refused foreign", "another appliance's name, signed by this one", (End with { Appliance = Forge.OtherAppliance }).Sealed());
        yield return V("foreign-fleet", "refused foreign", "another fleet's name, signed by this appliance", (End with { Fleet = FleetId.Parse("otherfleet234567") }).Sealed());
    }

    // Each member is in its range; they do not go together.
    private static IEnumerable<SignedVector> Together()
    {
        yield return Bad("start-ending", "a start with an ending", (Start with { Ending = Ending.Missed }).Sealed(NoFacts));
        yield return Bad("start-recording", "a start with a recording", (Start with { Recording = End.Recording }).Sealed(NoFacts));
        yield return Bad("end-without-ending", "an end without ending", (End with { Ending = null }).Sealed());
        yield return Bad("end-without-recording", "an end without recording", (End with { Recording = null }).Sealed());
        yield return Bad("end-missed", "missed, and yet recorded", (End with { Ending = Ending.Missed }).Sealed());
        yield return Bad("end-expired", "an end that expired unsent", (End with { Ending = Ending.ExpiredUnsent }).Sealed());
        yield return Bad("none-without-ending", "a none without ending", (Missed with { Ending = null }).Sealed(NoFacts));
        yield return Bad("none-recording", "a none with a recording", (Missed with { Recording = End.Recording }).Sealed(NoFacts));
        yield return Bad("none-recorded", "recorded, and yet without a recording", (Missed with { Ending = Ending.Recorded }).Sealed(NoFacts));
        yield return Bad("amend-recording", "an amend with a recording", (Amend with { Recording = End.Recording }).Sealed());
        yield return Bad("without-call", "an end without its call", (End with { Call = null }).Sealed());
        yield return Bad("without-number", "an end without its number", (End with { CallNumber = null }).Sealed());
        yield return Bad("line-0", "a call on no line", (End with { Line = new(0) }).Sealed());
        yield return Bad("end-blind", "an end with an interval", (End with { BlindFromMs = 1, BlindUntilMs = 2, BlindCode = EndingCode.Crash }).Sealed());
        yield return Bad("blind-call", "a blind interval with a call", Blind with { Call = Call, CallNumber = 1 });
        yield return Bad("blind-ending", "a blind interval with an ending", Blind with { Ending = Ending.Missed });
        yield return Bad("blind-open", "a blind interval without an end", Blind with { BlindUntilMs = null });
        yield return Bad("blind-backwards", "a blind interval that ends before it begins", Blind with { BlindUntilMs = Blind.BlindFromMs - 1 });
        yield return Bad("blind-sealed", "a blind interval with a sealed part", Blind with { Sealed = End.Sealed().Sealed });
        yield return Bad("sealed-missing", "an end without its sealed part", End);
        yield return Bad("sealed-short", "a sealed part one byte short", End with { Sealed = End.Sealed().Sealed[..^1] });
        yield return Bad("sealed-long", "facts padded to 2,048 bytes", End with { Sealed = SealedPart(End, Bytes(Facts.PadRight(2_048))) });
    }

    private static IEnumerable<SignedVector> Recipients()
    {
        static SignedVector Shut(string name, string about, CallRecord record) => V(name, "unopened wrong-key", about, record);
        var part = End.Sealed().Sealed;

        yield return Shut("recipient-other", "sealed to another day's key, and says so", (End with { DayKid = Forge.OtherDay.Id }).Sealed(day: Forge.OtherDay));
        yield return Shut("recipient-disguised", "sealed to another day's key under the name of this one", End.Sealed(day: Forge.OtherDay));
        yield return Shut("sealed-of-another-number", "the sealed part of another record of the same call", End with { Seq = 4, Sealed = part });
        yield return Shut("sealed-of-another-call", "the sealed part of another call", End with { Call = OtherCall, Sealed = part });
        yield return Shut("sealed-of-another-kind", "the sealed part of an end in an amend", Amend with { Sealed = part });
        yield return Shut("sealed-changed", "one bit of the sealed part changed before it was signed", End with { Sealed = [.. part[..100], (byte)(part[100] ^ 1), .. part[101..]] });
        yield return Shut("enc-bit-255", "enc has bit 255 set", End with { Sealed = [.. part[..31], (byte)(part[31] | 0x80), .. part[32..]] });
        yield return Shut("enc-zero", "enc is zero", End with { Sealed = [.. new byte[32], .. part[32..]] });
        yield return Shut("enc-p", "enc is p", End with { Sealed = [0xED, .. Enumerable.Repeat((byte)0xFF, 30), 0x7F, .. part[32..]] });
    }

    private static IEnumerable<SignedVector> Insides()
    {
        static SignedVector Inside(string name, string about, string facts, char with = ' ') => V($"facts-{name}", "unopened bad-facts", about, End with { Sealed = SealedPart(End, Padded(facts, with)) });

        yield return Inside("member-unknown", "a member that is not known", Facts.And("\"name\":\"nobody\""));
        yield return Inside("member-missing", "no direction", Facts.Without("direction"));
        yield return Inside("member-twice", "party twice", Facts.And("\"party\":null"));
        yield return Inside("party-spaced", "a number with spaces", Facts.Set("party", "\"040 999 0123\""));
        yield return Inside("party-letters", "a number with a letter", Facts.Set("party", "\"04O9990123\""));
        yield return Inside("party-long", "a number of 25 digits", Facts.Set("party", $"\"{new string('0', 25)}\""));
        yield return Inside("party-plus", "a plus alone", Facts.Set("party", "\"+\""));
        yield return Inside("direction-unknown", "an unknown direction", Facts.Set("direction", "\"inward\""));
        yield return Inside("agent-capital", "an agent's id with a capital", Facts.Set("agent", "\"Desk-1\""));
        yield return Inside("agent-long", "an agent's id of 33 characters", Facts.Set("agent", $"\"{new string('a', 33)}\""));
        yield return Inside("flag-number", "a flag as a number", Facts.Set("played", "1"));
        yield return Inside("score-text", "a score as text", Facts.Set("score", "\"0.98\""));
        yield return Inside("proof-missing", "an announcement without proof", Facts[..Facts.IndexOf(",\"proof\"", StringComparison.Ordinal)] + "},\"noticeVersion\":\"1\"}");
        yield return Inside("padding-zeros", "padded with zeros", Facts, '\0');
        yield return Inside("no-json", "facts that are no JSON", "facts");
        yield return Inside("empty", "nothing but spaces", "");
    }
}
