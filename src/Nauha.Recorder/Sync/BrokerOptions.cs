using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Sync;

/// <summary>How this box opens its connection: MQTT 5 over mutual TLS 1.3, to a server of its fleet and no other.</summary>
internal static class BrokerOptions
{
    public static MqttClientOptionsBuilder For(BoxIdentity identity, X509Certificate2 certificate, TimeSpan patience, Func<X509Certificate, SslPolicyErrors, bool> isCentral) =>
        new MqttClientOptionsBuilder().WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).WithClientId(identity.Appliance.Text).WithCleanStart()
            .WithTcpServer(identity.MqttHost, identity.MqttPort).WithKeepAlivePeriod(TimeSpan.FromSeconds(20)).WithTimeout(patience)
            .WithTlsOptions(tls => tls.UseTls().WithTargetHost(identity.MqttHost).WithSslProtocols(SslProtocols.Tls13).WithClientCertificates([certificate])
                .WithCertificateValidationHandler(shown => isCentral(shown.Certificate, shown.SslPolicyErrors)));

    public static bool IsCentral(CallVault vault, X509Certificate shown, SslPolicyErrors errors)
    {
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0) return false;
        using var certificate = X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
        // A box that has lost its clock must still reach the one who can tell it the time.
        var now = vault.Now();
        return TrustedServer.IsGood(certificate, vault.Identity.Trust, now.UncertaintyMs == BoxClock.Doubtful ? null : DateTimeOffset.FromUnixTimeMilliseconds(now.UnixMs));
    }
}
