using Nauha.Recorder.Line;
using Nauha.Recorder.Status.SelfTest;
using Nauha.Simulation;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Status;

/// <summary>selftest --outgoing: a technician calls out, and the port is watched.</summary>
public sealed class CallsOutForATest
{
    private const string Number = "0509990456";

    /// <summary>The port turns its polarity when the far end answers, and back when it hangs up only if a step says so.</summary>
    private static CallScript Call => new()
    {
        Kind = ScriptKind.Outgoing,
        At = 3,
        Number = Number,
        Rings = 2,
        Talk = new(new float[8_000 * 100], []),
        Sounds = [new(Cue.Answered, 0.5, Side.Far, Talk.Bundled.Far[..(8_000 * 14)])],
    };

    // The exchange's polarity turned once more: as if it had never turned.
    private static VoltsStep NotTurned => new(Cue.Answered, 0, 300_000, -7.5);

    private static CallScript With(CallScript call, params VoltsStep[] steps) => call with { VoltsSteps = steps };

    private static Sound Busy => new(Cue.Answered, 20, Side.Port, Signals.Tones(20, 0.3, 0.3, -15, 425));

    private static async Task<(Dictionary<string, Check> Checks, List<Ask> Asked)> TryAsync(CallScript script, string number = Number, int patience = 60)
    {
        var (exchange, asked) = (new ExchangeLine(PortProfile.Ata, [script], seed: 7), new List<Ask>());
        await using var source = new SimulatedLine(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 0));
        var checks = await new OutgoingTrial(source, LineProfile.Ata, ToneSet.Finnish, asked.Add).RunAsync(number, TimeSpan.FromSeconds(patience), CancellationToken.None);
        exchange.InjectedUntil.ShouldBe(-1, "nothing is said to anybody");
        checks.SelectMany(check => check.Measured).ShouldAllBe(m => !$"{m.Value}".Contains("999", StringComparison.Ordinal));
        return (checks.ToDictionary(check => check.Key), asked);
    }

    [Fact]
    public async Task A_port_that_shows_answer_and_end_passes_in_all()
    {
        var (checks, asked) = await TryAsync(With(Call, new VoltsStep(Cue.Answered, 20, 500, 0)));
        checks.Values.Select(check => check.Finding).ShouldBe(["digits-equal", "ringback-heard", "answer-reversal", "end-open-loop"]);
        checks.Values.ShouldAllBe(check => check.Verdict == Verdict.Pass);
        asked.ShouldBe([Ask.DialTheNumber, Ask.LetThemHangUp, Ask.HangUp]);
        Convert.ToDouble(checks["answer"].Measured.Single().Value, System.Globalization.CultureInfo.InvariantCulture).ShouldBe(8, 0.5, "a second, a burst, four seconds, a burst");
    }

    public static TheoryData<string, string, string> Ends => new()
    {
        { "a busy tone alone", "answer-voice", "end-tone" },
        { "the polarity turns back", "answer-reversal", "end-reversal" },
        { "current is off for too long", "answer-reversal", "end-wrong-length" },
        { "nothing", "answer-reversal", "end-nothing" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task What_the_port_does_not_show_is_a_notice_and_no_fault(string end, string answer, string finding)
    {
        var (checks, _) = await TryAsync(end switch
        {
            "a busy tone alone" => With(Call with { Sounds = [.. Call.Sounds, Busy] }, NotTurned),
            "the polarity turns back" => With(Call, new VoltsStep(Cue.Answered, 20, 300_000, -7.5)),
            "current is off for too long" => With(Call, new VoltsStep(Cue.Answered, 20, 1_500, 0)),
            _ => Call,
        });
        (checks["answer"].Finding, checks["far-end"].Finding).ShouldBe((answer, finding));
        checks["far-end"].Verdict.ShouldBe(Verdict.Notice);
        checks["answer"].Verdict.ShouldBe(answer == "answer-voice" ? Verdict.Notice : Verdict.Pass);
    }

    [Fact]
    public async Task A_port_that_turns_its_polarity_when_it_has_dialled_has_not_answered_by_that()
    {
        // Turned from 2.7 s after the lift on, before it rings; and at the answer once more.
        var (checks, _) = await TryAsync(With(Call, new VoltsStep(Cue.Answered, 20, 400, 0), new VoltsStep(Cue.Lifted, 2.7, 300_000, -7.5)));
        checks.Values.Select(check => check.Finding).ShouldBe(["digits-equal", "ringback-heard", "answer-reversal", "end-open-loop"]);
        Convert.ToDouble(checks["answer"].Measured.Single().Value, System.Globalization.CultureInfo.InvariantCulture).ShouldBe(8, 0.5);
    }

    [Theory]
    [InlineData("0509990457", "digits-differ")]
    [InlineData("050999045", "digits-differ")]
    [InlineData("00509990456", "digits-differ")]
    public async Task Other_digits_than_asked_for_are_wrong_and_only_counted(string asked, string finding)
    {
        var (checks, _) = await TryAsync(Call, asked, patience: 30);
        checks["dialled"].ShouldSatisfyAllConditions(c => c.Verdict.ShouldBe(Verdict.Fail), c => c.Finding.ShouldBe(finding), c => c.Measured.ShouldBe([("digitsHeard", 10), ("digitsAskedFor", asked.Length)]));
    }

    [Fact]
    public async Task A_number_dialled_by_pulses_is_the_same_number()
    {
        var (checks, _) = await TryAsync(With(Call with { Number = null, AnswersAfter = 25, OwnTones = true }, [.. Signals.Pulses(Number, 1), new VoltsStep(Cue.Answered, 20, 500, 0)]));
        checks.Values.Select(check => check.Finding).ShouldBe(["digits-equal", "ringback-none", "answer-reversal", "end-open-loop"]);
        checks["ringback"].Verdict.ShouldBe(Verdict.Notice);
    }

    [Fact]
    public async Task What_could_not_be_tried_is_said_with_its_reason()
    {
        (await TryAsync(Call with { At = 500 }, patience: 20)).Checks.Values.ShouldAllBe(c => c.Finding == "nobody-lifted" && c.Verdict == Verdict.Untested);
        var (busy, _) = await TryAsync(Call with { Kind = ScriptKind.Busy, Seconds = 20, Sounds = [] });
        (busy["dialled"].Verdict, busy["answer"].Finding, busy["far-end"].Verdict).ShouldBe((Verdict.Pass, "answer-busy", Verdict.Untested));
        var (silent, _) = await TryAsync(Call with { Kind = ScriptKind.NotAnswered, Rings = 20, Sounds = [] });
        (silent["ringback"].Verdict, silent["answer"].Finding).ShouldBe((Verdict.Pass, "answer-none"));
        var (early, _) = await TryAsync(Call with { Kind = ScriptKind.NotAnswered, Rings = 2, Sounds = [] });
        early["answer"].Finding.ShouldBe("answer-hung-up");
        var (first, asked) = await TryAsync(Call with { Talk = new(new float[8_000 * 3], []) });
        first["far-end"].ShouldSatisfyAllConditions(c => c.Finding.ShouldBe("end-hung-up-first"), c => c.Verdict.ShouldBe(Verdict.Untested));
        asked.ShouldBe([Ask.DialTheNumber, Ask.LetThemHangUp], "he has put it down already");
    }
}
