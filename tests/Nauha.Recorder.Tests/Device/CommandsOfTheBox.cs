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
    [InlineData("run")]
    [InlineData("run", "--set", "lines:1:source=alsa", "--speed", "20")]
    [InlineData("level", "--line", "7")]
    [InlineData("listen-test")]
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
    public void Salvage_closes_what_a_power_cut_left_open_and_exits_1_where_audio_is_lost_or_damaged()
    {
        using var box = new Box();
        Mark(box, "demo");
        string torn;
        using (var vault = box.OpenVault()) Open(vault, 1);
        Salvage().ShouldBe((0, 1, 1, 0, 0), "its frame was on the card");
        using (var vault = box.OpenVault())
        {
            vault.Start(new(1), Direction.Incoming);
            Open(vault, 2);
            torn = Open(vault, 3);
        }
        var bytes = File.ReadAllBytes(torn);
        bytes[9] ^= 1;   // its head: the format's version
        File.WriteAllBytes(torn, bytes);
        Salvage().ShouldBe((1, 3, 1, 1, 1));
        Run(["salvage", "--data", box.Data]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldBe("No call was open.\n"));
        using var after = box.OpenVault();
        after.Read(i => i.Calls.OrderBy(c => c.Start.Seq).Select(c => c.Ending).ToList()).ShouldBe([Ending.Recorded, Ending.Failed(EndingCode.AudioLost), Ending.Recorded, Ending.Failed(EndingCode.AudioLost)]);
        File.ReadAllBytes(torn + ".damaged").ShouldBe(bytes);

        string Open(CallVault vault, int line)
        {
            var ticket = vault.Start(new(line), Direction.Incoming);
            vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 }).Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
            return CallVault.FileOf(ticket.Folder, ticket.Call);
        }

        (int, int, int, int, int) Salvage()
        {
            var (code, output, error) = Run(["salvage", "--data", box.Data, "--json"]);
            error.ShouldBeEmpty();
            var said = JsonDocument.Parse(output).RootElement;
            said.GetProperty("calls").GetArrayLength().ShouldBe(said.GetProperty("closed").GetInt32());
            return (code, said.GetProperty("closed").GetInt32(), said.GetProperty("salvaged").GetInt32(), said.GetProperty("lost").GetInt32(), said.GetProperty("damaged").GetInt32());
        }
    }

    [Fact]
    public void Vault_list_says_how_each_call_ended_what_it_weighs_whether_central_has_it_and_whether_it_is_here()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        {
            vault.End(vault.Start(new(2), Direction.Incoming), Ending.Missed, null, new());
            var ticket = vault.Start(new(1), Direction.Incoming);
            using var recording = vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 });
            recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
            vault.End(ticket, Ending.Recorded, recording.Close(), new());
            vault.Start(new(1), Direction.Incoming);
        }
        var (code, output, error) = Run(["vault", "list", "--data", box.Data, "--json"]);
        (code, error).ShouldBe((0, ""));
        JsonDocument.Parse(output).RootElement.GetProperty("calls").EnumerateArray().Select(c => (c.GetProperty("line").GetInt32(), c.GetProperty("callNumber").GetInt32(), c.GetProperty("outcome").GetString(), c.GetProperty("bytes").GetInt64() > 0, c.GetProperty("receipt").GetString(), c.GetProperty("here").GetBoolean()))
            .ShouldBe([(2, 1, "missed", false, null, false), (1, 1, "recorded", true, null, true), (1, 2, "open", false, null, false)]);
        var lines = Run(["vault", "list", "--data", box.Data]).Output.TrimEnd().Split('\n');
        lines.Length.ShouldBe(3);
        lines[0].ShouldContain("no recording");
        lines[1].ShouldSatisfyAllConditions(l => l.ShouldContain("no receipt"), l => l.ShouldEndWith("on this box"));
    }

    [Theory]
    [InlineData("check")]
    [InlineData("salvage")]
    [InlineData("reindex")]
    [InlineData("vault", "list")]
    public void The_commands_about_the_vault_exit_0_on_an_empty_one_2_for_an_option_that_is_none_and_3_where_no_box_is(params string[] command)
    {
        using var box = new Box();
        Mark(box, "demo");
        Run(["reindex", "--data", box.Data]).Code.ShouldBe(0);
        Run([.. command, "--data", box.Data]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Output + r.Error), r => r.Error.ShouldBeEmpty());
        Run([.. command, "--data", box.Data, "--no-such-option"]).Code.ShouldBe(2);
        Run([.. command, "--data", box.Data + "-none"]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(3), r => r.Error.ShouldContain("not enrolled"));
    }

    [Fact]
    public void A_repair_of_the_index_leaves_what_the_index_alone_knows()
    {
        using var box = new Box();
        using (var vault = box.OpenVault()) vault.End(vault.Start(new(1), Direction.Incoming), Ending.Missed, null, new());
        Run(["reindex", "--data", box.Data]).Code.ShouldBe(0);
        Directory.Delete(CallVault.FolderOf(box.Data), recursive: true);
        for (var i = 0; i < 2; i++)
            Run(["check", "--data", box.Data, "--repair-index"]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldContain("Line 1, call 1: it is in the index alone"));
    }

    [Fact]
    public void Check_says_what_is_wrong_with_vault_and_index_and_repairs_the_index_alone()
    {
        using var box = new Box();
        string file;
        using (var vault = box.OpenVault())
        {
            var ticket = vault.Start(new(1), Direction.Incoming);
            using var recording = vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 });
            recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
            vault.End(ticket, Ending.Recorded, recording.Close(), new());
            file = CallVault.FileOf(ticket.Folder, ticket.Call);
        }
        (int, bool, string, int) Check(params string[] more)
        {
            var (code, output, error) = Run(["check", "--data", box.Data, "--json", .. more]);
            error.ShouldBeEmpty();
            var found = JsonDocument.Parse(output).RootElement;
            return (code, found.GetProperty("good").GetBoolean(), found.GetProperty("index").GetString()!, found.GetProperty("findings").GetArrayLength());
        }
        Check().ShouldBe((1, false, "differs", 1), "there is no index yet");
        Check("--repair-index").ShouldBe((0, true, "repaired", 0));
        Check().ShouldBe((0, true, "good", 0));
        Run(["check", "--data", box.Data]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldBe("All is well: 1 calls, 2 records.\n"), r => r.Error.ShouldBeEmpty());
        File.WriteAllBytes(Path.Combine(box.Data, "ledger.db"), new byte[50_000]);
        Check().ShouldBe((1, false, "differs", 1));
        Run(["check", "--data", box.Data, "--repair-index"]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldContain("made anew"));
        var bytes = File.ReadAllBytes(file);
        bytes[^300] ^= 1;
        File.WriteAllBytes(file, bytes);
        Check("--repair-index").ShouldBe((1, false, "good", 1), "a recording is not repaired");
        File.ReadAllBytes(file).ShouldBe(bytes);
        // While a recorder runs it writes the index.
        using var held = new FileStream(Path.Combine(box.Data, "run/lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Check().ShouldBe((1, false, "in use", 1));
        Run(["check", "--data", box.Data, "--repair-index"]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(3), r => r.Error.ShouldContain("Another nauha-recorder owns"));
    }

    [Fact]
    public void Check_shows_a_bar_to_a_person_at_a_terminal_and_the_verdict_stands_by_itself()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script is not installed (Debian package bsdutils)");
        using var box = new Box();
        using (var vault = box.OpenVault())
            for (var i = 0; i < 300; i++) vault.End(vault.Start(new(1), Direction.Incoming), Ending.Missed, null, new());
        Run(["reindex", "--data", box.Data]).Code.ShouldBe(0);
        var output = AtTerminal("check");
        output.ShouldContain("records and recordings");
        output.TrimEnd().ShouldEndWith("All is well: 300 calls, 600 records.");
        output = AtTerminal("reindex");
        output.ShouldSatisfyAllConditions(o => o.ShouldContain("reading the journals"), o => o.ShouldContain("the index"), o => o.TrimEnd().ShouldEndWith("300 calls are in the index."));

        string AtTerminal(string command)
        {
            using var process = Process.Start(new ProcessStartInfo("/usr/bin/script", ["-qec", $"{Program} {command} --data {box.Data}", "/dev/null"]) { RedirectStandardOutput = true, RedirectStandardInput = true, Environment = { ["TERM"] = "xterm-256color", ["COLUMNS"] = "100" } })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.ShouldBe(0, output);
            return output;
        }
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
            // The same for people: in the language asked for, else the box's, else the terminal's.
            Status(box, ["--language", "sv"], ("LANG", "fi_FI.UTF-8")).ShouldContain("lär sig linjen");
            Status(box, ["--set", "language=fi", "--set", "lines:1:agent=desk-1"], ("LANG", "sv_FI.UTF-8")).ShouldContain("opettelee linjaa");
            Status(box, [], ("LANG", "sv_FI.UTF-8")).ShouldContain("lär sig linjen");
            Status(box, [], ("LANG", "C.UTF-8")).ShouldContain("learning the line");
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

    // What the terminal's own language would be is not the test's.
    private static string Status(Box box, string[] more, (string, string) language) => Run(["status", "--data", box.Data, .. more], ("LC_ALL", ""), ("LC_MESSAGES", ""), language).Output;

    [Fact]
    public void The_legend_is_said_in_each_language()
    {
        Run(["leds", "legend", "--language", "fi"]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldContain("luuri on jäänyt ylös"));
        Run(["leds", "legend", "--language", "sv"]).Output.ShouldContain("luren är inte pålagd");
        JsonDocument.Parse(Run(["leds", "legend", "--json", "--language", "fi"]).Output).RootElement.GetProperty("states").EnumerateArray().ShouldContain(s => s.GetProperty("state").GetString() == "full" && s.GetProperty("says").GetString() == "täynnä: puheluja ei tallenneta");
        Run(["leds", "legend", "--language", "no"]).Code.ShouldBe(2);
        Run(["status", "--set", "language=de"]).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(2), r => r.Error.ShouldContain("language is de"));
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
    [InlineData("""{"storage":{"keepDays":6}}""", "storage:keepDays is 6")]
    [InlineData("""{"storage":{"maxBytes":1000}}""", "storage:maxBytes is 1000")]
    [InlineData("""{"storage":{"keepWeeks":1}}""", "unknown key: storage:keepWeeks")]
    [InlineData("""{"lines":{"1":{"source":"sip"}}}""", "lines:1:source is sip")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"channel":0}}}}""", "lines:1:sound:channel is 0")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"devise":"hw:1"}}}}""", "unknown key: lines:1:sound:devise")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"mixer":{"Auto Gain Control":"maybe"}}}}}""", "lines:1:sound:mixer:Auto Gain Control is maybe")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"currentChannel":1}}}}""", "lines:1:sound:currentChannel is 1: it is the channel that hears the volts")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"currentChannel":2,"milliampsAtFullScale":0}}}}""", "lines:1:sound:milliampsAtFullScale is 0")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"currentChannel":2,"nearOhms":50}}}}""", "lines:1:sound:nearOhms is 50")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"currentChannel":2,"nearChannel":1,"farChannel":3}}}}""", "lines:1:sound:currentChannel is 2: a line is tapped in-line")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"nearChannel":1}}}}""", "lines:1:sound:farChannel is : it goes with nearChannel")]
    [InlineData("""{"lines":{"1":{"source":"alsa","sound":{"nearChannel":2,"farChannel":2}}}}""", "lines:1:sound:farChannel is 2: it is nearChannel as well")]
    [InlineData("""{"lines":{"1":{"source":"alsa","maskCode":"*5"}}}""", "lines:1:maskCode is set, and line 1 does not tell the agent's keys from a caller's")]
    [InlineData("""{"lines":{"1":{"maskCode":"*5"}}}""", "lines:1:maskCode is set, and line 1 does not tell the agent's keys from a caller's")]
    [InlineData("""{"lines":{"1":{"maskCode":"5"}}}""", "lines:1:maskCode is 5: a code is two to four of 0-9, * and #.")]
    [InlineData("""{"lines":{"1":{"source":"alsa","hook":{"source":"amps"}}}}""", "lines:1:hook:source is amps: It is voice, volts, current or contact.")]
    [InlineData("""{"lines":{"1":{"source":"siprec"}}}""", "lines:1:siprec:trunk is missing")]
    [InlineData("""{"lines":{"1":{"source":"siprec","siprec":{"trunk":"pbx"}}}}""", "no trunks:pbx:server")]
    [InlineData("""{"trunks":{"pbx":{"server":"pbx.example","user":"nauha"}},"lines":{"1":{"source":"siprec","siprec":{"trunk":"pbx"}}}}""", "lines:1:announcement:known is missing")]
    [InlineData("""{"trunks":{"pbx":{"server":"pbx.example"}}}""", "trunks:pbx:user")]
    [InlineData("""{"trunks":{"pbx":{"server":"pbx.example","user":"nauha","transport":"udp"}}}""", "trunks:pbx:transport is udp")]
    [InlineData("""{"announcement":{"known":"nowhere.wav"}}""", "announcement:known of line 1 is nowhere.wav")]
    [InlineData("""{"announcement":{"known":"nowhere.mp3"}}""", "announcement:known is nowhere.mp3")]
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

    [Theory]
    [InlineData("pi-3", 2, false)]
    [InlineData("pi-3", 3, true)]
    [InlineData("pi-5", 9, true)]
    public void More_lines_than_a_board_carries_stop_the_start_by_name(string board, int lines, bool tooMany)
    {
        using var box = new Box();
        var many = Enumerable.Range(1, lines).SelectMany(line => new[] { "--set", $"lines:{line}:source=alsa" });
        var (code, _, error) = Run(["run", "--data", box.Data, "--set", $"board:profile={board}", .. many]);
        code.ShouldNotBe(0, "no such board is here");
        if (tooMany) error.ShouldContain($"{lines} lines on sound devices; the board {board} carries");
        else error.ShouldNotContain("carries");
    }

    [Fact]
    public void Environment_stands_above_the_file_and_arguments_above_both()
    {
        using var box = new Box();
        var file = Write(box, "recorder.json", $$$"""{"data":"{{{box.Data}}}","announcement":{"levelDbv":-18}}""");
        Run(["reindex", "--config", file]).Code.ShouldBe(0);
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
