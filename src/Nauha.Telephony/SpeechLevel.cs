using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// Active speech level by ITU-T P.56 method B: an envelope of 30 ms, how long it lay above each of fifteen thresholds with
/// 200 ms of hangover, and the threshold that lies 15.9 dB under the level of the time above it.
/// </summary>
internal sealed class SpeechLevel
{
    private const int Thresholds = 15, Hangover = 1_600;
    private const int Together = 8;
    private const double Margin = 15.9;
    private static readonly double Keep = Math.Exp(-1 / (8_000 * 0.03));
    private static readonly double KeepTogether = Math.Pow(Keep, Together);
    private static readonly Vector256<float> Once = Weights(_ => 1 - Keep), Twice = Weights(left => (1 - Keep) * (1 - Keep) * (left + 1));
    private static readonly double[] Levels = [.. Enumerable.Range(0, Thresholds).Select(i => Math.Pow(2, i - Thresholds))];

    // Only where the envelope passes a threshold is anything to be counted: how long it lay above, and of the time below the hangover.
    private readonly long[] _counted = new long[Thresholds], _since = new long[Thresholds];
    private readonly bool[] _ever = new bool[Thresholds];
    private double _first, _second;
    private long _count;
    private int _above;

    public void Clear()
    {
        Array.Clear(_counted);
        Array.Clear(_since);
        Array.Clear(_ever);
        (_first, _second, _count, _above) = (0, 0, 0, 0);
    }

    /// <summary>Takes samples, full scale being 1.</summary>
    public void Take(ReadOnlySpan<float> samples)
    {
        for (; samples.Length >= Together; samples = samples[Together..])
            if (!Passes(samples[..Together])) Step(samples[..Together]);
        Step(samples);
    }

    // Eight at once, where the envelope cannot pass a threshold on the way: it falls no faster than by itself, and rises no faster than its input.
    private bool Passes(ReadOnlySpan<float> eight)
    {
        var loud = Vector256.Abs(Vector256.Create(eight));
        double once = Vector256.Sum(loud * Once), twice = Vector256.Sum(loud * Twice);
        var most = _second + (Together * (1 - Keep) * (_first + (once / KeepTogether)));
        if (most * 1.0001 >= Most || _second * KeepTogether < Least) return false;
        _second = (KeepTogether * (_second + (Together * (1 - Keep) * _first))) + twice;
        _first = (KeepTogether * _first) + once;
        _count += Together;
        return true;
    }

    private void Step(ReadOnlySpan<float> samples)
    {
        var (first, second, count) = (_first, _second, _count);
        foreach (var sample in samples)
        {
            first = double.MultiplyAddEstimate(Keep, first, (1 - Keep) * Math.Abs(sample));
            second = double.MultiplyAddEstimate(Keep, second, (1 - Keep) * first);
            if (second >= Most || second < Least) Cross(second, count);
            count++;
        }
        (_first, _second, _count) = (first, second, count);
    }

    private double Least => _above > 0 ? Levels[_above - 1] : -1;

    private double Most => _above < Thresholds ? Levels[_above] : 2;

    private void Cross(double envelope, long at)
    {
        _count = at;
        while (_above < Thresholds && envelope >= Levels[_above]) Pass(_above++, above: true);
        while (_above > 0 && envelope < Levels[_above - 1]) Pass(--_above, above: false);
    }

    private void Pass(int threshold, bool above)
    {
        _counted[threshold] += Pending(threshold, !above);
        _since[threshold] = _count;
        _ever[threshold] = true;
    }

    private long Pending(int threshold, bool above) => above ? _count - _since[threshold] : _ever[threshold] ? Math.Min(_count - _since[threshold], Hangover) : 0;

    private long Active(int threshold) => _counted[threshold] + Pending(threshold, threshold < _above);

    // What each of eight samples has brought when the last of them is in.
    private static Vector256<float> Weights(Func<int, double> by) =>
        Vector256.Create(Enumerable.Range(0, Together).Select(i => (float)(by(Together - 1 - i) * Math.Pow(Keep, Together - 1 - i))).ToArray());

    /// <summary>A copy that goes its own way.</summary>
    public SpeechLevel Copy()
    {
        var copy = new SpeechLevel { _first = _first, _second = _second, _count = _count, _above = _above };
        _counted.CopyTo(copy._counted, 0);
        _since.CopyTo(copy._since, 0);
        _ever.CopyTo(copy._ever, 0);
        return copy;
    }

    /// <summary>Mean power of the active time, full scale being 1, and its share of all time; null where nothing was active.</summary>
    /// <param name="squares">Sum of the squares of all that was taken.</param>
    public (double? Power, double? Activity) Read(double squares)
    {
        double? before = null;
        var aboveBefore = 0.0;
        for (var i = 0; i < Thresholds && Active(i) > 0; i++)
        {
            var level = 10 * Math.Log10(squares / Active(i));
            var above = level - (20 * Math.Log10(Levels[i]));
            if (above <= Margin)
            {
                var active = before is { } under ? under + ((level - under) * (aboveBefore - Margin) / (aboveBefore - above)) : level;
                var power = Math.Pow(10, active / 10);
                return (power, Math.Round(Math.Min(1, squares / _count / power), 3));
            }
            (before, aboveBefore) = (level, above);
        }
        return (null, null);
    }
}
