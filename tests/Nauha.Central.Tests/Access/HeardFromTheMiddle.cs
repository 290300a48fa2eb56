using Nauha.Audio;
using Nauha.Central.Access;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Access;

/// <summary>Who jumps within a call has what he jumps to opened, and not all that lies before it.</summary>
public sealed class HeardFromTheMiddle
{
    private const int Minute = 60 * 8_000;

    /// <summary>How much is read of a file; reading into a span comes here too.</summary>
    private sealed class Counted(byte[] bytes) : MemoryStream(bytes)
    {
        public long Bytes { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            Bytes += read;
            return read;
        }
    }

    // Ten minutes, then a minute in which nothing was kept, then another one.
    private static (byte[] File, byte[] Dek) Sealed()
    {
        using var day = DaySecret.Create();
        using var signer = ApplianceSigner.Create();
        using var encoder = new OpusEncoder();
        using var writer = new SealedFileWriter(new(FleetId.From(new byte[10]), ApplianceId.From(new byte[10]), CallId.Next(), new(1), 1, new(0, ClockSource.Ntp, 20), day.Id), day.PublicKey, new() { PreSkip = encoder.PreSkip, Source = "simulated", DbvAtFullScale = 6.5 }, signer);
        var bytes = new MemoryStream();
        bytes.Write(writer.Start());
        var packet = new byte[encoder.PacketBytes];
        var samples = new short[160];
        foreach (var (from, seconds) in new[] { (0, 600), (11 * Minute, 60) })
        {
            encoder.Reset();
            for (var frame = 0; frame < seconds * 2; frame++)
            {
                var audio = new List<byte>();
                for (var p = 0; p < (frame == (seconds * 2) - 1 ? 26 : 25); p++)
                {
                    for (var i = 0; i < 160; i++) samples[i] = Tone(from + (frame * 4_000) + (p * 160) + i);
                    encoder.Encode(samples, packet);
                    audio.AddRange(packet);
                }
                bytes.Write(writer.Frame((ulong)(from + (frame * 4_000)), 4_000, [.. audio], []).Span);
            }
        }
        bytes.Write(writer.Final([]));
        bytes.Position = 0;
        SealedFile.ReadHead(bytes, out _, out var info, out var wrap).ShouldBe(FileFault.None);
        return (bytes.ToArray(), Hpke.Open(day, info, wrap)!);
    }

    private static short Tone(long at) => (short)(8_000 * Math.Sin(2 * Math.PI * (300 + (at / Minute * 37)) * at / 8_000));

    [Fact]
    public void A_jump_reads_a_few_frames_and_a_gap_is_crossed_without_another()
    {
        var (bytes, dek) = Sealed();
        var file = new Counted(bytes);
        using var call = new OpenedCall(CallId.Next(), null!, "", dek, 0, 12 * Minute);
        using var wav = new WavStream(file, call, (_, _) => { });
        var second = new byte[16_000];
        wav.ReadExactly(second);   // the head, once, through a buffer
        // There, far back, and far ahead again: the second's frames, the second before it, and what a search in twelve minutes takes.
        foreach (var minute in new[] { 9, 1, 11, 0, 5 })
        {
            var before = file.Bytes;
            wav.Position = WavFile.HeaderBytes + ((minute * Minute) + 16_000) * 2L;
            wav.ReadExactly(second);
            (file.Bytes - before).ShouldBeLessThan(20 * 2_080, $"minute {minute}");
            var heard = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(second);
            Correlation(heard[2_000..6_000], (minute * Minute) + 16_000 + 2_000).ShouldBeGreaterThan(0.9, $"minute {minute}");
        }
        // From a second before the gap to a second after it, a hundredth at a time: each frame is read once.
        wav.Position = WavFile.HeaderBytes + ((10 * Minute) - 8_000) * 2L;
        wav.ReadExactly(second);
        var begun = file.Bytes;
        var silent = 0;
        for (var i = 0; i < 61 * 100; i++)
        {
            wav.ReadExactly(second.AsSpan(0, 160));
            if (!second.AsSpan(0, 160).ContainsAnyExcept((byte)0)) silent++;
        }
        silent.ShouldBeInRange(5_990, 6_010);
        (file.Bytes - begun).ShouldBeLessThan(5 * 2_080);
    }

    private static double Correlation(ReadOnlySpan<short> heard, long from)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < heard.Length; i++)
        {
            double a = heard[i], b = Tone(from + i);
            (ab, aa, bb) = (ab + (a * b), aa + (a * a), bb + (b * b));
        }
        return ab / Math.Sqrt((aa * bb) + 1e-9);
    }
}
