using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Line;

namespace Nauha.Recorder.Recordings;

/// <summary>
/// Turns one call's kept samples into frames of half a second. It reads from the line's memory behind the newest sample,
/// so that an edge or a keyed digit can still be cut or silenced before its frame exists.
/// </summary>
/// <remarks>
/// A stretch is what is kept without a break. Within a stretch the encoder runs on; at its end the packets carry at least
/// the encoder's delay more than the samples counted, and encoder and decoder start anew after it. So a reader knows a
/// stretch's end by a frame whose packets hold more samples than it says.
/// </remarks>
public sealed class FrameMaker(OpusEncoder encoder, FramePool pool, long liftedAt)
{
    /// <summary>How far behind the newest sample frames are made: 120 ms.</summary>
    public const int Delay = 960;

    private const int PacketSamples = 160;
    private const int PacketsInFrame = 25;

    private readonly short[] _packet = GC.AllocateArray<short>(PacketSamples, pinned: true);
    private readonly List<SealedEvent> _noted = [];
    private RecordedFrame? _frame;
    private long _keptUntil = -1;
    private int _packets;
    private bool _broken;

    public bool IsKeeping => _keptUntil >= 0;

    /// <summary>Line time at which the stretch in hand began, or the last one.</summary>
    public long StretchFrom { get; private set; }

    /// <summary>Samples kept so far, all stretches.</summary>
    public long Samples { get; private set; }

    /// <summary>Samples lost because nobody took the frames in time.</summary>
    public long Lost { get; private set; }

    /// <summary>Begins a stretch at this line time.</summary>
    public void Begin(long from)
    {
        encoder.Reset();
        _keptUntil = StretchFrom = from;
    }

    /// <summary>Notes an event for the next frame; <paramref name="at"/> is line time.</summary>
    public void Note(long at, string what, long samples = 0) => _noted.Add(new SealedEvent((ulong)Math.Max(0, at - liftedAt), what) { Samples = (ulong)Math.Max(0, samples) });

    /// <summary>What was noted after the last frame: it goes into the recording's end.</summary>
    public IReadOnlyList<SealedEvent> TakeNoted()
    {
        SealedEvent[] noted = [.. _noted];
        _noted.Clear();
        return noted;
    }

    /// <summary>Encodes what has passed the delay. False: no frame is free, nothing was done; the memory waits.</summary>
    public bool Advance(LineMemory memory, Action<RecordedFrame> made)
    {
        if (!IsKeeping) return true;
        SkipForgotten(memory);
        while (_keptUntil + PacketSamples <= memory.End - Delay)
            if (!Encode(memory, PacketSamples, made)) return false;
        return true;
    }

    /// <summary>Ends the stretch at this line time, at once: what finds no free frame any more is a gap of known length.</summary>
    public void End(LineMemory memory, long at, Action<RecordedFrame> made)
    {
        if (!IsKeeping) return;
        SkipForgotten(memory);
        while (_keptUntil < at)
        {
            if (Encode(memory, (int)Math.Min(PacketSamples, at - _keptUntil), made)) continue;
            Lose(at);
        }
        if (_frame is not null) Drain();
        Hand(made);
        // Nothing of the talk stays behind, in the coder neither.
        encoder.Reset();
        Array.Clear(_packet);
        (_keptUntil, _broken) = (-1, false);
    }

    /// <summary>Ends the stretch and forgets what is in hand.</summary>
    public void Drop()
    {
        _frame?.Dispose();
        (_frame, _packets, _keptUntil, _broken) = (null, 0, -1, false);
        _noted.Clear();
    }

    // Nobody took frames for so long that the memory has run over them.
    private void SkipForgotten(LineMemory memory)
    {
        if (_keptUntil < memory.Start) Lose(memory.Start);
    }

    // A gap of known length, in its place: noted in the frame in hand, before it.
    private void Lose(long until)
    {
        var began = _keptUntil;
        if (_noted is [.., { What: "gap" } last] && liftedAt + (long)(last.At + last.Samples) == _keptUntil)
        {
            began = liftedAt + (long)last.At;
            _noted.RemoveAt(_noted.Count - 1);
        }
        Note(began, "gap", until - began);
        Lost += until - _keptUntil;
        (_keptUntil, _broken) = (until, true);
    }

    // A full frame is handed over when the next one is there: so the stretch can always be ended in the one in hand.
    private bool Encode(LineMemory memory, int samples, Action<RecordedFrame> made)
    {
        if (_frame is null || _broken || _packets >= PacketsInFrame)
        {
            if (!pool.TryRent(out var next)) return false;
            if (_broken && _frame is not null) Drain();
            Hand(made);
            if (_broken) encoder.Reset();
            (_frame, next.FirstSample, _broken) = (next, _keptUntil - liftedAt, false);
        }
        memory.CopyTo(_keptUntil, _packet.AsSpan(0, samples));
        _packet.AsSpan(samples).Clear();
        Append();
        _frame!.Samples += samples;
        _keptUntil += samples;
        Samples += samples;
        return true;
    }

    // The encoder still holds its last 52 samples: one packet of silence brings them out, unless the padding did. A full
    // frame has room for it.
    private void Drain()
    {
        if ((_packets * PacketSamples) - _frame!.Samples >= encoder.PreSkip) return;
        Array.Clear(_packet);
        Append();
    }

    private void Append()
    {
        var frame = _frame!;
        frame.Length += encoder.Encode(_packet, frame.Buffer.AsSpan(frame.Length));
        _packets++;
    }

    private void Hand(Action<RecordedFrame> made)
    {
        if (_frame is null) return;
        _frame.Events.AddRange(_noted);
        _noted.Clear();
        made(_frame);
        _frame = null;
        _packets = 0;
    }
}
