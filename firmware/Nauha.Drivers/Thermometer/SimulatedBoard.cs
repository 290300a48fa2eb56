using System.Globalization;

namespace Nauha.Drivers.Thermometer;

/// <summary>The kernel's files as a board would show them, in a folder that stands for /sys.</summary>
public sealed class SimulatedBoard(string sys)
{
    public void Temperature(double celsius) => Write("class/thermal/thermal_zone0/temp", ((long)(celsius * 1_000)).ToString(CultureInfo.InvariantCulture));

    /// <summary>The firmware's word, as a Pi's own kernel shows it: hex without a prefix.</summary>
    public void Throttled(int flags) => Write("devices/platform/soc/soc:firmware/get_throttled", flags.ToString("x", CultureInfo.InvariantCulture));

    /// <summary>The same for the supply, as a mainline kernel shows it.</summary>
    public void VoltageAlarm(bool alarm)
    {
        Write("class/hwmon/hwmon1/name", "rpi_volt");
        Write("class/hwmon/hwmon1/in0_lcrit_alarm", alarm ? "1" : "0");
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(sys, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + "\n");
    }
}
