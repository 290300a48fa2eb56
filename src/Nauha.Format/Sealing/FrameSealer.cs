using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>
/// Makes the frames of one file: head, items, padding, cipher, checksum. The frame key and the counter live and die here.
/// A frame is valid until the next one.
/// </summary>
internal sealed class FrameSealer : IDisposable
{
    private const int DataBytes = SealedFileWriter.FrameBytes, FinalBytes = 512;

    private readonly ChaCha20Poly1305 _cipher;
    private readonly byte[] _stream;
    private readonly Crc32C _ofHead;
    private readonly byte[] _plain = OwnMemory.Secret(DataBytes);
    private readonly byte[] _out = new byte[FrameHead.Length + DataBytes + 16 + 4];
    private readonly Queue<byte[]> _events = new();
    private int _at, _used;

    /// <param name="head">H, the hash of what the file begins with.</param>
    public FrameSealer(ReadOnlySpan<byte> dek, byte[] head, byte[] stream)
    {
        (_stream, _ofHead) = (stream, FrameHead.ChecksumOf(head));
        var key = SealedCore.PayloadKey(dek, head);
        _cipher = new(key);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Frames so far.</summary>
    public uint Count { get; private set; }

    /// <summary>Events that no frame had room for so far; after the final one they are lost, and that is to be said.</summary>
    public int EventsLeft => _events.Count;

    public ReadOnlyMemory<byte> Data(ulong firstSample, uint samples, ReadOnlySpan<byte> audio, IReadOnlyList<SealedEvent> events)
    {
        if (Count >= FrameHead.MostFrames - 1) throw new InvalidOperationException("a sealed file has at most 2^20 frames");
        Take(events);
        _at = 0;
        var position = Item(ItemKind.Position, 12);
        BinaryPrimitives.WriteUInt64BigEndian(position, firstSample);
        BinaryPrimitives.WriteUInt32BigEndian(position[8..], samples);
        if (Count == 0) _stream.CopyTo(Item(ItemKind.Stream, _stream.Length));
        audio.CopyTo(Item(ItemKind.Audio, audio.Length));
        return Seal(FrameType.Data, DataBytes);
    }

    public ReadOnlyMemory<byte> Final(IReadOnlyList<SealedEvent> events)
    {
        Take(events);
        _at = 0;
        return Seal(FrameType.Final, FinalBytes);
    }

    private void Take(IReadOnlyList<SealedEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        for (var i = 0; i < events.Count; i++) _events.Enqueue(events[i].ToJson());
    }

    // The place of the next item's value.
    private Span<byte> Item(byte kind, int length)
    {
        if (_at + 3 + length > _plain.Length) throw new ArgumentException($"{length} bytes do not fit into a frame");
        var item = _plain.AsSpan(_at, 3 + length);
        item[0] = kind;
        BinaryPrimitives.WriteUInt16BigEndian(item[1..], (ushort)length);
        _at += item.Length;
        _used = Math.Max(_used, _at);
        return item[3..];
    }

    private ReadOnlyMemory<byte> Seal(byte type, int plainBytes)
    {
        while (_events.TryPeek(out var json) && _at + 3 + json.Length <= plainBytes)
        {
            json.CopyTo(Item(ItemKind.Event, json.Length));
            _events.Dequeue();
        }
        // Behind what a frame before has used there are zeros already.
        if (_at < _used) _plain.AsSpan(_at, _used - _at).Clear();
        _used = _at;
        var sealedBytes = FrameHead.Length + plainBytes + 16;
        var frame = _out.AsSpan(0, sealedBytes + 4);
        var head = frame[..FrameHead.Length];
        FrameHead.Write(head, type, Count, plainBytes + 16);
        Span<byte> nonce = stackalloc byte[12];
        FrameHead.Nonce(nonce, type, Count);
        _cipher.Encrypt(nonce, _plain.AsSpan(0, plainBytes), frame.Slice(FrameHead.Length, plainBytes), frame.Slice(FrameHead.Length + plainBytes, 16), head);
        var crc = _ofHead;
        crc.Append(frame[..sealedBytes]);
        BinaryPrimitives.WriteUInt32BigEndian(frame[sealedBytes..], crc.Value);
        Count++;
        return _out.AsMemory(0, frame.Length);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
    }
}
