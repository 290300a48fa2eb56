using System.Security.Cryptography.X509Certificates;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>Who this box is and whom it believes, as enrolment left it in <c>identity/</c>.</summary>
public sealed class BoxIdentity : IDisposable
{
    private readonly string _folder;

    private BoxIdentity(string folder, EnrolmentAnswer answer, ApplianceSigner signer, TrustDocument trust)
    {
        _folder = folder;
        (Fleet, Appliance, MqttHost, MqttPort, EnrolledMs) = (answer.Fleet, answer.Appliance, answer.MqttHost, answer.MqttPort, answer.NowMs);
        Signer = signer;
        Trust = trust;
    }

    public FleetId Fleet { get; }

    public ApplianceId Appliance { get; }

    public string MqttHost { get; }

    public int MqttPort { get; }

    /// <summary>Central's time at enrolment: no clock of this box is earlier.</summary>
    public long EnrolledMs { get; }

    public ApplianceSigner Signer { get; }

    public TrustDocument Trust { get; private set; }

    public static string FolderOf(string data) => Path.Combine(data, "identity");

    public static bool Exists(string data) => File.Exists(Path.Combine(FolderOf(data), "enrolment.json"));

    /// <exception cref="VaultException">Not enrolled, or a file of the identity cannot be read.</exception>
    public static BoxIdentity Load(string data)
    {
        var folder = FolderOf(data);
        if (!Exists(data)) throw new VaultException($"This box is not enrolled: {folder} holds no identity. Ask central for a code and run `nauha-recorder enrol`.");
        try
        {
            if (!EnrolmentAnswer.TryParse(File.ReadAllBytes(Path.Combine(folder, "enrolment.json")), out var answer, out var error)) throw new VaultException($"{folder}/enrolment.json {error}. Enrol this box again.");
            if (!TrustDocument.TryOpen(File.ReadAllBytes(Path.Combine(folder, "trust.json")), null, null, out var trust, out error)) throw new VaultException($"{folder}/trust.json {error}. Enrol this box again.");
            return new(folder, answer, ApplianceSigner.FromPem(File.ReadAllText(Path.Combine(folder, "signing.key.pem"))), trust);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new VaultException($"The identity in {folder} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes a fresh identity; the last file makes it whole.</summary>
    public static void Save(string data, EnrolmentAnswer answer, string signingKey, string signingCertificate, string tlsKey, string tlsCertificate)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var folder = FolderOf(data);
        Disk.CreateFolder(folder);
        Write("signing.key.pem", signingKey);
        Write("signing.crt.pem", signingCertificate);
        Write("tls.key.pem", tlsKey);
        Write("tls.crt.pem", tlsCertificate);
        Disk.Replace(Path.Combine(folder, "trust.json"), answer.Trust);
        Disk.Replace(Path.Combine(folder, "daykeys.json"), answer.Bundle);
        Disk.Replace(Path.Combine(folder, "enrolment.json"), answer.ToJson());

        void Write(string name, string text) => Disk.Replace(Path.Combine(folder, name), System.Text.Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The certificate and key with which the box opens its connection.</summary>
    public X509Certificate2 TlsCertificate() => X509Certificate2.CreateFromPemFile(Path.Combine(_folder, "tls.crt.pem"), Path.Combine(_folder, "tls.key.pem"));

    public string SigningCertificatePem() => File.ReadAllText(Path.Combine(_folder, "signing.crt.pem"));

    /// <summary>Takes a newer trust document, if enough of the old and of its own roots signed it.</summary>
    /// <returns>Null, or why it was not taken.</returns>
    public string? TakeTrust(byte[] envelope)
    {
        if (!TrustDocument.TryOpen(envelope, Trust, null, out var trust, out var error)) return error;
        if (trust.Version == Trust.Version) return null;
        Disk.Replace(Path.Combine(_folder, "trust.json"), envelope);
        Trust = trust;
        return null;
    }

    public string DayKeysPath => Path.Combine(_folder, "daykeys.json");

    public void Dispose() => Signer.Dispose();
}
