using System.Net;

namespace Nauha.Central;

/// <summary>How one central is run.</summary>
/// <param name="HttpsPort">0 picks a free one.</param>
/// <param name="MqttsPort">0 picks a free one.</param>
/// <param name="BackupFolder">Where backups go by themselves; null: nowhere.</param>
/// <param name="BackupHours">Between two of them: twice that is at most what appliances keep.</param>
/// <param name="SocketOnly">No ports: the admin socket alone, for a command without a running server.</param>
public sealed record CentralOptions(string Data, int HttpsPort = 8443, int MqttsPort = 8883, bool Demo = false, string? KekPath = null, string Bind = "127.0.0.1", IReadOnlyList<string>? Names = null, bool SocketOnly = false, string? BackupFolder = null, int BackupHours = 24)
{
    public const string DefaultData = "/var/lib/nauha/central";

    public string Run => Path.Combine(Data, "run");

    public string Socket => Path.Combine(Run, "admin.sock");

    private static readonly string[] OwnNames = ["localhost", "127.0.0.1"];

    /// <summary>Names and addresses for which central's certificate is good: ingest comes to the broker as localhost, whatever central is called elsewhere.</summary>
    public IReadOnlyList<string> CertificateNames => [.. (Names ?? []).Union(OwnNames)];

    /// <summary>Where this process reaches its own ports: the bound address, or loopback where it listens on all.</summary>
    public IPAddress OwnAddress => IPAddress.Parse(Bind) is var bound && bound.Equals(IPAddress.Any) ? IPAddress.Loopback : bound.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : bound;

    /// <summary>The name that people and appliances are told: passkeys refuse an address.</summary>
    public string PublicName => CertificateNames.FirstOrDefault(n => !IPAddress.TryParse(n, out _)) ?? CertificateNames[0];
}
