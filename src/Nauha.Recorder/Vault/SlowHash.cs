using System.Security.Cryptography;
using System.Text;

namespace Nauha.Recorder.Vault;

/// <summary>
/// A hash for what people could guess: numbers, badges. Keyed first, with a key of this box alone, so that without it no
/// guess can be tried at all; then slow, for whoever has the key too.
/// </summary>
internal sealed class SlowHash(string data)
{
    private const int Rounds = 20_000;

    private readonly Lock _one = new();
    private byte[]? _key;

    public byte[] Of(ReadOnlySpan<byte> salt, string what, int bytes) =>
        Rfc2898DeriveBytes.Pbkdf2(HMACSHA256.HashData(Key(), Encoding.ASCII.GetBytes("nauha/1 " + what)), salt, Rounds, HashAlgorithmName.SHA256, bytes);

    // Made once.
    private byte[] Key()
    {
        lock (_one)
        {
            if (_key is not null) return _key;
            var path = Path.Combine(BoxIdentity.FolderOf(data), "exclusions.key");
            if (File.Exists(path) && File.ReadAllBytes(path) is { Length: 32 } known) return _key = known;
            var key = RandomNumberGenerator.GetBytes(32);
            Disk.CreateFolder(BoxIdentity.FolderOf(data));
            Disk.Replace(path, key);
            return _key = key;
        }
    }
}
