using System.Device.Gpio;
using System.Device.Pwm;
using Nauha.Drivers.Board;
using Nauha.Drivers.Button;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Leds;

/// <summary>
/// Four LEDs of two dice each, blue and amber, on eight pins; the pin that keeps LED 1's monostable; the contacts. Pins are
/// written only when they change.
/// </summary>
public sealed class LedPins : IFrontPanel
{
    private const int Leds = 4;
    private readonly GpioPin?[] _blue = new GpioPin?[Leds], _amber = new GpioPin?[Leds];
    private readonly LedColour[] _shown = new LedColour[Leds];
    private readonly GpioPin? _alive;
    private readonly PwmChannel? _dim;
    private readonly Contact _button, _mask, _noRecord, _hold;
    private bool _beat;

    /// <param name="dim">Switches the LEDs' common supply; null: they always shine in full.</param>
    /// <exception cref="BoardException">A pin cannot be used.</exception>
    public LedPins(BoardPins pins, PwmChannel? dim)
    {
        ArgumentNullException.ThrowIfNull(pins);
        for (var led = 0; led < Leds; led++)
        {
            _blue[led] = pins.Output($"led{led + 1}Blue");
            _amber[led] = pins.Output($"led{led + 1}Amber");
        }
        _alive = pins.Output("alive");
        (_button, _mask, _noRecord, _hold) = (new(pins.Input("button")), new(pins.Input("mask")), new(pins.Input("noRecord")), new(pins.Input("hold")));
        _dim = dim;
        _dim?.Start();
    }

    /// <summary>The board has LEDs at all.</summary>
    public bool Any => _blue.Any(pin => pin is not null);

    public void Show(ReadOnlySpan<LedColour> leds)
    {
        for (var led = 0; led < Leds; led++)
        {
            var (was, now) = (_shown[led], leds[led]);
            if (was == now) continue;
            _shown[led] = now;
            if (Blue(was) != Blue(now)) _blue[led]?.Write(Blue(now));
            if (Amber(was) != Amber(now)) _amber[led]?.Write(Amber(now));
        }
    }

    private static bool Blue(LedColour colour) => colour is LedColour.Blue or LedColour.White;

    private static bool Amber(LedColour colour) => colour is LedColour.Amber or LedColour.White;

    public void Dim(double share)
    {
        if (_dim is not null) _dim.DutyCycle = Math.Clamp(share, 0, 1);
    }

    public void Beat() => _alive?.Write(_beat = !_beat);

    public bool IsDown(PanelContact contact) => (contact switch { PanelContact.Button => _button, PanelContact.Mask => _mask, PanelContact.Hold => _hold, _ => _noRecord }).IsDown;

    /// <summary>What becomes of the pins then is the kernel's: most make inputs of them, and the LEDs go dark.</summary>
    public void Dispose() => _dim?.Dispose();
}
