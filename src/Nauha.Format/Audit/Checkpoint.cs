using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nauha.Format;

/// <summary>
/// What the audit log was at one moment, as a C2SP tlog-checkpoint: origin, size, root, signed note, no extension lines.
/// </summary>
public sealed record Checkpoint(string Origin, ulong Size, byte[] Root)
{
    private const byte Ed25519Note = 1;

    public static string OriginOf(FleetId fleet) => $"{fleet.Text}/audit";

    public string Body => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n");

    public string Sign(CentralSigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        byte[] line = [.. NoteKeyId(Origin, signer.PublicKey), .. signer.SignRaw(Encoding.UTF8.GetBytes(Body))];
        return $"{Body}\n\u2014 {Origin} {Convert.ToBase64String(line)}\n";
    }

    /// <summary>Reads a note and checks its signature by this key (32 bytes).</summary>
    public static bool TryVerify(string note, ReadOnlySpan<byte> publicKey, out Checkpoint? checkpoint)
    {
        checkpoint = null;
        ArgumentNullException.ThrowIfNull(note);
        if (note.Length > 4_096 || note.Split('\n') is not [var origin, var size, var root, "", var signature, ""]) return false;
        if (!ulong.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || signature.Split(' ') is not ["\u2014", var name, var blob] || name != origin) return false;
        var hash = new byte[32];
        var line = new byte[4 + 64];
        if (!Convert.TryFromBase64String(root, hash, out var n) || n != 32 || blob.Length > 128 || !Convert.TryFromBase64String(blob, line, out n) || n != line.Length) return false;
        var read = new Checkpoint(origin, count, hash);
        if (!line.AsSpan(0, 4).SequenceEqual(NoteKeyId(origin, publicKey)) || !Ed25519.Verifies(publicKey, Encoding.UTF8.GetBytes(read.Body), line.AsSpan(4))) return false;
        checkpoint = read;
        return true;
    }

    private static byte[] NoteKeyId(string name, ReadOnlySpan<byte> publicKey) => SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519Note, .. publicKey])[..4];
}
