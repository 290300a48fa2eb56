namespace Nauha.Telephony;

/// <summary>
/// Takes mains hum, ringing that leaks and the thump of a polarity reversal off a line: a second-order high pass
/// (Butterworth, 160 Hz; 50 Hz falls by 20 dB) that leaves telephone speech and all signal tones as they are. Full scale is 1.
/// </summary>
internal sealed class HumFilter
{
    private const double Corner = 160.0 / 8_000;
    private const double Whisper = 1e-12;       // steady, so it does not pass: silence must not fade into numbers too small to be fast
    private static readonly double Warped = Math.Tan(Math.PI * Corner);
    private static readonly double Norm = 1 / (1 + (Math.Sqrt(2) * Warped) + (Warped * Warped));
    private static readonly double Back = 2 * ((Warped * Warped) - 1) * Norm;
    private static readonly double FurtherBack = (1 - (Math.Sqrt(2) * Warped) + (Warped * Warped)) * Norm;

    private double _one, _two;

    public void Take(ReadOnlySpan<short> samples, Span<float> passed)
    {
        var (one, two, back, furtherBack, norm) = (_one, _two, -Back, -FurtherBack, Norm);
        for (var i = 0; i < samples.Length; i++)
        {
            // The sample before comes last: it alone is waited for.
            var middle = double.MultiplyAddEstimate(back, one, double.MultiplyAddEstimate(furtherBack, two, (samples[i] / 32_768.0) + Whisper));
            passed[i] = (float)(norm * (middle - (2 * one) + two));
            (one, two) = (middle, one);
        }
        (_one, _two) = (one, two);
    }
}
