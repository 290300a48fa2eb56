using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>The names of what is signed. Each signature binds its type.</summary>
public static class PayloadTypes
{
    public const string Recording = "application/vnd.nauha.recording.v1";
    public const string Record = "application/vnd.nauha.record.v1+json";
    public const string Answer = "application/vnd.nauha.answer.v1+json";
    public const string DayKeys = "application/vnd.nauha.daykeys.v1+json";
    public const string Receipt = "application/vnd.nauha.receipt.v1+json";
    public const string Command = "application/vnd.nauha.command.v1+json";
    public const string Time = "application/vnd.nauha.time.v1+json";
    public const string Trust = "application/vnd.nauha.trust.v1+json";
    public const string Grant = "application/vnd.nauha.grant.v1+json";
    public const string Destruction = "application/vnd.nauha.destruction.v1+json";
    public const string Checked = "application/vnd.nauha.checked.v1+json";
}

/// <summary>Who may sign what.</summary>
public interface IKeyring
{
    /// <summary>The key of this id, if it may sign documents of this type.</summary>
    bool TryFind(KeyId id, string type, [NotNullWhen(true)] out VerificationKey? key);
}

/// <param name="Payload">The exact bytes that were signed.</param>
public sealed record OpenedEnvelope(byte[] Payload, KeyId Signer);

/// <summary>A signed document on the wire: DSSE in JSON, at most 64 KiB. The signature is over the payload's exact bytes; they are read only after it was checked.</summary>
public static class Envelope
{
    public const int LongestBytes = 64 * 1024;
    private const int MostSignatures = 16;

    /// <summary>Signs; one signature a signer, in their order.</summary>
    public static byte[] Seal(string type, ReadOnlySpan<byte> payload, params ReadOnlySpan<ISigner> signers)
    {
        var body = payload.ToArray();
        var signatures = new List<(KeyId Id, byte[] Bytes)>();
        foreach (var signer in signers) signatures.Add((signer.Id, signer.Sign(type, body)));
        return StrictJson.Write(json =>
        {
            json.WriteBase64String("payload", body);
            json.WriteString("payloadType", type);
            json.WriteStartArray("signatures");
            foreach (var (id, bytes) in signatures)
            {
                json.WriteStartObject();
                json.WriteString("keyid", id.ToString());
                json.WriteBase64String("sig", bytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    /// <summary>Checks type and the one signature; the payload comes out only when both are good.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> utf8, string type, IKeyring keyring, [NotNullWhen(true)] out OpenedEnvelope? opened, out string error) => Open(utf8, type, keyring, vouched: false, out opened, out error) == DocumentFault.None && opened is not null;

    /// <summary>The same but for the signature itself: only for exact bytes of which somebody who is believed says that it was checked.</summary>
    public static bool TryOpenVouched(ReadOnlySpan<byte> utf8, string type, IKeyring keyring, [NotNullWhen(true)] out OpenedEnvelope? opened, out string error) => Open(utf8, type, keyring, vouched: true, out opened, out error) == DocumentFault.None && opened is not null;

    /// <summary>Opens the envelope and reads its payload: all of FORMAT.md §3.1 but what binds a document to who reads it.</summary>
    /// <param name="read">Reads the payload; throws <see cref="StrictJson.NotStrictException"/>.</param>
    /// <param name="opened">Set as soon as the signature is good.</param>
    internal static DocumentFault Read<T>(ReadOnlySpan<byte> utf8, string type, IKeyring keyring, Func<StrictJson.Members, T> read, out T? document, out OpenedEnvelope? opened, out string error)
    {
        document = default;
        return Open(utf8, type, keyring, vouched: false, out opened, out error) is not DocumentFault.None and var fault ? fault : StrictJson.Read(opened!.Payload, read, out document, out error);
    }

    private static DocumentFault Open(ReadOnlySpan<byte> utf8, string type, IKeyring keyring, bool vouched, out OpenedEnvelope? opened, out string error)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        opened = null;
        if (TakeApart(utf8, type, out var payload, out var signatures, out error) is not DocumentFault.None and var fault) return fault;
        if (signatures.Count != 1)
        {
            error = $"has {signatures.Count} signatures, not one";
            return DocumentFault.SignatureCount;
        }
        var (id, bytes) = signatures[0];
        if (!keyring.TryFind(id, type, out var key))
        {
            error = $"is signed by {id}, which may not sign {type}";
            return DocumentFault.UnknownSigner;
        }
        if (!vouched && !key.Verifies(type, payload, bytes))
        {
            error = $"bears a signature of {id} that does not verify";
            return DocumentFault.BadSignature;
        }
        opened = new(payload, id);
        return DocumentFault.None;
    }

    /// <summary>Payload and signatures, unchecked: for a trust document, whose signers stand in the old and in the new one.</summary>
    internal static DocumentFault TakeApart(ReadOnlySpan<byte> utf8, string type, out byte[] payload, out List<(KeyId Id, byte[] Bytes)> signatures, out string error)
    {
        (payload, signatures) = ([], []);
        if (utf8.Length > LongestBytes)
        {
            error = $"is {utf8.Length} bytes long; an envelope has at most {LongestBytes}";
            return DocumentFault.TooLong;
        }
        if (!StrictJson.TryRead(utf8, m => (Payload: m.Blob("payload"), Type: m.Text("payloadType"), Signatures: m.List("signatures", MostSignatures, s => (s.Key("keyid"), s.Blob("sig")))), out var parts, out error)) return DocumentFault.BadEnvelope;
        if (parts.Type != type)
        {
            error = $"is of type {parts.Type}, not {type}";
            return DocumentFault.WrongType;
        }
        (payload, signatures) = (parts.Payload, parts.Signatures);
        return DocumentFault.None;
    }
}
