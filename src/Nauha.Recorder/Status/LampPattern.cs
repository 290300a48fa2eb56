using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Status;

/// <summary>
/// A lamp's pattern in time. Everything stands on a grid of half a second that all four LEDs share, so that what blinks
/// blinks together; nothing is faster than two blinks a second.
/// </summary>
public static class LampPattern
{
    private static readonly TimeSpan Wink = TimeSpan.FromMilliseconds(100), WinkEvery = TimeSpan.FromSeconds(4);

    /// <summary>One blink and the dark after it.</summary>
    public static TimeSpan Grid => LedLegend.Blink * 2;

    /// <param name="since">Since the lamp came to show this, counted from the grid.</param>
    public static LedColour At(Lamp lamp, TimeSpan since)
    {
        ArgumentNullException.ThrowIfNull(lamp);
        if (since < TimeSpan.Zero) return LedColour.Dark;   // the group begins with its first blink, never in the midst
        return IsLit(lamp, since) ? Colour(lamp) : LedColour.Dark;
    }

    public static LedColour Colour(Lamp lamp) => lamp.Colour switch { "amber" => LedColour.Amber, "white" => LedColour.White, _ => LedColour.Blue };

    private static bool IsLit(Lamp lamp, TimeSpan since) => lamp.Pattern switch
    {
        "steady" => true,
        "wink" => Within(since, WinkEvery) < Wink,
        "slow" => Within(since, Grid * 4) < Grid * 2,                    // breathing, where a lamp knows on and off: 1 s, 1 s
        "mostly" => Within(since, Grid * 4) < Grid * 3,                  // three to one
        "flicker" => Within(since, Grid) < LedLegend.Blink,
        _ => Within(since, (Grid * lamp.Count) + LedLegend.Pause) is var at && at < Grid * lamp.Count && Within(at, Grid) < LedLegend.Blink,
    };

    private static TimeSpan Within(TimeSpan at, TimeSpan period) => TimeSpan.FromTicks(at.Ticks % period.Ticks);
}
