using System.Runtime.InteropServices;
using Nauha.Audio;

namespace Nauha.Benchmarks;

/// <summary>Our encoder over half-second frames, against libopus called bare, with the same settings on the same sound.</summary>
internal static partial class Encoding
{
    private const int Seconds = 60;

    public static Row Row()
    {
        var sound = Speech();
        using var encoder = new OpusEncoder();
        var frame = new byte[25 * 60];
        var bare = Create(8_000, 1, 2049, out var error);
        if (error != 0) throw new InvalidOperationException($"libopus made no encoder: {error}");
        foreach (var (request, value) in new[] { (4002, 24_000), (4006, 0), (4016, 0), (4024, 3001), (4010, 5) }) _ = Control(bare, request, value);
        var packet = new byte[60];
        try
        {
            return Duel.Fight("Opus encoding, 24 kbit/s CBR", "libopus called bare", Seconds, "x real time", () =>
            {
                for (var at = 0; at + 160 <= sound.Length; at += 160) encoder.Encode(sound.AsSpan(at, 160), frame.AsSpan(at / 160 % 25 * 60));
            }, () =>
            {
                for (var at = 0; at + 160 <= sound.Length; at += 160) _ = Encode(bare, ref sound[at], 160, ref packet[0], 60);
            });
        }
        finally
        {
            Destroy(bare);
        }
    }

    /// <summary>libopus alone over this sound, so many times, each with an encoder of its own.</summary>
    public static void Bare(short[] sound, int times)
    {
        var packet = new byte[60];
        for (var i = 0; i < times; i++)
        {
            var bare = Create(8_000, 1, 2049, out var error);
            if (error != 0) throw new InvalidOperationException($"libopus made no encoder: {error}");
            foreach (var (request, value) in new[] { (4002, 24_000), (4006, 0), (4016, 0), (4024, 3001), (4010, 5) }) _ = Control(bare, request, value);
            for (var at = 0; at + 160 <= sound.Length; at += 160) _ = Encode(bare, ref sound[at], 160, ref packet[0], 60);
            Destroy(bare);
        }
    }

    // Voiced and unvoiced stretches and pauses: what an encoder works on, without a file.
    private static short[] Speech()
    {
        var random = new Random(11);
        var samples = new short[Seconds * 8_000];
        for (var i = 0; i < samples.Length; i++)
        {
            var phase = i / 1_600 % 4;
            samples[i] = (short)(phase switch
            {
                0 => 5_000 * (Math.Sin(2 * Math.PI * 130 * i / 8_000) + (0.5 * Math.Sin(2 * Math.PI * 650 * i / 8_000)) + (0.3 * Math.Sin(2 * Math.PI * 1_950 * i / 8_000))),
                1 => 2_000 * (random.NextDouble() - 0.5),
                2 => 4_000 * Math.Sin(2 * Math.PI * (180 + (i % 1_600 / 20)) * i / 8_000),
                _ => 20 * (random.NextDouble() - 0.5),
            });
        }
        return samples;
    }

    [LibraryImport("libopus.so.0", EntryPoint = "opus_encoder_create")]
    private static partial nint Create(int rate, int channels, int application, out int error);

    [LibraryImport("libopus.so.0", EntryPoint = "opus_encode")]
    private static partial int Encode(nint encoder, ref short pcm, int frameSize, ref byte data, int maxBytes);

    [LibraryImport("libopus.so.0", EntryPoint = "opus_encoder_ctl")]
    private static partial int Control(nint encoder, int request, int value);

    [LibraryImport("libopus.so.0", EntryPoint = "opus_encoder_destroy")]
    private static partial void Destroy(nint encoder);
}
