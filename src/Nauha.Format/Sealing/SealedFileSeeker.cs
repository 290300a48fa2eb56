using System.Buffers.Binary;

namespace Nauha.Format;

/// <summary>
/// Opens any frame of a closed file that was verified before, without those before it: all data frames have one size, so
/// the place of each is known, and their positions rise, so a moment is found by halving. Memory is one frame.
/// </summary>
public sealed class SealedFileSeeker(Stream file) : IDisposable
{
    private readonly FrameOpener _opener = new();
    private readonly byte[] _head = new byte[32];
    private byte[] _frame = [];

    public SealedHeader? Header { get; private set; }

    /// <summary>Null in a file without audio.</summary>
    public StreamInfo? Stream => _opener.Stream;

    /// <summary>Data frames.</summary>
    public uint Frames { get; private set; }

    /// <summary>Reads the head, checks the data key, opens frame 0.</summary>
    public FileFault Begin(ReadOnlySpan<byte> dek)
    {
        file.Position = 0;
        using (var scan = new SealedFileScanner(file))
        {
            var fault = scan.Begin();
            if (fault != FileFault.None) return fault;
            Header = scan.Header;
            scan.Head.CopyTo(_head, 0);
            if (!_opener.Begin(dek, Header!.Call, scan.Start, scan.Head)) return FileFault.WrongKey;
        }
        return Layout() is var found && found != FileFault.None ? found : Frames == 0 ? FileFault.None : Read(0, out _);
    }

    /// <summary>One data frame, by its index.</summary>
    public FileFault Read(uint index, out OpenedFrame? frame)
    {
        frame = null;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Frames);
        file.Position = HeadBytes + ((long)index * _frame.Length);
        if (file.ReadAtLeast(_frame, _frame.Length, throwOnEndOfStream: false) < _frame.Length) return FileFault.Truncated;
        if (_frame[0] != FrameType.Data || _frame.AsSpan(1, 3).ContainsAnyExcept((byte)0) || BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(8)) != _frame.Length - FrameHead.Length - 4) return FileFault.BadFrame;
        if (BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(4)) != index) return FileFault.OutOfOrder;
        if (FrameHead.Checksum(_head, _frame.AsSpan(0, _frame.Length - 4)) != BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(_frame.Length - 4))) return FileFault.BadChecksum;
        return _opener.Open(_frame.AsSpan(0, FrameHead.Length), _frame.AsSpan(FrameHead.Length, _frame.Length - FrameHead.Length - 4), out frame);
    }

    /// <summary>The frame in which this sample lies, or the next one after it; null where nothing was kept from there on.</summary>
    public FileFault Find(ulong sample, out uint? index)
    {
        index = null;
        var (low, high) = (0u, Frames);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (Read(middle, out var frame) is var fault and not FileFault.None) return fault;
            if (frame!.End > sample) high = middle;
            else low = middle + 1;
        }
        if (low < Frames) index = low;
        return FileFault.None;
    }

    private const int HeadBytes = SealedCore.Length + SealedCore.WrapLength;

    // The size of a data frame stands in the first; how many there are follows from the length of the file.
    private FileFault Layout()
    {
        Span<byte> end = stackalloc byte[Trailer.Length];
        if (file.Length < HeadBytes + Trailer.Length) return FileFault.Truncated;
        file.Position = file.Length - Trailer.Length;
        file.ReadExactly(end);
        var frames = BinaryPrimitives.ReadUInt32BigEndian(end[4..]);
        if (end[0] != FrameType.Trailer || frames > FrameHead.MostFrames) return FileFault.BadTrailer;
        Frames = end[1] == (byte)Closing.Salvaged || frames == 0 ? frames : frames - 1;
        if (Frames == 0) return FileFault.None;
        Span<byte> head = stackalloc byte[FrameHead.Length];
        file.Position = HeadBytes;
        file.ReadExactly(head);
        var length = BinaryPrimitives.ReadUInt32BigEndian(head[8..]);
        if (length is < FrameHead.LeastCipher or > FrameHead.MostCipher) return FileFault.BadFrame;
        _frame = new byte[FrameHead.Length + length + 4];
        return HeadBytes + (Frames * (long)_frame.Length) + Trailer.Length <= file.Length ? FileFault.None : FileFault.Truncated;
    }

    public void Dispose() => _opener.Dispose();
}
