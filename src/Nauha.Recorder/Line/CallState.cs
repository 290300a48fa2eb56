using Nauha.Format;

namespace Nauha.Recorder.Line;

/// <summary>Where a line stands. The table of transitions is in this folder's README.</summary>
public enum CallPhase
{
    /// <summary>On the hook, nothing rings.</summary>
    Idle,

    /// <summary>Rings; the call has been given a number.</summary>
    Ringing,

    /// <summary>Lifted; nobody has been told yet, or somebody may have joined who was not.</summary>
    OffHook,

    /// <summary>The announcement is being played, or its proof is awaited.</summary>
    Announcing,

    /// <summary>Told and proven: audio is kept.</summary>
    Recording,

    /// <summary>The handset is down for less than a flash: nothing is kept, the call may go on.</summary>
    Flash,

    /// <summary>Lifted, and nothing will be kept: excluded or failed; waits for the handset.</summary>
    Silent,

    /// <summary>Left off the hook: the call is over and numbered, the handset is still up.</summary>
    LeftUp,

    /// <summary>No volts: a cut pair, never a call.</summary>
    Fault,
}

/// <summary>What one line knows of its call. Pure data: a step makes another.</summary>
public readonly record struct CallState
{
    public CallPhase Phase { get; init; }

    /// <summary>Null while it is not known: a handset that was up at start-up.</summary>
    public Direction? Direction { get; init; }

    /// <summary>A number was asked for; the call is accounted for whatever comes.</summary>
    public bool Accounted { get; init; }

    /// <summary>The number is in the journal, synced.</summary>
    public bool Numbered { get; init; }

    /// <summary>Line time of the off-hook edge, or of the end of a flash: the announcement's delay counts from here.</summary>
    public long LiftedAt { get; init; }

    /// <summary>Line time of the edge that put the handset down, while a flash is possible.</summary>
    public long DownAt { get; init; }

    /// <summary>What went on when the handset went down.</summary>
    public CallPhase DownFrom { get; init; }

    /// <summary>Line time at which the ring last stopped; null while it rings.</summary>
    public long? RingStoppedAt { get; init; }

    /// <summary>Announcements played in a row without proof.</summary>
    public int Unproven { get; init; }

    /// <summary>The replay waits since then for the talk to stop.</summary>
    public long? WaitsSince { get; init; }

    /// <summary>The announcement was proven at least once in this call and audio was handed to the vault.</summary>
    public bool Kept { get; init; }

    /// <summary>Line time at which keeping last began.</summary>
    public long KeptSince { get; init; }

    /// <summary>What is kept waits in memory: it is not certain yet that the far end has answered.</summary>
    public bool Held { get; init; }

    /// <summary>Line time before which what is held is not written, whatever speaks for it: a burst was heard that may be a ringback's.</summary>
    public long HeldUntil { get; init; }

    /// <summary>Whether there is somebody at the other end; certain where the call came in.</summary>
    public AnswerLevel Answer { get; init; }

    public AnswerEvidence Evidence { get; init; }

    /// <summary>The polarity has turned since the number was dialled, and not turned back.</summary>
    public bool Turned { get; init; }

    /// <summary>Somebody may have joined who was not told: they are, once there is talk.</summary>
    public bool Joining { get; init; }

    /// <summary>Samples of talk since somebody may have joined.</summary>
    public long TalkFor { get; init; }

    /// <summary>Line time at which talk was last heard.</summary>
    public long TalkedAt { get; init; }

    /// <summary>Whether the other party's number is never to be recorded is being looked up.</summary>
    public bool Asking { get; init; }

    /// <summary>It is on the list of those.</summary>
    public bool Listed { get; init; }

    /// <summary>The agent said so of this call, before it was announced to.</summary>
    public bool Declined { get; init; }

    /// <summary>Somebody signed in or out by telephone, and has dialled nothing since.</summary>
    public bool SignedIn { get; init; }

    /// <summary>A digit was dialled.</summary>
    public bool Dialled { get; init; }

    /// <summary>Ringback, busy or congestion was heard after dialling.</summary>
    public bool ProgressHeard { get; init; }

    /// <summary>How the call will be numbered when the handset goes down, where that is already decided.</summary>
    public Ending? Verdict { get; init; }
}
