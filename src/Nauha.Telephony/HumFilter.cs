namespace Nauha.Telephony;

/// <summary>
/// Takes mains hum, ringing that leaks and the thump of a polarity reversal off a line: a second-order high pass
/// (Butterworth, 160 Hz; 50 Hz falls by 20 dB) that leaves telephone speech and all signal tones as they are.
/// </summary>
internal sealed class HumFilter
{
    private const double Corner = 160.0 / 8_000;
    private static readonly double Warped = Math.Tan(Math.PI * Corner);
    private static readonly double Norm = 1 / (1 + (Math.Sqrt(2) * Warped) + (Warped * Warped));
    private static readonly double Back = 2 * ((Warped * Warped) - 1) * Norm;
    private static readonly double FurtherBack = (1 - (Math.Sqrt(2) * Warped) + (Warped * Warped)) * Norm;

    private double _one, _two;

    public short Take(short sample)
    {
        var middle = sample - (Back * _one) - (FurtherBack * _two);
        if (Math.Abs(middle) < 1e-6) middle = 0;    // silence must not fade into numbers too small to be fast
        var passed = Norm * (middle - (2 * _one) + _two);
        (_one, _two) = (middle, _one);
        return short.CreateSaturating(Math.Round(passed));
    }
}
