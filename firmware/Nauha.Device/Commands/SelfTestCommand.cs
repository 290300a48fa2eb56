using System.CommandLine;
using System.Device.I2c;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Device.Settings;
using Nauha.Device.Wiring;
using Nauha.Device.Words;
using Nauha.Drivers.Clock;
using Nauha.Drivers.Thermometer;
using Nauha.Drivers.Watchdog;
using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status.SelfTest;
using Nauha.Recorder.Vault;
using Nauha.Simulation;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder selftest: what a technician wants to know before he leaves.</summary>
internal static class SelfTestCommand
{
    private static readonly TimeSpan Survey = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        var survey = new Option<bool>("--survey") { Description = "Also listen to each line for a minute: rings, faxes, alarms." };
        var wait = new Option<int>("--wait") { Description = "Seconds to wait on each line for somebody to lift the phone; 0: nobody is asked.", DefaultValueFactory = _ => 30 };
        var simulate = new Option<string?>("--simulate") { Description = "Scenario of the simulated exchange (JSON) instead of the lines of the configuration." };
        var speed = new Option<double>("--speed") { Description = "Speed of the simulated line's time.", DefaultValueFactory = _ => 1 };
        wait.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 600) result.AddError("--wait is 0 to 600 seconds.");
        });
        var command = new Command("selftest", "Try lines, clock, storage, keys, certificate, the way to central and the watchdog; exit 1 where something is wrong, 3 where something could not be tried.") { survey, wait, simulate, speed, Shared.Language };
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var json = parse.GetValue(Shared.Json);
            var options = Shared.Options(parse);
            var words = Shared.Words(parse, options);
            var checks = new List<Check>();
            await foreach (var check in RunAsync(options, parse.GetValue(simulate), parse.GetValue(speed), TimeSpan.FromSeconds(parse.GetValue(wait)), parse.GetValue(survey) ? Survey : TimeSpan.Zero, words, cancel))
            {
                checks.Add(check);
                if (!json) Console.WriteLine(Row(check, words));
            }
            var (wrong, untested) = (checks.Count(c => c.Verdict == Verdict.Fail), checks.Count(c => c.Verdict == Verdict.Untested));
            if (Directory.Exists(options.Data)) SelfTestMark.Write(options.Data!, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), wrong > 0);
            if (json) Console.WriteLine(Json(checks, words));
            else Console.WriteLine(string.Join(' ', new[] { wrong > 0 ? words.Sum("bad", wrong) : words.Sum("good"), untested > 0 ? words.Sum("untested", untested) : null }.OfType<string>()));
            return wrong > 0 ? 1 : untested > 0 ? 3 : 0;
        }));
        return command;
    }

    private static async IAsyncEnumerable<Check> RunAsync(RecorderOptions options, string? simulate, double speed, TimeSpan patience, TimeSpan survey, BoxWords words, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var (data, time) = (options.Data!, TimeProvider.System);
        var scenario = simulate is null ? null : ScenarioFile.Read(simulate);
        using var one = TryTake(data);
        if (one is null) yield return new("lines", Verdict.Untested, "recorder-runs", []);
        else if (scenario is null && options.Lines.Values.All(line => line.Source is null)) yield return new("lines", Verdict.NotFitted, "no-lines", []);
        else
        {
            using var hooks = scenario is null ? Lines.Hooks(options, time) : null;
            var ports = hooks is not null ? Lines.OnDevices(options, hooks, time) : Lines.Simulated(scenario!, options, speed, time);
            foreach (var port in ports)
            {
                var checks = new List<Check>();
                try
                {
                    await using var source = port.Open();
                    var trial = new LineTrial(source, port.Settings.Profile, ask => Console.Error.WriteLine(words.Of("asks", Key(ask.ToString()), port.Line.Number)));
                    checks.AddRange(await trial.RunAsync(patience, survey, cancel));
                }
                catch (IOException e)
                {
                    await Console.Error.WriteLineAsync(e.Message);
                    checks.Add(new("lines", Verdict.Fail, "no-device", [], port.Line.Number));
                }
                foreach (var check in checks) yield return check;
            }
        }
        var board = BoxFront.Profile(options.Board);
        yield return StorageTrial.Run(Directory.Exists(data) ? data : Path.GetTempPath(), StorageMedium.Of(data), options.Board.IndustrialCard || !DataLock.IsProduction(data));
        yield return BoxTrial.Health(new CpuTemperature().Read());
        yield return BoxTrial.Watchdog(WatchdogLook.Read() is { } look ? (look.Identity, look.Armed, look.TimeoutSeconds) : null, board is not null);
        if (!BoxIdentity.Exists(data))
        {
            yield return new("certificate", Verdict.Untested, "not-enrolled", []);
            yield break;
        }
        using var identity = BoxIdentity.Load(data);
        using var vault = CallVault.Open(data, identity, true, time, NullLogger.Instance, readOnly: true);
        var (fitted, chip) = BatteryClock(options, board);
        yield return BoxTrial.Clock(vault.Clock, SystemClock.IsSynchronised, fitted, chip);
        yield return BoxTrial.DayKeys(vault);
        yield return BoxTrial.Certificates(identity, time.GetUtcNow());
        yield return one is null ? new("broker", Verdict.Untested, "recorder-runs", []) : await BoxTrial.BrokerAsync(vault, time, cancel);
    }

    private static DataLock? TryTake(string data)
    {
        try
        {
            return DataLock.Take(data);
        }
        catch (VaultException)
        {
            return null;   // the recorder runs
        }
    }

    // The kernel's driver has the chip, or ours reads it.
    private static (bool Fitted, DateTimeOffset? Says) BatteryClock(RecorderOptions options, Drivers.Board.BoardProfile? board)
    {
        const string kernel = "/sys/class/rtc/rtc0/since_epoch";
        if (File.Exists(kernel) && long.TryParse(File.ReadAllText(kernel).Trim(), out var seconds)) return (true, DateTimeOffset.FromUnixTimeSeconds(seconds));
        if (!options.Board.Clock || board is null) return (false, null);
        try
        {
            using var clock = new Ds3231(I2cDevice.Create(new(board.I2c.Bus, board.I2c.Clock)));
            return (true, clock.Read());
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return (true, null);
        }
    }

    private static string Row(Check check, BoxWords words)
    {
        var measured = string.Join(", ", check.Measured.Where(m => m.Value is not null).Select(m => FormattableString.Invariant($"{m.Name} {m.Value}")));
        var row = $"[{words.Verdict(Key(check.Verdict.ToString()))}] {(check.Line is { } line ? $"{words.Sum("line")} {line}, " : "")}{words.Check(check.Key)}: {words.Says(check.Finding)}{(measured.Length > 0 ? $" ({measured})" : "")}";
        return words.Do(check.Finding) is { } act ? $"{row}\n    → {act}" : row;
    }

    private static string Json(List<Check> checks, BoxWords words) => JsonSerializer.Serialize(new
    {
        version = 1,
        atUtc = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
        good = checks.All(check => check.Verdict is Verdict.Pass or Verdict.NotFitted),
        checks = checks.Select(check => new
        {
            key = check.Key,
            line = check.Line,
            verdict = Key(check.Verdict.ToString()),
            finding = check.Finding,
            says = words.Says(check.Finding),
            @do = words.Do(check.Finding),
            measured = check.Measured.ToDictionary(m => m.Name, m => m.Value),
        }),
    });

    private static string Key(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}
