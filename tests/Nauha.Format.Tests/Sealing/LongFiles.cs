using Shouldly;

namespace Nauha.Format.Tests.Sealing;

/// <summary>Files of a whole day: written, verified, read and sought with the memory of a frame.</summary>
public sealed class LongFiles
{
    private const int FrameBytes = 2_080;
    private static readonly int Hours = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 24 : 2;

    [Fact]
    public void A_long_file_is_written_verified_and_read_with_bounded_memory_and_any_moment_is_found_without_what_is_before_it()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var path = Path.GetTempFileName();
        try
        {
            var frames = (uint)(Hours * 7_200);
            var memory = new Peak();
            using (var writer = new SealedFileWriter(SealedFiles.Header(day), day.PublicKey, SealedFiles.Stream, signer))
            using (var file = File.Create(path))
            {
                file.Write(writer.Start());
                var audio = new byte[1_500];
                for (var i = 0u; i < frames; i++)
                {
                    // A pause of a minute after each hour.
                    file.Write(writer.Frame(((ulong)i * 4_000) + (i / 7_200 * 480_000), 4_000, audio, []).Span);
                    memory.Look(i);
                }
                file.Write(writer.Final([]));
            }
            using var counted = new Counting(File.OpenRead(path));
            SealedFile.Verify(counted, (_, _) => signer.PublicPoint).Fault.ShouldBe(FileFault.None);
            counted.Position = 0;
            SealedFile.ReadHead(counted, out _, out var info, out var wrap);
            var dek = Hpke.Open(day, info, wrap)!;
            counted.Position = 0;
            var read = 0u;
            SealedFile.Open(counted, dek, _ => memory.Look(read++)).Fault.ShouldBe(FileFault.None);
            read.ShouldBe(frames);
            memory.Most.ShouldBeLessThan(32L << 20, "bytes alive at any time");

            using var seeker = new SealedFileSeeker(counted);
            seeker.Begin(dek).ShouldBe(FileFault.None);
            seeker.Frames.ShouldBe(frames);
            foreach (var (sample, expected) in new (ulong, uint?)[] { (0, 0), (4_000, 1), (7_199UL * 4_000, 7_199), (7_200UL * 4_000, 7_200), ((7_200UL * 4_000) + 479_999, 7_200), ((7_200UL * 4_000) + 480_000, 7_200), ((7_201UL * 4_000) + 480_000, 7_201), (ulong.MaxValue, null) })
            {
                counted.Bytes = 0;
                seeker.Find(sample, out var found).ShouldBe(FileFault.None);
                found.ShouldBe(expected);
                counted.Bytes.ShouldBeLessThan(20 * FrameBytes, $"to find sample {sample}");
            }
            seeker.Read(7_200, out var frame).ShouldBe(FileFault.None);
            frame!.FirstSample.ShouldBe((7_200UL * 4_000) + 480_000);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_frame_out_of_its_place_is_not_taken_when_it_is_sought()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        var (file, b, _) = SealedFiles.Make(day, signer, 4);
        SealedFile.ReadHead(new MemoryStream(file), out _, out var info, out var wrap);
        var dek = Hpke.Open(day, info, wrap)!;
        byte[] swapped = [.. file[..b[1]], .. file[b[2]..b[3]], .. file[b[1]..b[2]], .. file[b[3]..]];
        using var seeker = new SealedFileSeeker(new MemoryStream(swapped));
        seeker.Begin(dek).ShouldBe(FileFault.None);
        seeker.Read(1, out _).ShouldBe(FileFault.OutOfOrder);
        var changed = file.ToArray();
        changed[b[2] + 50] ^= 1;
        using var other = new SealedFileSeeker(new MemoryStream(changed));
        other.Begin(dek).ShouldBe(FileFault.None);
        other.Read(2, out _).ShouldBe(FileFault.BadChecksum);
        other.Read(3, out _).ShouldBe(FileFault.None);
        using var wrong = new SealedFileSeeker(new MemoryStream(file));
        wrong.Begin(new byte[32]).ShouldBe(FileFault.WrongKey);
    }

    private sealed class Peak
    {
        public long Most { get; private set; }

        public void Look(uint frame)
        {
            if (frame % 512 == 0) Most = Math.Max(Most, GC.GetTotalMemory(forceFullCollection: frame % 8_192 == 0));
        }
    }

    private sealed class Counting(FileStream file) : Stream
    {
        public long Bytes { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => file.Length;

        public override long Position { get => file.Position; set => file.Position = value; }

        public override int Read(Span<byte> buffer)
        {
            var read = file.Read(buffer);
            Bytes += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}
