using System.Security.Cryptography;
using Nauha.Format;

namespace Nauha.Benchmarks;

/// <summary>
/// Sealing a frame (items, padding, cipher, checksum, running hash), against the bare cipher over as many bytes; and
/// against cipher and SHA-256, without which there is no signature over the file.
/// </summary>
internal static class Sealing
{
    private const int Frames = 5_000;

    public static Row Row() => Row("ChaCha20-Poly1305 called bare", hashes: false);

    public static Row RowWithHash() => Row("ChaCha20-Poly1305 and SHA-256", hashes: true);

    private static Row Row(string peer, bool hashes)
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var header = new SealedHeader(FleetId.From(new byte[10]), ApplianceId.From(new byte[10]), CallId.Next(), new(1), 1, new(0, ClockSource.None, 0), day.Id);
        var audio = RandomNumberGenerator.GetBytes(1_500);
        using var bare = new ChaCha20Poly1305(RandomNumberGenerator.GetBytes(32));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (plain, cipher, tag, nonce) = (new byte[SealedFileWriter.FrameBytes], new byte[SealedFileWriter.FrameBytes], new byte[16], new byte[12]);
        return Duel.Fight("sealing a frame of 2,048 bytes", peer, Frames, "frames/s", () =>
        {
            using var writer = new SealedFileWriter(header, day.PublicKey, new StreamInfo { PreSkip = 52 }, signer);
            writer.Start();
            for (var i = 0; i < Frames; i++) writer.Frame((ulong)i * 4_000, 4_000, audio, []);
        }, () =>
        {
            for (var i = 0; i < Frames; i++)
            {
                BitConverter.TryWriteBytes(nonce, i);
                bare.Encrypt(nonce, plain, cipher, tag);
                if (hashes) hash.AppendData(cipher);
            }
        });
    }
}
