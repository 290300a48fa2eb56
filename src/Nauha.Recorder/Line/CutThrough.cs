namespace Nauha.Recorder.Line;

/// <summary>
/// When the network opened after a lift: from then on its own noise lies under everything. Looks at how quiet the line is
/// in its quietest moments, because an agent who greets is louder than any of it. Fed block by block (20 ms) to the
/// announcement, once the hook's own click is over.
/// </summary>
public sealed class CutThrough
{
    /// <summary>How long after the lift a network may open.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(2_500);

    /// <summary>Past the opening until an announcement begins: it takes 200 ms to be sure of it, in each call anew.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(260);

    private const int Blocks = 140, Before = 2, After = 10, Moment = 5;
    private const double Step = 2.5;                    // 4 dB
    private const double Least = 2;                     // an empty block still has the converter's last bit

    private readonly double[] _powers = new double[Blocks];
    private int _count;
    private long _first;

    public void Begin() => _count = 0;

    /// <param name="sinceLift">Samples from the lift to the block's first.</param>
    public void Take(ReadOnlySpan<short> block, long sinceLift)
    {
        if (_count >= Blocks) return;
        if (_count == 0) _first = sinceLift;
        double power = 0;
        foreach (var sample in block) power += (double)sample * sample;
        _powers[_count++] = (power / Math.Max(1, block.Length)) + Least;
    }

    /// <summary>After the lift, in steps of 20 ms; null: no step was to be seen.</summary>
    public TimeSpan? Seen()
    {
        // The earliest moment since which it has never been as quiet as before.
        for (var at = Before; at + After <= _count; at++)
        {
            var quiet = Quietest(0, at);
            var stays = true;
            for (var from = at; stays && from + Moment <= _count; from++) stays = Quietest(from, from + Moment) > quiet * Step;
            if (stays) return TimeSpan.FromMilliseconds((_first / 8) + (20 * at));
        }
        return null;
    }

    private double Quietest(int from, int until)
    {
        var least = double.PositiveInfinity;
        for (var i = from; i < until; i++) least = Math.Min(least, _powers[i]);
        return least;
    }
}
