using Nauha.Recorder.Line;
using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>
/// What a port shows of itself while it is used, gathered call by call: how it rings, how it sounds when lifted, how quiet
/// it is at rest, when the network behind it opens. What comes of it stands in <see cref="LearnedLine"/>.
/// </summary>
internal sealed class PortLessons
{
    private readonly RingCadence _ring = new();
    private readonly DialToneMeter _dial = new();
    private readonly CutThrough _through = new();
    private bool _opened, _dialHeard;
    private DialTone? _tone;

    public void Hook(in HookEvent hook) => _ring.Take(hook);

    /// <summary>A call was lifted: dial tone and opening are looked for anew.</summary>
    public void Lifted()
    {
        _through.Begin();
        _dial.Reset();
        (_opened, _dialHeard) = (false, false);
    }

    /// <summary>An answered call before its announcement.</summary>
    public void Opening(ReadOnlySpan<short> block, long sinceLift)
    {
        _opened = true;
        _through.Take(block, sinceLift);
    }

    /// <summary>A lifted handset before anything is dialled. The dial tone when it becomes known, once a lift.</summary>
    public DialTone? Dialling(ReadOnlySpan<short> block)
    {
        if (_dialHeard || _dial.Process(block) is not { } tone) return null;
        _dialHeard = true;
        return _tone = tone;
    }

    /// <summary>The call is over: what was known before, and what it has shown.</summary>
    public LearnedLine Over(LearnedLine known, double? noiseDbv)
    {
        var seen = known with { Ring = _ring.Known ?? known.Ring, DialTone = _tone?.ToString() ?? known.DialTone, NoiseDbv = noiseDbv ?? known.NoiseDbv };
        _ring.Forget();
        if (!_opened) return seen;
        _opened = false;
        return seen with { CutThrough = (known.CutThrough ?? new()).After(_through.Seen()) };
    }
}

/// <summary>
/// When the network opens. What one call shows may be too early (an agent who greets over the opening), never too late: so
/// the latest of three calls is believed, and later the latest of ten. A port that shows nothing three times in a row is
/// not asked again; one that did show it and does no more is learned anew.
/// </summary>
/// <param name="Ms">After the lift; null: not known.</param>
/// <param name="NextMs">The latest since the last count of ten, or since learning began.</param>
/// <param name="Next">Calls in that count.</param>
/// <param name="Missed">Calls in a row that showed nothing.</param>
public sealed record LearnedOpening(int? Ms = null, int NextMs = 0, int Next = 0, int Missed = 0)
{
    private const int First = 3, Then = 10;

    /// <summary>Announcements wait for the latest opening there is, so that any can be seen.</summary>
    public bool Learns => Ms is null && Missed < First;

    public LearnedOpening After(TimeSpan? seen)
    {
        if (seen is not { } time)
        {
            if (Missed + 1 < First) return this with { Missed = Missed + 1 };
            return Ms is not null ? new() : Next > 0 ? new(NextMs) : this with { Missed = First };
        }
        var ms = (int)time.TotalMilliseconds;
        var next = this with { NextMs = Math.Max(NextMs, ms), Next = Next + 1, Missed = 0 };
        if (next.Next >= (Ms is null ? First : Then)) return new(next.NextMs);
        return Ms is { } known ? next with { Ms = Math.Max(known, ms) } : next;
    }
}
