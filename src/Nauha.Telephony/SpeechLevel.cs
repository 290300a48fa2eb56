namespace Nauha.Telephony;

/// <summary>
/// Active speech level by ITU-T P.56 method B: an envelope of 30 ms, how long it lay above each of fifteen thresholds with
/// 200 ms of hangover, and the threshold that lies 15.9 dB under the level of the time above it.
/// </summary>
internal sealed class SpeechLevel
{
    private const int Thresholds = 15, Hangover = 1_600;
    private const double Margin = 15.9;
    private static readonly double Keep = Math.Exp(-1 / (8_000 * 0.03));
    private static readonly double[] Levels = [.. Enumerable.Range(0, Thresholds).Select(i => Math.Pow(2, i - Thresholds))];

    // Only where the envelope passes a threshold is anything to be counted: how long it lay above, and of the time below the hangover.
    private readonly long[] _counted = new long[Thresholds], _since = new long[Thresholds];
    private readonly bool[] _ever = new bool[Thresholds];
    private double _squares, _first, _second;
    private long _count;
    private int _above;

    public void Clear()
    {
        Array.Clear(_counted);
        Array.Clear(_since);
        Array.Clear(_ever);
        (_squares, _first, _second, _count, _above) = (0, 0, 0, 0, 0);
    }

    public void Take(ReadOnlySpan<short> samples)
    {
        const double scale = 1 / 32_768.0;
        var (first, second, count, squares) = (_first, _second, _count, 0L);
        var (least, most) = (Least, Most);
        foreach (var sample in samples)
        {
            squares += sample * sample;
            first = double.MultiplyAddEstimate(Keep, first, (1 - Keep) * scale * Math.Abs((int)sample));
            second = double.MultiplyAddEstimate(Keep, second, (1 - Keep) * first);
            if (second >= most || second < least)
            {
                Cross(second, count);
                (least, most) = (Least, Most);
            }
            count++;
        }
        (_first, _second, _count, _squares) = (first, second, count, _squares + (squares * scale * scale));
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

    /// <summary>Mean power of the active time, full scale being 1, and its share of all time; null where nothing was active.</summary>
    public (double? Power, double? Activity) Read()
    {
        double? before = null;
        var aboveBefore = 0.0;
        for (var i = 0; i < Thresholds && Active(i) > 0; i++)
        {
            var level = 10 * Math.Log10(_squares / Active(i));
            var above = level - (20 * Math.Log10(Levels[i]));
            if (above <= Margin)
            {
                var active = before is { } under ? under + ((level - under) * (aboveBefore - Margin) / (aboveBefore - above)) : level;
                var power = Math.Pow(10, active / 10);
                return (power, Math.Round(Math.Min(1, _squares / _count / power), 3));
            }
            (before, aboveBefore) = (level, above);
        }
        return (null, null);
    }
}
