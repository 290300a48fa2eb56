using Nauha.Format;

namespace Nauha.Recorder.Line;

public enum Happening
{
    /// <summary>Time passes; one a block.</summary>
    Tick,
    RingStarted,
    RingStopped,
    Lifted,

    /// <summary>The handset was up when the first volts were read.</summary>
    FoundLifted,

    /// <summary>Sound began on a line that shows no hook: a call either way, or the tones before one.</summary>
    VoiceBegan,
    /// <summary>A protocol says that two are connected now: a call either way, as <see cref="CallInput.Direction"/> says.</summary>
    Connected,
    Lowered,

    /// <summary>The polarity turned, on a port that has not shown before what it means by that.</summary>
    Reversed,

    /// <summary>The polarity turned, on a port that does so when the far end answers.</summary>
    ReversedAsBefore,

    /// <summary>The handset is up again after one pulse of a dial: it was never down.</summary>
    Pulsed,

    /// <summary>The port says that the far end has hung up (open loop).</summary>
    FarEnded,
    PairCut,
    PairRestored,

    /// <summary>The journal holds the number, synced.</summary>
    NumberGiven,

    /// <summary>No number could be written: nothing may act.</summary>
    NumberRefused,
    Dialled,

    /// <summary>What was keyed was a sign-in or a sign-out, not a number.</summary>
    SignedIn,

    /// <summary>The digits so far reach a number that is never announced to (112).</summary>
    DialledEmergency,

    /// <summary>The number that the line shows is being looked up among those never recorded.</summary>
    ListAsked,

    /// <summary>It is one of them.</summary>
    Listed,
    NotListed,

    /// <summary>The agent does not want this call recorded.</summary>
    Declined,
    DialToneHeard,
    RingbackHeard,

    /// <summary>Busy, congestion or special information tone.</summary>
    ProgressHeard,

    /// <summary>One burst while audio is kept: a ringback's first, or the beep of a voicemail. The next one tells.</summary>
    BeepHeard,

    /// <summary>A fax, a modem, a textphone or an alarm receiver.</summary>
    MachineHeard,

    /// <summary>The howler: the exchange says that the handset was left off the hook.</summary>
    HowlerHeard,
    SpeechHeard,

    /// <summary>Another voice, of another loudness, than the one before.</summary>
    TurnTaken,

    /// <summary>The talk of the last two seconds comes and goes as syllables do.</summary>
    SyllablesHeard,

    /// <summary>The noise behind the silence is another than it was.</summary>
    NoiseStepped,

    /// <summary>Ten seconds of music on hold or of a queue's beeps; once a block while it lasts.</summary>
    HoldHeard,

    /// <summary>The announcement was played and its proof holds.</summary>
    Proven,

    /// <summary>The announcement was played, or broken off, and its proof does not hold.</summary>
    NotProven,

    /// <summary>The same, because somebody spoke over it.</summary>
    TalkedOver,

    /// <summary>The same, because a progress tone sounded under it: nobody is there yet.</summary>
    ToneUnder,

    /// <summary>A frame could not be written: what was kept stays, nothing more can be.</summary>
    WritingFailed,

    /// <summary>The flash is full: the same, for that reason.</summary>
    NoRoom,

    /// <summary>The program stops: the call in progress is closed as it stands.</summary>
    Stopping,
}

/// <summary>What happens on one line, as the machine sees it.</summary>
/// <param name="At">Line time, samples at 8 kHz.</param>
/// <param name="Direction">Of a call that a protocol has connected; null: it does not say, or it is another happening.</param>
public readonly record struct CallInput(Happening What, long At, Direction? Direction = null);

/// <summary>What the conductor has to do.</summary>
public abstract record CallEffect
{
    private CallEffect() { }

    /// <summary>Writes the call's start to the journal before anything acts on it.</summary>
    public sealed record TakeNumber(long At) : CallEffect;

    /// <summary>A ringing call was answered: the call's moment is the off-hook edge.</summary>
    public sealed record PickedUp(long At) : CallEffect;

    public sealed record Announce : CallEffect;

    public sealed record StopAnnouncement : CallEffect;

    /// <summary>Keeps audio from the end of the proven announcement on; held in memory until it is committed or dropped.</summary>
    public sealed record Keep(bool Held) : CallEffect;

    /// <summary>The far end has answered: what is held goes to the vault.</summary>
    public sealed record Commit : CallEffect;

    /// <summary>It had not: what is held is forgotten.</summary>
    public sealed record Drop : CallEffect;

    /// <summary>Goes on keeping from this sample: the handset was not down.</summary>
    public sealed record Resume(long At) : CallEffect;

    /// <summary>Keeps nothing from this sample on.</summary>
    public sealed record StopKeeping(long At) : CallEffect;

    public sealed record End(Format.Ending Ending, long At) : CallEffect;

    public sealed record Alarm(Format.EndingCode Code) : CallEffect;

    /// <summary>The line cannot be accounted for from here on, until it is restored.</summary>
    public sealed record Blind(long At) : CallEffect;

    public sealed record SeesAgain(long At) : CallEffect;
}
