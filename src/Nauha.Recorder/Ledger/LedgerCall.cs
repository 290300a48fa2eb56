using System.Security.Cryptography;
using System.Text;
using LiteDB;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Ledger;

/// <summary>One call as the ledger shows it. Nothing personal: what is sealed stays in the vault.</summary>
public sealed record LedgerCall(CallId Call, LineId Line, ulong CallNumber, long StartedMs, string Outcome, string? Code, long Bytes, long? ReceiptedMs)
{
    private static readonly string[] Checked = ["_id", "line", "number", "startedMs", "outcome", "code", "bytes", "receiptedMs"];

    public static LedgerCall Of(JournalCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return new(call.Call, call.Line, call.CallNumber, call.Started.UnixMs, call.Ending?.What.Word() ?? "open", call.Ending?.Code?.Word(), call.Recording?.Bytes ?? 0, call.Receipted?.ToUnixTimeMilliseconds());
    }

    /// <summary>Something happened to the call that is worth a commit: it began, ended or was receipted. When the receipt came is not written down to the millisecond, and may read otherwise after a restart.</summary>
    internal bool IsNewsAgainst(LedgerCall? before) => before is null || (before.Outcome, before.Code, before.Bytes, before.ReceiptedMs is null) != (Outcome, Code, Bytes, ReceiptedMs is null);

    internal BsonDocument ToDocument()
    {
        var document = new BsonDocument
        {
            ["_id"] = Call.ToString(),
            ["line"] = Line.Number,
            ["number"] = (long)CallNumber,
            ["startedMs"] = StartedMs,
            ["outcome"] = Outcome,
            ["code"] = Code,
            ["bytes"] = Bytes,
            ["receiptedMs"] = ReceiptedMs is { } ms ? new BsonValue(ms) : BsonValue.Null,
        };
        document["check"] = Check(document);
        return document;
    }

    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    internal static LedgerCall Read(BsonDocument document)
    {
        if (document["check"].AsString != Check(document) || !CallId.TryParse(document["_id"].AsString, out var call)) throw new InvalidDataException("an entry does not have its checksum");
        return new(call, new(document["line"].AsInt32), (ulong)document["number"].AsInt64, document["startedMs"].AsInt64, document["outcome"].AsString,
            document["code"].IsNull ? null : document["code"].AsString, document["bytes"].AsInt64, document["receiptedMs"].IsNull ? null : document["receiptedMs"].AsInt64);
    }

    // LiteDB's log pages have no checksum of their own: each entry brings one.
    private static string Check(BsonDocument document) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('|', Checked.Select(key => document[key].RawValue?.ToString() ?? "")))))[..16];
}
