using System.Device.Gpio;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>The injection relay (a PhotoMOS, open without current) on a pin: high closes it.</summary>
public sealed class RelayPin(GpioPin pin) : IInjectionSwitch
{
    public void Close() => pin.Write(PinValue.High);

    public void Open() => pin.Write(PinValue.Low);
}
