using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status.SelfTest;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Status;

public sealed partial class SelfTests
{
    private static readonly string Root = FindRoot();

    private static string FindRoot()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Appliance.sln"))) root = root.Parent;
        return root.FullName;
    }

    private static async Task<(Dictionary<string, Check> Checks, ExchangeLine Line, List<Ask> Asked)> TryAsync(CallScript script, int patience = 30, int survey = 0)
    {
        var exchange = new ExchangeLine(PortProfile.Ata, [script], seed: 7);
        var asked = new List<Ask>();
        await using var source = new SimulatedLine(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 0));
        var checks = await new LineTrial(source, LineProfile.Ata, asked.Add).RunAsync(TimeSpan.FromSeconds(patience), TimeSpan.FromSeconds(survey), CancellationToken.None);
        return (checks.ToDictionary(check => check.Key), exchange, asked);
    }

    private static double Number(Check check, string name) => Convert.ToDouble(check.Measured.Single(m => m.Name == name).Value, System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_good_line_is_measured_and_found_good()
    {
        var (checks, _, asked) = await TryAsync(new() { Kind = ScriptKind.LiftOnly, At = 5, Seconds = 20 });
        checks.Values.Where(c => c.Key != "ring").ShouldAllBe(c => c.Verdict == Verdict.Pass);
        checks["ring"].ShouldSatisfyAllConditions(c => c.Verdict.ShouldBe(Verdict.Untested), c => c.Finding.ShouldBe("no-ring"));
        Number(checks["volts"], "volts").ShouldBe(48, 0.5);
        Number(checks["hook"], "offHookVolts").ShouldBe(7.5, 0.5);
        Number(checks["loop"], "closedDbv").ShouldBe(-17, 0.3);
        Number(checks["loop"], "openLeakDb").ShouldBeLessThan(-80);
        checks["hook"].Finding.ShouldBe("hook-seen");
        asked.ShouldBe([Ask.LiftThePhone, Ask.HangUp]);
    }

    [Theory]
    [InlineData(LineFault.NotHeard, "loop-none")]
    [InlineData(LineFault.LoopbackTrap, "loop-leaks")]
    [InlineData(LineFault.LoopbackAtLevel, "loop-leaks")]
    public async Task What_is_wrong_with_the_audio_loop_is_named(LineFault fault, string finding)
    {
        var (checks, _, _) = await TryAsync(new() { Kind = ScriptKind.LiftOnly, At = 5, Seconds = 20, Fault = fault });
        checks["loop"].ShouldSatisfyAllConditions(c => c.Verdict.ShouldBe(Verdict.Fail), c => c.Finding.ShouldBe(finding));
    }

    [Theory]
    [InlineData(false, 1, Verdict.Pass, "sides-good", 40)]
    [InlineData(true, 1, Verdict.Pass, "sides-good", 8)]
    [InlineData(true, -1, Verdict.Fail, "sides-swapped", -13)]
    [InlineData(false, 0, Verdict.Fail, "sides-alike", -1)]
    public async Task Whether_an_in_line_tap_tells_the_sides_apart_is_measured_by_what_the_box_says_itself(bool complex, int turned, Verdict verdict, string finding, double least)
    {
        var port = PortProfile.Ata with { Tap = LineSides.Inline, Wire = complex ? new() { Card = Impedance.European, Phone = Impedance.European } : new() };
        var exchange = new ExchangeLine(port, [new() { Kind = ScriptKind.LiftOnly, At = 5, Seconds = 20 }], seed: 7);
        await using var line = new SimulatedLine(new(1), port, exchange, new LinePacer(TimeProvider.System, 0));
        var checks = await new LineTrial(new Wired(line, turned), LineProfile.Ata).RunAsync(TimeSpan.FromSeconds(30), TimeSpan.Zero, CancellationToken.None);
        var check = checks.Single(c => c.Key == "sides");
        check.ShouldSatisfyAllConditions(c => c.Verdict.ShouldBe(verdict), c => c.Finding.ShouldBe(finding));
        Number(check, "apartDb").ShouldBeInRange(least, least + (least == 40 ? 60 : 5));
    }

    /// <summary>An in-line tap whose transformer is turned round (−1), or has a broken wire (0).</summary>
    private sealed class Wired(SimulatedLine line, int turned) : ILineSource
    {
        public Nauha.Format.LineId Line => line.Line;

        public HookSource HookSource => line.HookSource;

        public LineSides Sides => line.Sides;

        public double DbvAtFullScale => line.DbvAtFullScale;

        public double InjectionDbvAtFullScale => line.InjectionDbvAtFullScale;

        public string Profile => line.Profile;

        public bool Simulated => true;

        public int InjectionPending => line.InjectionPending;

        public async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
        {
            if (!await line.ReadAsync(block, cancel)) return false;
            for (var i = 0; i < SampleBlock.Length && turned < 1; i++)
                (block.Near[i], block.Far[i]) = turned == 0 ? ((short)(block.Samples[i] / 2), (short)(block.Samples[i] / 2)) : (block.Far[i], block.Near[i]);
            return true;
        }

        public int Inject(ReadOnlySpan<short> samples) => line.Inject(samples);

        public void StopInjection() => line.StopInjection();

        public bool HoldRelayOpen(bool open) => line.HoldRelayOpen(open);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_cut_pair_is_no_line_and_nothing_else_is_tried()
    {
        var (checks, line, asked) = await TryAsync(new() { Kind = ScriptKind.Cut, At = 0, Seconds = 100 });
        checks["volts"].Finding.ShouldBe("volts-none");
        (checks["hook"].Finding, checks["loop"].Verdict).ShouldBe(("no-line", Verdict.Untested));
        asked.ShouldBeEmpty();
        line.InjectedUntil.ShouldBe(-1);
    }

    [Fact]
    public async Task On_a_line_on_which_the_box_never_speaks_the_hook_is_tried_and_nothing_sounds()
    {
        var exchange = new ExchangeLine(PortProfile.Ata, [new() { Kind = ScriptKind.LiftOnly, At = 5, Seconds = 20 }], seed: 7);
        await using var source = new SimulatedLine(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 0), injects: false);
        var checks = (await new LineTrial(source, LineProfile.Ata).RunAsync(TimeSpan.FromSeconds(30), TimeSpan.Zero, CancellationToken.None)).ToDictionary(check => check.Key);
        (checks["hook"].Finding, checks["loop"].Verdict, checks["loop"].Finding).ShouldBe(("hook-seen", Verdict.NotFitted, "loop-never-speaks"));
        exchange.InjectedUntil.ShouldBe(-1);
    }

    public static TheoryData<string> WhereSomebodyMayBe => ["answered", "lifted before we looked", "dials at once", "nobody lifts"];

    /// <summary>The self-test speaks to no caller, whoever lifts for whatever.</summary>
    [Theory]
    [MemberData(nameof(WhereSomebodyMayBe))]
    public async Task Nothing_sounds_where_somebody_may_be(string when)
    {
        var (checks, line, _) = await TryAsync(when switch
        {
            "answered" => new() { Kind = ScriptKind.Incoming, At = 4, Number = "0401234567", Rings = 1, Talk = Talk.Bundled },
            "lifted before we looked" => new() { Kind = ScriptKind.FoundLifted, At = 0, Seconds = 60 },
            "dials at once" => new() { Kind = ScriptKind.Outgoing, At = 4, Number = "0401234567", Talk = Talk.Bundled.First(5) },
            _ => new() { Kind = ScriptKind.LiftOnly, At = 500 },
        });
        checks["loop"].Verdict.ShouldBe(Verdict.Untested);
        line.InjectedUntil.ShouldBe(-1);
        if (when == "answered") checks["ring"].Finding.ShouldBe("ring-seen");
        if (when is "answered" or "dials at once") checks["hook"].Finding.ShouldBe("lift-seen");
    }

    [Fact]
    public async Task The_survey_hears_a_fax()
    {
        var ced = Enumerable.Range(0, 8_000 * 4).Select(i => 0.2f * MathF.Sin(2 * MathF.PI * 2_100 * i / 8_000)).ToArray();
        var (checks, _, asked) = await TryAsync(new() { Kind = ScriptKind.Incoming, At = 8, Number = "0401234567", Talk = Talk.Bundled, Sounds = [new(Cue.Lifted, 2, Side.Far, ced)] }, patience: 0, survey: 60);
        checks["machines"].ShouldSatisfyAllConditions(c => c.Verdict.ShouldBe(Verdict.Fail), c => c.Finding.ShouldBe("machine-heard"));
        checks["ring"].Verdict.ShouldBe(Verdict.Pass);
        asked.ShouldBe([Ask.CallTheLine]);
    }

    // How fast this machine's disk is just now does not matter here: each look at the clock is so much later.
    private static Microsoft.Extensions.Time.Testing.FakeTimeProvider Steps(int ms) => new() { AutoAdvanceAmount = TimeSpan.FromMilliseconds(ms) };

    [Fact]
    public void Storage_that_takes_longer_for_a_frame_than_the_next_one_needs_to_come_is_too_slow()
    {
        using var folder = new Drivers.OnTheBus.Folder();
        StorageTrial.Run(folder.Path, null, industrialCard: false, Steps(600)).ShouldSatisfyAllConditions(c => c.Verdict.ShouldBe(Verdict.Fail), c => c.Finding.ShouldBe("storage-slow"));
        StorageTrial.Run(folder.Path, null, industrialCard: false, Steps(400)).Verdict.ShouldBe(Verdict.Pass);
    }

    [Fact]
    public void Storage_is_written_as_a_call_writes_and_leaves_nothing()
    {
        using var folder = new Drivers.OnTheBus.Folder();
        var check = StorageTrial.Run(folder.Path, null, industrialCard: false, Steps(2));
        check.Verdict.ShouldBe(Verdict.Pass);
        Number(check, "longestFrameMs").ShouldBeGreaterThan(0);
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
        StorageTrial.Run(Path.Combine(folder.Path, "none"), null, false, Steps(2)).Finding.ShouldBe("storage-refuses");
    }

    [Theory]
    [InlineData("MMC", "0x01 0x02", "0x01", "emmc", 20, "storage-good")]
    [InlineData("MMC", "0x0a 0x02", "0x01", "emmc", 100, "storage-worn")]
    [InlineData("MMC", "0x01 0x01", "0x02", "emmc", 10, "storage-worn")]
    [InlineData("SD", null, null, "sd", null, "storage-card")]
    public void The_medium_is_what_the_kernel_says_and_a_worn_one_or_a_consumer_s_card_is_called_wrong(string type, string? life, string? spares, string kind, int? worn, string finding)
    {
        using var folder = new Drivers.OnTheBus.Folder();
        // As sysfs has it: the partition's number leads to a folder below its disk's.
        var disk = Directory.CreateDirectory(Path.Combine(folder.Path, "devices/mmc0/block/mmcblk0")).FullName;
        var part = Directory.CreateDirectory(Path.Combine(disk, "mmcblk0p2")).FullName;
        File.WriteAllText(Path.Combine(part, "partition"), "2\n");
        Directory.CreateDirectory(Path.Combine(folder.Path, "dev/block"));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "dev/block/179:2"), part);
        Directory.CreateDirectory(Path.Combine(disk, "device"));
        foreach (var (name, text) in new[] { ("type", type), ("life_time", life), ("pre_eol_info", spares), ("name", "TEST01") })
            if (text is not null) File.WriteAllText(Path.Combine(disk, "device", name), text + "\n");
        var mounts = Path.Combine(folder.Path, "mountinfo");
        File.WriteAllText(mounts, $"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 179:2 / {folder.Path} rw - ext4 /dev/mmcblk0p2 rw\n");
        var medium = StorageMedium.Of(folder.Path, folder.Path, mounts).ShouldNotBeNull();
        (medium.Kind, medium.Name, medium.WornPercent).ShouldBe((kind, "TEST01", worn));
        StorageTrial.Run(folder.Path, medium, industrialCard: false, Steps(2)).Finding.ShouldBe(finding);
        if (kind == "sd") StorageTrial.Run(folder.Path, medium, industrialCard: true, Steps(2)).Verdict.ShouldBe(Verdict.Pass);
    }

    [Fact]
    public void This_machine_s_own_medium_is_found_where_it_has_one()
    {
        // findmnt is not ours: it says whether the folder lies on a device at all.
        using var find = Process.Start(new ProcessStartInfo("findmnt", ["-no", "MAJ:MIN", "-T", AppContext.BaseDirectory]) { RedirectStandardOutput = true })!;
        var number = find.StandardOutput.ReadToEnd().Trim();
        (StorageMedium.Of(AppContext.BaseDirectory) is not null).ShouldBe(Directory.Exists("/sys/dev/block/" + number));
    }

    [Theory]
    [InlineData(true, false, null, "clock-good")]
    [InlineData(false, true, 1, "clock-good")]
    [InlineData(true, true, 600, "clock-apart")]
    [InlineData(true, true, null, "clock-stood-still")]
    [InlineData(false, false, null, "clock-alone")]
    public void The_clock_wants_somebody_who_keeps_it(bool synchronised, bool fitted, int? off, string finding)
    {
        var time = new FakeTimeProvider(new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero));
        var clock = new BoxClock(time);
        clock.Saw(time.GetUtcNow().ToUnixTimeMilliseconds());
        BoxTrial.Clock(clock, synchronised, fitted, off is { } seconds ? time.GetUtcNow().AddSeconds(seconds) : null).Finding.ShouldBe(finding);
        clock.Saw(time.GetUtcNow().AddDays(2).ToUnixTimeMilliseconds());
        BoxTrial.Clock(clock, synchronised, fitted, time.GetUtcNow()).Finding.ShouldBe("clock-doubtful");
    }

    [Fact]
    public void Watchdog_and_health_are_wrong_missing_or_good()
    {
        BoxTrial.Watchdog(null, board: false).Verdict.ShouldBe(Verdict.NotFitted);
        BoxTrial.Watchdog(null, board: true).Verdict.ShouldBe(Verdict.Fail);
        BoxTrial.Watchdog(("x", false, 60), board: true).Finding.ShouldBe("watchdog-unarmed");
        BoxTrial.Watchdog(("x", true, 14), board: true).Verdict.ShouldBe(Verdict.Pass);
        BoxTrial.Health(default).Verdict.ShouldBe(Verdict.NotFitted);
        BoxTrial.Health(new(50, false, false, false)).Verdict.ShouldBe(Verdict.Pass);
        BoxTrial.Health(new(50, false, false, true)).Finding.ShouldBe("health-supply");
        BoxTrial.Health(new(85, false, false, false)).Finding.ShouldBe("health-hot");
    }

    [Theory]
    [InlineData(90, "keys-good", Verdict.Pass)]
    [InlineData(20, "keys-few", Verdict.Pass)]
    [InlineData(5, "keys-end", Verdict.Fail)]
    public void Day_keys_that_run_out_are_wrong_a_week_before(int days, string finding, Verdict verdict)
    {
        using var box = new Box(days);
        using var vault = box.OpenVault();
        var check = BoxTrial.DayKeys(vault);
        (check.Finding, check.Verdict).ShouldBe((finding, verdict));
    }

    [Fact]
    public async Task The_broker_is_reached_with_the_box_s_own_certificate_or_it_is_said_why_not()
    {
        await using var broker = new SpyBroker();
        using var box = new Box(broker: broker);
        using var vault = box.OpenVault();
        (await BoxTrial.BrokerAsync(vault, TimeProvider.System, CancellationToken.None)).Finding.ShouldBe("broker-unreachable");
        await broker.StartAsync(box);
        var check = await BoxTrial.BrokerAsync(vault, TimeProvider.System, CancellationToken.None);
        check.Finding.ShouldBe("broker-good");
        Number(check, "roundTripMs").ShouldBeGreaterThan(0);
        BoxTrial.Certificates(box.Identity, TimeProvider.System.GetUtcNow()).Finding.ShouldBe("certificate-unreadable", "this box has no certificate for signing");
    }

    [Fact]
    public void What_the_last_self_test_found_stays_for_LED_1()
    {
        using var folder = new Drivers.OnTheBus.Folder();
        SelfTestMark.Failed(folder.Path).ShouldBeFalse();
        SelfTestMark.Write(folder.Path, 1, failed: true);
        SelfTestMark.Failed(folder.Path).ShouldBeTrue();
        SelfTestMark.Write(folder.Path, 2, failed: false);
        SelfTestMark.Failed(folder.Path).ShouldBeFalse();
        File.WriteAllText(Path.Combine(folder.Path, "selftest.json"), "{");
        SelfTestMark.Failed(folder.Path).ShouldBeFalse();
    }

    [GeneratedRegex("\"((?:volts|level|loop|sides|clock|keys|certificate|broker|watchdog|health|storage|no|lift|hook|ring|digits|ringback|answer|end|machine|nobody|not|source|recorder|trunk)-[a-z-]+)\"")]
    private static partial Regex Finding();

    [Fact]
    public void Every_finding_has_words_in_three_languages_and_no_words_are_left_over()
    {
        using var words = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "firmware/Nauha.Device/Words/words.json")));
        var findings = words.RootElement.GetProperty("findings");
        var used = Directory.EnumerateFiles(Path.Combine(Root, "src/Nauha.Recorder/Status/SelfTest"), "*.cs").Concat(Directory.EnumerateFiles(Path.Combine(Root, "firmware/Nauha.Device/Commands"), "SelfTest*.cs"))
            .SelectMany(file => Finding().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct().Order();
        findings.EnumerateObject().Select(f => f.Name).Order().ShouldBe(used);
        foreach (var group in words.RootElement.EnumerateObject())
            foreach (var item in group.Value.EnumerateObject())
                foreach (var texts in group.Name == "findings" ? item.Value.EnumerateObject().Select(p => p.Value).Where(v => v.ValueKind == JsonValueKind.Object) : [item.Value])
                    texts.EnumerateObject().Select(t => (t.Name, t.Value.GetString()!.Length > 0)).ShouldBe([("fi", true), ("sv", true), ("en", true)], item.Name);
    }

    [GeneratedRegex("\\{[0-9]")]
    private static partial Regex Placeholder();

    [GeneratedRegex("(?<=[\\s\\[(])\\(\"([a-zA-Z]+)\", ")]
    private static partial Regex Measured();

    [Fact]
    public void Whatever_is_measured_is_called_by_its_name_in_three_languages()
    {
        using var words = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "firmware/Nauha.Device/Words/words.json")));
        var named = Directory.EnumerateFiles(Path.Combine(Root, "src/Nauha.Recorder/Status/SelfTest"), "*.cs").SelectMany(file => Measured().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct().Order();
        words.RootElement.GetProperty("measured").EnumerateObject().Select(m => m.Name).Order().ShouldBe(named);
    }

    [Fact]
    public void What_belongs_into_a_text_belongs_into_it_in_each_language()
    {
        using var words = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "firmware/Nauha.Device/Words/words.json")));
        foreach (var item in words.RootElement.EnumerateObject().Where(group => group.Name != "findings").SelectMany(group => group.Value.EnumerateObject()))
            item.Value.EnumerateObject().Select(text => string.Concat(Placeholder().Matches(text.Value.GetString()!).Select(match => match.Value).Order())).Distinct().ShouldHaveSingleItem(item.Name);
    }

    [Fact]
    public void The_program_says_it_in_words_or_JSON_with_exit_codes_that_a_script_can_use()
    {
        using var box = new Box();
        var scenario = Path.Combine(box.Data, "s.json");
        File.WriteAllText(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":1,"id":"1"}""");
        File.WriteAllText(scenario, """{"version":1,"seed":7,"lines":[{"line":1,"calls":[{"kind":"lift-only","at":5,"seconds":20}]},{"line":2,"calls":[{"kind":"cut","at":0,"seconds":300}]}]}""");
        var (code, json) = Run(box, "selftest", "--json", "--simulate", scenario, "--speed", "20");
        code.ShouldBe(1);
        var result = JsonDocument.Parse(json).RootElement;
        result.GetProperty("good").GetBoolean().ShouldBeFalse();
        var checks = result.GetProperty("checks").EnumerateArray().ToList();
        checks.ShouldContain(c => c.GetProperty("key").GetString() == "loop" && c.GetProperty("line").GetInt32() == 1 && c.GetProperty("verdict").GetString() == "pass");
        checks.ShouldContain(c => c.GetProperty("finding").GetString() == "volts-none" && c.GetProperty("line").GetInt32() == 2 && c.GetProperty("do").GetString() == "move the plug");
        checks.ShouldContain(c => c.GetProperty("key").GetString() == "broker" && c.GetProperty("verdict").GetString() == "fail");
        checks.ShouldAllBe(c => c.EnumerateObject().Count() == 7, "every key always");
        SelfTestMark.Failed(box.Data).ShouldBeTrue();
        Run(box, "selftest", "--language", "fi").Output.ShouldContain("keskus ei vastaa");
        Run(box, "selftest", "--language", "sv").Output.ShouldContain("→ kontrollera nätkabeln");
        Run(box, "selftest", "--language", "de").Code.ShouldBe(2);
        Run(box, "selftest", "--wait", "-1").Code.ShouldBe(2);
    }

    [Fact]
    public void Of_an_in_line_tap_of_the_simulated_exchange_the_sides_are_said_in_the_languages_of_the_box()
    {
        using var box = new Box();
        var scenario = Path.Combine(box.Data, "s.json");
        File.WriteAllText(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":1,"id":"1"}""");
        File.WriteAllText(scenario, """{"version":1,"seed":7,"lines":[{"line":1,"tap":"in-line","port":{"cardOhms":270,"cardParallelOhms":750,"cardNanofarads":150,"phoneOhms":270,"phoneParallelOhms":750,"phoneNanofarads":150},"calls":[{"kind":"lift-only","at":4,"seconds":14}]}]}""");
        // A code is taken by a line that tells its sides apart.
        var (_, said) = Run(box, "selftest", "--simulate", scenario, "--speed", "20", "--line", "1", "--language", "fi", "--set", "lines:1:maskCode=*5");
        said.ShouldContain("linja 1, virkailijan ja soittajan erotus: virkailijan ja soittajan ääni erotetaan toisistaan");
        File.WriteAllText(scenario, """{"version":1,"seed":7,"lines":[{"line":1,"tap":"crossed","calls":[]}]}""");
        Run(box, "selftest", "--simulate", scenario).Code.ShouldBe(2);
    }

    [Fact]
    public void A_call_out_is_tried_without_its_number_being_shown_and_leaves_what_the_whole_test_found()
    {
        using var box = new Box();
        var scenario = Path.Combine(box.Data, "s.json");
        File.WriteAllText(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":1,"id":"1"}""");
        File.WriteAllText(scenario, """{"version":1,"seed":7,"lines":[{"line":1,"calls":[]},{"line":2,"calls":[{"kind":"outgoing","at":3,"number":"0509990456","talkSeconds":3}]}]}""");
        SelfTestMark.Write(box.Data, 1, failed: true);
        var (code, json) = Run(box, "selftest", "--json", "--simulate", scenario, "--speed", "50", "--line", "2", "--outgoing", "050 999-0456");
        code.ShouldBe(3, json);
        json.ShouldNotContain("999");
        JsonDocument.Parse(json).RootElement.GetProperty("checks").EnumerateArray().Select(c => (c.GetProperty("line").GetInt32(), c.GetProperty("finding").GetString())).ShouldBe([(2, "digits-equal"), (2, "ringback-heard"), (2, "answer-reversal"), (2, "end-hung-up-first")]);
        SelfTestMark.Failed(box.Data).ShouldBeTrue();
        Run(box, "selftest", "--simulate", scenario, "--line", "2", "--outgoing", "112").Code.ShouldBe(2);
        Run(box, "selftest", "--simulate", scenario, "--line", "3").Code.ShouldBe(2);
        Run(box, "selftest", "--outgoing", "+358501234567").Code.ShouldBe(2);
    }

    private static (int Code, string Output) Run(Box box, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder"), [.. arguments, "--data", box.Data]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
