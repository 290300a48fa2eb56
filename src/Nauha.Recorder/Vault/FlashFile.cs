using System.Runtime.InteropServices;

namespace Nauha.Recorder.Vault;

/// <summary>
/// A file that grows by small pieces, each on the disk when its append returns. Space is reserved ahead as written zeros:
/// after that a piece changes blocks that the file has already, and no sync needs to write anything of the file system's
/// own. Whole blocks are written: the last one of what is there goes along with the same bytes that it has.
/// </summary>
internal sealed class FlashFile : IDisposable
{
    /// <summary>The least that a disk writes.</summary>
    public const int Block = 512;

    /// <summary>Zeros ahead: a quarter of a minute of a call.</summary>
    public const int Ahead = 64 * 1024;

    private static readonly (byte[] Bytes, int From) Zeros = Aligned(Ahead);

    private readonly IDiskFile _file;
    private (byte[] Bytes, int From) _buffer = Aligned(8 * Block);
    private long _reserved;

    public FlashFile(IDisk disk, string path)
    {
        IDiskFile? file = null;
        Disk.Twice(() => file = disk.Create(path));
        _file = file!;
    }

    /// <summary>Bytes that are on the disk for good.</summary>
    public long End { get; private set; }

    /// <summary>On the disk when it returns. A retry writes the identical bytes at the same place.</summary>
    /// <exception cref="IOException">Not even the second try; what was there before is there still.</exception>
    public void Append(ReadOnlySpan<byte> piece)
    {
        try
        {
            Put(piece, Ahead);
        }
        catch (IOException)
        {
            CutBack();
            Put(piece, 0);   // a full disk may yet have room for the piece alone
        }
    }

    /// <summary>Gives back what was reserved and not used.</summary>
    public void Finish() => Disk.Twice(() =>
    {
        CutBack();
        _file.Sync();
    });

    /// <summary>Whatever lies after the last good byte goes.</summary>
    public void CutBack()
    {
        _file.SetLength(End);
        _reserved = (End + Block - 1) / Block * Block;
    }

    private void Put(ReadOnlySpan<byte> piece, int ahead)
    {
        var held = (int)(End % Block);
        var bytes = (held + piece.Length + Block - 1) / Block * Block;
        Room(bytes);
        var block = _buffer.Bytes.AsSpan(_buffer.From, bytes);
        piece.CopyTo(block[held..]);
        block[(held + piece.Length)..].Clear();
        for (var end = End - held + bytes; ahead > 0 && _reserved < end; _reserved += ahead) _file.Write(Zeros.Bytes.AsSpan(Zeros.From, ahead), _reserved);
        _file.Write(block, End - held);
        _file.Sync();
        End += piece.Length;
        _reserved = Math.Max(_reserved, (End + Block - 1) / Block * Block);
        var last = (held + piece.Length) / Block * Block;
        var left = (held + piece.Length) % Block;
        block.Slice(Math.Min(last, bytes - Block), left).CopyTo(block);
    }

    private void Room(int bytes)
    {
        if (bytes <= _buffer.Bytes.Length - Environment.SystemPageSize) return;
        var larger = Aligned(bytes);
        _buffer.Bytes.AsSpan(_buffer.From, Block).CopyTo(larger.Bytes.AsSpan(larger.From));
        _buffer = larger;
    }

    // A write past the page cache wants its memory on the border of a page, and in one place.
    private static (byte[] Bytes, int From) Aligned(int length)
    {
        var bytes = GC.AllocateArray<byte>(length + Environment.SystemPageSize, pinned: true);
        var over = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) % Environment.SystemPageSize);
        return (bytes, over == 0 ? 0 : Environment.SystemPageSize - over);
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>A file of the vault as a stream, for salvage.</summary>
internal sealed class DiskStream(IDiskFile file, bool owns = false) : Stream
{
    private long _at;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position { get => _at; set => _at = value; }

    /// <summary>A place of the medium could not be read.</summary>
    public bool IsUnreadable { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            var read = Disk.Read(file, buffer, _at);
            _at += read;
            return read;
        }
        catch (IOException)
        {
            IsUnreadable = true;
            throw;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        file.Write(buffer, _at);
        _at += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => _at = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _at, _ => Length };

    public override void SetLength(long value) => file.SetLength(value);

    public override void Flush() => file.Sync();

    protected override void Dispose(bool disposing)
    {
        if (disposing && owns) file.Dispose();
        base.Dispose(disposing);
    }
}
