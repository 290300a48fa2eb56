using Nauha.Format;

namespace Nauha.Recorder.Recordings;

/// <summary>
/// Half a second of a call, encoded and ready to be sealed. It belongs to a pool: whoever has written it disposes it.
/// </summary>
public sealed class RecordedFrame(Action<RecordedFrame> giveBack) : IDisposable
{
    /// <summary>Line time of the first sample, counted from the off-hook edge (8 kHz).</summary>
    public long FirstSample { get; set; }

    /// <summary>Samples of audio that count; the last packets of a stretch may hold more.</summary>
    public int Samples { get; set; }

    /// <summary>At least 26 packets of 60 bytes (hard CBR 24 kbit/s, 20 ms).</summary>
    public byte[] Buffer { get; } = GC.AllocateArray<byte>(1_600, pinned: true);      // audio: the collector makes no copies

    public int Length { get; set; }

    /// <summary>The packets joined, each of the stream's packetBytes.</summary>
    public ReadOnlyMemory<byte> Packets => Buffer.AsMemory(0, Length);

    public List<SealedEvent> Events { get; } = [];

    public void Dispose() => giveBack(this);

    internal void Reset()
    {
        Array.Clear(Buffer);
        (FirstSample, Samples, Length) = (0, 0, 0);
        Events.Clear();
    }
}
