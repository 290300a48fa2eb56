using System.Text;
using System.Text.RegularExpressions;
using Nauha.Format.Tests.Sealing.Vectors;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <param name="As">What the reader is asked to take it for: a word of the manifest.</param>
/// <param name="Expect"><c>opens</c> or <c>taken</c>; a journal: <c>whole</c>, <c>torn</c> or <c>broken</c>; <c>refused why</c>: anybody sees it; <c>unopened why</c>: refused by who holds the key.</param>
internal sealed record SignedVector(string Name, string As, string Expect, string About, byte[] File)
{
    public string FileName => $"{Name}.{(As is "records" or "receipts" ? "journal" : "json")}";

    /// <summary>The member of the payload that a reader names, where one is to blame; "" otherwise.</summary>
    public string At { get; init; } = "";

    /// <summary>What the reader knows besides the keys, as lines of the manifest.</summary>
    public (string Key, string Value)[] Knows { get; init; } = [];
}

/// <summary>Writes signed documents with the test keys, and every document that nobody may write.</summary>
internal static class Scribe
{
    public static readonly CentralSigner Root = CentralSigner.Import(Forge.Secret("root"));
    public static readonly CentralSigner NewRoot = CentralSigner.Import(Forge.Secret("new root"));
    public static readonly CentralSigner DayKeysRole = CentralSigner.Import(Forge.Secret("role daykeys"));
    public static readonly CentralSigner ReceiptsRole = CentralSigner.Import(Forge.Secret("role receipts"));
    public static readonly CentralSigner CommandsRole = CentralSigner.Import(Forge.Secret("role commands"));
    public static readonly CentralSigner WithdrawnReceipts = CentralSigner.Import(Forge.Secret("role receipts, withdrawn"));
    public static readonly DaySecret Hold = DaySecret.Import(Forge.Secret("hold key"));
    public static readonly CallId Call = new Forge().Header.Call;
    public static readonly CallId OtherCall = new Forge(2).Header.Call;

    public const string Facts = """{"party":"0409990123","direction":"incoming","agent":"desk-1","agentKnownBy":"line","announcement":{"textVersion":"fi-1","sha256":"00000000000000000000000000000000000000000000000000000000000000aa","score":0.98,"proof":{"played":true,"level":true,"state":true,"talkedOver":null,"cutThrough":false}},"noticeVersion":"1"}""";
    public const string NoFacts = """{"party":null,"direction":null,"agent":null,"agentKnownBy":null,"announcement":null,"noticeVersion":null}""";

    /// <summary>An end of the call, number 3 in its chain.</summary>
    public static readonly CallRecord End = new()
    {
        Fleet = Forge.Fleet,
        Appliance = Forge.Appliance,
        Seq = 3,
        Prev = Forge.Secret("the record before"),
        Kind = RecordKind.End,
        Call = Call,
        Line = new(1),
        CallNumber = 1,
        Started = new(1_790_000_000_000, ClockSource.Ntp, 20),
        DayKid = Forge.Day.Id,
        Ending = Ending.Recorded,
        Recording = new(Forge.Secret("the file"), 2_840, 4, Closing.Closed),
        Simulated = true,
    };

    /// <summary>The same record with a sealed part that fits it, unless it is blind.</summary>
    public static CallRecord Sealed(this CallRecord record, string facts = Facts, DaySecret? day = null) => record with { Sealed = SealedPart(record, Padded(facts), day) };

    public static byte[] SealedPart(CallRecord record, byte[] plain, DaySecret? day = null) => Sealed((day ?? Forge.Day).PublicKey, RecordFacts.Info(record), plain);

    /// <summary>An ephemeral key of its own for every subject: the hash of what it binds.</summary>
    public static byte[] Sealed(byte[] publicKey, byte[] info, byte[] plain) => Hpke.Seal(DaySecret.Import(Forge.Secret($"ephemeral key for {Convert.ToHexStringLower(info)}")), publicKey, info, plain);

    public static byte[] Padded(string json, char with = ' ') => Encoding.UTF8.GetBytes(json.PadRight(RecordFacts.PlainBytes, with));

    public static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Signed(string type, string payload, params ISigner[] by) => Envelope.Seal(type, Bytes(payload), by);

    /// <summary>One change, which must be one.</summary>
    public static string With(this string text, string from, string to) => text.Contains(from, StringComparison.Ordinal) ? text.Replace(from, to, StringComparison.Ordinal) : throw new InvalidOperationException($"there is no {from} in {text}");

    /// <summary>A member's value, written otherwise.</summary>
    public static string Set(this string json, string key, string value) => Regex.IsMatch(json, Member(key)) ? new Regex(Member(key)).Replace(json, $"\"{key}\":{value}", 1) : throw new InvalidOperationException($"there is no {key} in {json}");

    private static string Member(string key) => $"\"{key}\":(\"[^\"]*\"|-?[0-9.]+|null|true|false)";

    public static string Without(this string json, string key) => Regex.IsMatch(json, Member(key) + ",") ? new Regex(Member(key) + ",").Replace(json, "", 1) : throw new InvalidOperationException($"there is no {key} in {json}");

    /// <summary>One more member at the end.</summary>
    public static string And(this string json, string member) => json[..^1] + "," + member + "}";
}
