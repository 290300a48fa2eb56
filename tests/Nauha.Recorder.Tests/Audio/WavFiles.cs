using System.Diagnostics;
using CsCheck;
using Nauha.Audio;
using Shouldly;

namespace Nauha.Recorder.Tests.Audio;

public sealed class WavFiles
{
    private static float[] Tone(int rate, double seconds) => [.. Enumerable.Range(0, (int)(rate * seconds)).Select(i => (float)(0.5 * Math.Sin(2 * Math.PI * 440 * i / rate)))];

    [Theory]
    [InlineData("-e signed -b 16", 1e-4)]
    [InlineData("-e signed -b 24", 1e-6)]
    [InlineData("-e signed -b 32", 1e-6)]
    [InlineData("-e unsigned -b 8", 0.01)]
    [InlineData("-e float -b 32", 1e-6)]
    [InlineData("-e float -b 64", 1e-6)]
    [InlineData("-e a-law", 0.02)]
    [InlineData("-e mu-law", 0.02)]
    public void Every_kind_that_sox_writes_is_read_at_every_rate_mono_and_stereo(string kind, double tolerance)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-wav-").FullName;
        try
        {
            foreach (var (rate, channels) in new[] { (8_000, 1), (8_000, 2), (44_100, 1), (48_000, 2) })
            {
                var path = Path.Combine(folder, $"{rate}-{channels}.wav");
                Sox($"-D -r {rate} -n {kind} -c {channels} {path} synth 0.5 sine 440 vol 0.5");
                var sound = WavFile.Read(path);
                (sound.RateHz, sound.Channels.Length, sound.Length).ShouldBe((rate, channels, rate / 2));
                var expected = Tone(rate, 0.5);
                foreach (var channel in sound.Channels)
                    channel.Zip(expected, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan((float)tolerance + 2e-5f);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void G711_is_soxs_over_all_codes()
    {
        var folder = Directory.CreateTempSubdirectory("nauha-g711-").FullName;
        try
        {
            File.WriteAllBytes($"{folder}/codes", [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
            foreach (var (law, from, to) in new (string, Func<byte, short>, Func<short, byte>)[] { ("a-law", G711.FromALaw, G711.ToALaw), ("mu-law", G711.FromMuLaw, G711.ToMuLaw) })
            {
                Sox($"-D -t raw -r 8000 -c 1 -e {law} {folder}/codes -t raw -e signed -b 16 {folder}/{law}");
                var linear = File.ReadAllBytes($"{folder}/{law}");
                for (var code = 0; code < 256; code++)
                {
                    var value = BitConverter.ToInt16(linear, code * 2);
                    from((byte)code).ShouldBe(value, $"{law} {code}");
                    if (value != 0) to(value).ShouldBe((byte)code, $"{law} {code}");
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_is_written_has_a_head_of_44_bytes_and_reads_back()
    {
        using var file = new MemoryStream();
        WavFile.Write(file, 8_000, [0, 1, -1, short.MaxValue, short.MinValue]);
        file.Length.ShouldBe(44 + 10);
        file.Position = 0;
        WavFile.Read(file, "x").ToPcm(0).ShouldBe([0, 1, -1, short.MaxValue, short.MinValue]);
    }

    [Fact]
    public void A_cut_or_foreign_file_is_refused_by_name_and_finding()
    {
        using var file = new MemoryStream();
        WavFile.Write(file, 8_000, new short[100]);
        var bytes = file.ToArray();
        string Finding(byte[] b) => Should.Throw<WavFormatException>(() => WavFile.Read(new MemoryStream(b), "call.wav")).Message;
        Finding(bytes[..100]).ShouldBe("call.wav is cut off: it says 200 bytes of audio and has 56.");
        Finding("not a wav file at all"u8.ToArray()).ShouldContain("no WAV file");
        var three = bytes.ToArray();
        three[22] = 3;
        Finding(three).ShouldContain("3 channels");
        var mp3 = bytes.ToArray();
        mp3[20] = 0x55;
        Finding(mp3).ShouldContain("0055");
    }

    [Fact]
    public void Hostile_files_are_refused_and_never_anything_worse()
    {
        using var file = new MemoryStream();
        WavFile.Write(file, 8_000, new short[50]);
        var good = file.ToArray();
        Gen.Select(Gen.Int[0, 60], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, cut) =>
        {
            var bytes = good[..cut];
            if (at < bytes.Length) bytes[at] = value;
            try
            {
                WavFile.Read(new MemoryStream(bytes), "x").Length.ShouldBeGreaterThan(0);
            }
            catch (WavFormatException)
            {
                // the one defined answer
            }
        }, iter: 3_000);
    }

    internal static void Sox(string arguments)
    {
        using var sox = Process.Start(new ProcessStartInfo("sox", arguments) { RedirectStandardError = true })!;
        var error = sox.StandardError.ReadToEnd();
        sox.WaitForExit();
        sox.ExitCode.ShouldBe(0, error);
    }
}
