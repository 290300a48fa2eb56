namespace Nauha.Recorder.Line;

/// <summary>What the pair's volts say.</summary>
public enum HookChange
{
    OffHook,
    OnHook,
    RingStarted,
    RingStopped,
    Reversal,

    /// <summary>Nobody feeds the pair any more, handset up: what is heard from here on proves nothing.</summary>
    FeedLost,

    /// <summary>It is fed again after 150 to 1,000 ms: the port says that the far end has hung up.</summary>
    OpenLoop,

    /// <summary>A break of 30 to 90 ms, handset up: one pulse of a dial.</summary>
    Pulse,

    /// <summary>The off-hook volts stepped by 3 V or more: a second phone came or went.</summary>
    SecondPhone,

    /// <summary>Nobody fed the pair for 50 ms to 2 s, handset down (or for more than an open loop, handset up): it is fed again. Whatever the line would have said meanwhile is not known.</summary>
    BrownOut,
    Cut,
    Restored,
}

/// <param name="At">Line time (8 kHz) of the edge itself, not of the decision.</param>
/// <param name="AtStartUp">The first state ever read: the handset was up already.</param>
/// <param name="Until">Of a brown-out: line time at which the pair was fed again.</param>
public readonly record struct HookEvent(HookChange Change, long At, bool AtStartUp = false, long Until = 0);
