using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

public enum ReceiptSubject { Recording, Record }

public enum ReceiptResult
{
    /// <summary>Opened and durable.</summary>
    Stored,

    /// <summary>Came after its time; destroyed unheard.</summary>
    Expired,

    /// <summary>Verifies but does not open; kept aside.</summary>
    Held,

    /// <summary>Does not verify; kept aside.</summary>
    Refused,
}

/// <summary>Central's signed answer. Only this frees flash, and only for a recording whose file still has this hash.</summary>
public sealed record Receipt
{
    private static readonly string[] Results = ["stored", "expired", "held", "refused"];

    public required FleetId Fleet { get; init; }

    public required ApplianceId Appliance { get; init; }

    public required ulong Seq { get; init; }

    /// <summary>SHA-256 of the previous receipt's payload to this appliance; zeros for the first.</summary>
    public required byte[] Prev { get; init; }

    /// <summary>Raised by a restore of central: appliances then offer again what they still hold.</summary>
    public required ulong StoreEpoch { get; init; }

    /// <summary>Null for the receipt of a blind interval's record.</summary>
    public required CallId? Call { get; init; }

    public required ReceiptSubject What { get; init; }

    /// <summary>Of the file, or of the record's payload.</summary>
    public required byte[] Sha256 { get; init; }

    public required long Bytes { get; init; }

    public required ReceiptResult Result { get; init; }

    /// <summary>The newest audit checkpoint, a signed note.</summary>
    public required string Checkpoint { get; init; }

    public required long AtMs { get; init; }

    public bool FreesFlash => What == ReceiptSubject.Recording && (Result is ReceiptResult.Stored or ReceiptResult.Expired);

    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", Fleet.Text);
        json.WriteString("appliance", Appliance.Text);
        json.WriteNumber("seq", Seq);
        json.WriteString("prev", Convert.ToHexStringLower(Prev));
        json.WriteNumber("storeEpoch", StoreEpoch);
        json.WriteString("call", Call?.ToString());
        json.WriteString("what", What == ReceiptSubject.Recording ? "recording" : "record");
        json.WriteString("sha256", Convert.ToHexStringLower(Sha256));
        json.WriteNumber("bytes", Bytes);
        json.WriteString("result", Results[(int)Result]);
        json.WriteString("checkpoint", Checkpoint);
        json.WriteNumber("atMs", AtMs);
    });

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out Receipt? receipt, out string error) => StrictJson.TryRead(payload, Read, out receipt, out error) && receipt is not null;

    /// <summary>Reads a receipt as FORMAT.md §5.1 asks: signed by a key of the role, for this fleet and appliance.</summary>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, FleetId fleet, ApplianceId appliance, out Receipt? receipt, out string error)
    {
        var fault = Envelope.Read(envelope, PayloadTypes.Receipt, keyring, Read, out receipt, out _, out error);
        if (fault != DocumentFault.None || (receipt!.Fleet == fleet && receipt.Appliance == appliance)) return fault;
        error = $"is for {receipt.Fleet}/{receipt.Appliance}";
        return DocumentFault.Foreign;
    }

    private static Receipt Read(StrictJson.Members m)
    {
        m.Version(1);
        var receipt = new Receipt
        {
            Fleet = m.Fleet("fleet"),
            Appliance = m.Appliance("appliance"),
            Seq = m.Ordinal("seq"),
            Prev = m.Hex("prev", 32),
            StoreEpoch = m.Count("storeEpoch"),
            Call = m.TextOrNull("call") is { } call ? CallId.TryParse(call, out var id) ? id : throw m.Wrong("call", "is no call id") : null,
            What = m.Text("what") switch { "recording" => ReceiptSubject.Recording, "record" => ReceiptSubject.Record, _ => throw m.Wrong("what", "is not known") },
            Sha256 = m.Hex("sha256", 32),
            Bytes = (long)m.Count("bytes"),
            Result = Array.IndexOf(Results, m.Text("result")) is >= 0 and var result ? (ReceiptResult)result : throw m.Wrong("result", "is not known"),
            Checkpoint = m.Text("checkpoint"),
            AtMs = m.Moment("atMs"),
        };
        return receipt.Call is null && receipt.What == ReceiptSubject.Recording ? throw m.Wrong("call", "is null, and a recording is of a call") : receipt;
    }
}
