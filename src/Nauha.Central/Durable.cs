using System.Runtime.InteropServices;

namespace Nauha.Central;

/// <summary>Central cannot go on; the message says what is wrong and what to do.</summary>
public class CentralException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Files and folders that are on the disk when the call returns.</summary>
internal static partial class Durable
{
    private const UnixFileMode OwnFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreateFolder(string folder)
    {
        if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, OwnFolder);
    }

    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        var beside = path + ".new";
        using (var file = File.OpenHandle(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            File.SetUnixFileMode(beside, OwnFile);
            RandomAccess.Write(file, bytes, 0);
            RandomAccess.FlushToDisk(file);
        }
        File.Move(beside, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    public static void SyncFolder(string folder)
    {
        // Without O_DIRECTORY, whose number is another one on each processor: on arm64 it means something else.
        var descriptor = Open(folder, 0);
        if (descriptor < 0) throw new IOException($"{folder} could not be opened to be synced (error {Marshal.GetLastPInvokeError()})");
        var failed = Sync(descriptor) != 0;
        _ = Close(descriptor);
        if (failed) throw new IOException($"{folder} could not be synced");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);
}
