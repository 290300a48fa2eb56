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

    private readonly long[] _active = new long[Thresholds];
    private readonly int[] _rested = [.. Enumerable.Repeat(Hangover, Thresholds)];
    private double _squares, _first, _second;
    private long _count;

    public void Clear()
    {
        Array.Clear(_active);
        Array.Fill(_rested, Hangover);
        (_squares, _first, _second, _count) = (0, 0, 0, 0);
    }

    public void Take(double sample)
    {
        _count++;
        _squares += sample * sample;
        _first = (Keep * _first) + ((1 - Keep) * Math.Abs(sample));
        _second = (Keep * _second) + ((1 - Keep) * _first);
        for (var i = 0; i < Thresholds; i++)
        {
            if (_second >= Levels[i]) _rested[i] = 0;
            else if (_rested[i] < Hangover) _rested[i]++;
            else break;         // what is under this threshold and rested is so under all higher ones
            _active[i]++;
        }
    }

    /// <summary>Mean power of the active time, full scale being 1, and its share of all time; null where nothing was active.</summary>
    public (double? Power, double? Activity) Read()
    {
        double? before = null;
        var aboveBefore = 0.0;
        for (var i = 0; i < Thresholds && _active[i] > 0; i++)
        {
            var level = 10 * Math.Log10(_squares / _active[i]);
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
