using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
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
        command.SetAction((parse, cancel) => Shared.Guarded(() => RunAsync(parse.GetValue(Shared.Data)!, parse.GetValue(simulate), parse.GetValue(speed), cancel)));
        return command;
    }

    private static async Task<int> RunAsync(string data, string? simulate, double speed, CancellationToken cancel)
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
        var scenario = ScenarioFile.Read(simulate);
        using var one = DataLock.Take(data);
        if (DataLock.IsProduction(data)) throw new VaultException($"{data} is a production folder: no simulated call is ever mixed into it. Give --data another folder.");
        using var identity = BoxIdentity.Load(data);
        var time = TimeProvider.System;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        using var factory = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
        using var vault = CallVault.Open(data, identity, simulated: true, time, factory.CreateLogger<CallVault>());
        using var ledger = CallLedger.Open(data, vault, factory.CreateLogger<CallLedger>());
        var announcement = Announcement.Bundled(["fi", "sv"]);
        var conductors = scenario.Lines.Select(line => Conductor(line, scenario, speed, announcement, vault, factory, time)).ToList();
        var sync = new SyncService(vault, data, time, factory.CreateLogger<SyncService>());
        builder.Services.AddSingleton<IHostedService>(new LinesService(conductors, data, vault, time));
        builder.Services.AddSingleton<IHostedService>(sync);
        builder.Services.AddSingleton<IHostedService>(new StatusFile(data, vault, conductors, sync, time));
        using var host = builder.Build();
        await host.RunAsync(cancel);
        return 0;
    }

    private static LineConductor Conductor(ScenarioLine line, ScenarioFile scenario, double speed, Announcement announcement, CallVault vault, ILoggerFactory logs, TimeProvider time)
    {
        var exchange = new ExchangeLine(line.Profile, line.Calls, scenario.Seed + line.Line.Number);
        if (scenario.EpochMs is { } epoch)
        {
            // A restarted recorder finds the exchange where it would be by now.
            var due = (long)((time.GetUtcNow().ToUnixTimeMilliseconds() - epoch) * 8 * speed) / 160 * 160;
            var (samples, volts) = (new short[160], new float[20]);
            while (exchange.Now < due) exchange.Fill(samples, volts);
        }
        var pacer = new LinePacer(time, speed);
        var settings = new LineSettings(LineProfile.Named(line.Profile.Name) ?? LineProfile.Ata, announcement, -17, line.Agent, LineSettings.EmergencyNumbers) { WaitsForRoom = pacer.WaitsForRoom };
        return new(new SimulatedLine(line.Line, line.Profile, exchange, pacer), settings, vault, logs.CreateLogger<LineConductor>());
    }
}

/// <summary>Runs the lines, beats the heart, sweeps what may go.</summary>
internal sealed class LinesService(IReadOnlyList<LineConductor> lines, string data, CallVault vault, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = new Heartbeat(data);
        var running = lines.Select(line => Task.Run(() => line.RunAsync(stoppingToken), CancellationToken.None)).ToList();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10), time);
        try
        {
            do
            {
                heartbeat.Beat(vault.Clock.SteadyMs);
                vault.Sweep();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // an orderly stop: the calls in progress are sealed below
        }
        await Task.WhenAll(running);
        heartbeat.Beat(vault.Clock.SteadyMs, clean: true);
    }
}
