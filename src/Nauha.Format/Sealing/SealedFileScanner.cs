using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>Walks through a sealed file without any key: head, frames by length and checksum, trailer. Memory is bounded by one frame.</summary>
internal sealed class SealedFileScanner(Stream file) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _frame = new byte[FrameHead.Length + FrameHead.MostCipher + 4];
    private bool _final;
    private int _dataLength;

    public byte[] Start { get; } = new byte[SealedCore.Length + SealedCore.WrapLength];

    /// <summary>H: SHA-256 of core and wrap.</summary>
    public byte[] Head { get; private set; } = new byte[32];

    public SealedHeader? Header { get; private set; }

    public uint Frames { get; private set; }

    public byte FrameKind => _frame[0];

    public uint FrameIndex { get; private set; }

    public int CipherLength { get; private set; }

    public ReadOnlySpan<byte> FrameHeader => _frame.AsSpan(0, FrameHead.Length);

    public ReadOnlySpan<byte> Cipher => _frame.AsSpan(FrameHead.Length, CipherLength);

    /// <summary>Bytes up to the end of the last whole frame.</summary>
    public long Offset { get; private set; }

    public byte[] Trailing { get; private set; } = [];

    /// <summary>SHA-256 of the bytes up to <see cref="Offset"/>.</summary>
    public byte[] HashSoFar => _hash.GetCurrentHash();

    public byte[] HashOfAll { get; private set; } = [];

    public bool EndsWithFinal => _final;

    public Closing Closing => (Closing)Trailing[1];

    public KeyId Signer => Format.Trailer.Signer(Trailing);

    public FileFault Begin()
    {
        if (Fill(Start) < Start.Length) return Start.AsSpan(0, 8).SequenceEqual(SealedCore.Magic) ? FileFault.Truncated : FileFault.NotSealed;
        var fault = SealedCore.Read(Start, out var header);
        if (fault != FileFault.None) return fault;
        Header = header;
        Head = SHA256.HashData(Start);
        Take(Start);
        return FileFault.None;
    }

    /// <summary>The next frame; false at the trailer (then <see cref="Trailing"/> is set), at the end of the bytes, or at a fault.</summary>
    public bool Next(out FileFault fault)
    {
        fault = FileFault.None;
        var head = _frame.AsSpan(0, FrameHead.Length);
        var got = Fill(head);
        // Zeros are space that a writer reserved: what they stand for was not written.
        if (got == 0 || (got < head.Length && head[0] != FrameType.Trailer) || !head.ContainsAnyExcept((byte)0)) fault = FileFault.Truncated;
        else if (head[0] == FrameType.Trailer) fault = ReadTrailer(got);
        else if (head[0] is not (FrameType.Data or FrameType.Final) || head[1..4].ContainsAnyExcept((byte)0)) fault = FileFault.BadFrame;
        else return ReadFrame(out fault);
        return false;
    }

    private bool ReadFrame(out FileFault fault)
    {
        FrameIndex = BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(4));
        var length = BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(8));
        fault = _final ? FileFault.AfterFinal
            : FrameIndex != Frames ? FileFault.OutOfOrder
            : Frames >= SealedFileWriter.MostFrames ? FileFault.TooManyFrames
            : length is < FrameHead.LeastCipher or > FrameHead.MostCipher || (length - 16) % 512 != 0 ? FileFault.BadFrame
            : FrameKind == FrameType.Data && _dataLength != 0 && length != _dataLength ? FileFault.BadFrame
            : FileFault.None;
        if (fault != FileFault.None) return false;
        CipherLength = (int)length;
        if (FrameKind == FrameType.Data) _dataLength = CipherLength;
        if (Fill(_frame.AsSpan(FrameHead.Length, CipherLength + 4)) < CipherLength + 4) fault = FileFault.Truncated;
        else if (FrameHead.Checksum(Head, _frame.AsSpan(0, FrameHead.Length + CipherLength)) != BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(FrameHead.Length + CipherLength))) fault = FileFault.BadChecksum;
        if (fault != FileFault.None) return false;
        Frames++;
        _final = FrameKind == FrameType.Final;
        Take(_frame.AsSpan(0, FrameHead.Length + CipherLength + 4));
        return true;
    }

    private FileFault ReadTrailer(int got)
    {
        var trailer = new byte[Trailer.Length];
        _frame.AsSpan(0, got).CopyTo(trailer);
        if (got < FrameHead.Length || Fill(trailer.AsSpan(got)) < Trailer.Length - got) return FileFault.Truncated;
        if (trailer[1] is < 1 or > 3 || trailer.AsSpan(2, 2).ContainsAnyExcept((byte)0)
            || BinaryPrimitives.ReadUInt32BigEndian(trailer.AsSpan(4)) != Frames || BinaryPrimitives.ReadUInt64BigEndian(trailer.AsSpan(8)) != (ulong)Offset) return FileFault.BadTrailer;
        if (!trailer.AsSpan(16, 32).SequenceEqual(HashSoFar)) return FileFault.WrongHash;
        if (trailer[1] == (byte)Closing.Salvaged ? _final : !_final) return trailer[1] == (byte)Closing.Salvaged ? FileFault.BadTrailer : FileFault.NoFinal;
        Trailing = trailer;
        Span<byte> one = stackalloc byte[1];
        if (file.Read(one) > 0) return FileFault.BytesAfterTrailer;
        HashOfAll = HashWith(trailer);
        return FileFault.None;
    }

    /// <summary>SHA-256 of the bytes up to <see cref="Offset"/>, followed by these; the last that is asked of this object.</summary>
    public byte[] HashWith(ReadOnlySpan<byte> trailer)
    {
        _hash.AppendData(trailer);
        return _hash.GetHashAndReset();
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Offset += bytes.Length;
    }

    private int Fill(Span<byte> target) => file.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);

    public void Dispose() => _hash.Dispose();
}
