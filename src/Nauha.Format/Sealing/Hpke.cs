using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>
/// HPKE (RFC 9180), base mode, one suite: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, ChaCha20-Poly1305 0x0003.
/// Single shot: a blob is enc (32 bytes) ‖ ciphertext with its tag. All binding goes into <c>info</c>; aad is empty.
/// </summary>
public static class Hpke
{
    /// <summary>Bytes that sealing adds: enc and tag.</summary>
    public const int Overhead = 32 + 16;

    private static readonly byte[] Kem = [.. "KEM"u8, 0x00, 0x20];
    private static readonly byte[] Suite = [.. "HPKE"u8, 0x00, 0x20, 0x00, 0x01, 0x00, 0x03];

    /// <summary>Seals to a public key of 32 bytes.</summary>
    /// <exception cref="CryptographicException">The key is not one that anybody could own: bit 255 set, ≥ p, or of low order.</exception>
    public static byte[] Seal(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> plaintext)
    {
        using var ephemeral = DaySecret.Create();
        return Seal(ephemeral, publicKey, info, plaintext);
    }

    /// <summary>The seam of RFC 9180's vectors: the ephemeral key is given. Product code cannot reach it.</summary>
    internal static byte[] Seal(DaySecret ephemeral, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, ReadOnlySpan<byte> plaintext)
    {
        if (!IsCanonical(publicKey) || ephemeral.Agree(publicKey) is not { } shared) throw new CryptographicException("the recipient's key is no valid X25519 key");
        var context = Schedule(shared, ephemeral.PublicKey, publicKey, info);
        var blob = new byte[Overhead + plaintext.Length];
        ephemeral.PublicKey.CopyTo(blob, 0);
        using var cipher = new ChaCha20Poly1305(context.Key);
        cipher.Encrypt(context.Nonce, plaintext, blob.AsSpan(32, plaintext.Length), blob.AsSpan(32 + plaintext.Length));
        context.Clear();
        return blob;
    }

    /// <summary>Opens a blob. Null: it was not sealed to this key with this info, or it was changed. What comes out lies in one place, for the caller to clear.</summary>
    public static byte[]? Open(DaySecret secret, ReadOnlySpan<byte> info, ReadOnlySpan<byte> blob)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (blob.Length < Overhead || !IsCanonical(blob[..32]) || secret.Agree(blob[..32]) is not { } shared) return null;
        var context = Schedule(shared, blob[..32], secret.PublicKey, info);
        var plaintext = OwnMemory.Secret(blob.Length - Overhead);
        try
        {
            using var cipher = new ChaCha20Poly1305(context.Key);
            cipher.Decrypt(context.Nonce, blob[32..^16], blob[^16..], plaintext);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            context.Clear();
        }
    }

    internal readonly record struct Context(byte[] Key, byte[] Nonce, byte[] Exporter, byte[] Shared)
    {
        public void Clear()
        {
            CryptographicOperations.ZeroMemory(Key);
            CryptographicOperations.ZeroMemory(Exporter);
            CryptographicOperations.ZeroMemory(Shared);
        }
    }

    // RFC 9180 §4.1 and §5.1. Wire bytes of enc go into the context, never a re-export, which may differ. Every secret on
    // the way is cleared; dh too.
    internal static Context Schedule(byte[] dh, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> recipient, ReadOnlySpan<byte> info)
    {
        var extracted = Extract(Kem, [], "eae_prk"u8, dh);
        var shared = Expand(Kem, extracted, "shared_secret"u8, [.. enc, .. recipient], 32);
        byte[] schedule = [0, .. Extract(Suite, [], "psk_id_hash"u8, []), .. Extract(Suite, [], "info_hash"u8, info)];
        var secret = Extract(Suite, shared, "secret"u8, []);
        var context = new Context(Expand(Suite, secret, "key"u8, schedule, 32), Expand(Suite, secret, "base_nonce"u8, schedule, 12), Expand(Suite, secret, "exp"u8, schedule, 32), shared);
        CryptographicOperations.ZeroMemory(dh);
        CryptographicOperations.ZeroMemory(extracted);
        CryptographicOperations.ZeroMemory(secret);
        return context;
    }

    /// <summary>RFC 9180 §7.1.3, for vectors.</summary>
    internal static byte[] DeriveSecret(ReadOnlySpan<byte> ikm) => Expand(Kem, Extract(Kem, [], "dkp_prk"u8, ikm), "sk"u8, [], 32);

    private static byte[] Extract(ReadOnlySpan<byte> suite, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm)
    {
        var head = "HPKE-v1"u8;
        var labeled = OwnMemory.Secret(head.Length + suite.Length + label.Length + ikm.Length);
        head.CopyTo(labeled);
        suite.CopyTo(labeled.AsSpan(head.Length));
        label.CopyTo(labeled.AsSpan(head.Length + suite.Length));
        ikm.CopyTo(labeled.AsSpan(head.Length + suite.Length + label.Length));
        var prk = OwnMemory.Secret(32);
        HKDF.Extract(HashAlgorithmName.SHA256, labeled, salt, prk);
        CryptographicOperations.ZeroMemory(labeled);
        return prk;
    }

    private static byte[] Expand(ReadOnlySpan<byte> suite, byte[] prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, int length)
    {
        var output = OwnMemory.Secret(length);
        HKDF.Expand(HashAlgorithmName.SHA256, prk, output, [(byte)(length >> 8), (byte)length, .. "HPKE-v1"u8, .. suite, .. label, .. info]);
        return output;
    }

    /// <summary>Whether anybody can own the private half: in its one form, and not of low order (the shared point would be zero for every sender).</summary>
    public static bool IsOwnable(ReadOnlySpan<byte> publicKey)
    {
        using var any = DaySecret.Create();
        return IsCanonical(publicKey) && any.Agree(publicKey) is not null;
    }

    /// <summary>A key is taken only in its one form: bit 255 clear and below p = 2^255 − 19 (the library clears the bit silently).</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != 32 || (publicKey[31] & 0x80) != 0) return false;
        if (publicKey[31] != 0x7F) return true;
        for (var i = 30; i > 0; i--)
            if (publicKey[i] != 0xFF) return true;
        return publicKey[0] < 0xED;
    }
}
