using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nauha.Device.Settings;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ledger;
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
        var ports = scenario is null ? Lines.OnDevices(options, time) : Lines.Simulated(scenario, options, speed, time);
        using var one = DataLock.Take(data);
        if (scenario is not null && DataLock.IsProduction(data))
        {
            await Console.Error.WriteLineAsync($"{data} is a production folder: no simulated call is ever mixed into it. Give --data another folder.");
            return 2;
        }
        using var identity = BoxIdentity.Load(data);
        using var factory = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
        using var vault = CallVault.Open(data, identity, simulated: scenario is not null, time, factory.CreateLogger<CallVault>());
        vault.KeepFor = TimeSpan.FromDays(options.Storage.KeepDays);
        vault.Room = new(data, options.Storage.MaxBytes);
        using var ledger = CallLedger.Open(data, vault, factory.CreateLogger<CallLedger>());
        var lines = ports.Select(port => new LineKeeper(port.Line, port.Open, port.Settings, vault, time, factory.CreateLogger<LineKeeper>())).ToList();
        var sync = new SyncService(vault, data, time, factory.CreateLogger<SyncService>(), () => (lines.Count(line => !line.Snapshot.Lost), vault.Room.UsedPercent));
        using var host = Host(data, vault, lines, sync, factory, time);
        await host.RunAsync(cancel);
        return 0;
    }

    // Each slice by itself: started first, the heartbeat stops last, when every call is closed.
    internal static IHost Host(string data, CallVault vault, List<LineKeeper> lines, SyncService sync, ILoggerFactory logs, TimeProvider time)
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
