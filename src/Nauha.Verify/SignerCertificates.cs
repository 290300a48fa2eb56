using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nauha.Format;

namespace Nauha.Verify;

/// <summary>Why a signing key is believed to be an appliance's.</summary>
internal enum Voucher
{
    /// <summary>A certificate that lay beside the recording says so, and whoever put it there may have made it.</summary>
    Beside,

    /// <summary>A certificate that the person who asks has named.</summary>
    Given,

    /// <summary>A certificate under the fleet's root that the person who asks has named.</summary>
    Root,
}

/// <summary>The public signing certificates at hand: which key belongs to which appliance, and who says so.</summary>
internal sealed class SignerCertificates
{
    private readonly Dictionary<KeyId, (byte[] Point, string Appliance, Voucher By)> _keys = [];
    private readonly X509Certificate2Collection _authorities = [];
    private readonly byte[]? _root;

    private SignerCertificates(byte[]? root) => _root = root;

    /// <param name="given">PEM files, or folders that hold some, that were named as certificates.</param>
    /// <param name="beside">Folders of recordings.</param>
    /// <param name="root">The fleet's root: a PEM file, or the SHA-256 of the certificate in hex. Then nothing else is believed.</param>
    public static SignerCertificates Read(IEnumerable<string> given, IEnumerable<string> beside, string? root)
    {
        var signers = new SignerCertificates(root is null ? null : FingerprintOf(root));
        var found = given.SelectMany(Certificates).Select(c => (c, Voucher.Given)).Concat(beside.SelectMany(Certificates).Select(c => (c, Voucher.Beside))).ToList();
        if (root is not null && File.Exists(root)) found.AddRange(Certificates(root).Select(c => (c, Voucher.Given)));
        foreach (var (certificate, _) in found.Where(f => IsAuthority(f.c))) signers._authorities.Add(certificate);
        foreach (var (certificate, by) in found.Where(f => !IsAuthority(f.c))) signers.Add(certificate, by);
        return signers;
    }

    /// <summary>The point of a key, if its certificate names this appliance.</summary>
    public byte[]? PointOf(KeyId key, ApplianceId appliance) => _keys.TryGetValue(key, out var known) && known.Appliance == appliance.Text ? known.Point : null;

    public Voucher? VoucherOf(KeyId? key) => key is { } id && _keys.TryGetValue(id, out var known) ? known.By : null;

    private void Add(X509Certificate2 certificate, Voucher by)
    {
        using var key = certificate.GetECDsaPublicKey();
        if (key is not { KeySize: 256 } || Uses(certificate) is { } uses && !uses.Contains(CertificateUses.SignsRecordings)) return;
        if (_root is not null && !IsUnderRoot(certificate)) return;
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        byte[] point = [4, .. q.X!, .. q.Y!];
        var id = KeyId.Of(KeyKind.P256, point);
        // Named first, found second: what lies beside never stands in the way of what was given.
        _keys.TryAdd(id, (point, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), _root is null ? by : Voucher.Root));
    }

    // Times are not judged: a recording outlives neither its certificate nor the six months, but its clock may have been none.
    private bool IsUnderRoot(X509Certificate2 certificate)
    {
        var anchors = _authorities.Where(a => SHA256.HashData(a.RawData).AsSpan().SequenceEqual(_root)).ToArray();
        if (anchors.Length == 0) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(anchors[0]);
        chain.ChainPolicy.ExtraStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(CertificateUses.SignsRecordings));
        return chain.Build(certificate);
    }

    private static byte[] FingerprintOf(string root)
    {
        if (!File.Exists(root)) return root.Length == 64 && root.All(char.IsAsciiHexDigit) ? Convert.FromHexString(root) : throw new FileNotFoundException($"--root {root} is neither a file nor a SHA-256 in hex.");
        var own = Certificates(root).Where(c => IsAuthority(c) && c.SubjectName.RawData.AsSpan().SequenceEqual(c.IssuerName.RawData)).ToList();
        return own.Count == 1 ? SHA256.HashData(own[0].RawData) : throw new CryptographicException($"--root {root} holds {own.Count} root certificates; one is needed.");
    }

    private static bool IsAuthority(X509Certificate2 certificate) => certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority);

    private static List<string>? Uses(X509Certificate2 certificate) => certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } uses ? [.. uses.EnhancedKeyUsages.Cast<Oid>().Select(u => u.Value!)] : null;

    private static List<X509Certificate2> Certificates(string place)
    {
        var found = new X509Certificate2Collection();
        foreach (var file in Directory.Exists(place) ? Directory.EnumerateFiles(place, "*.pem", SearchOption.AllDirectories) : [place]) found.ImportFromPemFile(file);
        return [.. found];
    }
}
