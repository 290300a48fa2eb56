namespace Nauha.Recorder.Ports;

/// <summary>How the board itself is. Null: nothing measures it.</summary>
/// <param name="Celsius">Of the processor.</param>
/// <param name="UnderVoltage">The supply is below what the board needs, now.</param>
/// <param name="Throttled">The processor is slowed down, for heat or for the supply, now.</param>
/// <param name="UnderVoltageSeen">The supply was too weak at some moment since power-on.</param>
public readonly record struct BoxHealth(double? Celsius, bool? UnderVoltage, bool? Throttled, bool? UnderVoltageSeen)
{
    /// <summary>From here on the processor is slowed down: 80 °C on every Pi so far.</summary>
    public const double Hot = 80;

    /// <summary>Somebody should look at air or supply.</summary>
    public bool IsBad => Celsius >= Hot || UnderVoltage == true || Throttled == true;
}

/// <summary>Measures the board. Asked now and then; never throws for what is not there.</summary>
public interface IBoxSensors
{
    BoxHealth Read();
}

/// <summary>A few rows of text on the box. Words of the legend, times and counts; nothing personal.</summary>
public interface ITextDisplay : IDisposable
{
    int Rows { get; }

    int Columns { get; }

    /// <summary>Replaces what is shown; what does not fit is cut off.</summary>
    /// <exception cref="IOException">The display does not answer.</exception>
    void Show(IReadOnlyList<string> rows);
}

/// <summary>What starts the box anew when nobody feeds it.</summary>
public interface IWatchdog : IDisposable
{
    /// <summary>systemd, or /dev/watchdog.</summary>
    string Name { get; }

    /// <summary>Unfed for so long it acts.</summary>
    TimeSpan Timeout { get; }

    void Feed();
}
