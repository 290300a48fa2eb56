using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Nauha.Format;

namespace Nauha.Demo;

/// <summary>Central as a person's program sees it: its API, over TLS that is checked against the fleet's own root.</summary>
internal sealed class CentralApi : IDisposable
{
    private static readonly object Why = new { purpose = "service-event", reason = "showing what the demo recorded", @case = "demo" };
    private readonly HttpClient _http;

    private CentralApi(HttpClient http) => _http = http;

    public static async Task<CentralApi> OpenAsync(Uri address, string trustRoot, CancellationToken cancel)
    {
        using var first = new HttpClient(new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null } });
        var envelope = await first.GetByteArrayAsync(new Uri(address, "/.well-known/nauha/trust"), cancel);
        if (!TrustDocument.TryOpen(envelope, null, trustRoot, out var trust, out var error)) throw new DemoException($"Central's trust document {error}.");
        return new(new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                {
                    if (shown is null || (errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0) return false;
                    using var certificate = X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
                    return TrustedServer.IsGood(certificate, trust, TimeProvider.System.GetUtcNow());
                },
            },
        })
        { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) });
    }

    public async Task FirstAccountAsync(string link, string user, string password, CancellationToken cancel)
    {
        (await _http.PostAsJsonAsync("/api/first-account", new { link, user, password }, cancel)).EnsureSuccessStatusCode();
        var session = await _http.PostAsJsonAsync("/api/session", new { user, password }, cancel);
        session.EnsureSuccessStatusCode();
        var token = (await session.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("accessToken").GetString();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public async Task<List<JsonElement>> SearchAsync(CancellationToken cancel)
    {
        var found = await _http.PostAsJsonAsync("/api/calls/search", Why, cancel);
        found.EnsureSuccessStatusCode();
        return [.. (await found.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("calls").EnumerateArray()];
    }

    public async Task<byte[]> DownloadAsync(string call, string what, CancellationToken cancel)
    {
        var response = await _http.PostAsJsonAsync($"/api/calls/{call}/{what}", Why, cancel);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(cancel);
    }

    public async Task<string> CertificatesAsync(CancellationToken cancel) => await _http.GetStringAsync("/api/certificates", cancel);

    public void Dispose() => _http.Dispose();
}
