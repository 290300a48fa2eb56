using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Nauha.Device.Commands;
using Nauha.Device.Settings;
using Nauha.Device.Wiring;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Line;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Vault;
using Nauha.Simulation;

namespace Nauha.Central.Tests.SixMonths;

/// <summary>
/// A whole recorder in this process: the program's own host with vault, ledger, lines and sync, over the simulated
/// exchange. Its dates are the test's; its lines' time stands still until the test lets calls happen.
/// </summary>
internal sealed class HostedBox : IAsyncDisposable
{
    // What goes wrong is told in the test's own output.
    private static readonly ILoggerFactory Logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true));

    private readonly FakeTimeProvider _line = new();
    private readonly List<ExchangeLine> _exchanges;
    private readonly long[] _due;
    private BoxIdentity? _identity;
    private CallVault? _vault;
    private CallLedger? _ledger;
    private SyncService? _sync;
    private FrontRun? _front;
    private IHost? _host;

    private HostedBox(FakeTimeProvider time, IEnumerable<IEnumerable<CallScript>> lines)
    {
        Clock = new(time);
        _exchanges = [.. lines.Select((calls, i) => new ExchangeLine(PortProfile.Ata, calls, seed: 11 + i))];
        _due = new long[_exchanges.Count];
    }

    public WallClock Clock { get; }

    public string Data { get; private set; } = Directory.CreateTempSubdirectory("nauha-box-").FullName;

    public ApplianceId Id { get; private set; }

    public CallVault Vault => _vault ?? throw new InvalidOperationException("the box does not run");

    public SyncState Sync => _sync!.State;

    public bool Runs => _host is not null;

    public static async Task<HostedBox> EnrolledAsync(RunningCentral central, FakeTimeProvider time, IEnumerable<IEnumerable<CallScript>> lines)
    {
        var box = new HostedBox(time, lines);
        var code = await central.Register.ExpectAsync("Branch", box._exchanges.Count, "operator:test", CancellationToken.None);
        box.Id = await Enrolment.RunAsync(box.Data, central.Url("/"), code.Code, code.TrustRoot, CancellationToken.None);
        return box;
    }

    public async Task StartAsync()
    {
        _identity = BoxIdentity.Load(Data);
        _vault = CallVault.Open(Data, _identity, simulated: true, Clock, Logs.CreateLogger<CallVault>());
        _ledger = CallLedger.Open(Data, _vault, Logs.CreateLogger<CallLedger>());
        var settings = new LineSettings(LineProfile.Ata, Announcement.Bundled(["fi"]), -17, AgentId.TryParse("desk-1", out var agent) ? agent : null, LineSettings.EmergencyNumbers) { WaitsForRoom = true };
        var lines = _exchanges.Select((exchange, i) =>
        {
            _due[i] = exchange.Now;
            var source = new SimulatedLine(new(i + 1), PortProfile.Ata, exchange, new LinePacer(_line, 1));
            return new LineKeeper(new(i + 1), () => source, settings, _vault, Clock, Logs.CreateLogger<LineKeeper>());
        }).ToList();
        _sync = new SyncService(_vault, Data, Clock, Logs.CreateLogger<SyncService>(), () => (lines.Count(line => !line.Snapshot.Lost), _vault.Room.UsedPercent));
        _front = new FrontRun(BoxFront.Open(Bare(), simulated: true, Logs.CreateLogger<BoxFront>()), Bare(), Clock, Logs.CreateLogger<FrontRun>(), CancellationToken.None);
        _host = RunCommand.Host(Data, _vault, lines, _sync, _front, [], Logs, Clock);
        await _host.StartAsync();
    }

    /// <summary>Lets the lines' time pass, and waits until the lines have lived it.</summary>
    public async Task CallsAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            _line.Advance(TimeSpan.FromSeconds(1));
            for (var i = 0; i < _due.Length; i++) _due[i] += 8_000;
            await Until.TrueAsync(() => _exchanges.Select((e, i) => e.Now >= _due[i] - 320).All(lived => lived), "the lines have lived a second", () => _line.Advance(TimeSpan.FromMilliseconds(20)));   // for a line that set its timer just after
        }
    }

    /// <summary>The seconds of one day's calls.</summary>
    public static readonly TimeSpan Session = TimeSpan.FromSeconds(40);

    public async Task StopAsync()
    {
        if (_host is null) return;
        await _host.StopAsync();
        await CloseAsync();
    }

    /// <summary>Somebody pulls the network cable; until the next start it stays pulled.</summary>
    public Task UnplugAsync() => _sync!.StopAsync(CancellationToken.None);

    /// <summary>
    /// The power goes, whatever is going on: what is on flash stays as it is at this moment, and nothing that a program
    /// would still do when it is stopped is ever seen.
    /// </summary>
    public async Task LosePowerAsync()
    {
        var flash = Directory.CreateTempSubdirectory("nauha-box-").FullName;
        await UnplugAsync();
        CopyAll(Data, flash);
        await _host!.StopAsync();
        await CloseAsync();
        Directory.Delete(Data, recursive: true);
        Data = flash;
    }

    // No LEDs, no button.
    private RecorderOptions Bare() => new() { Data = Data, Board = new() { Profile = "none" } };

    private async Task CloseAsync()
    {
        await _front!.DisposeAsync();
        _host!.Dispose();
        _ledger!.Dispose();
        _vault!.Dispose();
        _identity!.Dispose();
        (_host, _vault) = (null, null);
    }

    private static void CopyAll(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            using var read = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var write = new FileStream(Path.Combine(to, Path.GetRelativePath(from, file)), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = File.GetUnixFileMode(file) });
            read.CopyTo(write);
        }
    }

    /// <summary>Everything that this box had to say is with central, and receipted.</summary>
    public bool HasNothingToSay => Vault.Read(i => i.Calls.All(c => c.IsClosed) && !i.UnsentRecords().Any() && !i.UnsentRecordings().Any(c => c.Result is null));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Data, recursive: true);
    }
}

/// <summary>Waiting for what must come, with one generous deadline.</summary>
internal static class Until
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    public static Task TrueAsync(Func<bool> look, string what, Action? nudge = null) => TrueAsync(() => Task.FromResult(look()), what, nudge);

    /// <param name="nudge">What the test does each time it has looked in vain: lets a second of its clock pass.</param>
    public static async Task TrueAsync(Func<Task<bool>> look, string what, Action? nudge = null)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        for (var tries = 0; !await look(); tries++)
        {
            if (waited.Elapsed > Deadline) throw new TimeoutException($"not within {Deadline.TotalSeconds} s: {what}");
            if (tries % 25 == 24) nudge?.Invoke();
            await pause.WaitForNextTickAsync();
        }
    }
}
