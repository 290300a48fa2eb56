using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>Tells talk from tones and silence, 20 ms by 20 ms: level that comes and goes, and is not one frequency.</summary>
public sealed class SpeechDetector
{
    private const int Step = 160;
    private const double LeastPower = 32_768.0 * 32_768 / 2 * 3e-5;   // some −42 dBm0
    private readonly short[] _step = new short[Step];
    private int _filled;
    private int _voiced;

    /// <summary>Talk has been heard for some 200 ms of the last second.</summary>
    public bool IsSpeech => _voiced >= 10;

    public void Process(ReadOnlySpan<short> samples)
    {
        while (samples.Length > 0)
        {
            var count = Math.Min(Step - _filled, samples.Length);
            samples[..count].CopyTo(_step.AsSpan(_filled));
            samples = samples[count..];
            _filled += count;
            if (_filled < Step) return;
            _filled = 0;
            Look(_step);
        }
    }

    public void Reset() => (_voiced, _filled) = (0, 0);

    private void Look(ReadOnlySpan<short> step)
    {
        long energy = 0;
        foreach (var sample in step) energy += sample * sample;
        _voiced = energy > LeastPower * Step && !IsTonal(step) ? Math.Min(_voiced + 1, 25) : Math.Max(_voiced - 1, 0);
    }

    // A single sine obeys x[n] = c·x[n−1] − x[n−2]: what is left over by the best c is nothing. Whole numbers: sums are exact.
    private static bool IsTonal(ReadOnlySpan<short> step)
    {
        var (cross, square, sums) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        long crossLast = 0, squareLast = 0, sumsLast = 0;
        var i = 2;
        for (; i + 8 <= step.Length; i += 8)
        {
            var (lowM, highM) = Widen(step.Slice(i - 1, 8));
            var (lowA, highA) = Widen(step.Slice(i, 8));
            var (lowB, highB) = Widen(step.Slice(i - 2, 8));
            var (low, high) = (lowA + lowB, highA + highB);
            cross += (low * lowM) + (high * highM);
            square += (lowM * lowM) + (highM * highM);
            sums += (low * low) + (high * high);
        }
        for (; i < step.Length; i++)
        {
            long middle = step[i - 1], sum = step[i] + step[i - 2];
            (crossLast, squareLast, sumsLast) = (crossLast + (sum * middle), squareLast + (middle * middle), sumsLast + (sum * sum));
        }
        var (allCross, allSquare, allSums) = (Vector256.Sum(cross) + crossLast, Vector256.Sum(square) + squareLast, Vector256.Sum(sums) + sumsLast);
        if (allSquare <= 0) return true;
        // The middles end a sample before the step does, and begin one after it: that much of the energy is the same.
        double all = allSquare - ((double)step[1] * step[1]) + ((double)step[^1] * step[^1]);
        var c = Math.Clamp(allCross / allSquare, -2, 2);
        return allSums - (2 * c * allCross) + (c * c * allSquare) < 0.02 * all;
    }

    private static (Vector256<double> Low, Vector256<double> High) Widen(ReadOnlySpan<short> eight)
    {
        var (low, high) = Vector128.Widen(Vector128.Create(eight));
        return (Double(low), Double(high));

        static Vector256<double> Double(Vector128<int> four)
        {
            var (a, b) = Vector128.Widen(four);
            return Vector256.Create(Vector128.ConvertToDouble(a), Vector128.ConvertToDouble(b));
        }
    }
}
