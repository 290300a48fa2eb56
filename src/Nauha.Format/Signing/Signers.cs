using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Nauha.Format;

/// <summary>Signs bytes of a named type.</summary>
public interface ISigner
{
    KeyId Id { get; }

    /// <summary>64 bytes over PAE(type, payload).</summary>
    byte[] Sign(string type, ReadOnlySpan<byte> payload);
}

/// <summary>DSSE's pre-authentication encoding: type and payload with their lengths, so that no two pairs sign alike.</summary>
internal static class Pae
{
    public static byte[] Of(string type, ReadOnlySpan<byte> payload)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(type)} {type} {payload.Length} ");
        return [.. Encoding.UTF8.GetBytes(head), .. payload];
    }
}

/// <summary>An appliance's signing key: ECDSA P-256 with SHA-256, r‖s, s ≤ n/2. Records, recordings and answers bear it.</summary>
public sealed class ApplianceSigner : ISigner, IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _one = new();

    /// <summary>Takes over the key. One signature at a time: a key in a TPM stands no two.</summary>
    public ApplianceSigner(ECDsa key)
    {
        _key = key ?? throw new ArgumentNullException(nameof(key));
        PublicPoint = P256.Point(key);
        Id = KeyId.Of(KeyKind.P256, PublicPoint);
    }

    /// <summary>65 bytes: 04 ‖ x ‖ y.</summary>
    public byte[] PublicPoint { get; }

    public KeyId Id { get; }

    public static ApplianceSigner Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static ApplianceSigner FromPem(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return new(key);
    }

    public string ExportPem() => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>The key itself, for a certificate request.</summary>
    public ECDsa Key => _key;

    public byte[] Sign(string type, ReadOnlySpan<byte> payload)
    {
        byte[] signature;
        lock (_one) signature = _key.SignData(Pae.Of(type, payload), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        P256.MakeLow(signature);
        return signature;
    }

    public void Dispose() => _key.Dispose();
}

/// <summary>One of central's signing keys: Ed25519.</summary>
public sealed class CentralSigner : ISigner, IDisposable
{
    private readonly Key _key;

    private CentralSigner(Key key)
    {
        _key = key;
        PublicKey = key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        Id = KeyId.Of(KeyKind.Ed25519, PublicKey);
    }

    /// <summary>32 bytes.</summary>
    public byte[] PublicKey { get; }

    public KeyId Id { get; }

    public static CentralSigner Create() => new(NSec.Cryptography.Key.Create(SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    public static CentralSigner Import(ReadOnlySpan<byte> raw) => new(NSec.Cryptography.Key.Import(SignatureAlgorithm.Ed25519, raw, KeyBlobFormat.RawPrivateKey, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    public byte[] Export() => _key.Export(KeyBlobFormat.RawPrivateKey);

    public byte[] Sign(string type, ReadOnlySpan<byte> payload) => SignatureAlgorithm.Ed25519.Sign(_key, Pae.Of(type, payload));

    /// <summary>Signs bytes as they stand: for a C2SP note, which has its own framing.</summary>
    internal byte[] SignRaw(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    public void Dispose() => _key.Dispose();
}

/// <summary>A public key that a signature may be checked with.</summary>
public abstract record VerificationKey
{
    private VerificationKey() { }

    public abstract bool Verifies(string type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature);

    /// <param name="Point">65 bytes.</param>
    public sealed record Appliance(byte[] Point) : VerificationKey
    {
        public override bool Verifies(string type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) => P256.Verifies(Point, Pae.Of(type, payload), signature);
    }

    /// <param name="Key">32 bytes.</param>
    public sealed record Central(byte[] Key) : VerificationKey
    {
        public override bool Verifies(string type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) => Ed25519.Verifies(Key, Pae.Of(type, payload), signature);
    }
}

internal static class Ed25519
{
    public static bool Verifies(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == 64 && PublicKey.TryImport(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey, out var key)
        && SignatureAlgorithm.Ed25519.Verify(key!, message, signature);
}

internal static class P256
{
    // n and n/2 of NIST P-256 (SEC 2, 2.4.2).
    private static readonly byte[] Order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    private static readonly byte[] HalfOrder = Convert.FromHexString("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");

    public static byte[] Point(ECDsa key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        return [4, .. q.X!, .. q.Y!];
    }

    /// <summary>ECDSA takes (r, n−s) for (r, s): of the two only the smaller is written.</summary>
    public static void MakeLow(Span<byte> signature)
    {
        var s = signature[32..];
        if (s.SequenceCompareTo(HalfOrder) <= 0) return;
        var borrow = 0;
        for (var i = 31; i >= 0; i--)
        {
            var digit = Order[i] - s[i] - borrow;
            borrow = digit < 0 ? 1 : 0;
            s[i] = (byte)(digit + (borrow * 256));
        }
    }

    /// <summary>And only the smaller is taken.</summary>
    public static bool Verifies(ReadOnlySpan<byte> point, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (point.Length != 65 || point[0] != 4 || signature.Length != 64 || signature[32..].SequenceCompareTo(HalfOrder) > 0) return false;
        try
        {
            using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = point[1..33].ToArray(), Y = point[33..].ToArray() } });
            return key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;   // not a point of the curve
        }
    }
}
