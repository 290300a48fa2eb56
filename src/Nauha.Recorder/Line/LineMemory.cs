namespace Nauha.Recorder.Line;

/// <summary>
/// The last 16 seconds of one line, in memory only: what the proof of an announcement needs, and the delay in which an
/// edge or a keyed digit is recognised before its samples may be sealed. Never written anywhere, cleared with the call.
/// </summary>
public sealed class LineMemory
{
    private const int Size = 1 << 17;
    private readonly short[] _ring = GC.AllocateArray<short>(Size, pinned: true);    // the collector makes no copies of it

    /// <summary>Line time just after the newest sample.</summary>
    public long End { get; private set; }

    /// <summary>Line time of the oldest sample still held.</summary>
    public long Start => Math.Max(_floor, End - Size);

    private long _floor;

    /// <summary>Appends; a jump forward in line time is filled with silence.</summary>
    public void Write(long firstSample, ReadOnlySpan<short> samples)
    {
        if (firstSample < End) throw new ArgumentOutOfRangeException(nameof(firstSample), $"line time went back from {End} to {firstSample}");
        if (firstSample - End >= Size) (_floor, End) = (firstSample, firstSample);
        while (End < firstSample) _ring[End++ & (Size - 1)] = 0;
        foreach (var sample in samples) _ring[End++ & (Size - 1)] = sample;
    }

    /// <summary>Copies from line time <paramref name="from"/> on; what is no longer, or not yet, held reads as silence.</summary>
    public void CopyTo(long from, Span<short> target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var at = from + i;
            target[i] = at >= Start && at < End ? _ring[at & (Size - 1)] : (short)0;
        }
    }

    /// <summary>Turns a stretch into silence, so that nothing of it can be kept.</summary>
    public void Silence(long from, long until)
    {
        for (var at = Math.Max(from, Start); at < Math.Min(until, End); at++) _ring[at & (Size - 1)] = 0;
    }

    /// <summary>Forgets everything up to now.</summary>
    public void Clear()
    {
        Array.Clear(_ring);
        _floor = End;
    }
}
