using Nauha.Audio;
using Nauha.Format;

namespace Nauha.Central.Access;

/// <summary>
/// A call as a WAV file that is nowhere: its length is known before its first byte, it may be read from anywhere, and
/// memory holds one frame. Before bytes are handed out, the seconds that they sound in are given to <c>release</c>, which
/// writes them to the log. Read from the middle, the decoder warms up on the second before, and nothing else is opened.
/// </summary>
internal sealed class WavStream(Stream file, OpenedCall call, Action<long, long> release) : Stream
{
    private const int Rate = 8_000;
    private const long WarmUp = Rate;
    private const int Ahead = 10;

    private readonly byte[] _head = WavFile.Header(Rate, call.Samples);
    private SealedFileSeeker? _reader;
    private uint _frame;
    private StretchDecoder? _decoder;
    private short[] _block = [];
    private long _blockAt, _next, _gapFrom, _released = -1;   // what lies between gap and block is silence
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => WavFile.HeaderBytes + (call.Samples * 2);

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Length - Position);
        if (wanted <= 0) return 0;
        if (Position < WavFile.HeaderBytes)
        {
            var head = _head.AsSpan((int)Position);
            head = head[..Math.Min(head.Length, wanted)];
            head.CopyTo(buffer);
            Position += head.Length;
            return head.Length;
        }
        var (first, odd) = Math.DivRem(Position - WavFile.HeaderBytes, 2);
        var last = (Position - WavFile.HeaderBytes + wanted + 1) / 2;
        Release(first, last);
        Span<short> one = stackalloc short[1];
        var got = 0;
        for (var at = first; got < wanted; at++)
        {
            if (odd == 0 && wanted - got >= 2)
            {
                var many = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(buffer[got..(got + ((wanted - got) / 2 * 2))]);
                var copied = Copy(at, many);
                got += copied * 2;
                at += copied - 1;
                continue;
            }
            Copy(at, one);
            buffer[got++] = System.Runtime.InteropServices.MemoryMarshal.AsBytes(one)[(int)odd];
            odd = 0;
        }
        Position += got;
        return got;
    }

    // Who reads on is given ten seconds at a time: one entry, not four a second; who jumps, what he asked for.
    private void Release(long first, long last)
    {
        var (from, until) = (first / Rate, (last + Rate - 1) / Rate);
        if (until <= _released && from < _released) return;
        if (from == _released || from + 1 == _released) until = Math.Max(until, Math.Min(from + Ahead, (call.Samples + Rate - 1) / Rate));
        release(from, until);
        _released = until;
    }

    /// <returns>Samples copied, at least one: silence where nothing was kept.</returns>
    private int Copy(long at, Span<short> target)
    {
        if (at < Math.Min(_blockAt, _gapFrom) || at > _next + (2 * WarmUp)) Jump(at);
        while (at >= _blockAt + _block.Length && !_ended) ReadBlock();
        if (at >= _blockAt && at < _blockAt + _block.Length)
        {
            var part = _block.AsSpan((int)(at - _blockAt));
            part = part[..Math.Min(part.Length, target.Length)];
            part.CopyTo(target);
            return part.Length;
        }
        var silence = _ended ? target : target[..(int)Math.Min(target.Length, _blockAt - at)];
        silence.Clear();
        return silence.Length;
    }

    private void Jump(long at)
    {
        Open();
        var from = (ulong)Math.Max(0, at - WarmUp) + call.First;
        if (_reader!.Find(from, out var frame) is var fault and not FileFault.None) throw Unreadable(fault);
        (_frame, _ended) = (frame ?? _reader.Frames, false);
        (_block, _blockAt, _next, _gapFrom) = ([], 0, 0, at);
        Cool();
    }

    private void Open()
    {
        if (_reader is not null) return;
        _reader = new(file);
        call.Begin(_reader);
    }

    private void ReadBlock()
    {
        Open();
        if (_block.Length > 0) _gapFrom = _blockAt + _block.Length;
        if (_frame >= _reader!.Frames)
        {
            (_ended, _block, _blockAt) = (true, [], call.Samples);
            return;
        }
        if (_reader.Read(_frame++, out var frame) is var fault and not FileFault.None) throw Unreadable(fault);
        _decoder ??= new(_reader.Stream!.PreSkip, _reader.Stream.PacketBytes);
        if (_decoder.IsAtStart) _next = (long)(frame!.FirstSample - call.First);
        _block = _decoder.Decode(frame!.Audio, (int)frame.Samples);
        (_blockAt, _next) = (_next, _next + _block.Length);
    }

    private InvalidDataException Unreadable(FileFault fault) => new($"the recording of call {call.Call} {fault.Sentence()}");

    private void Cool()
    {
        _decoder?.Dispose();
        _decoder = null;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Cool();
            _reader?.Dispose();
            file.Dispose();
        }
        base.Dispose(disposing);
    }
}
