namespace Nauha.Drivers.Capture;

/// <summary>
/// A sound device's crystal against the box's own clock. Samples arrive late by what waits in the device and by what else
/// the machine does, never early: so of each second the earliest arrival counts. The drift is the median of the slopes
/// between those that lie up to a minute apart, over ten minutes: a stretch that the device skipped unsaid moves few of
/// them. No allocation; the caller gives the times.
/// </summary>
internal sealed class DeviceClock(int rateHz)
{
    private const int Points = 600, Least = 30;         // seconds
    private const int Envelope = 20, Apart = 60;

    private readonly double[] _at = new double[Points], _ahead = new double[Points], _slopes = new double[Points];
    private int _count, _next;
    private double _first = double.NaN, _second, _best = double.NegativeInfinity, _bestAt;

    /// <summary>How much faster the device runs, in millionths; null until half a minute has been seen.</summary>
    public double? Ppm => Fit() is { } slope ? slope * 1e6 : null;

    /// <summary>The device has counted this many frames by this moment, or more.</summary>
    public void Take(long frames, double seconds)
    {
        if (double.IsNaN(_first)) (_first, _second) = (seconds, seconds);
        var ahead = ((double)frames / rateHz) - (seconds - _first);
        if (seconds - _second >= 1 && _best > double.NegativeInfinity)
        {
            (_at[_next], _ahead[_next]) = (_bestAt, _best);
            _next = (_next + 1) % Points;
            _count = Math.Min(_count + 1, Points);
            (_second, _best) = (seconds, double.NegativeInfinity);
        }
        if (ahead > _best) (_best, _bestAt) = (ahead, seconds - _first);
    }

    /// <summary>Where the device's count must stand at this moment: what tells how long it did not count for us.</summary>
    public long FramesAt(double seconds)
    {
        if (double.IsNaN(_first)) return 0;
        var at = seconds - _first;
        var slope = Fit() ?? 0;
        // The earliest arrival of the last seconds, carried on.
        var best = _best > double.NegativeInfinity ? _best + (slope * (at - _bestAt)) : double.NegativeInfinity;
        for (var i = 1; i <= Math.Min(Envelope, _count); i++)
        {
            var point = (_next - i + Points) % Points;
            best = Math.Max(best, _ahead[point] + (slope * (at - _at[point])));
        }
        return best > double.NegativeInfinity ? (long)Math.Round((at + best) * rateHz) : 0;
    }

    private double? Fit()
    {
        if (_count < Least) return null;
        var apart = Math.Min(Apart, _count / 2);
        var pairs = _count - apart;
        for (var i = 0; i < pairs; i++)
        {
            var (early, late) = ((_next - _count + i + Points) % Points, (_next - _count + i + apart + Points) % Points);
            _slopes[i] = (_ahead[late] - _ahead[early]) / (_at[late] - _at[early]);
        }
        var sorted = _slopes.AsSpan(0, pairs);
        sorted.Sort();
        return (sorted[(pairs - 1) / 2] + sorted[pairs / 2]) / 2;
    }
}
