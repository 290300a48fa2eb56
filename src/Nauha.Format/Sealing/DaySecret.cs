using System.Security.Cryptography;
using NSec.Cryptography;

namespace Nauha.Format;

/// <summary>The private half of an X25519 recipient: a day key (or, later, the key of a hold). Lives in the keystore only.</summary>
public sealed class DaySecret : IDisposable
{
    private static KeyCreationParameters Exportable => new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };

    private readonly Key _key;

    private DaySecret(Key key)
    {
        _key = key;
        PublicKey = key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        Id = KeyId.Of(KeyKind.X25519, PublicKey);
    }

    /// <summary>32 bytes.</summary>
    public byte[] PublicKey { get; }

    public KeyId Id { get; }

    public static DaySecret Create() => new(Key.Create(KeyAgreementAlgorithm.X25519, Exportable));

    /// <param name="raw">32 bytes.</param>
    public static DaySecret Import(ReadOnlySpan<byte> raw) => new(Key.Import(KeyAgreementAlgorithm.X25519, raw, KeyBlobFormat.RawPrivateKey, Exportable));

    /// <summary>32 bytes; for the keystore's own file alone. The caller clears them.</summary>
    public byte[] Export() => _key.Export(KeyBlobFormat.RawPrivateKey);

    /// <summary>The raw shared point, or null where the other point is of low order. The caller clears it.</summary>
    internal byte[]? Agree(ReadOnlySpan<byte> publicKey)
    {
        var parameters = new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
        var other = NSec.Cryptography.PublicKey.Import(KeyAgreementAlgorithm.X25519, publicKey, KeyBlobFormat.RawPublicKey);
        using var secret = KeyAgreementAlgorithm.X25519.Agree(_key, other, in parameters);
        if (secret is null) return null;
        var raw = OwnMemory.Secret(32);
        if (!secret.TryExport(SharedSecretBlobFormat.RawSharedSecret, raw, out _)) throw new CryptographicException("a shared secret could not be exported");
        Span<byte> zero = stackalloc byte[32];
        return CryptographicOperations.FixedTimeEquals(raw, zero) ? null : raw;
    }

    public void Dispose() => _key.Dispose();
}
