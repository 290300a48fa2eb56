using System.Buffers.Binary;

namespace Nauha.Recorder.Vault;

/// <summary>Eight bytes overwritten in place every ten seconds: after a silence they say since when nobody looked.</summary>
public sealed class Heartbeat : IDisposable
{
    private const long CleanMark = 1L << 62;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;

    public Heartbeat(string data)
    {
        _file = File.OpenHandle(PathOf(data), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (RandomAccess.GetLength(_file) == 8) return;
        RandomAccess.SetLength(_file, 8);
        Disk.SyncFolder(data);
    }

    /// <param name="clean">The program stops in order.</param>
    public void Beat(long nowMs, bool clean = false)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, clean ? nowMs | CleanMark : nowMs);
        RandomAccess.Write(_file, bytes, 0);
        Disk.SyncData(_file);
    }

    /// <summary>The last beat; null at the very first start, and where it cannot be read any more.</summary>
    public static (long AtMs, bool Clean)? Read(string data) => Read(Flash.Real, data);

    internal static (long AtMs, bool Clean)? Read(IDisk disk, string data)
    {
        if (!File.Exists(PathOf(data))) return null;
        var bytes = Disk.Readable(disk, PathOf(data), out _);
        if (bytes.Length != 8) return null;
        var value = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return value <= 0 ? null : (value & ~CleanMark, (value & CleanMark) != 0);
    }

    private static string PathOf(string data) => Path.Combine(data, "heartbeat");

    public void Dispose() => _file.Dispose();
}
