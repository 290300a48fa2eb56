using Nauha.Format;

namespace Nauha.Recorder.Line;

/// <summary>
/// The call as a pure function: state and happening in, next state and effects out. It has no clock and touches nothing;
/// the table stands in README.md. Every lift and every first ring asks for a number before anything else acts.
/// </summary>
/// <param name="opens">After a lift, until the network carries what is announced; null: the profile's.</param>
/// <param name="listens">The box says nothing: others announce, at any moment of the call, and the box hears it or does not.</param>
public sealed class CallMachine(LineProfile profile, TimeSpan? opens = null, bool listens = false)
{
    private const int Rate = 8_000;

    /// <summary>Down for longer than this ends the call; shorter is a flash.</summary>
    public const long FlashSamples = Rate * 800 / 1_000;

    /// <summary>Shorter than this it is a pulse of a dial: nobody was switched in or out.</summary>
    private const long PulseSamples = Rate * 90 / 1_000;

    /// <summary>What was said to a far end that has likely answered is written after this, if nothing speaks against it.</summary>
    private const long HeldSamples = Rate * 20;

    /// <summary>A ringback's second burst would be over by then.</summary>
    private const long SecondBurst = Rate * 7;

    private const long Block = Rate / 50;                   // talk is said once a block
    private const long JoinedTalk = Rate * 2;               // who joins is told when there has been so much talk
    private const long TalkPause = Rate;                    // a longer pause begins the talk anew
    private const long Quiet = Rate * 6 / 10;
    private const long LongestWait = Rate * 10;
    private const long LeftUpSamples = Rate * 60L * 30;     // nobody speaks for so long: left off the hook

    private readonly long _announcementDelay = Samples(opens ?? profile.AnnouncementDelay);
    private readonly long _ringPause = Samples(profile.RingPause);
    private readonly long _ringbackGone = Samples(profile.RingbackPeriod * 1.5);

    /// <returns>The next state; what has to be done is added to <paramref name="effects"/>, in order.</returns>
    public CallState Next(CallState state, CallInput input, List<CallEffect> effects) => input.What switch
    {
        Happening.NumberGiven or Happening.NumberRefused when !state.Accounted => state,   // of a call that is over
        Happening.NumberRefused when state.Numbered => state,   // what the journal holds cannot be refused any more
        Happening.NumberGiven => state with { Numbered = true },
        Happening.NumberRefused => Refused(state, effects),
        Happening.ListAsked => state with { Asking = true },
        Happening.Listed or Happening.NotListed => state with { Asking = false, Listed = state.Phase is CallPhase.Idle or CallPhase.Ringing or CallPhase.OffHook ? input.What == Happening.Listed : state.Listed },
        Happening.Declined => Decline(state, input.At, effects),
        Happening.PairCut => Cut(state, input.At, effects),
        Happening.Stopping => Finish(state, input.At, effects),
        Happening.HowlerHeard when IsUp(state) => LeaveUp(state, input.At, effects),
        Happening.Tick when IsUp(state) && input.At - Math.Max(Math.Max(state.LiftedAt, state.KeptSince), state.TalkedAt) > LeftUpSamples => LeaveUp(state, input.At, effects),
        _ => state.Phase switch
        {
            CallPhase.Idle => Idle(state, input, effects),
            CallPhase.Ringing => Ringing(state, input, effects),
            CallPhase.OffHook => OffHook(state, input, effects),
            CallPhase.Announcing => Announcing(state, input, effects),
            CallPhase.Recording => Recording(state, input, effects),
            CallPhase.Flash => Flash(state, input, effects),
            CallPhase.Silent => Silent(state, input),
            CallPhase.LeftUp => input.What == Happening.Lowered ? default : state,
            _ => input.What == Happening.PairRestored ? Restored(input.At, effects) : state,
        },
    };

    private static bool IsUp(CallState state) => state.Phase is CallPhase.OffHook or CallPhase.Announcing or CallPhase.Recording or CallPhase.Silent;

    private static CallState Idle(CallState state, CallInput input, List<CallEffect> effects)
    {
        switch (input.What)
        {
            case Happening.RingStarted:
                effects.Add(new CallEffect.TakeNumber(input.At));
                return new() { Phase = CallPhase.Ringing, Direction = Direction.Incoming, Accounted = true, Asking = state.Asking, Listed = state.Listed };
            case Happening.Lifted or Happening.FoundLifted or Happening.VoiceBegan or Happening.Connected:
                effects.Add(new CallEffect.TakeNumber(input.At));
                return new()
                {
                    Phase = CallPhase.OffHook,
                    Direction = input.What == Happening.Lifted ? Direction.Outgoing : input.Direction,
                    Answer = input.What is Happening.FoundLifted or Happening.Connected ? AnswerLevel.Certain : AnswerLevel.None,   // somebody may be there: they are told first
                    Dialled = input is { What: Happening.Connected, Direction: Direction.Outgoing },
                    Joining = input.What == Happening.VoiceBegan,   // it may be a dial tone: who talks is told, tones are not
                    Accounted = true,
                    LiftedAt = input.At,
                    Evidence = new() { QuietSince = input.At },
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
                if (!state.Accounted) effects.Add(new CallEffect.TakeNumber(input.At));   // the journal refused before: perhaps not now
                return state with { RingStoppedAt = null, Accounted = true };
            case Happening.RingStopped:
                return state with { RingStoppedAt = input.At };
            case Happening.Lifted:
                if (!state.Accounted) effects.Add(new CallEffect.TakeNumber(input.At));
                effects.Add(new CallEffect.PickedUp(input.At));
                return state with { Phase = CallPhase.OffHook, Accounted = true, LiftedAt = input.At, Answer = AnswerLevel.Certain, RingStoppedAt = null };
            case Happening.Tick when state.RingStoppedAt is { } stopped && input.At - stopped > _ringPause && (state.Numbered || !state.Accounted):
                if (state.Numbered) effects.Add(new CallEffect.End(Ending.Missed, stopped));
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
            case Happening.MachineHeard:
                return Machine(state);
            // Whoever plays it is there; that the far end has answered is not said by that.
            case Happening.Proven when listens && state is { Numbered: true, Asking: false, Listed: false, Declined: false }:
                return Told(state with { Answer = state.Answer > AnswerLevel.None ? state.Answer : AnswerLevel.Likely }, input.At, effects);
            default:
                state = Heard(state, input);
                if (input.What is Happening.RingbackHeard or Happening.ProgressHeard && state.Answer == AnswerLevel.Likely) state = state with { Answer = AnswerLevel.None };
                return state switch
                {
                    { Answer: AnswerLevel.None, Direction: Direction.Outgoing, SignedIn: false } when state.Evidence.Judge(input.At, _ringbackGone) is > AnswerLevel.None and var answer => Tell(state with { Answer = answer }, input.At, effects),
                    { Joining: true, TalkFor: > JoinedTalk } => Tell(state with { Answer = state.Answer > AnswerLevel.None ? state.Answer : AnswerLevel.Certain }, input.At, effects),
                    { Joining: false, Answer: > AnswerLevel.None } => Tell(state, input.At, effects),
                    _ => state,
                };
        }
    }

    // What the ears say, gathered as evidence.
    private static CallState Heard(CallState state, CallInput input) => input.What switch
    {
        Happening.SignedIn when state.Direction == Direction.Outgoing => state with { SignedIn = true, Dialled = false, ProgressHeard = false, Evidence = new() { QuietSince = input.At } },
        Happening.Dialled => state with { Dialled = true, SignedIn = false, Evidence = state.Evidence.Digit(input.At) },
        Happening.DialToneHeard => state with { TalkFor = 0, Evidence = state.Evidence.Tone(input.At, ringback: false) },
        Happening.RingbackHeard => state with { ProgressHeard = true, TalkFor = 0, Evidence = state.Evidence.Tone(input.At, ringback: true) },
        Happening.ProgressHeard => state with { ProgressHeard = true, TalkFor = 0, Evidence = state.Evidence.Tone(input.At, ringback: false) },
        Happening.Reversed or Happening.ReversedAsBefore when state is { Direction: Direction.Outgoing, Dialled: true } =>
            state with { Turned = !state.Turned, Evidence = state.Evidence with { Reversal = true, ReversalIsKnown = input.What == Happening.ReversedAsBefore } },
        Happening.SpeechHeard => state with { TalkedAt = input.At, TalkFor = state.TalkFor + Block, Evidence = state.Evidence with { TalkSince = state.Evidence.TalkSince ?? input.At } },
        Happening.TurnTaken => state with { Evidence = state.Evidence with { Turns = state.Evidence.Turns + 1 } },
        Happening.SyllablesHeard => state with { Evidence = state.Evidence with { Syllables = true } },
        Happening.NoiseStepped => state with { Evidence = state.Evidence with { Stepped = true } },
        Happening.Tick when input.At - state.TalkedAt > TalkPause => state with { Evidence = state.Evidence with { TalkSince = null } },
        _ => state,
    };

    private CallState Tell(CallState state, long at, List<CallEffect> effects)
    {
        if (!state.Numbered || state.Asking) return state;
        if (state.Listed || state.Declined) return state with { Phase = CallPhase.Silent, Verdict = Ending.Excluded(state.Listed ? EndingCode.Listed : EndingCode.AgentChoice) };
        if (listens || at - state.LiftedAt < _announcementDelay) return state;
        effects.Add(new CallEffect.Announce());
        return state with { Phase = CallPhase.Announcing, Unproven = 0, WaitsSince = null };
    }

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

    private static long Samples(TimeSpan time) => (long)(time.TotalSeconds * Rate);
}
