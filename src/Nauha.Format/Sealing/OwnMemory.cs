using System.Runtime.InteropServices;

namespace Nauha.Format;

/// <summary>
/// A program that holds keys or audio keeps its memory to itself: no core dump, no other process of the same user that
/// reads it. Called first of all.
/// </summary>
public static partial class OwnMemory
{
    private const int SetDumpable = 4;      // prctl(2): PR_SET_DUMPABLE
    private const int CoreSize = 4;         // setrlimit(2): RLIMIT_CORE
    private const int WhatIsThere = 1, WhatComes = 2, OnceTouched = 4;      // mlockall(2): MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT

    /// <returns>Null, or a sentence why the program must not go on.</returns>
    public static string? Guard()
    {
        // The runtime has read these already: its own dumps are written whatever is forbidden afterwards.
        foreach (var name in (ReadOnlySpan<string>)["DOTNET_DbgEnableMiniDump", "COMPlus_DbgEnableMiniDump"])
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value && value != "0") return $"{name} is set: a crash would write keys and audio to a file. Unset it.";
        var none = new Limit(0, 0);
        if (Control(SetDumpable, 0, 0, 0, 0) != 0 || SetLimit(CoreSize, in none) != 0) return $"This system does not let a program keep its memory out of core dumps (error {Marshal.GetLastPInvokeError()}).";
        return null;
    }

    /// <summary>
    /// Keeps all of the program's memory out of swap, page by page as it is used. It needs CAP_IPC_LOCK or an unlimited
    /// RLIMIT_MEMLOCK (systemd: LimitMEMLOCK=infinity).
    /// </summary>
    /// <returns>False: this system did not let it.</returns>
    public static bool Lock() => LockAll(WhatIsThere | WhatComes | OnceTouched) == 0;

    /// <summary>This machine writes memory to a disk when it runs short. Compressed memory (zram) is none.</summary>
    public static bool MachineSwaps => File.Exists("/proc/swaps") && File.ReadLines("/proc/swaps").Skip(1).Any(line => !line.Contains("zram", StringComparison.Ordinal));

    /// <summary>Memory for a secret, in one place: the collector makes no copies of it. Whoever asked clears it.</summary>
    internal static byte[] Secret(int bytes) => GC.AllocateArray<byte>(bytes, pinned: true);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(nuint Soft, nuint Hard);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "mlockall", SetLastError = true)]
    private static partial int LockAll(int flags);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);
}
