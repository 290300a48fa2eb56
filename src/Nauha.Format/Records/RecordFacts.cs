using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>What was found when the announcement was played. A condition that was not judged is null.</summary>
public sealed record AnnouncementProof(bool? Played, bool? Level, bool? State, bool? TalkedOver, bool? CutThrough);

public sealed record AnnouncementFacts(string TextVersion, byte[] Sha256, double Score, AnnouncementProof Proof);

/// <summary>
/// The personal part of a call record, sealed to the day key: opened at central alone. Party and agent are null in a
/// start, and stay null for calls of which nothing is kept.
/// </summary>
public sealed record RecordFacts
{
    /// <summary>Every sealed blob has this plaintext length: size says nothing.</summary>
    public const int PlainBytes = 1_024;

    public PhoneNumber? Party { get; init; }

    /// <summary>Null where it is not known: a handset that was up at start-up.</summary>
    public Direction? Direction { get; init; }

    public AgentId? Agent { get; init; }

    /// <summary>line: the line's default; badge, keypad: signed in so, at most ten hours before.</summary>
    public string? AgentKnownBy { get; init; }

    public AnnouncementFacts? Announcement { get; init; }

    /// <summary>Version of the privacy notice under which the call was taken.</summary>
    public string? NoticeVersion { get; init; }

    public byte[] Seal(ReadOnlySpan<byte> dayKey, FleetId fleet, ApplianceId appliance, CallId call, RecordKind kind, ulong seq)
    {
        var json = ToJson();
        if (json.Length > PlainBytes) throw new InvalidOperationException($"the facts of a record have {json.Length} bytes, at most {PlainBytes} fit");
        var plain = new byte[PlainBytes];
        plain.AsSpan().Fill((byte)' ');
        json.CopyTo(plain, 0);
        try
        {
            return Hpke.Seal(dayKey, Info(fleet, appliance, call, kind, seq), plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>What binds a sealed part to its record.</summary>
    public static byte[] Info(FleetId fleet, ApplianceId appliance, CallId call, RecordKind kind, ulong seq)
    {
        var number = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(number, seq);
        return [.. "nauha/1 record\0"u8, .. System.Text.Encoding.ASCII.GetBytes(fleet.Text), .. System.Text.Encoding.ASCII.GetBytes(appliance.Text), .. call.ToBytes(), (byte)kind, .. number];
    }

    public static byte[] Info(CallRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Info(record.Fleet, record.Appliance, record.Call ?? default, record.Kind, record.Seq);
    }

    /// <summary>Opens a record's sealed part with the secret of its day, and reads it. A blind interval has none: nothing is wrong, and facts are null.</summary>
    /// <param name="secretOf">The secrets at hand.</param>
    public static DocumentFault Open(CallRecord record, Func<KeyId, DaySecret?> secretOf, out RecordFacts? facts)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(secretOf);
        facts = null;
        if (record.Kind == RecordKind.Blind) return DocumentFault.None;
        if (secretOf(record.DayKid) is not { } secret || Hpke.Open(secret, Info(record), record.Sealed) is not { } plain) return DocumentFault.WrongKey;
        var good = TryParse(plain, out facts, out _);
        CryptographicOperations.ZeroMemory(plain);
        return good ? DocumentFault.None : DocumentFault.BadFacts;
    }

    /// <summary>Reads the plaintext of a sealed part.</summary>
    public static bool TryParse(ReadOnlySpan<byte> plain, out RecordFacts? facts, out string error)
    {
        facts = null;
        if (plain.Length == PlainBytes) return StrictJson.TryRead(plain.TrimEnd((byte)' '), Read, out facts, out error);
        error = $"has {plain.Length} bytes, not {PlainBytes}";
        return false;
    }

    private byte[] ToJson() => StrictJson.Write(json =>
    {
        json.WriteString("party", Party?.Text);
        json.WriteString("direction", Direction?.Word());
        json.WriteString("agent", Agent?.Text);
        json.WriteString("agentKnownBy", AgentKnownBy);
        if (Announcement is { } told)
        {
            json.WriteStartObject("announcement");
            json.WriteString("textVersion", told.TextVersion);
            json.WriteString("sha256", Convert.ToHexStringLower(told.Sha256));
            json.WriteNumber("score", Math.Round(told.Score, 4));
            json.WriteStartObject("proof");
            Flag("played", told.Proof.Played);
            Flag("level", told.Proof.Level);
            Flag("state", told.Proof.State);
            Flag("talkedOver", told.Proof.TalkedOver);
            Flag("cutThrough", told.Proof.CutThrough);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("announcement");
        }
        json.WriteString("noticeVersion", NoticeVersion);

        void Flag(string key, bool? value)
        {
            if (value is { } known) json.WriteBoolean(key, known); else json.WriteNull(key);
        }
    });

    private static RecordFacts Read(StrictJson.Members m) => new()
    {
        Party = m.TextOrNull("party") is { } party ? PhoneNumber.TryParse(party, out var number) && number.Text == party ? number : throw m.Wrong("party", "is no number") : null,
        Direction = m.TextOrNull("direction") switch { null => null, "incoming" => Format.Direction.Incoming, "outgoing" => Format.Direction.Outgoing, _ => throw m.Wrong("direction", "is not known") },
        Agent = m.TextOrNull("agent") is { } agent ? AgentId.TryParse(agent, out var id) ? id : throw m.Wrong("agent", "is no agent id") : null,
        AgentKnownBy = m.TextOrNull("agentKnownBy"),
        Announcement = m.NestedOrNull("announcement", a => new AnnouncementFacts(a.Text("textVersion"), a.Hex("sha256", 32), a.Number("score"),
            a.Nested("proof", p => new AnnouncementProof(p.FlagOrNull("played"), p.FlagOrNull("level"), p.FlagOrNull("state"), p.FlagOrNull("talkedOver"), p.FlagOrNull("cutThrough"))))),
        NoticeVersion = m.TextOrNull("noticeVersion"),
    };
}
