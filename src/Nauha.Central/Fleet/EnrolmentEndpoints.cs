using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Fleet;

/// <summary>
/// Enrolment over HTTPS by EST's paths (RFC 7030): a one-time code buys the TLS certificate, which at once buys the
/// signing certificate. The trust document is public: the box compares its root with the code sheet before it says the code.
/// </summary>
internal static class EnrolmentEndpoints
{
    private const int LongestRequest = 8_192;

    public static void MapEnrolment(this WebApplication app)
    {
        app.MapGet("/.well-known/nauha/trust", (Register register) => Results.Bytes(register.TrustEnvelope, "application/json")).Anybody("public keys, which the box compares with its code sheet before it says its code");
        app.MapGet("/api/certificates", async (Register register, CertificateAuthority authority, CancellationToken cancel) => Results.Text(await CertificatesAsync(register, authority, cancel), "application/x-pem-file")).SignedIn("public keys and appliances' ids, no call; who verifies for others hands them on");
        app.MapGet("/.well-known/est/cacerts", (CertificateAuthority authority) => Pkcs7([authority.Root, authority.Appliances, authority.Servers])).Anybody("the authority's public certificates (RFC 7030)");
        app.MapPost("/.well-known/est/simpleenroll", async (HttpContext http, Register register, Tries tries, CancellationToken cancel) =>
        {
            if (CodeOf(http) is not { } code) return Results.Problem("Send the one-time code as password of user `enrol`.", statusCode: 401);
            if (await ReadRequestAsync(http, cancel) is not { } request) return Results.Problem("The body is no PKCS#10 request in base64.", statusCode: 400);
            try
            {
                var (certificate, late) = await tries.TryAsync("enrol", http, () => register.EnrolAsync(code, request, cancel));
                return late ? Results.Problem("Too many failed tries from here. Wait a minute.", statusCode: 429) : certificate is not null ? Pkcs7([certificate]) : Results.Problem("The code is wrong, used or older than 72 hours. Ask for a new one.", statusCode: 403);
            }
            catch (CryptographicException)
            {
                return Results.Problem("The request does not verify, or its key is not of P-256.", statusCode: 400);
            }
        }).Appliances("a one-time code, spent on the certificate; tries are bounded");
        app.MapPost("/.well-known/est/signing/simpleenroll", async (HttpContext http, Register register, CancellationToken cancel) =>
        {
            if (Appliance(http, register) is not { } appliance) return Results.Problem("Come with the TLS certificate of your enrolment.", statusCode: 401);
            if (await ReadRequestAsync(http, cancel) is not { } request) return Results.Problem("The body is no PKCS#10 request in base64.", statusCode: 400);
            try
            {
                return await register.EnrolSignerAsync(appliance, request, cancel) is { } certificate ? Pkcs7([certificate]) : Results.Problem("This appliance has its signing key already.", statusCode: 409);
            }
            catch (CryptographicException)
            {
                return Results.Problem("The request does not verify, or its key is not of P-256.", statusCode: 400);
            }
        }).Appliances("the TLS certificate that the code bought");
        app.MapGet("/.well-known/nauha/documents", (HttpContext http, Register register, Keystore keys, RunningPorts ports, TimeProvider time) =>
            Appliance(http, register) is { } appliance
                ? Results.Bytes(new EnrolmentAnswer(keys.Fleet, appliance, register.TrustEnvelope, keys.Bundle(out _), http.Request.Host.Host, ports.Mqtts, time.GetUtcNow().ToUnixTimeMilliseconds()).ToJson(), "application/json")
                : Results.Problem("Come with the TLS certificate of your enrolment.", statusCode: 401)).Appliances("the TLS certificate that the code bought");
    }

    /// <summary>Signing certificates and their chain: with the root's fingerprint from elsewhere, nauha-verify needs nothing more.</summary>
    public static async Task<string> CertificatesAsync(Register register, CertificateAuthority authority, CancellationToken cancel) =>
        string.Join('\n', (await register.ListAsync(cancel)).Select(a => a.SigningPem).OfType<string>().Append(authority.Appliances.ExportCertificatePem()).Append(authority.Root.ExportCertificatePem())) + "\n";

    private static ApplianceId? Appliance(HttpContext http, Register register)
    {
        var certificate = http.Connection.ClientCertificate;
        var name = certificate?.GetNameInfo(X509NameType.SimpleName, false);
        return register.IsCurrent(certificate, name) && ApplianceId.TryParse(name, out var id) ? id : null;
    }

    private static string? CodeOf(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var bytes = new byte[256];
        if (!header.StartsWith("Basic ", StringComparison.Ordinal) || !Convert.TryFromBase64String(header[6..], bytes, out var length)) return null;
        return Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is ["enrol", var code] ? code : null;
    }

    private static async Task<byte[]?> ReadRequestAsync(HttpContext http, CancellationToken cancel)
    {
        if (http.Request.ContentLength is null or > LongestRequest) return null;
        using var reader = new StreamReader(http.Request.Body, Encoding.ASCII);
        var text = string.Concat((await reader.ReadToEndAsync(cancel)).Where(c => !char.IsWhiteSpace(c)));
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }

    private static IResult Pkcs7(X509Certificate2Collection certificates) =>
        Results.Text(Convert.ToBase64String(certificates.Export(X509ContentType.Pkcs7)!, Base64FormattingOptions.InsertLineBreaks), "application/pkcs7-mime; smime-type=certs-only");
}
