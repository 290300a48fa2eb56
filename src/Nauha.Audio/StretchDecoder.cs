namespace Nauha.Audio;

/// <summary>
/// Opus packets back to samples, frame by frame. A stretch is what was kept without a break: within it the decoder runs
/// on, and its first samples (the encoder's delay) are left out. A frame whose packets carry more samples than it counts
/// ends a stretch; the next one begins anew.
/// </summary>
public sealed class StretchDecoder : IDisposable
{
    private readonly OpusDecoder _decoder = new();
    private readonly short[] _packet = new short[5_760];
    private readonly Queue<short> _ready = new();
    private readonly int _preSkip, _packetBytes;
    private int _skip;
    private long _owed;

    public StretchDecoder(int preSkip, int packetBytes) => (_preSkip, _packetBytes, _skip) = (preSkip, packetBytes, preSkip);

    /// <summary>The next frame begins a stretch.</summary>
    public bool IsAtStart { get; private set; } = true;

    /// <summary>Decodes a frame's packets.</summary>
    /// <param name="samples">Samples that count.</param>
    /// <returns>Samples ready by now, in order; a stretch's last come with its last frame.</returns>
    public short[] Decode(ReadOnlySpan<byte> packets, int samples)
    {
        var carried = 0;
        IsAtStart = false;
        for (; packets.Length >= _packetBytes; packets = packets[_packetBytes..])
        {
            var length = _decoder.Decode(packets[.._packetBytes], _packet);
            if (length < 0) length = _decoder.Decode([], _packet);
            carried += length;
            foreach (var sample in _packet.AsSpan(0, Math.Max(0, length)))
                if (_skip > 0) _skip--; else _ready.Enqueue(sample);
        }
        _owed += samples;
        var ends = carried > samples;
        var give = (int)Math.Min(_owed, _ready.Count);
        var output = new short[ends ? (int)_owed : give];
        for (var i = 0; i < give; i++) output[i] = _ready.Dequeue();
        _owed -= output.Length;
        if (ends) Begin();
        return output;
    }

    private void Begin()
    {
        _decoder.Reset();
        _ready.Clear();
        _skip = _preSkip;
        _owed = 0;
        IsAtStart = true;
    }

    public void Dispose() => _decoder.Dispose();
}
