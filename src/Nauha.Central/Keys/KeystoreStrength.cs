using System.Runtime.InteropServices;
using Nauha.Format;

namespace Nauha.Central.Keys;

/// <summary>What weakens the promise that a destroyed key is gone: looked at when central starts, and said in <c>keys status</c>.</summary>
internal static partial class KeystoreStrength
{
    // statfs(2): file systems that write elsewhere what is overwritten.
    private static readonly Dictionary<long, string> KeepsOldBlocks = new()
    {
        [0x9123683E] = "btrfs",
        [0x2FC12FC1] = "zfs",
        [0xCA451A4E] = "bcachefs",
        [0xF2F52010] = "f2fs",
        [0x3434] = "nilfs2",
    };

    public static IReadOnlyList<string> Weaknesses(string folder, string kek)
    {
        var found = new List<string>();
        if (Path.GetDirectoryName(Path.GetFullPath(kek)) == Path.GetFullPath(folder)) found.Add("kek-beside: the keystore's key lies beside it; an image of this machine taken before a destruction keeps both. Use --keystore-key on another medium.");
        foreach (var place in new[] { folder, Path.GetDirectoryName(Path.GetFullPath(kek))! }.Distinct())
            if (KeepsOldBlocks.TryGetValue(TypeOf(place), out var name)) found.Add($"copy-on-write: {place} lies on {name}, which keeps what is overwritten. Use ext4 or xfs without snapshots.");
        if (OwnMemory.MachineSwaps) found.Add("swap: this machine swaps memory to disk. Turn it off (swapoff -a), or encrypt it with a key that dies at power-off.");
        if (CoreDumps()) found.Add("core: a crash of this process would write its memory to disk. Set LimitCORE=0.");
        return found;
    }

    private static bool CoreDumps() => File.Exists("/proc/self/limits") && File.ReadLines("/proc/self/limits").Any(line => line.StartsWith("Max core file size", StringComparison.Ordinal) && !line.Contains(" 0 ", StringComparison.Ordinal));

    private static long TypeOf(string folder)
    {
        Span<byte> buffer = stackalloc byte[256];   // struct statfs: f_type is its first word
        buffer.Clear();
        return StatFs(folder, ref MemoryMarshal.GetReference(buffer)) == 0 ? BitConverter.ToInt64(buffer) & 0xFFFFFFFF : 0;
    }

    [LibraryImport("libc", EntryPoint = "statfs", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFs(string path, ref byte buffer);
}
