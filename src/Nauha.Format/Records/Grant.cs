using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Nauha.Format;

public enum GrantOf
{
    /// <summary>The data key of a recording.</summary>
    Dek,

    /// <summary>The sealed part of one call record.</summary>
    Record,
}

/// <summary>
/// What was sealed to one key, sealed once more to another: to the day that a call truly belongs to, or to a hold. The
/// file and the record themselves never change. FORMAT.md §5.
/// </summary>
/// <param name="Seq">Of the record; null for a data key.</param>
/// <param name="Hold">Id of the hold for which it was made; null where the day was corrected.</param>
public sealed record Grant(CallId Call, GrantOf Of, ulong? Seq, KeyId FromKid, KeyId ToKid, byte[] Sealed, string Reason, string? Hold, long AtMs)
{
    private const int DekBytes = 32;
    private static readonly string[] Kinds = ["dek", "record"];

    /// <summary>What binds a grant to its subject and its recipient: H of the file, or SHA-256 of the record's payload.</summary>
    public static byte[] Info(ReadOnlySpan<byte> subject, KeyId to) => [.. "nauha/1 grant\0"u8, .. subject, .. to.ToBytes()];

    /// <summary>H of a sealed file: SHA-256 of core and wrap, from what <see cref="SealedFile.ReadHead"/> gives.</summary>
    public static byte[] SubjectOf(ReadOnlySpan<byte> wrapInfo, ReadOnlySpan<byte> wrap) => SHA256.HashData([.. wrapInfo[^SealedCore.Length..], .. wrap]);

    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("call", Call.ToString());
        json.WriteString("of", Kinds[(int)Of]);
        if (Seq is { } seq) json.WriteNumber("seq", seq); else json.WriteNull("seq");
        json.WriteString("fromKid", FromKid.ToString());
        json.WriteString("toKid", ToKid.ToString());
        json.WriteBase64String("sealed", Sealed);
        json.WriteString("reason", Reason);
        json.WriteString("hold", Hold);
        json.WriteNumber("atMs", AtMs);
    });

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out Grant? grant, out string error) => StrictJson.TryRead(payload, Read, out grant, out error) && grant is not null;

    /// <summary>Opens what a grant holds, as FORMAT.md §5.2 asks: signed by a key that the ring knows, of this subject, sealed to a key at hand.</summary>
    /// <param name="secretOf">The secrets at hand.</param>
    /// <param name="plain">The data key, or the 1,024 bytes of a record's sealed part; the caller clears them.</param>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, GrantSubject subject, Func<KeyId, DaySecret?> secretOf, out byte[]? plain, out string error)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(secretOf);
        plain = null;
        var fault = Envelope.Read(envelope, PayloadTypes.Grant, keyring, Read, out var grant, out _, out error);
        if (fault != DocumentFault.None) return fault;
        if (grant!.Call != subject.Call || grant.Of != subject.Of || grant.Seq != subject.Seq)
        {
            error = $"is of {grant.Call}";
            return DocumentFault.OtherSubject;
        }
        plain = secretOf(grant.ToKid) is { } secret ? Hpke.Open(secret, Info(subject.Hash, grant.ToKid), grant.Sealed) : null;
        if (plain is not null) return DocumentFault.None;
        error = $"is sealed to {grant.ToKid}, and does not open";
        return DocumentFault.WrongKey;
    }

    internal static Grant Read(StrictJson.Members m)
    {
        m.Version(1);
        var read = new Grant(m.Call("call"), Array.IndexOf(Kinds, m.Text("of")) is >= 0 and var of ? (GrantOf)of : throw m.Wrong("of", "is not known"), m.OrdinalOrNull("seq"),
            m.Key("fromKid"), m.Key("toKid"), m.Blob("sealed"), m.Text("reason"), m.TextOrNull("hold"), m.Moment("atMs"));
        if (read.Of == GrantOf.Record != read.Seq is not null) throw m.Wrong("seq", "does not go with of");
        if (read.Sealed.Length != Hpke.Overhead + (read.Of == GrantOf.Record ? RecordFacts.PlainBytes : DekBytes)) throw m.Wrong("sealed", "has not the length of what was granted");
        return Encoding.UTF8.GetByteCount(read.Reason) <= 64 ? read : throw m.Wrong("reason", "is longer than 64 bytes");
    }
}

/// <summary>What a grant is of.</summary>
/// <param name="Seq">Of the record; null for a data key.</param>
/// <param name="Hash">H of the file (<see cref="Grant.SubjectOf"/>), or SHA-256 of the record's payload.</param>
public sealed record GrantSubject(CallId Call, GrantOf Of, ulong? Seq, byte[] Hash);
