using System.Device.I2c;
using System.Device.Pwm;
using Microsoft.Extensions.Logging;
using Nauha.Device.Settings;
using Nauha.Drivers.Board;
using Nauha.Drivers.Display;
using Nauha.Drivers.Leds;
using Nauha.Drivers.Thermometer;
using Nauha.Drivers.Watchdog;
using Nauha.Format;
using Nauha.Recorder.Ports;

namespace Nauha.Device.Wiring;

/// <summary>
/// What a person sees and presses, and what the box knows of its board. Whatever of it cannot be had is said once and done
/// without: no call is lost for an LED.
/// </summary>
internal sealed partial class BoxFront : IDisposable
{
    private const double NightShare = 0.2;
    private readonly BoardPins _pins;

    private BoxFront(BoardPins pins) => _pins = pins;

    /// <summary>What could not be had, and why.</summary>
    public IReadOnlyList<string> Missing { get; private init; } = [];

    /// <summary>Null: the board has neither LEDs nor button.</summary>
    public IFrontPanel? Panel { get; private init; }

    public required IBoxSensors Sensors { get; init; }

    public ITextDisplay? Display { get; private init; }

    /// <summary>systemd's socket or the device; null: nothing waits for food.</summary>
    public IWatchdog? Watchdog { get; private init; }

    /// <summary>The board's profile; null: none is known.</summary>
    public static BoardProfile? Profile(BoardOptions options)
    {
        const string model = "/proc/device-tree/model";
        try
        {
            return options.Profile switch
            {
                "none" or "simulated" => null,
                "auto" => (File.Exists(model) ? BoardProfile.OfModel(File.ReadAllText(model).TrimEnd('\0')) : null)?.With(options),
                _ => BoardProfile.All.Single(board => board.Name == options.Profile).With(options),
            };
        }
        catch (BoardException e)
        {
            throw new ConfigurationException(e.Message);
        }
    }

    /// <param name="simulated">The lines are: then so is the front, unless a board is named.</param>
    /// <exception cref="ConfigurationException">The configuration of the board cannot be used.</exception>
    public static BoxFront Open(RecorderOptions options, bool simulated, ILogger log) => Open(options, simulated, log, alone: false);

    /// <summary>LEDs and button alone, for a command that the recorder does not run beside: nobody would feed a watchdog.</summary>
    /// <exception cref="ConfigurationException">The configuration of the board cannot be used.</exception>
    public static BoxFront OpenPanel(RecorderOptions options, bool simulated, ILogger log) => Open(options, simulated, log, alone: true);

    private static BoxFront Open(RecorderOptions options, bool simulated, ILogger log, bool alone)
    {
        var profile = simulated && options.Board.Profile == "auto" ? null : Profile(options.Board);
        var memory = options.Board.Profile == "simulated" || (simulated && options.Board.Profile == "auto");
        var missing = new List<string>();
        var pins = profile is null ? BoardPins.None : Try(() => BoardPins.Open(profile), BoardPins.None, log, missing);
        return new(pins)
        {
            Missing = missing,
            Panel = memory ? new SimulatedPanel(Path.Combine(options.Data!, "run")) : pins.Profile is null ? null : Try<IFrontPanel?>(() => new LedPins(pins, options.Leds.DimChannel is { } channel ? PwmChannel.Create(0, channel, 1_000, 1) : null), null, log, missing),
            Sensors = new CpuTemperature(),
            Display = !alone && options.Board.Display && profile is not null ? new Ssd1306(I2cDevice.Create(new(profile.I2c.Bus, profile.I2c.Display))) : null,
            Watchdog = options.Board.Watchdog switch
            {
                _ when alone => null,
                "none" => null,
                "device" => Try<IWatchdog?>(() => HardwareWatchdog.Open(), null, log, missing),
                _ => SystemdNotify.FromEnvironment(),
            },
        };
    }

    private static T Try<T>(Func<T> open, T without, ILogger log, List<string> missing)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or PlatformNotSupportedException)
        {
            missing.Add(e.Message);
            NotThere(log, e.Message);
            return without;
        }
    }

    /// <summary>How bright the LEDs are at this hour of the register's zone.</summary>
    public static double ShareAt(DateTimeOffset now, string? night)
    {
        if (night?.Split('-') is not [var from, var until]) return 1;
        var (begins, ends) = (int.Parse(from, System.Globalization.CultureInfo.InvariantCulture), int.Parse(until, System.Globalization.CultureInfo.InvariantCulture));
        var hour = TimeZoneInfo.ConvertTime(now, RetentionPeriod.Zone).Hour;
        return (begins <= ends ? hour >= begins && hour < ends : hour >= begins || hour < ends) ? NightShare : 1;
    }

    public void Dispose()
    {
        Display?.Dispose();
        Panel?.Dispose();
        Watchdog?.Dispose();
        _pins.Dispose();
    }

    [LoggerMessage(EventId = 8101, Level = LogLevel.Error, Message = "The box's front goes without: {Reason}")]
    private static partial void NotThere(ILogger log, string reason);
}
