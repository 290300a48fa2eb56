namespace Nauha.Drivers.Leds;

/// <summary>The 74HC123's twin: retriggered by a rising edge, and 2 s after the last one its output lights LED 1's amber die.</summary>
public sealed class SimulatedMonostable(TimeProvider time)
{
    public static readonly TimeSpan Width = TimeSpan.FromSeconds(2);

    private long? _triggered;
    private bool _level;

    /// <summary>The level at its input.</summary>
    public void Input(bool level)
    {
        if (level && !_level) _triggered = time.GetTimestamp();
        _level = level;
    }

    /// <summary>Nobody beats any more: amber, whatever the program's own pin says.</summary>
    public bool LightsAmber => _triggered is not { } at || time.GetElapsedTime(at) > Width;
}
