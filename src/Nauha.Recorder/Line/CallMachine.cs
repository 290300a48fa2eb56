using Nauha.Format;

namespace Nauha.Recorder.Line;

/// <summary>
/// The call as a pure function: state and happening in, next state and effects out. It has no clock and touches nothing;
/// the table stands in README.md. Every lift and every first ring asks for a number before anything else acts.
/// </summary>
/// <param name="opens">After a lift, until the network carries what is announced; null: the profile's.</param>
/// <param name="listens">The box says nothing: others announce, at any moment of the call, and the box hears it or does not.</param>
public sealed partial class CallMachine(LineProfile profile, TimeSpan? opens = null, bool listens = false)
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

    private static long Samples(TimeSpan time) => (long)(time.TotalSeconds * Rate);
}
