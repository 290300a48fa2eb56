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
}
