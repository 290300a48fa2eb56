using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nauha.Device.Settings;
using Nauha.Device.Wiring;
using Nauha.Drivers.Reader;
using Nauha.Drivers.Siprec;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;
using Nauha.Recorder.Status.SelfTest;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Vault;
using Nauha.Simulation;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder run: the recorder itself.</summary>
internal static partial class RunCommand
{
    private static readonly TimeSpan IndexsTurn = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var simulate = new Option<string?>("--simulate") { Description = "Scenario of the simulated exchange (JSON) instead of the lines of the configuration." };
        var speed = new Option<double>("--speed") { Description = "Speed of the simulated line's time; records, network and central keep real time.", DefaultValueFactory = _ => 1 };
        var command = new Command("run", "Record the lines of this box until it is stopped.") { simulate, speed };
        command.SetAction((parse, cancel) => Shared.Guarded(() => RunAsync(Shared.Options(parse), parse.GetValue(simulate), parse.GetValue(speed), cancel)));
        return command;
    }

    private static async Task<int> RunAsync(RecorderOptions options, string? simulate, double speed, CancellationToken cancel)
    {
        if (speed is not (> 0 and <= 1_000))
        {
            await Console.Error.WriteLineAsync("--speed is above 0 and at most 1000.");
            return 2;
        }
        var (data, time) = (options.Data!, TimeProvider.System);
        var scenario = simulate is null ? null : ScenarioFile.Read(simulate);
        if (scenario is null && speed != 1) throw new ConfigurationException("--speed is of the simulated exchange: real lines take their time.");
        using var one = DataLock.Take(data);     // first: a recorder that runs has the pins too
        if (scenario is null) Lines.Fit(options);
        using var hooks = scenario is null ? Lines.Hooks(options, time) : null;
        using var factory = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
        await using var trunks = new SiprecTrunks(options.Trunks, time, factory.CreateLogger<SiprecTrunks>());
        var ports = hooks is not null ? Lines.OnDevices(options, hooks, trunks, time) : Lines.Simulated(scenario!, options, speed, time);
        var (excluded, badges) = (ExclusionList.Load(data), BadgeBook.Load(data));
        var desk = new AgentDesk(badges, time);
        if (scenario is not null && DataLock.IsProduction(data))
        {
            await Console.Error.WriteLineAsync($"{data} is a production folder: no simulated call is ever mixed into it. Give --data another folder.");
            return 2;
        }
        var maySwap = !OwnMemory.Lock() && OwnMemory.MachineSwaps;
        if (maySwap) MaySwap(factory.CreateLogger<SliceWatch>());
        await using var front = new FrontRun(BoxFront.Open(options, simulated: scenario is not null, factory.CreateLogger<BoxFront>()), options, time, factory.CreateLogger<SliceWatch>(), cancel);
        await front.StartAsync();
        using var identity = BoxIdentity.Load(data);
        using var vault = CallVault.Open(data, identity, simulated: scenario is not null, time, factory.CreateLogger<CallVault>());
        vault.KeepFor = TimeSpan.FromDays(options.Storage.KeepDays);
        vault.Room = new(data, options.Storage.MaxBytes);
        using var ledger = CallLedger.Open(data, vault, factory.CreateLogger<CallLedger>());
        // What the index knows and a damaged vault does not keeps its numbers. An index that takes long is not waited for.
        await Task.WhenAny(ledger.Looked, Task.Delay(IndexsTurn, time, cancel));
        var lines = ports.Select(port => new LineKeeper(port.Line, port.Open, port.Settings with { Excluded = excluded, Desk = desk }, vault, time, factory.CreateLogger<LineKeeper>())).ToList();
        var sync = new SyncService(vault, data, time, factory.CreateLogger<SyncService>(), () => (lines.Count(line => !line.Snapshot.Lost), vault.Room.UsedPercent), new(excluded, badges, Mask)) { OfTheBox = Notices };
        IEnumerable<string> Notices()
        {
            if (maySwap) yield return "swap";
            if (front.Sensors.Read() is { UnderVoltage: true } or { UnderVoltageSeen: true }) yield return "supply";
        }

        front.Pressed = contact =>
        {
            foreach (var line in lines.Where(line => options.Line(line.Id.Number).Switches))
                switch (contact)
                {
                    case PanelContact.Mask: line.ToggleMask(); break;
                    case PanelContact.Hold: line.Hold(); break;
                    default: line.Decline(); break;
                }
        };
        var log = factory.CreateLogger<SliceWatch>();
        var readers = options.Readers.Select(reader => new SliceWatch($"reader {reader.Key}", stop => new InputReader().RunAsync(reader.Value.Device!, code =>
        {
            var known = desk.Show(code, LinesOf(reader.Value, lines), reader.Value.Kind);
            Shown(log, reader.Key, known);
        }, stop), time, log)).ToList();
        using var host = Host(data, vault, lines, sync, front, readers, factory, time, [.. ports.Select(port => port.Calibration).OfType<LineCalibration>()]);
        await host.StartAsync(front.Stop);
        // What only the start needed goes back to the system, once; recording itself asks for next to nothing more.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        front.Ready();
        await host.WaitForShutdownAsync(front.Stop);
        return 0;

        bool Mask(LineId line, int seconds)
        {
            if (lines.FirstOrDefault(keeper => keeper.Id == line) is not { } keeper) return false;
            keeper.Mask(seconds);
            return true;
        }
    }

    // Each slice by itself: started first, the heartbeat stops last, when every call is closed.
    internal static IHost Host(string data, CallVault vault, List<LineKeeper> lines, SyncService sync, FrontRun front, IReadOnlyList<SliceWatch> readers, ILoggerFactory logs, TimeProvider time, IReadOnlyList<LineCalibration>? calibrations = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.BackgroundServiceExceptionBehavior) = (TimeSpan.FromSeconds(10), BackgroundServiceExceptionBehavior.Ignore));
        var log = logs.CreateLogger<SliceWatch>();
        List<SliceWatch> slices =
        [
            new("heartbeat", stop => Rounds.BeatAsync(data, vault, time, stop), time, log),
            new("sweep", stop => Rounds.SweepAsync(vault, time, stop), time, log),
            .. lines.Select(line => new SliceWatch($"line {line.Snapshot.Line.Number}", line.RunAsync, time, log)),
            SliceWatch.Over("sync", sync, time, log),
            .. readers,
            .. front.Slices(() => [.. lines.Select(line => line.Snapshot)], log, line => Hangs(log, line)),
        ];
        List<SliceWatch> watched = [.. slices, .. front.Panel is { } panel ? [panel] : Array.Empty<SliceWatch>()];
        var box = new BoxObserver(vault, lines, sync, watched, time, front.Sensors, () => SelfTestMark.Failed(data));
        front.Lamps = () => Lamps.Of(box.Look());
        slices.Add(SliceWatch.Over("status", new StatusFile(data, vault, box, watched, time, calibrations), time, log));
        foreach (var slice in slices) builder.Services.AddSingleton<IHostedService>(slice);
        return builder.Build();
    }

    private static List<LineId> LinesOf(ReaderOptions reader, List<LineKeeper> lines) =>
        [.. lines.Select(line => line.Id).Where(line => reader.Lines is not { } some || some.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains(line.ToString()))];

    [LoggerMessage(EventId = 8103, Level = LogLevel.Information, Message = "Reader {Reader}: a badge was shown, somebody's: {Known}")]
    private static partial void Shown(ILogger log, string reader, bool known);

    [LoggerMessage(EventId = 8104, Level = LogLevel.Warning, Message = "This machine swaps, and does not let the recorder lock its memory: keys and audio may be written to a disk. Turn swap off (swapoff -a), or give the service LimitMEMLOCK=infinity")]
    private static partial void MaySwap(ILogger log);

    [LoggerMessage(EventId = 8102, Level = LogLevel.Critical, Message = "Line {Line} does not move any more: the watchdog is not fed")]
    private static partial void Hangs(ILogger log, int line);
}

/// <summary>What the box does every ten seconds, each in a loop of its own.</summary>
internal static class Rounds
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    /// <summary>Beats the heart; after an orderly stop the last beat says so.</summary>
    public static async Task BeatAsync(string data, CallVault vault, TimeProvider time, CancellationToken stop)
    {
        using var heartbeat = new Heartbeat(data);
        await EachAsync(() =>
        {
            if (vault.IsBlindSaid()) heartbeat.Beat(vault.Clock.SteadyMs);
        }, time, stop);
        vault.SayBlind();
        heartbeat.Beat(vault.Clock.SteadyMs, clean: true);
    }

    public static Task SweepAsync(CallVault vault, TimeProvider time, CancellationToken stop) => EachAsync(() => vault.Sweep(), time, stop);

    private static async Task EachAsync(Action act, TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do act();
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // an orderly stop
        }
    }
}
