namespace Nauha.Recorder.Calls;

/// <summary>
/// Whether the noise behind the silence has become another: 6 dB more or less than in the second before, and so for half a
/// second. Who picks up opens another room; so may a network, and whoever covers his mouthpiece: it says little by itself.
/// </summary>
internal sealed class NoiseStep
{
    private const int Blocks = 5;               // a part: the least of 100 ms, so that a rustle does not count
    private const int Before = 10, After = 5;   // parts
    private const double Steady = 2.5;          // 4 dB: each side of the step is one noise
    private const double Step = 4;              // 6 dB
    private const double Loud = 32_768.0 * 32_768 / 2 * 3e-5;    // as loud as talk

    private readonly double[] _parts = new double[Before + After];
    private double _least = double.PositiveInfinity;
    private int _count, _filled;

    /// <param name="power">Mean square of the next 20 ms, without its constant part.</param>
    /// <param name="isSilent">Nobody talks, and no tone sounds.</param>
    /// <returns>It has just become another.</returns>
    public bool Take(double power, bool isSilent)
    {
        if (!isSilent || power > Loud)
        {
            (_least, _filled) = (double.PositiveInfinity, 0);
            return false;
        }
        _least = Math.Min(_least, Math.Max(1, power));      // under one step of the samples there is nothing to compare
        if (++_filled < Blocks) return false;
        _parts[_count++ % _parts.Length] = _least;
        (_least, _filled) = (double.PositiveInfinity, 0);
        return _count >= _parts.Length && Stepped();
    }

    public void Reset() => (_least, _count, _filled) = (double.PositiveInfinity, 0, 0);

    private bool Stepped()
    {
        var (before, after) = (Part(0, Before), Part(Before, After));
        var ratio = after.Mean / before.Mean;
        return before.IsOne && after.IsOne && ratio is >= Step or <= 1 / Step;
    }

    private (double Mean, bool IsOne) Part(int from, int count)
    {
        double least = double.PositiveInfinity, most = 0, sum = 0;
        for (var i = from; i < from + count; i++)
        {
            var part = _parts[(_count + i) % _parts.Length];
            (least, most, sum) = (Math.Min(least, part), Math.Max(most, part), sum + part);
        }
        return (sum / count, most <= least * Steady);
    }
}
