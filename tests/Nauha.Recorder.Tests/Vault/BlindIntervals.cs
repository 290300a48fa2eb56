using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>Since when nobody could say whether there were calls, after every way of stopping.</summary>
public sealed class BlindIntervals
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(false, EndingCode.Crash)]
    [InlineData(true, EndingCode.Update)]
    public void A_start_says_since_when_the_box_was_blind_and_why(bool clean, EndingCode code)
    {
        using var box = new Box();
        var time = new TwoClocks(TimeProvider.System.GetUtcNow());
        using (Open(box, time))
        using (var heartbeat = new Heartbeat(box.Data)) heartbeat.Beat(time.Wall.ToUnixTimeMilliseconds(), clean);
        var stopped = time.Wall.ToUnixTimeMilliseconds();
        time.Wall += 40 * Second;
        using var vault = Open(box, time);
        vault.SayBlind();
        Blind(vault).ShouldBe([(stopped, stopped + 40_000, code)]);
    }

    [Fact]
    public void A_last_beat_from_before_the_machine_started_means_that_the_power_was_gone()
    {
        using var box = new Box();
        var boot = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - Environment.TickCount64;
        using (var heartbeat = new Heartbeat(box.Data)) heartbeat.Beat(boot - 60_000);
        using var vault = Open(box, TimeProvider.System);
        vault.SayBlind();
        Blind(vault).ShouldHaveSingleItem().Code.ShouldBe(EndingCode.Power);
    }

    [Fact]
    public void The_very_first_start_was_blind_to_nothing()
    {
        using var box = new Box();
        using var vault = Open(box, TimeProvider.System);
        vault.SayBlind();
        Blind(vault).ShouldBeEmpty();
    }

    [Fact]
    public void It_waits_a_minute_for_central_and_for_no_call_and_the_heart_does_not_beat_over_it_meanwhile()
    {
        using var box = new Box();
        var time = new TwoClocks(TimeProvider.System.GetUtcNow());
        using (var heartbeat = new Heartbeat(box.Data)) heartbeat.Beat(time.Wall.ToUnixTimeMilliseconds());
        var stopped = time.Wall.ToUnixTimeMilliseconds();
        time.Wall += 40 * Second;
        using (var vault = Open(box, time))
        {
            time.Pass(59 * Second);
            vault.IsBlindSaid().ShouldBeFalse();
            Blind(vault).ShouldBeEmpty("this life ends before it was said");
        }
        time.Wall += Second;
        using (var vault = Open(box, time))
        {
            time.Pass(60 * Second);
            vault.IsBlindSaid().ShouldBeTrue();
            Blind(vault).ShouldBe([(stopped, stopped + 100_000, EndingCode.Crash)], "the first start's interval is within the second's");
        }
        using var third = Open(box, time);
        third.Start(new(1), Direction.Incoming);
        third.Read(index => index.Records.Skip(1).Select(r => r.Kind).ToList()).ShouldBe([RecordKind.Blind, RecordKind.Start]);
        third.SayBlind();
        Blind(third).Count.ShouldBe(2, "once a start");
    }

    [Theory]
    [InlineData("TERM", EndingCode.Update)]
    [InlineData("KILL", EndingCode.Crash)]
    public async Task The_real_program_leaves_a_last_beat_that_tells_an_orderly_stop_from_a_kill(string signal, EndingCode code)
    {
        using var box = new Box();
        var program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        var scenario = Path.Combine(box.Data, "scenario.json");
        await File.WriteAllTextAsync(scenario, """{"version":1,"seed":7,"epochMs":null,"lines":[{"line":1,"calls":[]}]}""");
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"blind"}""");
        using var process = Process.Start(new ProcessStartInfo(program, ["run", "--data", box.Data, "--simulate", scenario, "--speed", "20"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        using (var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20)))
        {
            // The first beat; and its status, so that it is under way.
            while (Heartbeat.Read(box.Data) is null || !File.Exists(Path.Combine(box.Data, "run/status.json")))
            {
                process.HasExited.ShouldBeFalse();
                await pause.WaitForNextTickAsync();
            }
        }
        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        var last = Heartbeat.Read(box.Data).ShouldNotBeNull();
        last.Clean.ShouldBe(signal == "TERM");
        using var vault = Open(box, TimeProvider.System);
        vault.SayBlind();
        var (from, until, why) = Blind(vault).ShouldHaveSingleItem();
        (from, why).ShouldBe((last.AtMs, code));
        (until >= from).ShouldBeTrue();
    }

    private static List<(long? From, long? Until, EndingCode? Code)> Blind(CallVault vault) =>
        vault.Read(index => index.Records.Where(r => r.Kind == RecordKind.Blind).Select(r => (r.Record.BlindFromMs, r.Record.BlindUntilMs, r.Record.BlindCode)).ToList());

    private static CallVault Open(Box box, TimeProvider time) => CallVault.Open(box.Data, box.Identity, true, time, NullLogger.Instance);
}
