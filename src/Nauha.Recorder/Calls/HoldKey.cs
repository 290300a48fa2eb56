namespace Nauha.Recorder.Calls;

/// <summary>
/// The agent has put the caller on hold, and said so by a key. What sounds from then on is kept as silence of the same
/// length, until the key is pressed again or talk is resumed: after a second without talk, talk for 0.4 s. After ten
/// seconds it is as with music on hold: whoever speaks then is told first. Pressed from any thread, stepped by the line's own.
/// </summary>
internal sealed class HoldKey
{
    private const int Rate = 8_000;
    private const int Longest = 10 * Rate, Pause = Rate, Breath = Rate * 3 / 10, Talk = Rate * 4 / 10;

    internal enum Step { None, Resumed, Lasts }

    private int _pressed;
    private int _quiet, _talk;
    private bool _paused;

    /// <summary>Line time of its beginning; null: nobody is on hold by the key.</summary>
    public long? From { get; private set; }

    public void Press() => Interlocked.Exchange(ref _pressed, 1);

    /// <summary>One block.</summary>
    /// <param name="first">Line time of its first sample: a press takes effect from there.</param>
    /// <param name="talks">Somebody speaks in it.</param>
    /// <param name="isKept">Audio is kept just now: only then is there anything to silence.</param>
    public Step Take(long first, int samples, bool talks, bool isKept)
    {
        var pressed = Interlocked.Exchange(ref _pressed, 0) == 1;
        if (!isKept) return Step.None;
        if (From is not { } from)
        {
            if (pressed) (From, _quiet, _talk, _paused) = (first, 0, 0, false);
            return Step.None;
        }
        (_quiet, _talk) = talks ? (0, _talk + samples) : (_quiet + samples, _quiet >= Breath ? 0 : _talk);
        _paused |= _quiet >= Pause;
        return pressed || (_paused && _talk >= Talk) ? Step.Resumed : first - from >= Longest ? Step.Lasts : Step.None;
    }

    public void End() => From = null;
}
