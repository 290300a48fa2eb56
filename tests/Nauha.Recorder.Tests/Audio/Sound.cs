using Nauha.Audio;
using Shouldly;

namespace Nauha.Recorder.Tests.Audio;

public sealed class Sound
{
    private static float[] Sine(int rate, double hertz, int length) => [.. Enumerable.Range(0, length).Select(i => (float)(0.5 * Math.Sin(2 * Math.PI * hertz * i / rate)))];

    private static double Level(ReadOnlySpan<float> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples) sum += sample * sample;
        return 10 * Math.Log10((sum / samples.Length) + 1e-20);
    }

    [Theory]
    [InlineData(11_025)]
    [InlineData(16_000)]
    [InlineData(22_050)]
    [InlineData(44_100)]
    [InlineData(48_000)]
    public void Resampling_to_8_kHz_keeps_the_pass_band_and_drops_what_would_alias(int rate)
    {
        foreach (var hertz in new[] { 300.0, 1_000, 2_500, 3_400 })
        {
            var output = Resampler.Convert(Sine(rate, hertz, rate), rate, 8_000);
            output.Length.ShouldBe(8_000);
            Level(output.AsSpan(1_000, 6_000)).ShouldBe(Level(Sine(8_000, hertz, 8_000)), 0.1, $"{hertz} Hz");
        }
        var alias = Resampler.Convert(Sine(rate, Math.Min(rate / 2 - 200, 5_000), rate), rate, 8_000);
        Level(alias.AsSpan(1_000, 6_000)).ShouldBeLessThan(-70);
    }

    [Fact]
    public void Resampled_blocks_of_any_size_are_the_whole_at_once()
    {
        var input = Sine(48_000, 700, 20_000);
        var whole = Resampler.Convert(input, 48_000, 8_000);
        var resampler = new Resampler(48_000, 8_000);
        var output = new float[resampler.MostOutput(input.Length)];
        var (at, written, size) = (0, 0, 1);
        while (at < input.Length)
        {
            var take = Math.Min(size = (size * 7 % 997) + 1, input.Length - at);
            written += resampler.Process(input.AsSpan(at, take), output.AsSpan(written));
            at += take;
        }
        output.AsSpan(0, written).SequenceEqual(whole.AsSpan(0, written)).ShouldBeTrue();
    }

    [Fact]
    public void Resampling_starts_with_the_first_sample_and_not_late()
    {
        var input = new float[4_800];
        input[2_400] = 1;
        var output = Resampler.Convert(input, 48_000, 8_000);
        Array.IndexOf(output, output.Max()).ShouldBe(400);
    }

    [Fact]
    public void Every_packet_has_60_bytes_whatever_is_said_and_comes_back_alike()
    {
        using var encoder = new OpusEncoder();
        encoder.PacketBytes.ShouldBe(60);
        using var decoder = new StretchDecoder(encoder.PreSkip, 60);
        var random = new Random(5);
        var pcm = new short[160 * 100];
        for (var i = 0; i < pcm.Length; i++) pcm[i] = (short)(8_000 * Math.Sin(2 * Math.PI * (300 + (i / 20.0 % 900)) * i / 8_000) * (i / 2_000 % 2));
        var packets = new byte[101 * 60];
        for (var i = 0; i < 100; i++) encoder.Encode(pcm.AsSpan(i * 160, 160), packets.AsSpan(i * 60)).ShouldBe(60);
        encoder.Encode(new short[160], packets.AsSpan(100 * 60));
        short[] output = [.. decoder.Decode(packets.AsSpan(0, 50 * 60), 50 * 160), .. decoder.Decode(packets.AsSpan(50 * 60), 50 * 160)];
        output.Length.ShouldBe(pcm.Length);
        Correlation(pcm.AsSpan(2_000, 12_000), output.AsSpan(2_000, 12_000)).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public void Encoding_allocates_nothing()
    {
        using var encoder = new OpusEncoder();
        var (pcm, packet) = (new short[160], new byte[60]);
        for (var i = 0; i < 50; i++) encoder.Encode(pcm, packet);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 500; i++) encoder.Encode(pcm, packet);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100);
    }

    [Fact]
    public void An_Ogg_stream_has_its_heads_its_granule_and_pages_with_good_checksums()
    {
        using var encoder = new OpusEncoder();
        using var stream = new MemoryStream();
        var ogg = new OggOpusWriter(stream, encoder.PreSkip);
        var packet = new byte[60];
        for (var i = 0; i < 120; i++)
        {
            encoder.Encode(new short[160], packet);
            ogg.Write(packet);
        }
        ogg.End(trailing: 100);
        var bytes = stream.ToArray();
        var (pages, granule) = (0, 0L);
        for (var at = 0; at < bytes.Length; pages++)
        {
            bytes.AsSpan(at, 4).SequenceEqual("OggS"u8).ShouldBeTrue();
            granule = BitConverter.ToInt64(bytes, at + 6);
            var segments = bytes[at + 26];
            at += 27 + segments + bytes.AsSpan(at + 27, segments).ToArray().Sum(b => b);
        }
        pages.ShouldBe(2 + 3);
        granule.ShouldBe((120 * 160 * 6) - 600);
    }

    internal static double Correlation(ReadOnlySpan<short> a, ReadOnlySpan<short> b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++) (ab, aa, bb) = (ab + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        return ab / Math.Sqrt((aa * bb) + 1e-9);
    }
}
