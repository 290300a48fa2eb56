using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nauha.Format;

namespace Nauha.Central.Fleet;

/// <summary>
/// The fleet's own authority: a root, one intermediate for appliances (clientAuth) and one for servers (serverAuth).
/// Nobody else's certificate counts, and nobody else trusts ours.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    private const string SignsRecordings = CertificateUses.SignsRecordings;

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Lock _one = new();
    private SslStreamCertificateContext? _server;

    private CertificateAuthority(string folder, TimeProvider time)
    {
        (_folder, _time) = (folder, time);
        Root = null!;
        Appliances = null!;
        Servers = null!;
    }

    public X509Certificate2 Root { get; private set; }

    public X509Certificate2 Appliances { get; private set; }

    public X509Certificate2 Servers { get; private set; }

    public IReadOnlyList<byte[]> Der => [Root.RawData, Appliances.RawData, Servers.RawData];

    public static CertificateAuthority Open(string data, FleetId fleet, TimeProvider time)
    {
        var folder = Path.Combine(data, "ca");
        Durable.CreateFolder(folder);
        var ca = new CertificateAuthority(folder, time);
        ca.Root = ca.Load("root") ?? ca.Make("root", $"CN=Nauha {fleet.Text} root", null, null);
        ca.Appliances = ca.Load("appliances") ?? ca.Make("appliances", $"CN=Nauha {fleet.Text} appliances", ca.Root, [ClientAuth, SignsRecordings]);
        ca.Servers = ca.Load("servers") ?? ca.Make("servers", $"CN=Nauha {fleet.Text} servers", ca.Root, [ServerAuth]);
        return ca;
    }

    /// <summary>Central's own server certificate for these names, with its chain; made at the first start and anew a month before its end.</summary>
    public SslStreamCertificateContext Server(IReadOnlyCollection<string> names)
    {
        lock (_one)
        {
            if (_server is null || Ends(_server.TargetCertificate)) _server = SslStreamCertificateContext.Create(ServerCertificate(names), [Servers], offline: true);
            return _server;
        }
    }

    /// <summary>The very certificate that this process shows.</summary>
    public bool IsOwnServer(X509Certificate? shown)
    {
        lock (_one) return shown is not null && _server is not null && shown.GetRawCertData().AsSpan().SequenceEqual(_server.TargetCertificate.RawData);
    }

    /// <summary>Less than a month of its life is left; or its life has not begun, for it was made while this machine's clock was wrong.</summary>
    public bool Ends(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var now = _time.GetUtcNow();
        return new DateTimeOffset(certificate.NotAfter) - now < TimeSpan.FromDays(30) || now < new DateTimeOffset(certificate.NotBefore);
    }

    private X509Certificate2 ServerCertificate(IEnumerable<string> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=nauha-central", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address); else alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        return Issue(request, Servers, ServerAuth, days: 90).CopyWithPrivateKey(key);
    }

    /// <summary>A client certificate for a part of central itself.</summary>
    public X509Certificate2 OwnClient(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Issue(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256), Appliances, ClientAuth, days: 90).CopyWithPrivateKey(key);
    }

    /// <summary>Signs an appliance's request: only its public key is taken from it, the name is ours.</summary>
    /// <exception cref="CryptographicException">The request is none, or its key is no P-256 key that signed it.</exception>
    public X509Certificate2 Enrol(byte[] pkcs10, ApplianceId appliance, bool signing)
    {
        var asked = CertificateRequest.LoadSigningRequest(pkcs10, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default);
        using var key = asked.PublicKey.GetECDsaPublicKey() ?? throw new CryptographicException("the request's key is no EC key");
        if (key.KeySize != 256) throw new CryptographicException("the request's key is not of P-256");
        return Issue(new CertificateRequest(new X500DistinguishedName($"CN={appliance.Text}"), asked.PublicKey, HashAlgorithmName.SHA256), Appliances, signing ? SignsRecordings : ClientAuth, days: 365 * 2);
    }

    /// <summary>Chain to our root through the appliances' intermediate, in its time, for opening connections.</summary>
    public bool IsOurClient(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Root);
        chain.ChainPolicy.ExtraStore.Add(Appliances);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuth));
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        return chain.Build(certificate) && chain.ChainElements.Count == 3 && chain.ChainElements[1].Certificate.RawData.AsSpan().SequenceEqual(Appliances.RawData);
    }

    private X509Certificate2 Make(string name, string subject, X509Certificate2? issuer, string[]? uses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, issuer is null ? 1 : 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (uses is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses.Select(u => new Oid(u))], false));
        var from = _time.GetUtcNow().AddDays(-1);
        var until = from.AddYears(issuer is null ? 20 : 10);
        using var certificate = issuer is null ? request.CreateSelfSigned(from, until) : request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(16)).CopyWithPrivateKey(key);
        Durable.Replace(Path.Combine(_folder, name + ".key"), System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        Durable.Replace(Path.Combine(_folder, name + ".crt"), System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        return Load(name)!;
    }

    private X509Certificate2? Load(string name)
    {
        var certificate = Path.Combine(_folder, name + ".crt");
        return File.Exists(certificate) ? X509Certificate2.CreateFromPemFile(certificate, Path.Combine(_folder, name + ".key")) : null;
    }

    private X509Certificate2 Issue(CertificateRequest request, X509Certificate2 issuer, string use, int days)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], true));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        return request.Create(issuer, _time.GetUtcNow().AddHours(-1), _time.GetUtcNow().AddDays(days), serial);
    }

    public void Dispose()
    {
        Root.Dispose();
        Appliances.Dispose();
        Servers.Dispose();
    }
}
