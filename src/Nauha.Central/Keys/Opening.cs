using Nauha.Format;

namespace Nauha.Central.Keys;

/// <summary>
/// The keystore's door, opened for one person and one act: who holds this has an entry in the log, durable before it was
/// made. There is no other way to what is sealed but ingest's, which shows nothing to anybody.
/// </summary>
public sealed class Opening
{
    private readonly Keystore _keys;

    internal Opening(Keystore keys) => _keys = keys;

    /// <summary>The sealed part of a call record.</summary>
    public RecordFacts? Record(SealedRecord record) => _keys.OpenRecord(record);

    /// <summary>The data key of a recording.</summary>
    public byte[]? DataKey(SealedHead head) => _keys.UnwrapForIngest(head);

    /// <summary>Search tokens of a value for the days of a window.</summary>
    public IReadOnlyList<byte[]> Tokens(string label, string value, long fromMs, long untilMs) => _keys.Tokens(label, value, fromMs, untilMs);

    /// <summary>The tokens of a value under every hold's own search key.</summary>
    public IReadOnlyList<(string Hold, byte[] Token)> HoldTokens(string label, string value) => _keys.HoldTokens(label, value);

    /// <summary>The sealed part of an entry of the log: strict JSON, or null where its month's key is gone.</summary>
    public byte[]? AuditPart(string month, byte[] blob) => _keys.OpenAudit(month, blob);
}
