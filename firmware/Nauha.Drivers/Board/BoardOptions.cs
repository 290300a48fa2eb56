using System.ComponentModel.DataAnnotations;

namespace Nauha.Drivers.Board;

/// <summary>What the box is built on, and what hangs on it.</summary>
public sealed class BoardOptions
{
    /// <summary>auto: by the device tree's model, none where it is not known; simulated: in memory; none: without LEDs and button.</summary>
    [AllowedValues("auto", "none", "simulated", "generic", "pi-zero-2", "pi-3", "pi-4", "cm4", "pi-5", "cm5")]
    public string Profile { get; set; } = "auto";

    /// <summary>Label of the GPIO chip, where it is not the profile's.</summary>
    public string? Chip { get; set; }

    /// <summary>Lines of the chip by the pin's name, where they are not the profile's; −1: not fitted.</summary>
    public Dictionary<string, int> Pins { get; set; } = [];

    /// <summary>A DS3231 hangs on I2C, and no driver of the kernel has it.</summary>
    public bool Clock { get; set; }

    /// <summary>An SSD1306 display of 128 × 64 hangs on I2C.</summary>
    public bool Display { get; set; }

    /// <summary>An SD card that the box writes to is one that is made for it (pSLC); else the self-test calls it wrong.</summary>
    public bool IndustrialCard { get; set; }

    /// <summary>auto: systemd's, where it asks for it; device: /dev/watchdog itself; none.</summary>
    [AllowedValues("auto", "device", "none")]
    public string Watchdog { get; set; } = "auto";
}

/// <summary>The LEDs.</summary>
public sealed class LedOptions
{
    /// <summary>Hours of the day, register's time, in which the LEDs shine at 20 %: 22-6. Null: never.</summary>
    [RegularExpression("([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-3])")]
    public string? Night { get; set; }

    /// <summary>Channel of the hardware PWM (pwmchip0) that switches the LEDs' common supply; null: there is none, and no dimming.</summary>
    [Range(0, 3)]
    public int? DimChannel { get; set; }
}
