using System.Security.Cryptography;
using Nauha.Format;

namespace Nauha.Benchmarks;

/// <summary>
/// Sealing a frame (head, items, padding, cipher, checksum) against the bare cipher over as many bytes; and the writer,
/// which does that and the file's running hash, against cipher and SHA-256.
/// </summary>
internal static class Sealing
{
    private const int Frames = 5_000;

    public static IEnumerable<Row> Rows() => [Frame(), Writer(hashes: true), Writer(hashes: false)];

    private static Row Frame()
    {
        using var bare = new Bare(hashes: false);
        var (dek, head, stream, audio) = (RandomNumberGenerator.GetBytes(32), new byte[32], new StreamInfo { PreSkip = 52 }.ToJson(), RandomNumberGenerator.GetBytes(1_500));
        return Duel.Fight("sealing a frame of 2,048 bytes", "ChaCha20-Poly1305 called bare", Frames, "frames/s", () =>
        {
            using var sealer = new FrameSealer(dek, head, stream);
            for (var i = 0; i < Frames; i++) sealer.Data((ulong)i * 4_000, 4_000, audio, []);
        }, bare.Run);
    }

    private static Row Writer(bool hashes)
    {
        using var bare = new Bare(hashes);
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var header = new SealedHeader(FleetId.From(new byte[10]), ApplianceId.From(new byte[10]), CallId.Next(), new(1), 1, new(0, ClockSource.None, 0), day.Id);
        var audio = RandomNumberGenerator.GetBytes(1_500);
        return Duel.Fight("the same and the running hash", hashes ? "ChaCha20-Poly1305 and SHA-256" : "ChaCha20-Poly1305 called bare", Frames, "frames/s", () =>
        {
            using var writer = new SealedFileWriter(header, day.PublicKey, new StreamInfo { PreSkip = 52 }, signer);
            writer.Start();
            for (var i = 0; i < Frames; i++) writer.Frame((ulong)i * 4_000, 4_000, audio, []);
        }, bare.Run);
    }

    /// <summary>The cipher as .NET gives it, and the hash where it is asked for.</summary>
    private sealed class Bare(bool hashes) : IDisposable
    {
        private readonly ChaCha20Poly1305 _cipher = new(RandomNumberGenerator.GetBytes(32));
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _plain = new byte[SealedFileWriter.FrameBytes], _sealed = new byte[SealedFileWriter.FrameBytes], _tag = new byte[16], _nonce = new byte[12];

        public void Run()
        {
            for (var i = 0; i < Frames; i++)
            {
                BitConverter.TryWriteBytes(_nonce, i);
                _cipher.Encrypt(_nonce, _plain, _sealed, _tag);
                if (hashes) _hash.AppendData(_sealed);
            }
        }

        public void Dispose()
        {
            _cipher.Dispose();
            _hash.Dispose();
        }
    }
}
