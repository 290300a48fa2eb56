using System.Buffers.Binary;
using System.Diagnostics;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// A file system (ext4, the kernel's own) on a block device that writes down each write and flush in order: QEMU's
/// <c>blklogwrites</c> filter in its storage daemon, shown to the kernel as a file, on a loop device. Its log is in
/// dm-log-writes' format.
/// </summary>
internal sealed class BlockLog : IDisposable
{
    public const int Bytes = 64 << 20, Sector = 512;
    private const ulong Magic = 0x6a736677736872;
    private const string Daemon = "/usr/bin/qemu-storage-daemon";

    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-blocks-").FullName;
    private Process? _daemon;
    private Mounted? _mounted;

    private BlockLog()
    {
    }

    /// <summary>Null: this machine can do it. Else why not.</summary>
    public static string? Missing()
    {
        if (!File.Exists(Daemon)) return "qemu-storage-daemon is not installed (Debian package qemu-system-common)";
        if (!Environment.IsPrivilegedProcess) return "mounting a file system needs root";
        if (!File.Exists("/dev/fuse") || !File.Exists("/dev/loop-control")) return "this machine has no loop device or no FUSE";
        return File.ReadAllText("/proc/filesystems").Contains("\text4", StringComparison.Ordinal) ? null : "this machine's kernel has no ext4";
    }

    /// <summary>Makes the file system, lets it be filled, and starts to log.</summary>
    /// <param name="fill">Given its root. What is written here is no part of the log.</param>
    /// <exception cref="InvalidOperationException">This machine does not let it: the message says what it refused.</exception>
    public static BlockLog Start(Action<string> fill)
    {
        var log = new BlockLog();
        try
        {
            using (var image = new FileStream(log.Image, FileMode.Create)) image.SetLength(Bytes);
            Run("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", log.Image);
            using (var plain = new Mounted(log.Image)) fill(plain.Root);
            log.Before = File.ReadAllBytes(log.Image);
            log.Attach();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    private string Image => Path.Combine(_folder, "image");

    private string Seen => Path.Combine(_folder, "logged");

    private string LogFile => Path.Combine(_folder, "log");

    /// <summary>The device as it was before the first entry.</summary>
    public byte[] Before { get; private set; } = [];

    /// <summary>Where the file system is mounted.</summary>
    public string Root => _mounted!.Root;

    /// <summary>How long the log is: what is in it now was on its way to the device before this was asked.</summary>
    public long Length => new FileInfo(LogFile).Length;

    private void Attach()
    {
        foreach (var file in (string[])[Seen, LogFile]) File.WriteAllBytes(file, []);
        _daemon = Process.Start(new ProcessStartInfo(Daemon, ["--blockdev", $"driver=file,node-name=image,filename={Image}", "--blockdev", $"driver=file,node-name=log,filename={LogFile}", "--blockdev", "driver=blklogwrites,node-name=logged,file=image,log=log", "--export", $"type=fuse,id=seen,node-name=logged,mountpoint={Seen},writable=on", "--chardev", "stdio,id=say", "--monitor", "chardev=say"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        // It greets when all that stands before the monitor on its command line is there.
        if (_daemon.StandardOutput.ReadLine() is not { } said || !said.Contains("QMP", StringComparison.Ordinal)) throw new InvalidOperationException($"qemu-storage-daemon: {_daemon.StandardError.ReadToEnd().Trim()}");
        _mounted = new(Seen);
    }

    /// <summary>Unmounts, and reads what was logged.</summary>
    public List<BlockEntry> End()
    {
        Detach();
        var bytes = File.ReadAllBytes(LogFile);
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(24)) != Sector) throw new InvalidOperationException("this is no log of 512-byte sectors");
        var entries = new List<BlockEntry>();
        for (var at = Sector; at + Sector <= bytes.Length;)
        {
            var (sector, sectors, flags) = (Number(at), Number(at + 8), Number(at + 16));
            var length = (flags & 4) == 0 ? checked((int)sectors * Sector) : 0;      // what is discarded is not there
            entries.Add(new(at + Sector + length, checked((long)sector * Sector), bytes[(at + Sector)..(at + Sector + length)], (flags & 1) != 0, (flags & 2) != 0));
            at += Sector + length;
        }
        return entries;

        long Number(int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
    }

    private void Detach()
    {
        _mounted?.Dispose();
        _mounted = null;
        if (_daemon is not { } daemon) return;
        _daemon = null;
        if (!daemon.HasExited) daemon.StandardInput.Write("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}");
        daemon.StandardInput.Close();
        daemon.WaitForExit();
        daemon.Dispose();
    }

    public void Dispose()
    {
        Detach();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs one of the system's own programs to its end.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said.Trim() : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Result.Trim()}");
    }
}

/// <param name="End">Length of the log with it.</param>
/// <param name="At">Byte on the device.</param>
/// <param name="IsFlush">All before it is on the device.</param>
/// <param name="IsForced">It is on the device itself when it is done (FUA).</param>
internal sealed record BlockEntry(long End, long At, byte[] Bytes, bool IsFlush, bool IsForced);

/// <summary>A file as a mounted file system.</summary>
internal sealed class Mounted : IDisposable
{
    private readonly string _loop;

    public Mounted(string image)
    {
        Root = Directory.CreateTempSubdirectory("nauha-mount-").FullName;
        _loop = BlockLog.Run("losetup", "--find", "--show", image);
        try
        {
            BlockLog.Run("mount", "-o", "noatime", _loop, Root);
        }
        catch
        {
            BlockLog.Run("losetup", "--detach", _loop);
            throw;
        }
    }

    public string Root { get; }

    public void Dispose()
    {
        BlockLog.Run("umount", Root);
        BlockLog.Run("losetup", "--detach", _loop);
        Directory.Delete(Root);
    }
}
