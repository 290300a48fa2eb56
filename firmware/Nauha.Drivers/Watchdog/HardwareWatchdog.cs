using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nauha.Drivers.Board;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Watchdog;

/// <summary>/dev/watchdog itself: armed by opening it. Only where systemd does not hold it.</summary>
public sealed partial class HardwareWatchdog : IWatchdog
{
    // linux/watchdog.h: WDIOC_SETTIMEOUT is _IOWR('W', 6, int), WDIOC_GETTIMEOUT _IOR('W', 7, int).
    private const nuint SetTimeout = 0xC0045706, GetTimeout = 0x80045707;

    // A device that cannot be sought in: RandomAccess refuses such a handle, a stream without a buffer takes it as it is.
    private readonly FileStream _device;

    internal HardwareWatchdog(FileStream device, TimeSpan timeout) => (_device, Name, Timeout) = (device, device.Name, timeout);

    public string Name { get; }

    public TimeSpan Timeout { get; }

    /// <summary>Opens and thereby arms it. What it answers counts, not what was asked for: a Pi's takes 15 s at most.</summary>
    /// <exception cref="BoardException">It is not there, something else holds it, or it is no watchdog.</exception>
    public static HardwareWatchdog Open(string path = "/dev/watchdog", int seconds = 14)
    {
        FileStream device;
        try
        {
            device = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoardException($"{path} cannot be opened: {e.Message} Where systemd feeds it (RuntimeWatchdogSec), leave board:watchdog at auto.", e);
        }
        var asked = seconds;
        _ = Ask(device.SafeFileHandle, SetTimeout, ref asked);   // some have one timeout only
        var answered = 0;
        if (Ask(device.SafeFileHandle, GetTimeout, ref answered) != 0 || answered <= 0)
        {
            Close(device);
            throw new BoardException($"{path} does not say its timeout: it is no watchdog.");
        }
        return new(device, TimeSpan.FromSeconds(answered));
    }

    public void Feed() => _device.Write("."u8);

    /// <summary>An orderly end disarms it, where the kernel allows that (not with nowayout).</summary>
    public void Dispose() => Close(_device);

    private static void Close(FileStream device)
    {
        if (device.CanWrite) device.Write("V"u8);
        device.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ask(SafeFileHandle device, nuint request, ref int value);
}

/// <summary>What the kernel says of its watchdogs, without opening one: opening arms it, and systemd holds it.</summary>
/// <param name="Identity">The driver's name.</param>
/// <param name="Armed">Somebody has opened it: unfed, it acts.</param>
public sealed record WatchdogLook(string Identity, bool Armed, int TimeoutSeconds)
{
    /// <returns>Null where the kernel shows none.</returns>
    public static WatchdogLook? Read(string sys = "/sys")
    {
        var folder = Path.Combine(sys, "class/watchdog");
        if (!Directory.Exists(folder)) return null;
        var looks = Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal).Select(One).OfType<WatchdogLook>().ToList();
        return looks.FirstOrDefault(look => look.Armed) ?? looks.FirstOrDefault();
    }

    private static WatchdogLook? One(string folder)
    {
        string? Text(string name) => File.Exists(Path.Combine(folder, name)) ? File.ReadAllText(Path.Combine(folder, name)).Trim() : null;
        try
        {
            return Text("state") is { } state ? new(Text("identity") ?? Path.GetFileName(folder), state == "active", int.TryParse(Text("timeout"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
