using System.Runtime.InteropServices;

namespace Nauha.Format;

/// <summary>Whether the kernel's clock is kept by a time service.</summary>
public static partial class SystemClock
{
    private const int NotSynchronised = 5;   // TIME_ERROR of adjtimex(2)

    /// <summary>False also where it cannot be asked.</summary>
    public static bool IsSynchronised
    {
        get
        {
            Span<byte> timex = stackalloc byte[256];   // struct timex, modes = 0: asks and changes nothing
            timex.Clear();
            return Adjust(ref MemoryMarshal.GetReference(timex)) is >= 0 and not NotSynchronised;
        }
    }

    /// <summary>Synchronised: within a second. Else only as good as the battery clock that set it.</summary>
    public static TimeMark Mark(long unixMs) => IsSynchronised ? new(unixMs, ClockSource.Ntp, 1_000) : new(unixMs, ClockSource.Rtc, 60_000);

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int Adjust(ref byte timex);
}
