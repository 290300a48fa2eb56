using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nauha.Format.Tests.Sealing.Vectors;

/// <summary>
/// ECDSA P-256 with the nonce of RFC 6979: the same words always bear the same signature, so that making the vectors
/// anew changes no byte. Plain arithmetic, for test keys alone.
/// </summary>
internal sealed class TestSigner : ISigner
{
    private static readonly BigInteger P = Number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger N = Number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    private static readonly (BigInteger X, BigInteger Y) G = (
        Number("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"), Number("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"));

    private readonly byte[] _secret;

    public TestSigner(byte[] secret)
    {
        _secret = secret;
        var q = TimesG(Number(secret));
        Point = [4, .. Bytes(q.X), .. Bytes(q.Y)];
        Id = KeyId.Of(KeyKind.P256, Point);
    }

    /// <summary>65 bytes.</summary>
    public byte[] Point { get; }

    public KeyId Id { get; }

    public byte[] Sign(string type, ReadOnlySpan<byte> payload)
    {
        var signature = SignRaw(Pae.Of(type, payload));
        P256.MakeLow(signature);
        return signature;
    }

    /// <summary>The other signature of the same words: (r, n − s).</summary>
    public static byte[] Turned(ReadOnlySpan<byte> signature) => [.. signature[..32], .. Bytes(N - Number(signature[32..]))];

    /// <summary>The same signature as ASN.1: what most libraries write.</summary>
    public static byte[] Der(ReadOnlySpan<byte> signature)
    {
        var der = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            der.WriteInteger(Number(signature[..32]));
            der.WriteInteger(Number(signature[32..]));
        }
        return der.Encode();
    }

    /// <summary>A certificate that says whose key it is, signed by itself.</summary>
    public string CertificatePem(string appliance)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = Point[1..33], Y = Point[33..] } });
        var name = new X500DistinguishedName($"CN={appliance}");
        var request = new CertificateRequest(name, new PublicKey(key), HashAlgorithmName.SHA256);
        var certificate = request.Create(name, new Generator(this, key), DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), [1]);
        return certificate.ExportCertificatePem() + "\n";
    }

    private byte[] SignRaw(ReadOnlySpan<byte> message)
    {
        var hash = SHA256.HashData(message);
        var k = Nonce(hash);
        var r = TimesG(k).X % N;
        var s = BigInteger.ModPow(k, N - 2, N) * (Number(hash) + (r * Number(_secret))) % N;
        return [.. Bytes(r), .. Bytes(s)];
    }

    // RFC 6979 §3.2; the hash is reduced once, as bits2octets does.
    private BigInteger Nonce(byte[] hash)
    {
        var h = Bytes(Number(hash) % N);
        var (v, k) = (new byte[32], new byte[32]);
        v.AsSpan().Fill(1);
        k = HMACSHA256.HashData(k, (byte[])[.. v, 0, .. _secret, .. h]);
        v = HMACSHA256.HashData(k, v);
        k = HMACSHA256.HashData(k, (byte[])[.. v, 1, .. _secret, .. h]);
        v = HMACSHA256.HashData(k, v);
        for (; ; )
        {
            v = HMACSHA256.HashData(k, v);
            if (Number(v) is var number && number > 0 && number < N) return number;
            k = HMACSHA256.HashData(k, (byte[])[.. v, 0]);
            v = HMACSHA256.HashData(k, v);
        }
    }

    // G, 2 G, 4 G, …: made once, for the inversions in doubling are what takes time.
    private static readonly (BigInteger X, BigInteger Y)[] Powers = [.. Doubled()];

    private static IEnumerable<(BigInteger X, BigInteger Y)> Doubled()
    {
        var power = G;
        for (var i = 0; i < 256; i++, power = Add(power, power)!.Value) yield return power;
    }

    private static (BigInteger X, BigInteger Y) TimesG(BigInteger factor)
    {
        (BigInteger X, BigInteger Y)? sum = null;
        for (var i = 0; factor > 0; factor >>= 1, i++)
            if (!factor.IsEven) sum = Add(sum, Powers[i]);
        return sum!.Value;
    }

    private static (BigInteger X, BigInteger Y)? Add((BigInteger X, BigInteger Y)? a, (BigInteger X, BigInteger Y)? b)
    {
        if (a is not { } one || b is not { } two) return a ?? b;
        if (one.X == two.X && (one.Y + two.Y) % P == 0) return null;
        var slope = one == two ? (3 * one.X * one.X - 3) * BigInteger.ModPow(2 * one.Y, P - 2, P) : (two.Y - one.Y) * BigInteger.ModPow(Mod(two.X - one.X), P - 2, P);
        var x = Mod(slope * slope - one.X - two.X);
        return (x, Mod(slope * (one.X - x) - one.Y));
    }

    private static BigInteger Mod(BigInteger value) => ((value % P) + P) % P;

    private static BigInteger Number(string hex) => Number(Convert.FromHexString(hex));

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger value)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private sealed class Generator(TestSigner signer, ECDsa key) : X509SignatureGenerator
    {
        private readonly X509SignatureGenerator _public = CreateForECDsa(key);

        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => _public.GetSignatureAlgorithmIdentifier(hashAlgorithm);

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => Der(signer.SignRaw(data));

        protected override PublicKey BuildPublicKey() => _public.PublicKey;
    }
}
