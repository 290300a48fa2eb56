using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Sync;

/// <summary>
/// Joins a fleet: compares the trust root with the code sheet before the code is said, spends the code on the TLS
/// certificate, and with that gets the signing certificate and what the box needs to begin.
/// </summary>
public static class Enrolment
{
    /// <exception cref="VaultException">Why not, and what to do.</exception>
    public static async Task<ApplianceId> RunAsync(string data, Uri central, string code, string trustRoot, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(central);
        if (BoxIdentity.Exists(data)) throw new VaultException($"{data} is enrolled already. Use another folder, or remove its identity folder if this box is to join another fleet.");
        try
        {
            var trust = await TrustAsync(central, trustRoot, cancel).ConfigureAwait(false);
            using var tls = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var plain = Client(trust, null);
            var request = Request(tls);
            plain.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"enrol:{code}")));
            using var tlsCertificate = await CertificateAsync(plain, new Uri(central, "/.well-known/est/simpleenroll"), request, cancel).ConfigureAwait(false);
            using var own = X509Certificate2.CreateFromPem(tlsCertificate.ExportCertificatePem(), tls.ExportPkcs8PrivateKeyPem());
            using var mutual = Client(trust, own);
            using var signingCertificate = await CertificateAsync(mutual, new Uri(central, "/.well-known/est/signing/simpleenroll"), Request(signing), cancel).ConfigureAwait(false);
            var documents = await mutual.GetByteArrayAsync(new Uri(central, "/.well-known/nauha/documents"), cancel).ConfigureAwait(false);
            if (!EnrolmentAnswer.TryParse(documents, out var answer, out var error)) throw new VaultException($"Central's answer {error}. Are box and central of the same version?");
            // What is believed from now on is the very root that the code sheet named, whatever was answered later.
            if (!TrustDocument.TryOpen(answer.Trust, trust, trustRoot.Trim().ToLowerInvariant(), out _, out error)) throw new VaultException($"The trust document of central's answer {error}. Nothing was kept; tell central's administrator.");
            BoxIdentity.Save(data, answer, signing.ExportPkcs8PrivateKeyPem(), signingCertificate.ExportCertificatePem(), tls.ExportPkcs8PrivateKeyPem(), tlsCertificate.ExportCertificatePem());
            using var identity = BoxIdentity.Load(data);
            DayKeys.Load(identity);
            return answer.Appliance;
        }
        catch (HttpRequestException e)
        {
            throw new VaultException($"{central} cannot be reached: {e.Message}. Check the address, the cable and the port.", e);
        }
    }

    // The first document is fetched from whoever answers; what makes it ours is the root's name on the code sheet.
    private static async Task<TrustDocument> TrustAsync(Uri central, string trustRoot, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null } };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(20), MaxResponseContentBufferSize = Envelope.LongestBytes };
        var envelope = await http.GetByteArrayAsync(new Uri(central, "/.well-known/nauha/trust"), cancel).ConfigureAwait(false);
        return TrustDocument.TryOpen(envelope, null, trustRoot.Trim().ToLowerInvariant(), out var trust, out var error) ? trust : throw new VaultException($"Central's trust document {error}. Nothing was sent; check --central and --trust-root against the code sheet.");
    }

    private static HttpClient Client(TrustDocument trust, X509Certificate2? own)
    {
        var ssl = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, errors) =>
            {
                if (shown is null || (errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0) return false;
                using var certificate = X509CertificateLoader.LoadCertificate(shown.GetRawCertData());   // a new box may have no clock yet
                return TrustedServer.IsGood(certificate, trust, at: null);
            },
        };
        if (own is not null) (ssl.ClientCertificates, ssl.LocalCertificateSelectionCallback) = ([own], (_, _, _, _, _) => own);
        return new(new SocketsHttpHandler { SslOptions = ssl }) { Timeout = TimeSpan.FromSeconds(20), MaxResponseContentBufferSize = 4 * Envelope.LongestBytes };
    }

    private static byte[] Request(ECDsa key) => new CertificateRequest("CN=appliance", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    private static async Task<X509Certificate2> CertificateAsync(HttpClient http, Uri address, byte[] request, CancellationToken cancel)
    {
        using var body = new StringContent(Convert.ToBase64String(request), Encoding.ASCII, "application/pkcs10");
        using var response = await http.PostAsync(address, body, cancel).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK) throw new VaultException(response.StatusCode switch
        {
            HttpStatusCode.Forbidden => "The code is wrong, used already or older than 72 hours. Ask central for a new one.",
            HttpStatusCode.Unauthorized => "Central does not take the code or the certificate. Ask for a new code.",
            HttpStatusCode.Conflict => "This appliance has a signing key already. Ask central for a new code.",
            _ => $"Central answered {(int)response.StatusCode}.",
        });
        var certificates = new X509Certificate2Collection();
#pragma warning disable SYSLIB0057 // the loader that replaces it reads no PKCS#7; the certificates inside carry no keys and are checked by their chain
        certificates.Import(Convert.FromBase64String(string.Concat(text.Where(c => !char.IsWhiteSpace(c)))));
#pragma warning restore SYSLIB0057
        return certificates.Count == 1 ? certificates[0] : throw new VaultException("Central answered with no certificate.");
    }
}
