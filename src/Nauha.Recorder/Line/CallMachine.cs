using Nauha.Format;

namespace Nauha.Recorder.Line;

/// <summary>
/// The call as a pure function: state and happening in, next state and effects out. It has no clock and touches nothing;
/// the table stands in README.md. Every lift and every first ring asks for a number before anything else acts.
/// </summary>
public sealed class CallMachine(LineProfile profile)
{
    private const int Rate = 8_000;

    /// <summary>Down for longer than this ends the call; shorter is a flash.</summary>
    public const long FlashSamples = Rate * 800 / 1_000;

    /// <summary>Shorter than this it is a pulse of a dial: nobody was switched in or out.</summary>
    private const long PulseSamples = Rate * 90 / 1_000;

    private readonly long _announcementDelay = Samples(profile.AnnouncementDelay);
    private readonly long _ringPause = Samples(profile.RingPause);
    private readonly long _ringbackGone = Samples(profile.RingbackPeriod * 1.5);

    /// <returns>The next state; what has to be done is added to <paramref name="effects"/>, in order.</returns>
    public CallState Next(CallState state, CallInput input, List<CallEffect> effects) => input.What switch
    {
        Happening.NumberGiven or Happening.NumberRefused when !state.Accounted => state,   // of a call that is over
        Happening.NumberRefused when state.Numbered => state,   // what the journal holds cannot be refused any more
        Happening.NumberGiven => state with { Numbered = true },
        Happening.NumberRefused => Refused(state, effects),
        Happening.PairCut => Cut(state, input.At, effects),
        Happening.Stopping => Finish(state, input.At, effects),
        _ => state.Phase switch
        {
            CallPhase.Idle => Idle(state, input, effects),
            CallPhase.Ringing => Ringing(state, input, effects),
            CallPhase.OffHook => OffHook(state, input, effects),
            CallPhase.Announcing => Announcing(state, input, effects),
            CallPhase.Recording => Recording(state, input, effects),
            CallPhase.Flash => Flash(state, input, effects),
            CallPhase.Silent => input.What == Happening.Lowered ? Down(state, input.At) : state,
            _ => input.What == Happening.PairRestored ? Restored(input.At, effects) : state,
        },
    };

    private static CallState Idle(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.RingStarted:
                effects.Add(new CallEffect.TakeNumber(input.At));
                return new() { Phase = CallPhase.Ringing, Direction = Direction.Incoming, Accounted = true };
            case Happening.Lifted or Happening.FoundLifted:
                effects.Add(new CallEffect.TakeNumber(input.At));
                return new()
                {
                    Phase = CallPhase.OffHook,
                    Direction = input.What == Happening.Lifted ? Direction.Outgoing : null,
                    Answered = input.What == Happening.FoundLifted,   // somebody may be there: they are told first
                    Accounted = true,
                    LiftedAt = input.At,
                };
            default:
                return state;
        }
    }

    private CallState Ringing(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.RingStarted:
                return state with { RingStoppedAt = null };
            case Happening.RingStopped:
                return state with { RingStoppedAt = input.At };
            case Happening.Lifted:
                effects.Add(new CallEffect.PickedUp(input.At));
                return state with { Phase = CallPhase.OffHook, LiftedAt = input.At, Answered = true, RingStoppedAt = null };
            case Happening.Tick when state.RingStoppedAt is { } stopped && input.At - stopped > _ringPause && state.Numbered:
                effects.Add(new CallEffect.End(Ending.Missed, stopped));
                return default;
            default:
                return state;
        }
    }

    private CallState OffHook(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.Lowered:
                return Down(state, input.At);
            case Happening.DialledEmergency:
                return Emergency(state);
            case Happening.Dialled:
                return state with { Dialled = true };
            case Happening.RingbackHeard:
                return state with { ProgressHeard = true, RingbackAt = input.At };
            case Happening.ProgressHeard:
                return state with { ProgressHeard = true };
            case Happening.Reversed when state is { Direction: Direction.Outgoing, Dialled: true }:
                // The reversal is the answer itself: the announcement's delay counts from the lift, long past.
                return Tell(state with { Answered = true }, input.At, effects);
            case Happening.SpeechHeard when state is { Direction: Direction.Outgoing, RingbackAt: { } ringback } && input.At - ringback > _ringbackGone:
                return Tell(state with { Answered = true }, input.At, effects);
            case Happening.Tick when state.Answered:
                return Tell(state, input.At, effects);
            default:
                return state;
        }
    }

    private CallState Tell(CallState state, long at, List<CallEffect> effects)
    {
        if (!state.Numbered || at - state.LiftedAt < _announcementDelay) return state;
        effects.Add(new CallEffect.Announce());
        return state with { Phase = CallPhase.Announcing };
    }

    private static CallState Announcing(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.Proven:
                effects.Add(new CallEffect.Keep());
                return state with { Phase = CallPhase.Recording, Unproven = 0, Kept = true };
            case Happening.NotProven when state.Unproven == 0:
                effects.Add(new CallEffect.Announce());
                return state with { Unproven = 1 };
            case Happening.NotProven:
                effects.Add(new CallEffect.Alarm(EndingCode.NotHeard));
                return state with { Phase = CallPhase.Silent, Unproven = state.Unproven + 1, Verdict = Ending.Failed(EndingCode.NotHeard) };
            case Happening.Lowered:
                effects.Add(new CallEffect.StopAnnouncement());
                return Down(state, input.At);
            case Happening.DialledEmergency:
                effects.Add(new CallEffect.StopAnnouncement());
                return Emergency(state);
            default:
                return state;
        }
    }

    // Whoever lifted for whatever call: a line that rang a moment ago is one on which somebody dials for help just as well.
    private static CallState Emergency(CallState state) => state with { Phase = CallPhase.Silent, Dialled = true, Verdict = Ending.Excluded(EndingCode.Emergency) };

    private static CallState Recording(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.Lowered:
                effects.Add(new CallEffect.StopKeeping(input.At));
                return Down(state, input.At);
            case Happening.FarEnded:
                // Nobody is there any more; what follows is the port's own, until the handset goes down.
                effects.Add(new CallEffect.StopKeeping(input.At));
                return state with { Phase = CallPhase.Silent };
            case Happening.WritingFailed or Happening.NoRoom:
                var code = input.What == Happening.NoRoom ? EndingCode.NoSpace : EndingCode.WriteError;
                effects.Add(new CallEffect.StopKeeping(input.At));
                effects.Add(new CallEffect.Alarm(code));
                return state with { Phase = CallPhase.Silent, Verdict = Ending.Failed(code) };
            default:
                return state;
        }
    }

    private static CallState Down(CallState state, long at) => state with { Phase = CallPhase.Flash, DownAt = at, DownFrom = state.Phase };

    private static CallState Flash(CallState state, CallInput input, List<CallEffect> effects)
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
            // Somebody may have joined who was not told: as after a lift, with one announcement and one replay.
            case Happening.Lifted when input.At - state.DownAt <= FlashSamples:
                return state with { Phase = state.Verdict is null ? CallPhase.OffHook : CallPhase.Silent, LiftedAt = input.At, Unproven = 0 };
            case Happening.Lifted when state.Numbered:
                return Idle(Close(state, effects), input, effects);
            case Happening.RingStarted when state.Numbered:
                return Idle(Close(state, effects), input, effects);
            case Happening.Tick when state.Numbered && input.At - state.DownAt > FlashSamples:
                return Close(state, effects);
            default:
                return state;
        }
    }

    private static CallState Close(CallState state, List<CallEffect> effects)
    {
        effects.Add(new CallEffect.End(EndingOf(state), state.DownAt));
        return default;
    }

    private static Ending EndingOf(CallState state) => state switch
    {
        { Kept: true, Verdict: null or { What: EndingKind.Excluded } } => Ending.Recorded,
        { Kept: true, Verdict: { Code: EndingCode.NotHeard } } => Ending.Recorded,   // told and kept before a flash; what came after was not
        { Verdict: { } verdict } => verdict,
        { Answered: true } => Ending.Failed(EndingCode.NotHeard),
        { Dialled: false } => Ending.Excluded(EndingCode.NoCall),
        { ProgressHeard: true } => Ending.Excluded(EndingCode.NotAnswered),
        _ => Ending.Excluded(EndingCode.AnswerUncertain),
    };

    private static CallState Refused(CallState state, List<CallEffect> effects)
    {
        effects.Add(new CallEffect.Alarm(EndingCode.WriteError));
        return state.Phase is CallPhase.Ringing or CallPhase.Idle
            ? default
            : state with { Phase = state.Phase == CallPhase.Flash ? CallPhase.Flash : CallPhase.Silent, Numbered = true, Verdict = Ending.Failed(EndingCode.WriteError) };
    }

    private static CallState Cut(CallState state, long at, List<CallEffect> effects)
    {
        Finish(state, at, effects);
        effects.Add(new CallEffect.Blind(at));
        return new() { Phase = CallPhase.Fault };
    }

    private static CallState Finish(CallState state, long at, List<CallEffect> effects)
    {
        switch (state.Phase)
        {
            case CallPhase.Recording: effects.Add(new CallEffect.StopKeeping(at)); break;
            case CallPhase.Announcing: effects.Add(new CallEffect.StopAnnouncement()); break;
            default: break;
        }
        if (state.Accounted)
            effects.Add(new CallEffect.End(state.Phase == CallPhase.Ringing ? Ending.Missed : EndingOf(state), state.Phase == CallPhase.Flash ? state.DownAt : at));
        return default;
    }

    private static CallState Restored(long at, List<CallEffect> effects)
    {
        effects.Add(new CallEffect.SeesAgain(at));
        return default;
    }

    private static long Samples(TimeSpan time) => (long)(time.TotalSeconds * Rate);
}
