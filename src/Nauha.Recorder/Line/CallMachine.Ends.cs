using Nauha.Format;

namespace Nauha.Recorder.Line;

// The handset goes down, the pair is cut, the program stops: how a call ends, and under what name.
public sealed partial class CallMachine
{
    private static CallState Down(CallState state, long at) => state with { Phase = CallPhase.Flash, DownAt = at, DownFrom = state.Phase };

    private CallState Flash(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.Pulsed when input.At - state.DownAt > PulseSamples:
                return Flash(state, input with { What = Happening.Lifted }, effects);
            case Happening.Pulsed when state.DownFrom == CallPhase.Recording:
                effects.Add(new CallEffect.Resume(input.At));
                return state with { Phase = CallPhase.Recording };
            case Happening.Pulsed:
                // An announcement that was broken off begins anew.
                return state with { Phase = state.DownFrom == CallPhase.Silent ? CallPhase.Silent : CallPhase.OffHook };
            // Somebody may have joined who was not told: as after a lift, with one announcement and one replay, once there is talk.
            case Happening.Lifted when input.At - state.DownAt <= FlashSamples:
                return state with
                {
                    Phase = state.Verdict is null ? CallPhase.OffHook : CallPhase.Silent,
                    LiftedAt = input.At,
                    Unproven = 0,
                    Joining = state.Answer > AnswerLevel.None || state.Joining,
                    TalkFor = 0,
                    Evidence = new() { QuietSince = input.At },
                };
            case Happening.Lifted or Happening.Connected when state.Numbered:
                return Idle(Close(state, effects), input, effects);
            case Happening.RingStarted when state.Numbered:
                return Idle(Close(state, effects), input, effects);
            case Happening.Tick when state.Numbered && input.At - state.DownAt > FlashSamples:
                return Close(state, effects);
            default:
                return state;
        }
    }

    private CallState Close(CallState state, List<CallEffect> effects)
    {
        End(EndingOf(state), state.DownAt, effects);
        return default;
    }

    // A box that says nothing knows only at the end that nobody else has.
    private void End(Ending ending, long at, List<CallEffect> effects)
    {
        if (listens && ending == Ending.Failed(EndingCode.NotHeard)) effects.Add(new CallEffect.Alarm(EndingCode.NotHeard));
        effects.Add(new CallEffect.End(ending, at));
    }

    // The call is over, whenever the handset goes down.
    private CallState LeaveUp(CallState state, long at, List<CallEffect> effects)
    {
        if (!state.Numbered) return state;
        if (state.Phase == CallPhase.Recording) state = StopKeeping(state, at, effects);
        if (state.Phase == CallPhase.Announcing) effects.Add(new CallEffect.StopAnnouncement());
        var ending = EndingOf(state);
        End(ending.What == EndingKind.Recorded ? ending with { Code = EndingCode.LeftOffHook } : ending, at, effects);
        return new() { Phase = CallPhase.LeftUp };
    }

    private static Ending EndingOf(CallState state) => state switch
    {
        { Kept: true, Verdict: null or { What: EndingKind.Excluded } } => Ending.Recorded,
        { Kept: true, Verdict: { Code: EndingCode.NotHeard } } => Ending.Recorded,   // told and kept before a flash; what came after was not
        { Verdict: { } verdict } => verdict,
        { Declined: true, Kept: false } => Ending.Excluded(EndingCode.AgentChoice),
        { Listed: true, Answer: > AnswerLevel.None } => Ending.Excluded(EndingCode.Listed),
        { Answer: > AnswerLevel.None } => Ending.Failed(EndingCode.NotHeard),
        { SignedIn: true } => Ending.Excluded(EndingCode.SignIn),
        { Dialled: false } => Ending.Excluded(EndingCode.NoCall),
        { ProgressHeard: true } => Ending.Excluded(EndingCode.NotAnswered),
        _ => Ending.Excluded(EndingCode.AnswerUncertain),
    };

    private static CallState Refused(CallState state, List<CallEffect> effects)
    {
        effects.Add(new CallEffect.Alarm(EndingCode.WriteError));
        // It rings on, and whoever lifts answers: only a number is not there yet.
        return state.Phase == CallPhase.Ringing ? state with { Accounted = false } : state.Phase == CallPhase.Idle ? default : state with { Phase = state.Phase == CallPhase.Flash ? CallPhase.Flash : CallPhase.Silent, Numbered = true, Verdict = Ending.Failed(EndingCode.WriteError) };
    }

    private CallState Cut(CallState state, long at, List<CallEffect> effects)
    {
        Finish(state, at, effects);
        effects.Add(new CallEffect.Blind(at));
        return new() { Phase = CallPhase.Fault };
    }

    private CallState Finish(CallState state, long at, List<CallEffect> effects)
    {
        if (state.Phase == CallPhase.Recording) state = StopKeeping(state, at, effects);
        if (state.Phase == CallPhase.Announcing) effects.Add(new CallEffect.StopAnnouncement());
        if (state.Accounted)
            End(state.Phase == CallPhase.Ringing ? Ending.Missed : EndingOf(state), state.Phase == CallPhase.Flash ? state.DownAt : at, effects);
        return default;
    }

    private static CallState Restored(long at, List<CallEffect> effects)
    {
        effects.Add(new CallEffect.SeesAgain(at));
        return default;
    }
}
