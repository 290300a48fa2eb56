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

    /// <summary>Memory for a secret, in one place: the collector makes no copies of it. Whoever asked clears it.</summary>
    internal static byte[] Secret(int bytes) => GC.AllocateArray<byte>(bytes, pinned: true);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(nuint Soft, nuint Hard);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);
}
