using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nauha.Device.Settings;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Line;
using Nauha.Recorder.Status;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Vault;
using Nauha.Simulation;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder run: the recorder itself.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var simulate = new Option<string?>("--simulate") { Description = "Scenario of the simulated exchange (JSON) instead of real lines." };
        var speed = new Option<double>("--speed") { Description = "Speed of the simulated line's time; records, network and central keep real time.", DefaultValueFactory = _ => 1 };
        var command = new Command("run", "Record the lines of this box until it is stopped.") { simulate, speed };
        command.SetAction((parse, cancel) => Shared.Guarded(() => RunAsync(Shared.Options(parse), parse.GetValue(simulate), parse.GetValue(speed), cancel)));
        return command;
    }

    private static async Task<int> RunAsync(RecorderOptions options, string? simulate, double speed, CancellationToken cancel)
    {
        if (simulate is null)
        {
            await Console.Error.WriteLineAsync("This version has no driver for real lines yet: run it on the simulated exchange with --simulate SCENARIO.json.");
            return 2;
        }
        if (speed is not (> 0 and <= 1_000))
        {
            await Console.Error.WriteLineAsync("--speed is above 0 and at most 1000.");
            return 2;
        }
        var (data, time) = (options.Data!, TimeProvider.System);
        var scenario = ScenarioFile.Read(simulate);
        var settings = scenario.Lines.ToDictionary(line => line.Line, line => Settings(line, options, waitsForRoom: speed != 1));
        using var one = DataLock.Take(data);
        if (DataLock.IsProduction(data))
        {
            await Console.Error.WriteLineAsync($"{data} is a production folder: no simulated call is ever mixed into it. Give --data another folder.");
            return 2;
        }
        using var identity = BoxIdentity.Load(data);
        using var factory = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
        using var vault = CallVault.Open(data, identity, simulated: true, time, factory.CreateLogger<CallVault>());
        vault.KeepFor = TimeSpan.FromDays(options.Storage.KeepDays);
        vault.Room = new(data, options.Storage.MaxBytes);
        using var ledger = CallLedger.Open(data, vault, factory.CreateLogger<CallLedger>());
        var lines = scenario.Lines.Select(line => Keeper(line, settings[line.Line], scenario, speed, vault, factory, time)).ToList();
        var sync = new SyncService(vault, data, time, factory.CreateLogger<SyncService>(), () => (lines.Count(line => !line.Snapshot.Lost), vault.Room.UsedPercent));
        using var host = Host(data, vault, lines, sync, factory, time);
        await host.StartAsync(cancel);
        // What only the start needed goes back to the system, once; recording itself asks for next to nothing more.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        await host.WaitForShutdownAsync(cancel);
        return 0;
    }

    // Each slice by itself: started first, the heartbeat stops last, when every call is closed.
    private static IHost Host(string data, CallVault vault, List<LineKeeper> lines, SyncService sync, ILoggerFactory logs, TimeProvider time)
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
        ];
        var box = new BoxObserver(vault, lines, sync, slices, time);
        slices.Add(SliceWatch.Over("status", new StatusFile(data, vault, box, [.. slices], time), time, log));
        foreach (var slice in slices) builder.Services.AddSingleton<IHostedService>(slice);
        return builder.Build();
    }

    // What the configuration says of a line; where it says nothing, the scenario, then the default.
    private static LineSettings Settings(ScenarioLine line, RecorderOptions options, bool waitsForRoom)
    {
        var own = options.Line(line.Line.Number);
        var told = own.Announcement.Over(options.Announcement);
        try
        {
            return new(LineProfile.Named(own.Profile ?? line.Profile.Name) ?? LineProfile.Ata, Announcement.Bundled((told.Sequence ?? AnnouncementOptions.DefaultSequence).Split('+')), told.LevelDbv ?? AnnouncementOptions.DefaultLevelDbv,
                own.Agent is not null && AgentId.TryParse(own.Agent, out var agent) ? agent : line.Agent,
                [.. LineSettings.EmergencyNumbers, .. (own.Emergency ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)])
            { WaitsForRoom = waitsForRoom, Known = LearnedLine.Load(options.Data!, line.Line.Number), Learned = learned => learned.Save(options.Data!) };
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException($"The configuration's announcement:sequence of line {line.Line.Number} is {told.Sequence}: {e.Message}");
        }
    }

    private static LineKeeper Keeper(ScenarioLine line, LineSettings settings, ScenarioFile scenario, double speed, CallVault vault, ILoggerFactory logs, TimeProvider time)
    {
        var exchange = new ExchangeLine(line.Profile, line.Calls, scenario.Seed + line.Line.Number);
        if (scenario.EpochMs is { } epoch)
        {
            // A restarted recorder finds the exchange where it would be by now.
            var due = (long)((time.GetUtcNow().ToUnixTimeMilliseconds() - epoch) * 8 * speed) / 160 * 160;
            var (samples, volts) = (new short[160], new float[20]);
            while (exchange.Now < due) exchange.Fill(samples, volts);
        }
        return new(line.Line, () => new SimulatedLine(line.Line, line.Profile, exchange, new LinePacer(time, speed)), settings, vault, time, logs.CreateLogger<LineKeeper>());
    }
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
