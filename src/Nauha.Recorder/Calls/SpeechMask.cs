namespace Nauha.Recorder.Calls;

/// <summary>
/// A stretch in which what is said is kept as silence of the same length: a card's number read aloud. Asked for by a
/// switch or by central from any thread, stepped by the line's own. It ends when it is switched off, when its time is
/// over, and with the call.
/// </summary>
internal sealed class SpeechMask(TimeSpan longest)
{
    private const int Rate = 8_000, NoWish = 0, Switch = -1, Off = -2;

    private int _wish;
    private long _until;

    /// <summary>Line time of its beginning; null: nothing is masked.</summary>
    public long? From { get; private set; }

    public void Toggle() => Interlocked.Exchange(ref _wish, Switch);

    /// <param name="seconds">0: no more. More than the longest is the longest.</param>
    public void For(int seconds) => Interlocked.Exchange(ref _wish, seconds > 0 ? seconds : Off);

    /// <summary>One block. What was masked, once it has ended.</summary>
    /// <param name="first">Line time of the block's first sample: a wish takes effect from there.</param>
    /// <param name="isUp">Somebody is on the line.</param>
    public (long From, long Until)? Step(long first, long end, bool isUp)
    {
        var wish = Interlocked.Exchange(ref _wish, NoWish);
        var ends = From is not null && (!isUp || first >= _until || wish == Off || wish == Switch);
        if (isUp && !ends && (wish > 0 || (wish == Switch && From is null)))
        {
            From ??= first;
            _until = first + (long)(Math.Min(wish > 0 ? wish : double.MaxValue, longest.TotalSeconds) * Rate);
        }
        if (!ends) return null;
        var masked = (From!.Value, Math.Min(first, Math.Max(_until, From.Value)));
        From = null;
        return masked;
    }

    public void End()
    {
        Interlocked.Exchange(ref _wish, NoWish);
        From = null;
    }
}
