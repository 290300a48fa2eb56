using System.Buffers.Binary;

namespace Nauha.Format.Tests.Sealing;

/// <summary>A sealed file of as many frames as one asks for, made as it is read: whole to whoever has no key, of any length in no memory.</summary>
internal sealed class EndlessFrames(byte[] start, long frames) : Stream
{
    private const int FrameBytes = 12 + 528 + 4;
    private readonly byte[] _head = System.Security.Cryptography.SHA256.HashData(start);
    private readonly byte[] _frame = new byte[FrameBytes];
    private long _at, _made = -1;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => start.Length + (frames * FrameBytes);

    public override long Position { get => _at; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var read = 0;
        while (read < buffer.Length && _at < Length)
        {
            var from = _at < start.Length ? start.AsSpan((int)_at) : Frame((_at - start.Length) / FrameBytes).AsSpan((int)((_at - start.Length) % FrameBytes));
            var take = Math.Min(from.Length, buffer.Length - read);
            from[..take].CopyTo(buffer[read..]);
            read += take;
            _at += take;
        }
        return read;
    }

    private byte[] Frame(long index)
    {
        if (index == _made) return _frame;
        _made = index;
        FrameHead.Write(_frame, FrameType.Data, (uint)index, 528);
        BinaryPrimitives.WriteUInt32BigEndian(_frame.AsSpan(FrameBytes - 4), FrameHead.Checksum(_head, _frame.AsSpan(0, FrameBytes - 4)));
        return _frame;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
