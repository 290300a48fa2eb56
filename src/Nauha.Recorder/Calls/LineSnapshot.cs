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

    /// <summary>Line time heard so far: it grows for as long as the line is alive.</summary>
    public long Heard { get; init; }

    /// <summary>Blocks (20 ms) of calls since the start in which a sample touched full scale; edges of the hook do not count.</summary>
    public long ClippedBlocks { get; init; }

    /// <summary>What is said is kept as silence just now.</summary>
    public bool Masked { get; init; }

    /// <summary>The port is not known yet: fewer than three calls.</summary>
    public bool Learning { get; init; }

    /// <summary>At rest the line hums, or it is far louder than a line at rest.</summary>
    public bool HumOrLevel { get; init; }
}
