using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nauha.Recorder.Vault;

/// <summary>A promise to keep something on flash could not be held: what, which file, and why.</summary>
public sealed class VaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The medium is full, or its quota is: errors ENOSPC and EDQUOT.</summary>
    public bool IsFull => InnerException is IOException { HResult: 28 or 122 };
}

/// <summary>Small files that are replaced whole, and folders: what is not on the recording path itself.</summary>
internal static class Disk
{
    /// <summary>Creates a folder that only we may enter, and makes its name durable.</summary>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        Flash.Real.CreateFolder(folder);
        if (Path.GetDirectoryName(folder) is { Length: > 0 } parent) SyncFolder(parent);
    }

    public static void SyncFolder(string folder) => Flash.Real.SyncFolder(folder);

    public static void SyncData(SafeFileHandle file) => Flash.SyncData(file);

    /// <summary>What fails once may succeed the second time; the second failure counts.</summary>
    internal static void Twice(Action act)
    {
        try
        {
            act();
        }
        catch (IOException)
        {
            act();
        }
    }

    /// <summary>Replaces a small file whole: written beside, synced, renamed, folder synced.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes) => Replace(Flash.Real, path, bytes);

    /// <summary>A file as it lies there; where a place of the medium cannot be read, what lies before it.</summary>
    /// <param name="fault">Why it is not all; null: it is.</param>
    internal static byte[] Readable(IDisk disk, string path, out IOException? fault)
    {
        fault = null;
        var (bytes, length) = (Array.Empty<byte>(), 0);
        try
        {
            using var file = disk.OpenToRead(path);
            bytes = new byte[file.Length];
            while (length < bytes.Length && Read(file, bytes.AsSpan(length), length) is > 0 and var read) length += read;
        }
        catch (IOException e)
        {
            fault = e;
        }
        return length == bytes.Length ? bytes : bytes[..length];
    }

    /// <summary>What fails once may succeed the second time; then no more than a page is asked for: one bad place takes no more with it than it must.</summary>
    internal static int Read(IDiskFile file, Span<byte> bytes, long at)
    {
        const int page = 4_096;
        try
        {
            return file.Read(bytes, at);
        }
        catch (IOException)
        {
            return file.Read(bytes[..Math.Min(bytes.Length, page - (int)(at % page))], at);
        }
    }

    internal static void Replace(IDisk disk, string path, ReadOnlySpan<byte> bytes)
    {
        var beside = path + ".new";
        using (var file = disk.Open(beside))
        {
            file.SetLength(0);
            file.Write(bytes, 0);
            file.Sync();
        }
        disk.Rename(beside, path);
        disk.SyncFolder(Path.GetDirectoryName(path)!);
    }
}

/// <summary>The file system itself. What .NET does not offer of it: data synced without its times, folders synced, writes past the page cache.</summary>
internal sealed partial class Flash : IDisk
{
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static readonly Flash Real = new();

    public IDiskFile Create(string path) => new Handle(OpenHandle(path, FileMode.CreateNew), direct: true);

    public IDiskFile Open(string path) => new Handle(OpenHandle(path, FileMode.OpenOrCreate), direct: false);

    public IDiskFile OpenToRead(string path)
    {
        try
        {
            return new Handle(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), direct: false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public void Link(string from, string to)
    {
        const int exists = 17;
        if (HardLink(from, to) != 0 && Marshal.GetLastPInvokeError() is not exists and var error) throw new IOException($"{from} could not be given the name {Path.GetFileName(to)} (error {error})", error);
    }

    public void Rename(string from, string to)
    {
        if (Directory.Exists(from)) Directory.Move(from, to);
        else File.Move(from, to, overwrite: true);
    }

    public void Delete(string path) => File.Delete(path);

    public void CreateFolder(string path) => Directory.CreateDirectory(path, Ours | UnixFileMode.UserExecute);

    public void DeleteFolder(string path) => Directory.Delete(path);

    public void SyncFolder(string path)
    {
        // Without O_DIRECTORY, whose number is another one on each processor.
        var descriptor = OpenFile(path, 0);
        if (descriptor < 0) throw new IOException($"{path} could not be opened to be synced (error {Marshal.GetLastPInvokeError()})");
        try
        {
            if (SyncAll(descriptor) != 0) throw new IOException($"{path} could not be synced (error {Marshal.GetLastPInvokeError()})");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    public static void SyncData(SafeFileHandle file)
    {
        if (SyncDataOnly(file) != 0) throw new IOException($"a file could not be synced (error {Marshal.GetLastPInvokeError()})", Marshal.GetLastPInvokeError());
    }

    private static SafeFileHandle OpenHandle(string path, FileMode mode)
    {
        try
        {
            var file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.Read);
            if (mode == FileMode.CreateNew || RandomAccess.GetLength(file) == 0) File.SetUnixFileMode(file, Ours);
            return file;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>
    /// Direct: blocks of <see cref="FlashFile.Block"/> go past the page cache, so that half a page written costs half a page.
    /// Where the file system or the device does not want that, the page cache serves as well and costs more.
    /// </summary>
    private sealed class Handle : IDiskFile
    {
        private const int InvalidArgument = 22;
        private readonly SafeFileHandle _file;
        private bool _direct;

        public Handle(SafeFileHandle file, bool direct)
        {
            _file = file;
            _direct = direct && Direct(on: true);
        }

        public long Length => RandomAccess.GetLength(_file);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            try
            {
                RandomAccess.Write(_file, bytes, offset);
            }
            catch (IOException e) when (_direct && e.HResult == InvalidArgument)
            {
                _direct = false;
                if (!Direct(on: false)) throw;
                RandomAccess.Write(_file, bytes, offset);
            }
        }

        public int Read(Span<byte> bytes, long offset) => RandomAccess.Read(_file, bytes, offset);

        public void SetLength(long length) => RandomAccess.SetLength(_file, length);

        public void Sync() => SyncData(_file);

        private bool Direct(bool on)
        {
            const int getFlags = 3, setFlags = 4;
            var bypass = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;   // O_DIRECT
            var flags = Control(_file, getFlags, 0);
            return flags >= 0 && Control(_file, setFlags, on ? flags | bypass : flags & ~bypass) == 0;
        }

        public void Dispose() => _file.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int HardLink(string from, string to);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncAll(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncDataOnly(SafeFileHandle file);

    // Variadic in C; on both our processors a third integer is passed alike.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int argument);
}
