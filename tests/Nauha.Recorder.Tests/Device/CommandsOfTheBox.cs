using System.Diagnostics;
using System.Text.Json;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Device;

/// <summary>nauha-recorder as a technician meets it: its exit codes, its words, its configuration.</summary>
public sealed class CommandsOfTheBox
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");

    private static (int Code, string Output, string Error) Run(IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
    {
        File.Exists(Program).ShouldBeTrue("nauha-recorder is built beside the tests");
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private static string Write(Box box, string name, string text)
    {
        var path = Path.Combine(box.Data, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Scenario(Box box) => Write(box, "scenario.json", """{"version":1,"seed":7,"lines":[{"line":1,"calls":[]}]}""");

    private static void Mark(Box box, string purpose) => Write(box, "store.json", $$"""{"purpose":"{{purpose}}","createdMs":1,"id":"1"}""");

    [Theory]
    [InlineData("no-such-command")]
    [InlineData("run", "--no-such-option")]
    [InlineData("run", "--simulate", "x.json", "--speed", "fast")]
    [InlineData("run", "--simulate", "no-such-file.json")]
    [InlineData("analyze")]
    [InlineData("analyze", "no-such-file.wav", "--hook", "on")]
    [InlineData("analyze", "no-such-file.wav", "--hook", "sideways")]
    [InlineData("enrol", "--central", "http://plain.example", "--code", "x", "--trust-root", "x")]
    [InlineData("status", "--set", "no-equals-sign")]
    public void Bad_usage_and_unreadable_input_exit_2_with_a_sentence(params string[] arguments)
    {
        var (code, _, error) = Run(arguments);
        code.ShouldBe(2, error);
        error.ShouldNotBeEmpty();
        error.ShouldNotContain("   at Nauha", customMessage: "no stack trace");
    }

    [Fact]
    public void What_cannot_be_found_out_exits_3_and_help_and_version_exit_0()
    {
        using var box = new Box();
        Run(["status", "--data", box.Data]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(3), r => r.Error.ShouldContain("has not run"));
        Run(["check", "--data", box.Data + "-none"]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(3), r => r.Error.ShouldContain("not enrolled"));
        Run(["--version"]).Code.ShouldBe(0);
        Run(["run", "--help"]).Code.ShouldBe(0);
    }

    [Theory]
    [InlineData("production")]
    [InlineData(null)]
    public void No_simulated_call_is_ever_mixed_into_a_production_folder(string? purpose)
    {
        using var box = new Box();
        if (purpose is not null) Mark(box, purpose);
        var (code, _, error) = Run(["run", "--data", box.Data, "--simulate", Scenario(box)]);
        code.ShouldBe(2);
        error.ShouldContain("is a production folder");
        Directory.Exists(CallVault.FolderOf(box.Data)).ShouldBeFalse();
    }

    [Fact]
    public void Salvage_closes_what_a_power_cut_left_open_says_how_many_and_finds_nothing_the_second_time()
    {
        using var box = new Box();
        using (var vault = box.OpenVault()) vault.Start(new(1), Direction.Incoming);
        Mark(box, "demo");
        JsonDocument.Parse(Run(["salvage", "--data", box.Data, "--json"]).Output).RootElement.GetProperty("closed").GetInt32().ShouldBe(1);
        Run(["salvage", "--data", box.Data]).Output.ShouldStartWith("0 calls were open");
        using var after = box.OpenVault();
        after.Read(i => i.Calls.Single().Ending).ShouldBe(Ending.Failed(EndingCode.AudioLost));
    }

    [Fact]
    public async Task Status_shows_the_running_recorder_its_LEDs_and_after_its_end_that_it_has_stopped()
    {
        using var box = new Box();
        Mark(box, "demo");
        using var recorder = Process.Start(new ProcessStartInfo(Program, ["run", "--data", box.Data, "--simulate", Scenario(box)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var words = recorder.StandardOutput.ReadToEndAsync();
        try
        {
            var path = Path.Combine(box.Data, "run/status.json");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (!File.Exists(path)) await look.WaitForNextTickAsync(patience.Token);
            var (code, output, _) = Run(["status", "--data", box.Data, "--json"]);
            var status = JsonDocument.Parse(output).RootElement;
            status.GetProperty("stopped").GetBoolean().ShouldBeFalse();
            status.GetProperty("leds").EnumerateArray().Select(l => l.GetProperty("state").GetString()).Take(2).ShouldBe(["good", "learning"]);
            code.ShouldBe(1, "no central is there: LED 3 asks for somebody");
            status.GetProperty("slices").EnumerateArray().Select(s => s.GetProperty("name").GetString()).ShouldBe(["heartbeat", "sweep", "line 1", "sync", "front"]);
            // A second recorder on the same folder is refused.
            Run(["run", "--data", box.Data, "--simulate", Scenario(box)]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(3), r => r.Error.ShouldContain("Another nauha-recorder owns"));
        }
        finally
        {
            using var term = Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync();
        }
        recorder.ExitCode.ShouldBe(0, await words);
        File.WriteAllText(Path.Combine(box.Data, "run/status.json"), File.ReadAllText(Path.Combine(box.Data, "run/status.json")).Replace("\"atUtc\":\"20", "\"atUtc\":\"19", StringComparison.Ordinal));
        var stopped = Run(["status", "--data", box.Data, "--json"]);
        stopped.Code.ShouldBe(3);
        JsonDocument.Parse(stopped.Output).RootElement.GetProperty("leds").EnumerateArray().ShouldHaveSingleItem().GetProperty("words").GetString().ShouldBe("stopped");
    }

    [Theory]
    [InlineData("""{"anouncement":{}}""", "unknown key: anouncement")]
    [InlineData("""{"lines":{"1":{"agnet":"x"}}}""", "unknown key: lines:1:agnet")]
    [InlineData("""{"lines":{"99999":{"agent":"x"}}}""", "unknown key: lines:99999")]
    [InlineData("""{"announcement":{"levelDbv":-40}}""", "announcement:levelDbv is -40")]
    [InlineData("""{"announcement":{"levelDbv":"loud"}}""", "Announcement:LevelDbv")]
    [InlineData("""{"announcement":{"sequence":"fi+xx"}}""", "announcement:sequence of line 1 is fi+xx")]
    [InlineData("""{"lines":{"1":{"announcement":{"levelDbv":0}}}}""", "lines:1:announcement:levelDbv is 0")]
    [InlineData("""{"lines":{"1":{"profile":"isdn"}}}""", "lines:1:profile is isdn")]
    [InlineData("""{"lines":{"1":{"emergency":"one one two"}}}""", "lines:1:emergency is one one two")]
    [InlineData("""{"board":{"profile":"pi-6"}}""", "board:profile is pi-6")]
    [InlineData("""{"board":{"profile":"pi-4","pins":{"led9":1}}}""", "board:pins:led9")]
    [InlineData("""{"board":{"profile":"generic"}}""", "board:chip is missing")]
    [InlineData("""{"board":{"watchdog":"cat"}}""", "board:watchdog is cat")]
    [InlineData("""{"leds":{"night":"22-26"}}""", "leds:night is 22-26")]
    [InlineData("""{"leds":{"colour":"red"}}""", "unknown key: leds:colour")]
    [InlineData("""{"announcement":"fi"}""", "announcement is \"fi\"")]
    [InlineData("""{"data":{"folder":"x"}}""", "unknown key: data:folder")]
    [InlineData("""{"lines":""", "recorder.json")]
    public void An_unknown_or_out_of_range_key_stops_the_start_and_names_itself(string json, string named)
    {
        using var box = new Box();
        var (code, _, error) = Run(["run", "--config", Write(box, "recorder.json", json), "--data", box.Data, "--simulate", Scenario(box)]);
        code.ShouldBe(2, error);
        error.ShouldContain(named, Case.Insensitive);
    }

    [Fact]
    public void Environment_stands_above_the_file_and_arguments_above_both()
    {
        using var box = new Box();
        var file = Write(box, "recorder.json", $$$"""{"data":"{{{box.Data}}}","announcement":{"levelDbv":-18}}""");
        // The folder is found by the file; the environment's, then the argument's, takes its place.
        Run(["check", "--config", file]).Code.ShouldBe(0);
        Run(["check", "--config", file], ("NAUHA_DATA", box.Data + "-none")).Code.ShouldBe(3);
        Run(["check", "--config", file, "--data", box.Data], ("NAUHA_DATA", box.Data + "-none")).Code.ShouldBe(0);
        Run(["check", "--config", file], ("NAUHA_ANNOUNCEMENT__LEVELDBV", "-99")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(2), r => r.Error.ShouldContain("announcement:levelDbv is -99"));
        Run(["check", "--config", file, "--set", "announcement:levelDbv=-20"], ("NAUHA_ANNOUNCEMENT__LEVELDBV", "-99")).Code.ShouldBe(0);
        Run(["check", "--config", file], ("NAUHA_DATE", "x")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(2), r => r.Error.ShouldContain("unknown key: DATE"));
        Run(["check", "--config", file + "-none"]).Code.ShouldBe(2);
    }
}
