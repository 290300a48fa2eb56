using System.Security.Cryptography;

namespace Nauha.Central.Keys;

/// <summary>
/// The keystore on the disk: one file, encrypted whole under a key of its own that lies in another file. A rotation seals
/// it under a fresh key and then overwrites the old one in place: from then on no copy of the old file opens.
/// </summary>
/// <remarks>
/// The key file has two slots of 40 bytes: key (32) and the first 8 bytes of its SHA-256; zeros are an empty slot. New key
/// into the free slot, synced; keystore rewritten; old slot zeroed, synced. A crash in between leaves two keys, of which
/// one opens: the next start finishes what was begun.
/// </remarks>
internal sealed class KeystoreFile(string path, string kekPath)
{
    private const int Slot = 40;
    private static readonly byte[] Magic = "NAUHAKS1"u8.ToArray();

    public string KekPath => kekPath;

    public bool Exists => File.Exists(path);

    public bool HasKek => File.Exists(kekPath);

    /// <summary>Makes the first key. Never over one that is there.</summary>
    public void CreateKek()
    {
        var slots = new byte[2 * Slot];
        Fill(slots, RandomNumberGenerator.GetBytes(32));
        Durable.Replace(kekPath, slots);
    }

    /// <exception cref="CentralException">The file or its key is missing, damaged, or they do not belong together.</exception>
    public byte[] Read()
    {
        var file = File.ReadAllBytes(path);
        if (!HasKek) throw new CentralException($"{kekPath} is missing: without it the keystore opens nothing. Put the key file back.");
        if (file.Length < 36 || !file.AsSpan(0, 8).SequenceEqual(Magic)) throw new CentralException($"{path} is no keystore.");
        var slots = ReadSlots();
        for (var slot = 0; slot < 2; slot++)
        {
            if (KeyIn(slots, slot) is not { } key) continue;
            var plain = new byte[file.Length - 36];
            try
            {
                using var cipher = new ChaCha20Poly1305(key);
                cipher.Decrypt(file.AsSpan(8, 12), file.AsSpan(20, plain.Length), file.AsSpan(file.Length - 16), plain, Magic);
            }
            catch (CryptographicException)
            {
                continue;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(key);
            }
            if (KeyIn(slots, 1 - slot) is not null) Clear(1 - slot);   // a rotation that was cut off, before or after its keystore
            return plain;
        }
        throw new CentralException($"{path} does not open with {kekPath}: one of them is not the one that belongs to the other.");
    }

    /// <summary>Writes the keystore whole. The caller clears <paramref name="plain"/>.</summary>
    public void Write(ReadOnlySpan<byte> plain)
    {
        var slots = ReadSlots();
        Seal(plain, KeyIn(slots, 0) ?? KeyIn(slots, 1) ?? throw new CentralException($"{kekPath} holds no key. Put the key file back."));
    }

    /// <summary>Writes the keystore whole under a fresh key; the old one is overwritten when this returns.</summary>
    public void Rotate(ReadOnlySpan<byte> plain)
    {
        var old = KeyIn(ReadSlots(), 0) is not null ? 0 : 1;
        var fresh = RandomNumberGenerator.GetBytes(32);
        var slot = new byte[Slot];
        Fill(slot, fresh);
        Overwrite(1 - old, slot);
        Seal(plain, fresh);
        Clear(old);
    }

    private void Seal(ReadOnlySpan<byte> plain, byte[] key)
    {
        var file = new byte[plain.Length + 36];
        Magic.CopyTo(file, 0);
        RandomNumberGenerator.Fill(file.AsSpan(8, 12));
        using (var cipher = new ChaCha20Poly1305(key)) cipher.Encrypt(file.AsSpan(8, 12), plain, file.AsSpan(20, plain.Length), file.AsSpan(file.Length - 16), Magic);
        CryptographicOperations.ZeroMemory(key);
        Durable.Replace(path, file);
    }

    // The first version's key file is the bare key.
    private byte[] ReadSlots()
    {
        var bytes = File.ReadAllBytes(kekPath);
        if (bytes.Length == 2 * Slot) return bytes;
        if (bytes.Length != 32) throw new CentralException($"{kekPath} is no key of a keystore.");
        var slots = new byte[2 * Slot];
        Fill(slots, bytes);
        Overwrite(0, slots);
        return slots;
    }

    private static byte[]? KeyIn(byte[] slots, int slot)
    {
        var key = slots.AsSpan(slot * Slot, 32);
        return SHA256.HashData(key).AsSpan(0, 8).SequenceEqual(slots.AsSpan((slot * Slot) + 32, 8)) ? key.ToArray() : null;
    }

    private static void Fill(Span<byte> slot, ReadOnlySpan<byte> key)
    {
        key.CopyTo(slot);
        SHA256.HashData(key).AsSpan(0, 8).CopyTo(slot[32..]);
    }

    private void Clear(int slot) => Overwrite(slot, new byte[Slot]);

    // In place, not beside and renamed: what is replaced by a new file is still on the medium.
    private void Overwrite(int slot, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenHandle(kekPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        RandomAccess.Write(file, bytes, slot * Slot);
        RandomAccess.FlushToDisk(file);
    }
}
