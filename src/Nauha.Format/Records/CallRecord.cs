using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;

namespace Nauha.Format;

public enum RecordKind : byte
{
    /// <summary>Before anything acts: the call has a number.</summary>
    Start = 1,

    /// <summary>Closes a number that has audio.</summary>
    End = 2,

    /// <summary>Adds knowledge: proven, expired-unsent, a corrected clock.</summary>
    Amend = 3,

    /// <summary>Closes a number that has no audio.</summary>
    None = 4,

    /// <summary>An interval that nobody can account for.</summary>
    Blind = 5,
}

/// <summary>The closed recording that an end record vouches for.</summary>
public sealed record RecordedFile(byte[] Sha256, long Bytes, uint Frames, Closing Closing);

/// <summary>
/// One signed entry of an appliance's account of its calls. The same bytes lie in the vault's journal, travel on the wire
/// and stand in the catalogue. What is personal is in <see cref="Sealed"/> alone.
/// </summary>
public sealed record CallRecord
{
    /// <summary>Of every sealed part, whatever it holds.</summary>
    public const int SealedBytes = RecordFacts.PlainBytes + Hpke.Overhead;

    private static readonly string[] Kinds = ["", "start", "end", "amend", "none", "blind"];

    public required FleetId Fleet { get; init; }

    public required ApplianceId Appliance { get; init; }

    /// <summary>One chain over the appliance, from 1.</summary>
    public required ulong Seq { get; init; }

    /// <summary>SHA-256 of the previous record's payload; 32 zeros for the first.</summary>
    public required byte[] Prev { get; init; }

    public required RecordKind Kind { get; init; }

    /// <summary>Null for a blind interval.</summary>
    public CallId? Call { get; init; }

    public required LineId Line { get; init; }

    /// <summary>From 1 on each line, without gaps; null for a blind interval.</summary>
    public ulong? CallNumber { get; init; }

    public required TimeMark Started { get; init; }

    public required KeyId DayKid { get; init; }

    /// <summary>Null in a start.</summary>
    public Ending? Ending { get; init; }

    /// <summary>In an end alone.</summary>
    public RecordedFile? Recording { get; init; }

    public bool Simulated { get; init; }

    /// <summary>Sealed facts; empty for a blind interval.</summary>
    public byte[] Sealed { get; init; } = [];

    public long? BlindFromMs { get; init; }

    public long? BlindUntilMs { get; init; }

    public EndingCode? BlindCode { get; init; }

    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", Fleet.Text);
        json.WriteString("appliance", Appliance.Text);
        json.WriteNumber("seq", Seq);
        json.WriteString("prev", Convert.ToHexStringLower(Prev));
        json.WriteString("kind", Kinds[(int)Kind]);
        if (Call is { } call) json.WriteString("call", call.ToString()); else json.WriteNull("call");
        json.WriteNumber("line", Line.Number);
        if (CallNumber is { } number) json.WriteNumber("callNumber", number); else json.WriteNull("callNumber");
        json.WriteNumber("startedMs", Started.UnixMs);
        json.WriteNumber("clock", (int)Started.Source);
        json.WriteNumber("uncertaintyMs", Started.UncertaintyMs);
        json.WriteString("dayKid", DayKid.ToString());
        if (Ending is { } ending)
        {
            json.WriteStartObject("ending");
            json.WriteString("what", ending.What.Word());
            if (ending.Code is { } code) json.WriteString("code", code.Word()); else json.WriteNull("code");
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("ending");
        }
        if (Recording is { } recording)
        {
            json.WriteStartObject("recording");
            json.WriteString("sha256", Convert.ToHexStringLower(recording.Sha256));
            json.WriteNumber("bytes", recording.Bytes);
            json.WriteNumber("frames", recording.Frames);
            json.WriteNumber("closing", (int)recording.Closing);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("recording");
        }
        json.WriteBoolean("simulated", Simulated);
        json.WriteBase64String("sealed", Sealed);
        WriteWhole(json, "fromMs", BlindFromMs);
        WriteWhole(json, "untilMs", BlindUntilMs);
        if (BlindCode is { } blind) json.WriteString("code", blind.Word()); else json.WriteNull("code");
    });

    /// <summary>SHA-256 of a payload: what the next record's <see cref="Prev"/> says, and what a receipt names.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> payload) => SHA256.HashData(payload);

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out CallRecord? record, out string error) => StrictJson.TryRead(payload, Read, out record, out error) && record is not null;

    internal static CallRecord Read(StrictJson.Members m)
    {
        m.Version(1);
        var record = new CallRecord
        {
            Fleet = m.Fleet("fleet"),
            Appliance = m.Appliance("appliance"),
            Seq = m.Ordinal("seq"),
            Prev = m.Hex("prev", 32),
            Kind = Array.IndexOf(Kinds, m.Text("kind")) is > 0 and var kind ? (RecordKind)kind : throw m.Wrong("kind", "is not known"),
            Call = m.TextOrNull("call") is { } call ? CallId.TryParse(call, out var id) ? id : throw m.Wrong("call", "is no call id") : null,
            Line = new(m.Small("line", 0, LineId.Highest)),
            CallNumber = m.OrdinalOrNull("callNumber"),
            Started = new(m.Moment("startedMs"), (ClockSource)m.Small("clock", 0, 3), m.CountUpTo("uncertaintyMs")),
            DayKid = m.Key("dayKid"),
            Ending = m.NestedOrNull("ending", ReadEnding)?.Ending,
            Recording = m.NestedOrNull("recording", r => new RecordedFile(r.Hex("sha256", 32), (long)r.Count("bytes"), r.CountUpTo("frames", FrameHead.MostFrames), (Closing)r.Small("closing", 1, 3))),
            Simulated = m.Flag("simulated"),
            Sealed = m.Blob("sealed"),
            BlindFromMs = m.MomentOrNull("fromMs"),
            BlindUntilMs = m.MomentOrNull("untilMs"),
            BlindCode = m.TextOrNull("code") is { } blind ? EndingWords.TryParse(blind, out EndingCode code) && code.IsBlindCode() ? code : throw m.Wrong("code", "is not known") : null,
        };
        return record.Contradiction() is { } why ? throw m.Wrong("kind", why) : record;
    }

    /// <summary>Reads a record as FORMAT.md §4.1 asks: signed by a key that the ring knows, of this fleet and appliance.</summary>
    /// <param name="opened">Set as soon as the signature is good.</param>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, FleetId fleet, ApplianceId appliance, out CallRecord? record, out OpenedEnvelope? opened, out string error)
    {
        var fault = Envelope.Read(envelope, PayloadTypes.Record, keyring, Read, out record, out opened, out error);
        if (fault != DocumentFault.None || (record!.Fleet == fleet && record.Appliance == appliance)) return fault;
        error = $"is of {record.Fleet}/{record.Appliance}";
        return DocumentFault.Foreign;
    }

    /// <summary>Whether this record comes right after the one of this number and payload hash. Before the first: 0, and 32 zeros.</summary>
    /// <returns><see cref="DocumentFault.Gap"/>: there is one between them, or this one came before; <see cref="DocumentFault.Chain"/>: it follows another.</returns>
    public DocumentFault After(ulong seq, ReadOnlySpan<byte> hash) => Seq != seq + 1 ? DocumentFault.Gap : Prev.AsSpan().SequenceEqual(hash) ? DocumentFault.None : DocumentFault.Chain;

    private sealed record Boxed(Ending Ending);

    private static Boxed ReadEnding(StrictJson.Members m)
    {
        if (!EndingWords.TryParse(m.Text("what"), out EndingKind what)) throw m.Wrong("what", "is not known");
        EndingCode? code = m.TextOrNull("code") is { } word ? EndingWords.TryParse(word, out EndingCode known) ? known : throw m.Wrong("code", "is not known") : null;
        var ending = new Ending(what, code);
        return ending.IsValid ? new(ending) : throw m.Wrong("code", "does not go with what");
    }

    // What must hold between the members, by kind.
    private string? Contradiction()
    {
        var blind = Kind == RecordKind.Blind;
        if (blind != (Call is null) || blind != (CallNumber is null)) return "does not go with call and callNumber";
        if (blind != (BlindFromMs is not null) || blind != (BlindUntilMs is not null) || blind != (BlindCode is not null)) return "does not go with fromMs, untilMs and code";
        if (BlindUntilMs < BlindFromMs) return "ends before it begins";
        if (!blind && !Line.IsValid) return "needs a line";
        if (Sealed.Length != (blind ? 0 : SealedBytes)) return $"needs a sealed part of {(blind ? 0 : SealedBytes)} bytes";
        if ((Kind is RecordKind.End or RecordKind.None) && Ending is null) return "needs an ending";
        if ((Kind is RecordKind.Start or RecordKind.Blind) && Ending is not null) return "has no ending";
        if (Kind == RecordKind.None && Ending is { What: EndingKind.Recorded }) return "has no audio that could be recorded";
        if (Kind == RecordKind.End && Ending is { What: EndingKind.Missed }) return "has audio, and cannot be missed";
        if (Kind != RecordKind.Amend && Ending is { What: EndingKind.ExpiredUnsent }) return "cannot say that it expired unsent: an amend does";
        if (Kind != RecordKind.End && Recording is not null) return "has no recording";
        return Kind == RecordKind.End && Recording is null ? "needs a recording" : null;
    }

    private static void WriteWhole(Utf8JsonWriter json, string key, long? value)
    {
        if (value is { } number) json.WriteNumber(key, number); else json.WriteNull(key);
    }
}
