using System.Diagnostics;
using System.Globalization;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>A file system of our own on a loop device, ext4 with the 4 KiB blocks that mkfs chooses for any card of our day: the kernel counts what reaches it.</summary>
internal sealed class LoopDevice : IAsyncDisposable
{
    private readonly string _folder, _mount;
    private readonly string _stat;

    private LoopDevice(string folder, string mount, string device) => (_folder, _mount, _stat, Device) = (folder, mount, $"/sys/block/{Path.GetFileName(device)}/stat", device);

    public string Device { get; }

    /// <summary>Skips the test where this machine does not allow it.</summary>
    public static async Task<LoopDevice> MountAsync(long bytes)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-device-").FullName;
        var (image, mount) = (Path.Combine(folder, "image"), Path.Combine(folder, "mount"));
        await using (var file = File.Create(image)) file.SetLength(bytes);
        Directory.CreateDirectory(mount);
        var why = await RunAsync("mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", image) != 0 ? "mkfs.ext4 is not there (Debian package e2fsprogs)"
            : await RunAsync("mount", "-o", "loop", image, mount) != 0 ? "this machine does not allow loop mounts: bytes at the device cannot be counted"
            : null;
        if (why is not null) Directory.Delete(folder, recursive: true);
        Assert.SkipUnless(why is null, why ?? "");
        return new(folder, mount, (await File.ReadAllLinesAsync("/proc/mounts")).Single(l => l.Contains($" {mount} ", StringComparison.Ordinal)).Split(' ')[0]);
    }

    /// <summary>A data folder on the device, filled with what is in another.</summary>
    public string Copy(string from)
    {
        var data = Path.Combine(_mount, "recorder");
        Directory.CreateDirectory(data);
        Trial.Copy(from, data);
        return data;
    }

    /// <summary>Documentation/block/stat.rst: the fifth field is write requests done, the seventh sectors of 512 bytes written, the sixteenth flushes.</summary>
    public (long Requests, long Bytes, long Flushes) Written
    {
        get
        {
            var fields = File.ReadAllText(_stat).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToArray();
            return (fields[4], 512 * fields[6], fields.Length > 15 ? fields[15] : 0);
        }
    }

    public static async Task<int> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;   // not installed
        }
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", _mount);
        Directory.Delete(_folder, recursive: true);
    }
}
