using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Nauha.Recorder.Recordings;

/// <summary>A fixed number of frames that go round between a line and its writer: the bound of the queue between them.</summary>
public sealed class FramePool
{
    private readonly ConcurrentBag<RecordedFrame> _free = [];

    public FramePool(int frames)
    {
        Count = frames;
        for (var i = 0; i < frames; i++) _free.Add(new RecordedFrame(GiveBack));
    }

    public int Count { get; }

    /// <summary>Frames on their way to the disk.</summary>
    public int InUse => Count - _free.Count;

    public bool TryRent([NotNullWhen(true)] out RecordedFrame? frame) => _free.TryTake(out frame);

    private void GiveBack(RecordedFrame frame)
    {
        frame.Reset();
        _free.Add(frame);
    }
}
