using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Calls;

/// <summary>What one line shows to those who look at the box. No number of a caller, no digits.</summary>
/// <param name="Recorded">Audio kept of the call in progress.</param>
/// <param name="SealedBytes">Bytes of it on the disk.</param>
/// <param name="FramesWaiting">Frames between line and disk: the queue's visible length.</param>
/// <param name="LostSamples">Samples lost since the start, by the source or for want of room.</param>
/// <param name="LastUnproven">The last call's announcement was not proven.</param>
/// <param name="WriteFailed">Something of the last call could not be written.</param>
/// <param name="Lost">There is no source: it failed and is not back yet.</param>
public sealed record LineSnapshot(LineId Line, CallPhase Phase, ulong? CallNumber, TimeSpan Recorded, long SealedBytes, int FramesWaiting, long LostSamples, bool LastUnproven, bool WriteFailed, bool Lost)
{
    /// <summary>How the line's sound device does; null where there is none, or not any more.</summary>
    public SoundLook? Sound { get; init; }

    /// <summary>How the line tells agent from caller.</summary>
    public LineSides Sides { get; init; }

    /// <summary>Calls so far in which the announcement was proven and audio kept, and calls that failed because it was not.</summary>
    public long Proven { get; init; }

    public long NotHeard { get; init; }

    /// <summary>Line time heard so far: it grows for as long as the line is alive.</summary>
    public long Heard { get; init; }

    /// <summary>How old the oldest sample is that is to be kept and is not on the disk yet, in line time; zero where nothing is kept.</summary>
    public TimeSpan OldestUnsynced { get; init; }

    /// <summary>The most that it has been since the start. Above a second, more than a power cut may cost was at stake.</summary>
    public TimeSpan OldestUnsyncedMost { get; init; }

    /// <summary>Blocks (20 ms) of calls since the start in which a sample touched full scale; edges of the hook do not count.</summary>
    public long ClippedBlocks { get; init; }

    /// <summary>What is said is kept as silence just now.</summary>
    public bool Masked { get; init; }

    /// <summary>The port is not known yet: fewer than three calls.</summary>
    public bool Learning { get; init; }

    /// <summary>At rest the line hums, or it is far louder than a line at rest.</summary>
    public bool HumOrLevel { get; init; }
}
