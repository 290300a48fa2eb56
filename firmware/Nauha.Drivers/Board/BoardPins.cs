using System.Device.Gpio;
using System.Device.Gpio.Drivers;

namespace Nauha.Drivers.Board;

/// <summary>
/// The board's pins by name. Three backends: GPIO through libgpiod, a chip in memory (<see cref="SimulatedGpio"/>), none at
/// all. A pin that the board does not have is null: whoever asks for it does without.
/// </summary>
public sealed class BoardPins : IDisposable
{
    private readonly GpioController? _gpio;

    private BoardPins(GpioController? gpio, BoardProfile? profile) => (_gpio, Profile) = (gpio, profile);

    /// <summary>Null: there is no board.</summary>
    public BoardProfile? Profile { get; }

    public static BoardPins None { get; } = new(null, null);

    /// <summary>A chip in memory, or any other driver.</summary>
    public static BoardPins On(GpioDriver driver, BoardProfile profile) => new(new(driver), profile);

    /// <summary>The real chip, found by its label.</summary>
    /// <exception cref="BoardException">There is no such chip, libgpiod is missing, or it may not be opened.</exception>
    public static BoardPins Open(BoardProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        try
        {
            // libgpiod 1 (Debian 12) and 2 (Debian 13) are two libraries with two interfaces.
            var second = System.Runtime.InteropServices.NativeLibrary.TryLoad("libgpiod.so.3", out _);
            var chips = second ? LibGpiodV2Driver.GetAvailableChips() : LibGpiodDriver.GetAvailableChips();
            var chip = chips.FirstOrDefault(chip => chip.Label == profile.Chip) ?? throw new BoardException($"No GPIO chip has the label {profile.Chip}; there {(chips.Count == 0 ? "are none" : "are " + string.Join(", ", chips.Select(chip => chip.Label)))}. Set board:profile (or board:chip) to what the box is built on, or board:profile to none.");
            return new(new(second ? new LibGpiodV2Driver(chip) : new LibGpiodDriver(chip)), profile);
        }
        catch (Exception e) when (e is DllNotFoundException or PlatformNotSupportedException or TypeInitializationException)
        {
            throw new BoardException("libgpiod is missing: install libgpiod2 (Debian 12) or libgpiod3 (Debian 13), or set board:profile to none.", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or (IOException and not BoardException) or InvalidOperationException)
        {
            throw new BoardException($"The GPIO chip {profile.Chip} cannot be opened: {e.Message} Is the recorder's user in the group gpio?", e);
        }
    }

    /// <summary>Driven from now on; null where it is not fitted.</summary>
    public GpioPin? Output(string name) => Find(name) is { } line ? Opened(name, () => _gpio!.OpenPin(line, PinMode.Output, PinValue.Low)) : null;

    /// <summary>A contact to earth with a pull-up; null where it is not fitted. The level is the truth; an edge is at most a hint.</summary>
    public GpioPin? Input(string name) => Find(name) is { } line
        ? Opened(name, () => _gpio!.OpenPin(line, _gpio.IsPinModeSupported(line, PinMode.InputPullUp) ? PinMode.InputPullUp : PinMode.Input))
        : null;

    private int? Find(string name) => _gpio is not null && Profile!.Pins.TryGetValue(name, out var line) ? line : null;

    private GpioPin Opened(string name, Func<GpioPin> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BoardException($"Pin {name} (line {Find(name)} of {Profile!.Chip}) cannot be used: {e.Message} Does something else hold it (`gpioinfo`)?", e);
        }
    }

    public void Dispose() => _gpio?.Dispose();
}
