using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nauha.Format;

namespace Nauha.Verify;

/// <summary>The public signing certificates at hand: which key belongs to which appliance.</summary>
internal sealed class SignerCertificates
{
    private readonly Dictionary<KeyId, (byte[] Point, string Appliance)> _keys = [];

    /// <param name="places">PEM files, or folders that hold some.</param>
    public static SignerCertificates Read(IEnumerable<string> places)
    {
        var signers = new SignerCertificates();
        foreach (var file in places.SelectMany(place => Directory.Exists(place) ? Directory.EnumerateFiles(place, "*.pem", SearchOption.AllDirectories) : [place]))
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(file);
            foreach (var certificate in found) signers.Add(certificate);
        }
        return signers;
    }

    /// <summary>The point of a key, if its certificate names this appliance.</summary>
    public byte[]? PointOf(KeyId key, ApplianceId appliance) => _keys.TryGetValue(key, out var known) && known.Appliance == appliance.Text ? known.Point : null;

    private void Add(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPublicKey();
        if (key is not { KeySize: 256 }) return;
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        byte[] point = [4, .. q.X!, .. q.Y!];
        _keys[KeyId.Of(KeyKind.P256, point)] = (point, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
    }
}
