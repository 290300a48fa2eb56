namespace Nauha.Simulation;

/// <summary>The signals that are followed through the line side by side.</summary>
internal static class Signal
{
    /// <summary>All together, with noise and tones: what is really there.</summary>
    public const int All = 0;

    public const int Agent = 1, Announcement = 2, Caller = 3, Count = 4;
}

/// <summary>Where something is heard.</summary>
public enum CapturePoint { Pair, FarEar }

/// <summary>Who is heard. Noise is all that is nobody's voice: the port's tones, the network's and the pair's noise, a codec's error.</summary>
public enum Stem { Agent, Announcement, Caller, Noise }

/// <summary>
/// Each voice by itself as it is at the pair and at the far ear, 8 kHz, on the pair's digital scale: the circuit and the
/// network are linear in it, so the four of a point add up to what is heard there. What an echo brings back is its owner's.
/// </summary>
public sealed class Stems
{
    private readonly List<short>[] _kept = [.. Enumerable.Range(0, 8).Select(_ => new List<short>())];

    /// <summary>Samples so far, or since they were taken away.</summary>
    public List<short> this[CapturePoint point, Stem stem] => _kept[((int)point * 4) + (int)stem];

    internal int Count => _kept[0].Count;

    internal void Clear()
    {
        foreach (var kept in _kept) kept.Clear();
    }

    internal void Add(ReadOnlySpan<double> pair, ReadOnlySpan<double> far)
    {
        Add(CapturePoint.Pair, pair);
        Add(CapturePoint.FarEar, far);
    }

    private void Add(CapturePoint point, ReadOnlySpan<double> signals)
    {
        this[point, Stem.Agent].Add(ExchangeLine.Digital(signals[Signal.Agent]));
        this[point, Stem.Announcement].Add(ExchangeLine.Digital(signals[Signal.Announcement]));
        this[point, Stem.Caller].Add(ExchangeLine.Digital(signals[Signal.Caller]));
        this[point, Stem.Noise].Add(ExchangeLine.Digital(signals[Signal.All] - signals[Signal.Agent] - signals[Signal.Announcement] - signals[Signal.Caller]));
    }
}
