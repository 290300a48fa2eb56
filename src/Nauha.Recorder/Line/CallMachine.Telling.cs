using Nauha.Format;

namespace Nauha.Recorder.Line;

// From the announcement on: who was told is kept, and what speaks against it.
public sealed partial class CallMachine
{
    private static CallState Announcing(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.Proven:
                return Told(state, input.At, effects);
            case Happening.TalkedOver when state.Unproven == 0:
                return state with { Unproven = 1, WaitsSince = input.At, TalkedAt = input.At };
            case Happening.NotProven when state.Unproven == 0:
                effects.Add(new CallEffect.Announce());
                return state with { Unproven = 1 };
            case Happening.Tick when state.WaitsSince is { } since && (input.At - state.TalkedAt > Quiet || input.At - since > LongestWait):
                effects.Add(new CallEffect.Announce());
                return state with { WaitsSince = null };
            case Happening.ToneUnder when state.Answer == AnswerLevel.Likely || state.Joining:
                return NobodyThere(state, input);
            case Happening.ToneUnder:
                return Announcing(state, input with { What = Happening.NotProven }, effects);
            case Happening.RingbackHeard or Happening.ProgressHeard when state.Answer == AnswerLevel.Likely || state.Joining:
                effects.Add(new CallEffect.StopAnnouncement());
                return NobodyThere(state, input);
            case Happening.NotProven or Happening.TalkedOver:
                effects.Add(new CallEffect.Alarm(EndingCode.NotHeard));
                return state with { Phase = CallPhase.Silent, Unproven = state.Unproven + 1, Verdict = Ending.Failed(EndingCode.NotHeard) };
            case Happening.Lowered:
                effects.Add(new CallEffect.StopAnnouncement());
                return Down(state, input.At);
            case Happening.DialledEmergency or Happening.MachineHeard:
                effects.Add(new CallEffect.StopAnnouncement());
                return input.What == Happening.MachineHeard ? Machine(state) : Emergency(state);
            case Happening.SpeechHeard:
                return state with { TalkedAt = input.At };
            default:
                return state;
        }
    }

    private static CallState Told(CallState state, long at, List<CallEffect> effects)
    {
        var held = state.Answer == AnswerLevel.Likely;
        effects.Add(new CallEffect.Keep(held));
        return state with { Phase = CallPhase.Recording, Unproven = 0, Kept = state.Kept || !held, Held = held, HeldUntil = 0, KeptSince = at, Joining = false };
    }

    // The evidence has turned: the next answer is told afresh.
    private static CallState NobodyThere(CallState state, CallInput input) => state with
    {
        Phase = CallPhase.OffHook,
        Answer = state.Answer == AnswerLevel.Likely ? AnswerLevel.None : state.Answer,
        Held = false,
        Unproven = 0,
        WaitsSince = null,
        ProgressHeard = true,
        TalkFor = 0,
        Evidence = state.Evidence.Tone(input.At, input.What != Happening.ProgressHeard),
    };

    private CallState Recording(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.Lowered:
                return Down(StopKeeping(state, input.At, effects), input.At);
            case Happening.FarEnded:
                // Nobody is there any more; what follows is the port's own, until the handset goes down.
                return StopKeeping(state, input.At, effects) with { Phase = CallPhase.Silent };
            case Happening.RingbackHeard or Happening.ProgressHeard when state.Held:
                effects.Add(new CallEffect.Drop());
                return NobodyThere(state, input);
            // The polarity that turned at the answer has turned back: the far end has gone.
            case Happening.Reversed or Happening.ReversedAsBefore when state is { Turned: true, Held: false }:
                return Recording(state with { Turned = false }, input with { What = Happening.ProgressHeard }, effects);
            case Happening.RingbackHeard or Happening.ProgressHeard or Happening.DialToneHeard or Happening.HoldHeard:
                // Whoever speaks after it may be another: told first.
                state = StopKeeping(state, input.At, effects);
                return state with { Phase = CallPhase.OffHook, Joining = true, TalkFor = 0, Evidence = new() { QuietSince = input.At } };
            case Happening.BeepHeard when state.Held:
                return state with { HeldUntil = input.At + SecondBurst };
            case Happening.WritingFailed or Happening.NoRoom:
                var code = input.What == Happening.NoRoom ? EndingCode.NoSpace : EndingCode.WriteError;
                state = StopKeeping(state, input.At, effects);
                effects.Add(new CallEffect.Alarm(code));
                return state with { Phase = CallPhase.Silent, Verdict = Ending.Failed(code) };
            default:
                state = Heard(state, input);
                if (!state.Held || input.At < state.HeldUntil || (input.At - state.KeptSince <= HeldSamples && state.Evidence.Judge(input.At, _ringbackGone) < AnswerLevel.Certain)) return state;
                return Commit(state, effects);
        }
    }

    private static CallState Commit(CallState state, List<CallEffect> effects)
    {
        effects.Add(new CallEffect.Commit());
        return state with { Held = false, Kept = true, Answer = AnswerLevel.Certain };
    }

    // What was held had nothing against it to the end.
    private static CallState StopKeeping(CallState state, long at, List<CallEffect> effects)
    {
        effects.Add(new CallEffect.StopKeeping(at));
        return state.Held ? Commit(state, effects) : state;
    }

    private static CallState Silent(CallState state, CallInput input) => input.What switch
    {
        Happening.Lowered => Down(state, input.At),
        Happening.SpeechHeard => state with { TalkedAt = input.At },
        _ => state,
    };

    // Before anything is kept: it never is. While it is kept: no more of it; what waits in memory is forgotten.
    private static CallState Decline(CallState state, long at, List<CallEffect> effects)
    {
        switch (state.Phase)
        {
            case CallPhase.Ringing or CallPhase.OffHook or CallPhase.Flash when !state.Kept:
                return state with { Declined = true };
            case CallPhase.Announcing:
                effects.Add(new CallEffect.StopAnnouncement());
                break;
            case CallPhase.Recording when state.Held:
                effects.Add(new CallEffect.Drop());
                state = state with { Held = false };
                break;
            case CallPhase.Recording:
                state = StopKeeping(state, at, effects);
                break;
            case CallPhase.OffHook or CallPhase.Flash:
                break;
            default:
                return state;
        }
        // Of a pulse or a flash there is nothing to go on with.
        return state with { Phase = state.Phase == CallPhase.Flash ? CallPhase.Flash : CallPhase.Silent, DownFrom = CallPhase.Silent, Declined = true, Verdict = Ending.Excluded(EndingCode.AgentChoice) };
    }

    // Whoever lifted for whatever call: a line that rang a moment ago is one on which somebody dials for help just as well.
    private static CallState Emergency(CallState state) => state with { Phase = CallPhase.Silent, Dialled = true, Verdict = Ending.Excluded(EndingCode.Emergency) };

    private static CallState Machine(CallState state) => state with { Phase = CallPhase.Silent, Verdict = Ending.Excluded(EndingCode.DataCall) };
}
