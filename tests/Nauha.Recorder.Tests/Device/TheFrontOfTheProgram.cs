using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Nauha.Drivers.Leds;
using Nauha.Format;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Tests.Calls;
using Shouldly;

namespace Nauha.Recorder.Tests.Device;

/// <summary>The real program on the simulated exchange, with a front in memory: LEDs, button, systemd.</summary>
public sealed class TheFrontOfTheProgram : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");
    private static readonly string[] AfterTheEnd = ["amber", "dark", "dark", "dark"];

    private readonly Box _box = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));

    public TheFrontOfTheProgram()
    {
        File.WriteAllText(Path.Combine(_box.Data, "store.json"), """{"purpose":"demo","createdMs":1,"id":"1"}""");
        File.WriteAllText(Path.Combine(_box.Data, "scenario.json"), """{"version":1,"seed":7,"lines":[{"line":1,"calls":[{"kind":"incoming","at":0.5,"number":"0401234567","talkSeconds":60}]}]}""");
    }

    public void Dispose()
    {
        _patience.Dispose();
        _box.Dispose();
    }

    private string Run => Path.Combine(_box.Data, "run");

    private Process Start(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Program, ["run", "--data", _box.Data, "--simulate", Path.Combine(_box.Data, "scenario.json")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private async Task UntilAsync(Func<bool> seen)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!seen()) await look.WaitForNextTickAsync(_patience.Token);
    }

    private string[] Shown() => File.Exists(SimulatedPanel.PathOf(Run)) ? [.. JsonDocument.Parse(File.ReadAllText(SimulatedPanel.PathOf(Run))).RootElement.GetProperty("leds").EnumerateArray().Select(led => led.GetString()!)] : [];

    private string? LineState() => File.Exists(Path.Combine(Run, "status.json")) ? JsonDocument.Parse(File.ReadAllText(Path.Combine(Run, "status.json"))).RootElement.GetProperty("lines")[0].GetProperty("state").GetString() : null;

    [Fact]
    public async Task The_button_held_in_a_call_closes_it_as_it_stands_and_the_program_ends_well()
    {
        using var recorder = Start();
        await UntilAsync(() => LineState() == "Recording" && Shown() is [_, "white", ..]);
        await File.WriteAllTextAsync(SimulatedPanel.PressOf(Run, PanelContact.Button), "");
        await recorder.WaitForExitAsync(_patience.Token);
        recorder.ExitCode.ShouldBe(0);
        Shown().ShouldBe(AfterTheEnd);
        using var vault = _box.OpenVault();
        vault.Read(index => index.Calls.Single().Ending).ShouldBe(Ending.Recorded);
        vault.Read(index => index.Calls.Single().Recording!.Closing).ShouldBe(Closing.Closed, "nobody had to repair anything");
        foreach (var file in Directory.EnumerateFiles(Run)) (await File.ReadAllTextAsync(file)).ShouldNotContain("401234567");
    }

    [Fact]
    public async Task An_orderly_stop_without_the_button_leaves_LED_1_amber_too()
    {
        using var recorder = Start();
        await UntilAsync(() => LineState() is not null);
        using (var test = Process.Start(new ProcessStartInfo(Program, ["selftest", "--json", "--data", _box.Data]) { RedirectStandardOutput = true })!)
        {
            // Beside a recorder neither its lines nor its connection are taken away from it.
            var checks = JsonDocument.Parse(await test.StandardOutput.ReadToEndAsync(_patience.Token)).RootElement.GetProperty("checks").EnumerateArray().ToList();
            checks.Where(c => c.GetProperty("finding").GetString() == "recorder-runs").Select(c => c.GetProperty("key").GetString()).ShouldBe(["lines", "broker"]);
        }
        using var term = Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
        await recorder.WaitForExitAsync(_patience.Token);
        recorder.ExitCode.ShouldBe(0);
        Shown().ShouldBe(AfterTheEnd);
    }

    [Fact]
    public async Task systemd_is_told_when_it_is_ready_and_fed_from_then_on()
    {
        var path = Path.Combine(_box.Data, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        using var recorder = Start(("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "600000"));
        try
        {
            var said = new List<string>();
            var buffer = new byte[100];
            while (said.Count(word => word == "WATCHDOG=1") < 5) said.Add(Encoding.ASCII.GetString(buffer, 0, await systemd.ReceiveAsync(buffer, _patience.Token)));
            said.ShouldContain("READY=1");
        }
        finally
        {
            using var term = Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync(_patience.Token);
        }
    }
}
