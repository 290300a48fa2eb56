using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nauha.Format;

/// <summary>Whether a server's certificate is of our fleet: chain to the pinned root, for servers.</summary>
public static class TrustedServer
{
    /// <param name="at">The moment by which the certificates' times are judged; null: the clock is in doubt, and times are not judged.</param>
    public static bool IsGood(X509Certificate2 certificate, TrustDocument trust, DateTimeOffset? at)
    {
        ArgumentNullException.ThrowIfNull(trust);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (var der in trust.Cas)
        {
            var ca = X509CertificateLoader.LoadCertificate(der);
            if (ca.SubjectName.RawData.AsSpan().SequenceEqual(ca.IssuerName.RawData)) chain.ChainPolicy.CustomTrustStore.Add(ca);
            else chain.ChainPolicy.ExtraStore.Add(ca);
        }
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        if (at is { } moment) chain.ChainPolicy.VerificationTime = moment.UtcDateTime;
        else chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }
}
