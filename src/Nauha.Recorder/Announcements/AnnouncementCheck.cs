using Nauha.Telephony;

namespace Nauha.Recorder.Announcements;

/// <summary>
/// What an announcement must not hold: anything that a detector on the line, ours or another's, takes for a digit, a
/// progress tone or a machine, or a single tone of more than 40 ms.
/// </summary>
public static class AnnouncementCheck
{
    private const int Step = 80, Tone = 320;
    private const double Grid = 8_000.0 / Tone, Between = 0.35;
    private const double Pure = 0.9;
    private const double Quiet = 0.003;     // of the loudest stretch's power: 25 dB under it

    /// <returns>Null, or what is wrong and where.</returns>
    public static string? Finds(ReadOnlySpan<float> samples)
    {
        var pcm = new short[samples.Length];
        var peak = 0f;
        foreach (var sample in samples) peak = Math.Max(peak, Math.Abs(sample));
        for (var i = 0; i < pcm.Length; i++) pcm[i] = short.CreateSaturating(samples[i] / Math.Max(peak, 1e-6f) * 16_000);
        var (digits, tones) = (new List<DtmfTone>(), new List<ToneEvent>());
        var dtmf = new DtmfDetector();
        dtmf.Process(pcm, digits);
        dtmf.Finish(digits);
        if (digits.Count > 0) return $"sounds like the digit {digits[0].Digit} at {digits[0].At / 8_000.0:F2} s";
        new ToneDetector().Process(pcm, tones);
        if (tones.Count > 0) return $"sounds like the tone {tones[0].Name} at {tones[0].At / 8_000.0:F2} s";
        return SingleTone(samples) is { } at ? $"holds a single tone of more than 40 ms at {at / 8_000.0:F2} s" : null;
    }

    // Nearly all of 40 ms at one frequency. Voices reach 0.8 in a long vowel.
    private static int? SingleTone(ReadOnlySpan<float> samples)
    {
        double loudest = 0;
        for (var at = 0; at + Tone <= samples.Length; at += Step) loudest = Math.Max(loudest, SpeechWindows.Power(samples.Slice(at, Tone)));
        for (var at = 0; at + Tone <= samples.Length; at += Step)
        {
            var stretch = samples.Slice(at, Tone);
            var power = SpeechWindows.Power(stretch);
            if (power < loudest * Quiet) continue;
            for (var hertz = 300.0; hertz <= 3_400; hertz += Grid)
                if (Share(stretch, hertz, power) is var share && (share > Pure || (share > Between && NearIt(stretch, hertz, power)))) return at;
        }
        return null;
    }

    // Half way between two of the grid a tone shows four tenths of itself.
    private static bool NearIt(ReadOnlySpan<float> samples, double hertz, double power)
    {
        for (var off = -Grid / 2; off <= Grid / 2; off += Grid / 8)
            if (Share(samples, hertz + off, power) > Pure) return true;
        return false;
    }

    private static double Share(ReadOnlySpan<float> samples, double hertz, double power)
    {
        var turn = 2 * MathF.Cos((float)(2 * Math.PI * hertz / 8_000));
        float one = 0, two = 0;
        foreach (var sample in samples) (one, two) = (sample + (turn * one) - two, one);
        return 2 * ((one * one) + (two * two) - (turn * one * two)) / ((double)samples.Length * samples.Length * power);
    }
}
