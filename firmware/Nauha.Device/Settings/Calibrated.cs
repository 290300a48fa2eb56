using System.Globalization;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Hook;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;

namespace Nauha.Device.Settings;

/// <summary>What a technician has measured of a line stands above the configuration's values, as long as the line hangs on what he measured: same socket, channel and mixer.</summary>
internal static class Calibrated
{
    public static string EarOf(SoundOptions sound) =>
        string.Join(' ', [sound.Device, sound.Channel.ToString(CultureInfo.InvariantCulture), .. Wires(sound), .. sound.Mixer.OrderBy(control => control.Key, StringComparer.Ordinal).Select(control => $"{control.Key}={control.Value}")]);

    // A handset's ear is the sum of two; the current beside a pair is no part of it.
    private static string[] Wires(SoundOptions sound) => sound.Sides == LineSides.Handset ? [string.Create(CultureInfo.InvariantCulture, $"handset={sound.NearChannel},{sound.FarChannel}")] : [];

    public static string GaugeOf(int line, HookOptions hook) => string.Create(CultureInfo.InvariantCulture, $"{hook.Source} {hook.Channel ?? line}");

    /// <summary>What of it holds for the line as it is configured; null: nothing.</summary>
    public static LineCalibration? InUse(LineCalibration? known, int line, LineSetup own)
    {
        var (ear, gauge) = (known?.Ear == EarOf(own.Sound), known?.Gauge == GaugeOf(line, own.Hook));
        return known is null || !(ear || gauge) ? null : known with
        {
            DbvAtFullScale = ear ? known.DbvAtFullScale : null,
            DbvMs = ear ? known.DbvMs : null,
            ZeroVolts = gauge ? known.ZeroVolts : null,
            ZeroMs = gauge ? known.ZeroMs : null,
        };
    }

    /// <summary>As the file in the data folder has it.</summary>
    public static LineCalibration? InUse(string data, int line, LineSetup own) => InUse(LineCalibration.Load(data, line), line, own);
}
