using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Status;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Announcements;

/// <summary>The technician's test of a line, on the simulated exchange.</summary>
public sealed class ListeningTests
{
    private static readonly Announcement Told = Announcement.Bundled(["fi", "sv"]);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static SimulatedLine Line(CallScript script) =>
        new(new(1), PortProfile.Ata, new ExchangeLine(PortProfile.Ata, [script], seed: 7), new LinePacer(TimeProvider.System, 0));

    // A quiet number: somebody answers and says nothing.
    private static CallScript QuietNumber => new() { Kind = ScriptKind.Outgoing, At = 1, Number = "0509990456", Talk = new(new float[8_000 * 30], []) };

    private static async Task<(ListenResult Result, List<ListenStep> Steps)> RunAsync(CallScript script, double? injectionDbv = null)
    {
        var steps = new List<ListenStep>();
        var result = await new ListenTest(Line(script), Told, -17, LineProfile.Ata).RunAsync(injectionDbv, steps.Add, Patience, CancellationToken.None);
        return (result, steps);
    }

    [Fact]
    public async Task On_a_good_line_the_announcement_is_proven_and_stands_at_its_level()
    {
        var (result, steps) = await RunAsync(QuietNumber);
        steps.ShouldBe([ListenStep.Lift, ListenStep.Dial, ListenStep.Announcing]);
        result.End.ShouldBe(ListenEnd.Judged);
        result.Proof.Holds.ShouldBeTrue();
        result.Proof.LevelDbv.ShouldBe(-17, 1);
        result.InjectionDbv.ShouldBe(ExchangeLine.InjectionDbvAtFullScale, 1);
        result.QuietDbv!.Value.ShouldBeLessThan(-50);
        result.MissingDb.ShouldBeLessThan(0.1);
        steps.Select(step => ListenLamp.Of(step).Key).ShouldBe(["learning", "learning", "announcing"]);
        ListenLamp.Of(result, refused: false).Key.ShouldBe("good");
        ListenLamp.Of(result, refused: true).Key.ShouldBe("hum-level");
    }

    [Fact]
    public async Task The_technician_hears_it_where_a_relay_takes_an_agents_phone_off()
    {
        var port = PortProfile.Ata with { Tap = Nauha.Recorder.Ports.LineSides.Inline, MutesPhone = true };
        var exchange = new ExchangeLine(port, [QuietNumber], seed: 7) { KeepsEars = true };
        var test = new ListenTest(new SimulatedLine(new(1), port, exchange, new LinePacer(TimeProvider.System, 0)), Told, -17, LineProfile.Ata);
        (await test.RunAsync(null, _ => { }, Patience, CancellationToken.None)).Proof.Holds.ShouldBeTrue();
        exchange.AgentEar.Skip((int)exchange.FirstInjected).Take(8_000).Max(sample => Math.Abs((int)sample)).ShouldBeGreaterThan(500);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-5)]
    public async Task A_device_that_reaches_the_pair_otherwise_than_it_says_is_measured_and_the_next_try_stands_at_its_level(double offDb)
    {
        // Believed to reach so many dB more than it does: it arrives as much too quiet.
        var test = new ListenTest(Line(QuietNumber), Told, -17, LineProfile.Ata);
        var first = await test.RunAsync(ExchangeLine.InjectionDbvAtFullScale + offDb, _ => { }, Patience, CancellationToken.None);
        first.Proof.Played.ShouldBeTrue();
        first.Proof.Level.ShouldBeFalse();
        first.Proof.LevelDbv.ShouldBe(-17 - offDb, 1);
        ListenLamp.Of(first, refused: false).Key.ShouldBe("hum-level");
        first.InjectionDbv.ShouldBe(ExchangeLine.InjectionDbvAtFullScale, 1);
        var second = await test.RunAsync(first.InjectionDbv, _ => { }, Patience, CancellationToken.None);
        second.Proof.Holds.ShouldBeTrue();
        second.Proof.LevelDbv.ShouldBe(-17, 1, "what was torn by being too loud measured a little less");
    }

    [Fact]
    public async Task A_relay_that_stays_open_proves_nothing_and_calibrates_nothing()
    {
        var (result, _) = await RunAsync(QuietNumber with { Fault = LineFault.NotHeard });
        result.End.ShouldBe(ListenEnd.Judged);
        result.Proof.Played.ShouldBeFalse();
        ListenLamp.Of(result, refused: false).Key.ShouldBe("not-heard");
        result.InjectionDbv.ShouldBe(double.NaN);
    }

    [Fact]
    public async Task Nobody_who_lifts_no_quiet_and_a_handset_put_down_too_early_are_said_each_by_its_name()
    {
        var nobody = (await RunAsync(QuietNumber with { At = 500 })).Result;
        nobody.End.ShouldBe(ListenEnd.NobodyLifted);
        ListenLamp.Of(nobody, refused: false).Key.ShouldBe("not-heard");
        // A dial tone that nobody ends.
        (await RunAsync(new() { Kind = ScriptKind.LiftOnly, At = 1, Seconds = 90 })).Result.End.ShouldBe(ListenEnd.NeverQuiet);
        (await RunAsync(new() { Kind = ScriptKind.LiftOnly, At = 1, Seconds = 3 })).Result.End.ShouldBe(ListenEnd.HungUp);
    }
}
