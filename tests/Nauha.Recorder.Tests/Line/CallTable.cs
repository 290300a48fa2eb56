using CsCheck;
using Nauha.Format;
using Nauha.Recorder.Line;
using Shouldly;

namespace Nauha.Recorder.Tests.Line;

/// <summary>Whatever happens on a line, in any order: nothing is kept before it was told, and every lift and ring ends once.</summary>
public sealed class CallTable
{
    private static readonly Happening[] All = Enum.GetValues<Happening>();

    [Fact]
    public void In_any_order_of_happenings_the_promises_hold() =>
        Gen.Select(Gen.Int[0, All.Length - 1], Gen.Int[1, 20_000]).Array[1, 80].Sample(steps =>
        {
            var machine = new CallMachine(LineProfile.Ata);
            var (state, at) = (default(CallState), 0L);
            var (taken, ended, keeping, announced) = (0, 0, false, false);
            var (stopped, resumable, held) = (0L, false, false);
            var effects = new List<CallEffect>();
            foreach (var (what, later) in steps)
            {
                at += later;
                effects.Clear();
                state = machine.Next(state, new(All[what], at), effects);
                foreach (var effect in effects)
                {
                    switch (effect)
                    {
                        case CallEffect.TakeNumber:
                            taken++;
                            (keeping, announced) = (false, false);
                            break;
                        case CallEffect.Announce:
                            announced = true;
                            keeping.ShouldBeFalse("nothing is kept while people are being told");
                            break;
                        case CallEffect.Keep keep:
                            held = keep.Held;
                            announced.ShouldBeTrue("told before recorded");
                            All[what].ShouldBe(Happening.Proven);
                            keeping = true;
                            break;
                        case CallEffect.Commit:
                            held.ShouldBeTrue("only what is held is committed");
                            held = false;
                            break;
                        case CallEffect.Drop:
                            held.ShouldBeTrue("what the vault has is never dropped");
                            (held, keeping, announced) = (false, false, false);
                            break;
                        case CallEffect.StopKeeping:
                            (stopped, resumable) = (at, All[what] == Happening.Lowered);
                            keeping = false;
                            announced = false;
                            break;
                        case CallEffect.Resume:
                            // One pulse of a dial: the same people, told before.
                            (resumable, at - stopped <= 720, All[what]).ShouldBe((true, true, Happening.Pulsed));
                            (keeping, announced) = (true, true);
                            break;
                        case CallEffect.End end:
                            ended++;
                            keeping.ShouldBeFalse("an end comes after the keeping");
                            held.ShouldBeFalse("what was held has been committed or dropped");
                            end.Ending.IsValid.ShouldBeTrue();
                            break;
                        default:
                            break;
                    }
                }
                // A refused number of a call that only rang: there is nothing to end.
                if (All[what] == Happening.NumberRefused && state is { Phase: CallPhase.Ringing, Accounted: false }) taken = ended;
                (state.Phase == CallPhase.Recording, state.Held).ShouldBe((keeping, held));
                (taken - ended).ShouldBeInRange(0, 2);
            }
            // The program stops: whatever was numbered has ended.
            effects.Clear();
            machine.Next(machine.Next(state, new(Happening.NumberGiven, at), effects), new(Happening.Stopping, at), effects);
            (taken - ended - effects.Count(e => e is CallEffect.End)).ShouldBeLessThanOrEqualTo(1);
        }, iter: 20_000);

    [Fact]
    public void In_any_order_a_box_that_only_listens_says_nothing_keeps_from_a_proof_alone_and_calls_out_where_nobody_told() =>
        Gen.Select(Gen.Int[0, All.Length - 1], Gen.Int[1, 20_000]).Array[1, 80].Sample(steps =>
        {
            var machine = new CallMachine(LineProfile.PbxExtension, listens: true);
            var (state, at, keeping, taken, ended) = (default(CallState), 0L, false, 0, 0);
            var effects = new List<CallEffect>();
            foreach (var (what, later) in steps)
            {
                at += later;
                effects.Clear();
                state = machine.Next(state, new(All[what], at, Direction.Incoming), effects);
                effects.OfType<CallEffect.Announce>().ShouldBeEmpty();
                foreach (var effect in effects)
                {
                    switch (effect)
                    {
                        case CallEffect.TakeNumber:
                            taken++;
                            break;
                        case CallEffect.Keep:
                            (keeping, All[what]).ShouldBe((false, Happening.Proven));
                            keeping = true;
                            break;
                        case CallEffect.StopKeeping or CallEffect.Drop:
                            keeping = false;
                            break;
                        case CallEffect.Resume:
                            All[what].ShouldBe(Happening.Pulsed);
                            keeping = true;
                            break;
                        case CallEffect.End end:
                            ended++;
                            effects.Contains(new CallEffect.Alarm(EndingCode.NotHeard)).ShouldBe(end.Ending == Ending.Failed(EndingCode.NotHeard));
                            break;
                        default:
                            break;
                    }
                }
                // A refused number of a call that only rang: there is nothing to end.
                if (All[what] == Happening.NumberRefused && state is { Phase: CallPhase.Ringing, Accounted: false }) taken = ended;
                (state.Phase == CallPhase.Recording).ShouldBe(keeping);
                (taken - ended).ShouldBeInRange(0, 2);
            }
        }, iter: 20_000);

    [Fact]
    public void A_ring_whose_number_was_refused_is_a_ring_still_and_its_lift_is_an_answer()
    {
        var machine = new CallMachine(LineProfile.Ata);
        var effects = new List<CallEffect>();
        CallState After(params (Happening What, long At)[] steps) => steps.Aggregate(default(CallState), (state, step) => machine.Next(state, new(step.What, step.At), effects));
        var answered = After((Happening.RingStarted, 0), (Happening.NumberRefused, 10), (Happening.RingStopped, 8_000), (Happening.Lifted, 12_000), (Happening.NumberGiven, 12_010));
        (answered.Phase, answered.Direction, answered.Answer, answered.Numbered).ShouldBe((CallPhase.OffHook, Direction.Incoming, AnswerLevel.Certain, true));
        effects.OfType<CallEffect.TakeNumber>().Count().ShouldBe(2);
        effects.Clear();
        var again = After((Happening.RingStarted, 0), (Happening.NumberRefused, 10), (Happening.RingStopped, 8_000), (Happening.RingStarted, 40_000), (Happening.NumberGiven, 40_010), (Happening.RingStopped, 48_000), (Happening.Tick, 200_000));
        again.ShouldBe(default);
        effects.OfType<CallEffect.End>().ShouldHaveSingleItem().Ending.ShouldBe(Ending.Missed);
        effects.Clear();
        After((Happening.RingStarted, 0), (Happening.NumberRefused, 10), (Happening.RingStopped, 8_000), (Happening.Tick, 200_000)).ShouldBe(default);
        effects.OfType<CallEffect.End>().ShouldBeEmpty("it never had a number");
    }

    [Fact]
    public void An_emergency_call_is_never_spoken_to()
    {
        var machine = new CallMachine(LineProfile.Ata);
        var effects = new List<CallEffect>();
        var state = default(CallState);
        foreach (var (what, at) in new[] { (Happening.Lifted, 0L), (Happening.NumberGiven, 10), (Happening.DialledEmergency, 8_000), (Happening.Reversed, 16_000), (Happening.SpeechHeard, 20_000), (Happening.Lowered, 80_000), (Happening.Tick, 90_000) })
            state = machine.Next(state, new(what, at), effects);
        effects.OfType<CallEffect.Announce>().ShouldBeEmpty();
        effects.OfType<CallEffect.End>().ShouldHaveSingleItem().Ending.ShouldBe(Ending.Excluded(EndingCode.Emergency));
    }
}
