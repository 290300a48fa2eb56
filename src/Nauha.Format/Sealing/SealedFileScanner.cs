using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>Walks through a sealed file without any key: head, frames by length and checksum, trailer. Memory is bounded, by little more than the longest frame.</summary>
internal sealed class SealedFileScanner(Stream file) : IDisposable
{
    private const int Window = 80 * 1024;
    private const int FrameBorders = FrameHead.Length + 4;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _window = new byte[Window];
    private int _from, _filled;      // what was read from the file and not taken yet
    private int _unhashed;           // what was taken and not hashed yet ends at _from
    private bool _final;
    private int _dataLength, _frame;

    public byte[] Start { get; } = new byte[SealedCore.Length + SealedCore.WrapLength];

    /// <summary>H: SHA-256 of core and wrap.</summary>
    public byte[] Head { get; private set; } = new byte[32];

    public SealedHeader? Header { get; private set; }

    public uint Frames { get; private set; }

    public byte FrameKind => _window[_frame];

    public int CipherLength { get; private set; }

    public ReadOnlySpan<byte> FrameHeader => _window.AsSpan(_frame, FrameHead.Length);

    public ReadOnlySpan<byte> Cipher => _window.AsSpan(_frame + FrameHead.Length, CipherLength);

    /// <summary>Bytes up to the end of the last whole frame.</summary>
    public long Offset { get; private set; }

    public byte[] Trailing { get; private set; } = [];

    /// <summary>SHA-256 of the bytes up to <see cref="Offset"/>.</summary>
    public byte[] HashSoFar
    {
        get
        {
            HashTaken();
            return _hash.GetCurrentHash();
        }
    }

    public byte[] HashOfAll { get; private set; } = [];

    public bool EndsWithFinal => _final;

    public Closing Closing => (Closing)Trailing[1];

    public KeyId Signer => Format.Trailer.Signer(Trailing);

    public FileFault Begin()
    {
        var start = Ahead(Start.Length);
        if (start.Length < Start.Length) return start.StartsWith(SealedCore.Magic) ? FileFault.Truncated : FileFault.NotSealed;
        start.CopyTo(Start);
        var fault = SealedCore.Read(Start, out var header);
        if (fault != FileFault.None) return fault;
        Header = header;
        Head = SHA256.HashData(Start);
        Take(Start.Length);
        return FileFault.None;
    }

    /// <summary>The next frame; false at the trailer (then <see cref="Trailing"/> is set), at the end of the bytes, or at a fault.</summary>
    public bool Next(out FileFault fault)
    {
        var head = Ahead(FrameHead.Length);
        // Zeros are space that a writer reserved: what they stand for was not written.
        if (head.IsEmpty || (head.Length < FrameHead.Length && head[0] != FrameType.Trailer) || !head.ContainsAnyExcept((byte)0)) fault = FileFault.Truncated;
        else if (head[0] == FrameType.Trailer) fault = ReadTrailer();
        else if (head[0] is not (FrameType.Data or FrameType.Final) || head[1..4].ContainsAnyExcept((byte)0)) fault = FileFault.BadFrame;
        else return ReadFrame(head, out fault);
        return false;
    }

    private bool ReadFrame(ReadOnlySpan<byte> head, out FileFault fault)
    {
        var type = head[0];
        var length = BinaryPrimitives.ReadUInt32BigEndian(head[8..]);
        fault = _final ? FileFault.AfterFinal
            : BinaryPrimitives.ReadUInt32BigEndian(head[4..]) != Frames ? FileFault.OutOfOrder
            : Frames >= FrameHead.MostFrames ? FileFault.TooManyFrames
            : length is < FrameHead.LeastCipher or > FrameHead.MostCipher || (length - 16) % 512 != 0 ? FileFault.BadFrame
            : type == FrameType.Data && _dataLength != 0 && length != _dataLength ? FileFault.BadFrame
            : FileFault.None;
        if (fault != FileFault.None) return false;
        CipherLength = (int)length;
        if (type == FrameType.Data) _dataLength = CipherLength;
        var frame = Ahead(FrameBorders + CipherLength);
        if (frame.Length < FrameBorders + CipherLength) fault = FileFault.Truncated;
        else if (FrameHead.Checksum(Head, frame[..^4]) != BinaryPrimitives.ReadUInt32BigEndian(frame[^4..])) fault = FileFault.BadChecksum;
        if (fault != FileFault.None) return false;
        Frames++;
        _final = type == FrameType.Final;
        _frame = _from;
        Take(frame.Length);
        return true;
    }

    private FileFault ReadTrailer()
    {
        var read = Ahead(Trailer.Length);
        if (read.Length < Trailer.Length) return FileFault.Truncated;
        var trailer = read.ToArray();
        if (trailer[1] is < 1 or > 3 || trailer.AsSpan(2, 2).ContainsAnyExcept((byte)0)
            || BinaryPrimitives.ReadUInt32BigEndian(trailer.AsSpan(4)) != Frames || BinaryPrimitives.ReadUInt64BigEndian(trailer.AsSpan(8)) != (ulong)Offset) return FileFault.BadTrailer;
        if (!trailer.AsSpan(16, 32).SequenceEqual(HashSoFar)) return FileFault.WrongHash;
        if (trailer[1] == (byte)Closing.Salvaged ? _final : !_final) return trailer[1] == (byte)Closing.Salvaged ? FileFault.BadTrailer : FileFault.NoFinal;
        Trailing = trailer;
        if (Ahead(Trailer.Length + 1).Length > Trailer.Length) return FileFault.BytesAfterTrailer;
        HashOfAll = HashWith(trailer);
        return FileFault.None;
    }

    /// <summary>SHA-256 of the bytes up to <see cref="Offset"/>, followed by these; the last that is asked of this object.</summary>
    public byte[] HashWith(ReadOnlySpan<byte> trailer)
    {
        HashTaken();
        _hash.AppendData(trailer);
        return _hash.GetHashAndReset();
    }

    // The next bytes, as many as are asked for or as there are. They stay where they are until the next call.
    private ReadOnlySpan<byte> Ahead(int count)
    {
        if (_filled - _from < count && _from + count > Window)
        {
            HashTaken();
            _window.AsSpan(_from, _filled - _from).CopyTo(_window);
            (_filled, _from, _unhashed) = (_filled - _from, 0, 0);
        }
        while (_filled - _from < count && file.Read(_window.AsSpan(_filled)) is > 0 and var read) _filled += read;
        return _window.AsSpan(_from, Math.Min(count, _filled - _from));
    }

    private void Take(int count)
    {
        _from += count;
        Offset += count;
    }

    // Many frames in one go.
    private void HashTaken()
    {
        _hash.AppendData(_window.AsSpan(_unhashed, _from - _unhashed));
        _unhashed = _from;
    }

    public void Dispose() => _hash.Dispose();
}
