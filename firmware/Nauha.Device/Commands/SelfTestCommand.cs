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
        var outgoing = new Option<string?>("--outgoing") { Description = "Try one call out instead, to this number as it is dialled: lift, dial it, talk, let the other end hang up first. Whether the box hears the digits, and whether the port shows the answer and the end. The number is neither shown nor kept." };
        var line = new Option<int?>("--line") { Description = "This line alone." };
        var wait = new Option<int?>("--wait") { Description = "Seconds to wait on each line for somebody to lift the phone; 0: nobody is asked. 30; with --outgoing for each step, 90." };
        var simulate = new Option<string?>("--simulate") { Description = "Scenario of the simulated exchange (JSON) instead of the lines of the configuration." };
        var speed = new Option<double>("--speed") { Description = "Speed of the simulated line's time.", DefaultValueFactory = _ => 1 };
        wait.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 0 or > 600) result.AddError("--wait is 0 to 600 seconds.");
        });
        outgoing.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } number && (Dialled(number) is not { Length: >= 1 and <= 32 } keys || !keys.All(key => char.IsAsciiDigit(key) || key is '*' or '#'))) result.AddError("--outgoing is a number as it is dialled: digits, * and #, no more than 32.");
        });
        var command = new Command("selftest", "Try lines, clock, storage, keys, certificate, the way to central and the watchdog; exit 1 where something is wrong, 3 where something could not be tried. A notice is no fault: something should be set otherwise.") { survey, outgoing, line, wait, simulate, speed, Shared.Language };
        command.SetAction((parse, cancel) => Shared.Guarded(async () =>
        {
            var json = parse.GetValue(Shared.Json);
            var options = Shared.Options(parse);
            var words = Shared.Words(parse, options);
            var number = parse.GetValue(outgoing) is { } given ? Dialled(given) : null;
            var patience = TimeSpan.FromSeconds(parse.GetValue(wait) ?? (number is null ? 30 : 90));
            var listen = parse.GetValue(survey) ? Survey : TimeSpan.Zero;
            var checks = new List<Check>();
            await foreach (var check in RunAsync(options, new(parse.GetValue(simulate), parse.GetValue(speed), parse.GetValue(line)), Try, box: number is null && parse.GetValue(line) is null, cancel))
            {
                checks.Add(check);
                if (!json) Console.WriteLine(Row(check, words));
            }
            int Count(Verdict verdict) => checks.Count(c => c.Verdict == verdict);
            var (wrong, untested) = (Count(Verdict.Fail), Count(Verdict.Untested));
            // A part of the test says nothing of the rest: what the whole one found stays shown.
            if (number is null && parse.GetValue(line) is null && Directory.Exists(options.Data)) SelfTestMark.Write(options.Data!, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), wrong > 0);
            if (json) Console.WriteLine(Json(checks, words));
            else Console.WriteLine(string.Join(' ', new[] { wrong > 0 ? words.Sum("bad", wrong) : Count(Verdict.Pass) > 0 ? words.Sum("good") : null, Count(Verdict.Notice) is > 0 and var notices ? words.Sum("notices", notices) : null, untested > 0 ? words.Sum("untested", untested) : null }.OfType<string>()));
            return wrong > 0 ? 1 : untested > 0 ? 3 : 0;

            Task<IReadOnlyList<Check>> Try(WiredLine wired, ILineSource source)
            {
                void Say(Ask ask) => Console.Error.WriteLine(words.Of("asks", Key(ask.ToString()), wired.Line.Number, number?.Length));
                if (number is null) return new LineTrial(source, wired.Settings.Profile, Say).RunAsync(patience, listen, cancel);
                if (wired.Settings.Emergency.Any(emergency => number.StartsWith(emergency, StringComparison.Ordinal))) throw new ConfigurationException("--outgoing: that is an emergency number, which nobody calls for a test.");
                return new OutgoingTrial(source, wired.Settings.Profile, wired.Settings.KnownTones, Say).RunAsync(number, patience, cancel);
            }
        }));
        return command;
    }

    private static async IAsyncEnumerable<Check> RunAsync(RecorderOptions options, SelfTestLines lines, Func<WiredLine, ILineSource, Task<IReadOnlyList<Check>>> trial, bool box, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        using var one = TryTake(options.Data!);
        await foreach (var check in lines.TryAsync(options, recorderRuns: one is null, trial)) yield return check;
        if (!box) yield break;
        await foreach (var check in BoxAsync(options, recorderRuns: one is null, cancel)) yield return check;
    }

    private static async IAsyncEnumerable<Check> BoxAsync(RecorderOptions options, bool recorderRuns, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var (data, time) = (options.Data!, TimeProvider.System);
        var board = BoxFront.Profile(options.Board);
        yield return StorageTrial.Run(Directory.Exists(data) ? data : Path.GetTempPath(), StorageMedium.Of(data), options.Board.IndustrialCard || !DataLock.IsProduction(data), TimeProvider.System);
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
        yield return recorderRuns ? new("broker", Verdict.Untested, "recorder-runs", []) : await BoxTrial.BrokerAsync(vault, time, cancel);
    }

    // As people write it: 09 1234-567.
    private static string Dialled(string number) => number.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);

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
        var measured = string.Join(", ", check.Measured.Where(m => m.Value is not null).Select(m => words.Of("measured", m.Name, m.Value is bool yes ? words.Sum(yes ? "yes" : "no") : m.Value)));
        var row = $"[{words.Verdict(Key(check.Verdict.ToString()))}] {(check.Line is { } line ? $"{words.Sum("line")} {line}, " : "")}{words.Check(check.Key)}: {words.Says(check.Finding)}{(measured.Length > 0 ? $" ({measured})" : "")}";
        return words.Do(check.Finding) is { } act ? $"{row}\n    → {act}" : row;
    }

    private static string Json(List<Check> checks, BoxWords words) => JsonSerializer.Serialize(new
    {
        version = 1,
        atUtc = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
        good = checks.All(check => check.Verdict is Verdict.Pass or Verdict.Notice or Verdict.NotFitted),
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
