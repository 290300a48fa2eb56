using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nauha.Recorder.Vault;

/// <summary>A promise to keep something on flash could not be held: what, which file, and why.</summary>
public sealed class VaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The medium is full, or its quota is: errors ENOSPC and EDQUOT.</summary>
    public bool IsFull => InnerException is IOException { HResult: 28 or 122 };
}

/// <summary>What .NET does not offer of the file system: data synced without its times, folders synced.</summary>
internal static partial class Disk
{
    /// <summary>Creates a folder that only we may enter, and makes its name durable.</summary>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Path.GetDirectoryName(folder) is { Length: > 0 } parent) SyncFolder(parent);
    }

    /// <summary>After a create, rename or delete: the folder's entry is durable when this returns.</summary>
    public static void SyncFolder(string folder)
    {
        var descriptor = Open(folder, 0x10000 /* O_DIRECTORY */);
        if (descriptor < 0) throw new IOException($"{folder} could not be opened to be synced (error {Marshal.GetLastPInvokeError()})");
        try
        {
            if (Sync(descriptor) != 0) throw new IOException($"{folder} could not be synced (error {Marshal.GetLastPInvokeError()})");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>The bytes written so far, and the length needed to read them, are on the disk.</summary>
    public static void SyncData(SafeFileHandle file)
    {
        if (SyncDataOnly(file) != 0) throw new IOException($"a file could not be synced (error {Marshal.GetLastPInvokeError()})", Marshal.GetLastPInvokeError());
    }

    /// <summary>Replaces a small file whole: written beside, synced, renamed, folder synced.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        var beside = path + ".new";
        using (var file = File.OpenHandle(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.Write(file, bytes, 0);
            SyncData(file);
        }
        File.Move(beside, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncDataOnly(SafeFileHandle file);
}
