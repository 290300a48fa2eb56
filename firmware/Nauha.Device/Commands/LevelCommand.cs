using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nauha.Device.Settings;
using Nauha.Format;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;
using Nauha.Recorder.Vault;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder level: how loud a line is, never what it says. Of a running recorder by its status, else from the device.</summary>
internal static class LevelCommand
{
    private const int BlocksALook = 10;       // 200 ms

    public static Command Create()
    {
        var line = Shared.LineOption();
        var seconds = new Option<double?>("--seconds") { Description = "End after so many seconds; else with Ctrl-C." };
        var reference = new Option<double?>("--reference") { Description = "With the recorder stopped, and a steady sine of so many dBV on the pair (200 to 3,400 Hz): measure and store what a full scale of this line's device is. Exit 1: refused, and why." };
        var zero = new Option<bool>("--zero-volts") { Description = "With the recorder stopped, and the pair unplugged: measure and store what the converter shows of nothing. Exit 1: refused, and why." };
        reference.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is < LevelCalibration.Lowest or > LevelCalibration.Highest) result.AddError($"--reference is {LevelCalibration.Lowest} to {LevelCalibration.Highest} dBV.");
        });
        var command = new Command("level", "A live meter of one line's level in dBV: levels alone, never sound. Five looks a second from the device, or one a second where the recorder runs. One object a line with --json. With --reference or --zero-volts: the line's calibration.") { line, seconds, reference, zero, Shared.Language };
        command.Validators.Add(result =>
        {
            if (result.GetValue(reference) is not null && result.GetValue(zero)) result.AddError("--reference wants a signal on the pair, --zero-volts wants it unplugged: one after the other.");
        });
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var options = Shared.Options(parse);
            var calibrates = parse.GetValue(reference) is not null || parse.GetValue(zero);
            using var own = calibrates ? DataLock.Take(options.Data!) : Own(options.Data!);
            // While the recorder runs, the pins are its own: no other program gets them.
            using var hooks = own is null ? null : Lines.Hooks(options, TimeProvider.System);
            var wired = Lines.OnDevice(parse.GetValue(line), options, hooks, trunks: null, TimeProvider.System);
            var (json, words) = (parse.GetValue(Shared.Json), Shared.Words(parse, options));
            if (parse.GetValue(reference) is { } dbv) return await LevelCalibration.ReferenceAsync(options, wired, dbv, json, words, cancel);
            if (parse.GetValue(zero)) return await LevelCalibration.ZeroAsync(options, wired.Line.Number, hooks?.HookOf(wired.Line.Number), json, words, cancel);
            using var until = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            if (parse.GetValue(seconds) is { } most) until.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(most, 0.1, 86_400)));
            var meter = new Meter(wired.Line.Number, json);
            try
            {
                if (own is null) await FromRecorderAsync(options.Data!, meter, until.Token);
                else await FromDeviceAsync(wired, meter, until.Token);
            }
            catch (OperationCanceledException) when (until.IsCancellationRequested)
            {
                // Ctrl-C, or the time is over
            }
            finally
            {
                meter.End();
            }
            return 0;
        }));
        return command;
    }

    private static DataLock? Own(string data)
    {
        try
        {
            return DataLock.Take(data);
        }
        catch (VaultException)
        {
            return null;
        }
    }

    private static async Task FromDeviceAsync(WiredLine wired, Meter meter, CancellationToken cancel)
    {
        await using var source = wired.Open();
        var block = new SampleBlock();
        for (; ; )
        {
            var (power, peak, clipped, lost) = (0.0, 0, false, 0);
            for (var i = 0; i < BlocksALook; i++)
            {
                if (!await source.ReadAsync(block, cancel)) return;
                foreach (var sample in block.Samples) (power, peak) = (power + ((double)sample * sample), Math.Max(peak, Math.Abs((int)sample)));
                (clipped, lost) = (clipped | block.Clipped, lost + block.LostBefore);
            }
            var full = 32_768.0 * 32_768;
            meter.Show(Dbv(power / (BlocksALook * SampleBlock.Length) / full, source), Dbv((double)peak * peak / 2 / full, source), clipped, lost, "device");
        }
    }

    private static async Task FromRecorderAsync(string data, Meter meter, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            using var status = JsonDocument.Parse(await File.ReadAllBytesAsync(StatusFile.PathOf(data), cancel));
            var line = status.RootElement.GetProperty("lines").EnumerateArray().FirstOrDefault(l => l.GetProperty("line").GetInt32() == meter.Line);
            if (line.ValueKind != JsonValueKind.Object || !line.TryGetProperty("sound", out var sound) || sound.ValueKind != JsonValueKind.Object) throw new IOException($"The recorder runs, and has no sound of line {meter.Line}: nauha-recorder status says why.");
            meter.Show(Number(sound, "rmsDbv"), Number(sound, "peakDbv"), null, null, "recorder");
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    private static double? Number(JsonElement sound, string name) => sound.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    private static double? Dbv(double power, ILineSource source) => power > 0 ? Math.Round((10 * Math.Log10(2 * power)) + source.DbvAtFullScale, 1) : null;

    /// <summary>One bar that moves, or an object a line.</summary>
    private sealed class Meter(int line, bool json)
    {
        private const double Least = -70, Step = 2;

        public int Line => line;

        public void Show(double? rms, double? peak, bool? clipped, int? lost, string from)
        {
            if (json)
            {
                Console.WriteLine(JsonSerializer.Serialize(new { line, rmsDbv = rms, peakDbv = peak, clipped, lostSamples = lost, from }));
                return;
            }
            var bar = new string('█', rms is { } level ? (int)Math.Clamp((level - Least) / Step, 0, 40) : 0);
            Console.Write($"{(Console.IsOutputRedirected ? "" : "\r")}line {line} {bar,-40} {Text(rms)} dBV, peak {Text(peak)} dBV{(clipped == true ? " CLIPPED" : "        ")}{(lost > 0 ? $" {lost} samples lost" : "")}{(Console.IsOutputRedirected ? "\n" : "")}");
        }

        public void End()
        {
            if (!json && !Console.IsOutputRedirected) Console.WriteLine();
        }

        private static string Text(double? dbv) => (dbv is { } level ? level.ToString("F1", CultureInfo.InvariantCulture) : "silent").PadLeft(6);
    }
}
