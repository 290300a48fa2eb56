using System.Globalization;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Thermometer;

/// <summary>The processor's temperature and the firmware's verdict on heat and supply, as the kernel shows them. Shaped like Iot.Device.CpuTemperature.</summary>
/// <param name="sys">/sys, or a folder that stands for it.</param>
public sealed class CpuTemperature(string sys = "/sys") : IBoxSensors
{
    private const int UnderVoltage = 1 << 0, Capped = 1 << 1, SlowedDown = 1 << 2, SoftLimit = 1 << 3, UnderVoltageSeen = 1 << 16;

    /// <summary>The kernel shows a temperature at all.</summary>
    public bool IsAvailable => Celsius is not null;

    /// <summary>°C; null where there is no sensor.</summary>
    public double? Celsius => Whole("class/thermal/thermal_zone0/temp", NumberStyles.AllowLeadingSign) is { } thousandths ? thousandths / 1_000.0 : null;

    public BoxHealth Read()
    {
        var flags = Whole("devices/platform/soc/soc:firmware/get_throttled", NumberStyles.HexNumber);
        // Mainline kernels have no get_throttled, but the firmware's voltage alarm as a sensor.
        bool? weak = flags is { } known ? (known & UnderVoltage) != 0 : Alarm();
        return new(Celsius, weak, flags is { } f ? (f & (Capped | SlowedDown | SoftLimit)) != 0 : null, flags is { } g ? (g & UnderVoltageSeen) != 0 : null);
    }

    private bool? Alarm()
    {
        var folder = Path.Combine(sys, "class/hwmon");
        if (!Directory.Exists(folder)) return null;
        foreach (var sensor in Directory.EnumerateFileSystemEntries(folder))
            if (Text(Path.Combine(sensor, "name")) == "rpi_volt") return Text(Path.Combine(sensor, "in0_lcrit_alarm")) is { } alarm ? alarm == "1" : null;
        return null;
    }

    private long? Whole(string name, NumberStyles style) => Text(Path.Combine(sys, name)) is { } text && long.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text, style, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string? Text(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
