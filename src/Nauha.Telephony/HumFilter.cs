using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// Takes mains hum, ringing that leaks and the thump of a polarity reversal off a line: a second-order high pass
/// (Butterworth, 160 Hz; 50 Hz falls by 20 dB) that leaves telephone speech and all signal tones as they are. Full scale is 1.
/// </summary>
/// <remarks>
/// Eight samples go through together: what comes out is what each of them, and the two before them, and the two that came
/// out before, would bring alone. So a sample waits for the last eight, and not for the one before it.
/// </remarks>
internal sealed class HumFilter
{
    /// <summary>Samples are taken in multiples of so many.</summary>
    public const int Together = 8;

    private const double Corner = 160.0 / 8_000;
    private const float Whisper = 3e-5f;        // of a step: it does not pass, and silence does not fade into numbers too small to be fast
    private static readonly double Warped = Math.Tan(Math.PI * Corner);
    private static readonly double Norm = 1 / (1 + (Math.Sqrt(2) * Warped) + (Warped * Warped));
    private static readonly double Back = 2 * ((Warped * Warped) - 1) * Norm;
    private static readonly double FurtherBack = (1 - (Math.Sqrt(2) * Warped) + (Warped * Warped)) * Norm;

    private static readonly float[] Alone = [.. Enumerable.Range(0, Together + 4).SelectMany(Response)];

    private float _in, _inBefore, _out, _outBefore;

    /// <param name="passed">As long as <paramref name="samples"/>, a multiple of <see cref="Together"/>.</param>
    public void Take(ReadOnlySpan<short> samples, Span<float> passed)
    {
        var (before, last) = (Vector256.Create(Alone, 0), Vector256.Create(Alone, Together));
        var (a, b, c, d) = (Of(2), Of(3), Of(4), Of(5));
        var (e, f, g, h) = (Of(6), Of(7), Of(8), Of(9));
        var (passedBefore, passedLast) = (Of(10), Of(11));
        var (inLast, inBefore, outLast, outBefore) = (_in, _inBefore, _out, _outBefore);
        for (; samples.Length >= Together; samples = samples[Together..], passed = passed[Together..])
        {
            var (low, high) = Vector128.Widen(Vector128.Create(samples));
            var eight = passed[..Together];
            (Vector256.ConvertToSingle(Vector256.Create(low, high)) + Vector256.Create(Whisper)).CopyTo(eight);
            var one = Vector256.MultiplyAddEstimate(Vector256.Create(eight[0]), a, Vector256.Create(inBefore) * before);
            var two = Vector256.MultiplyAddEstimate(Vector256.Create(eight[1]), b, Vector256.Create(inLast) * last);
            one = Vector256.MultiplyAddEstimate(Vector256.Create(eight[2]), c, one);
            two = Vector256.MultiplyAddEstimate(Vector256.Create(eight[3]), d, two);
            one = Vector256.MultiplyAddEstimate(Vector256.Create(eight[4]), e, one);
            two = Vector256.MultiplyAddEstimate(Vector256.Create(eight[5]), f, two);
            one = Vector256.MultiplyAddEstimate(Vector256.Create(eight[6]), g, one);
            two = Vector256.MultiplyAddEstimate(Vector256.Create(eight[7]), h, two);
            (inBefore, inLast) = (eight[6], eight[7]);
            // What came out before is waited for: it comes last.
            var all = Vector256.MultiplyAddEstimate(Vector256.Create(outBefore), passedBefore, one + two);
            all = Vector256.MultiplyAddEstimate(Vector256.Create(outLast), passedLast, all);
            all.CopyTo(eight);
            (outBefore, outLast) = (all[6], all[7]);
        }
        (_in, _inBefore, _out, _outBefore) = (inLast, inBefore, outLast, outBefore);

        static Vector256<float> Of(int column) => Vector256.Create(Alone, column * Together);
    }

    // What comes out of eight when one number alone is 1: the samples before (0, 1), the eight (2 to 9), what came out before (10, 11).
    private static IEnumerable<float> Response(int which)
    {
        var (samples, passed) = (new double[Together + 2], new double[Together + 2]);
        if (which < samples.Length) samples[which] = 1 / 32_768.0;
        else passed[which - samples.Length] = 1;
        for (var i = 2; i < passed.Length; i++)
            passed[i] = (Norm * (samples[i] - (2 * samples[i - 1]) + samples[i - 2])) - (Back * passed[i - 1]) - (FurtherBack * passed[i - 2]);
        return passed[2..].Select(p => (float)p);
    }
}
