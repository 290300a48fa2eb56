using System.Device.Gpio;

namespace Nauha.Drivers.Button;

/// <summary>A contact to earth, read by its level. Whoever asks asks again and again: the panel, every 20 ms.</summary>
public sealed class Contact(GpioPin? pin)
{
    public bool IsFitted => pin is not null;

    /// <summary>Closed now. Bounces as the contact does: <c>PressSense</c> waits that out.</summary>
    public bool IsDown => pin?.Read() == PinValue.Low;
}
