using System.Globalization;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Status.SelfTest;

/// <summary>What the recordings lie on, as the kernel tells it.</summary>
/// <param name="Kind">emmc, sd, nvme, or the device's name.</param>
/// <param name="WornPercent">Of its life, the worse of its parts; null: it does not say.</param>
/// <param name="SparesLow">It is running out of spare blocks.</param>
public sealed record StorageMedium(string Kind, string? Name, int? WornPercent, bool? SparesLow)
{
    /// <returns>Null where the folder lies on no block device.</returns>
    /// <param name="mounts">/proc/self/mountinfo, or what stands for it.</param>
    public static StorageMedium? Of(string folder, string sys = "/sys", string mounts = "/proc/self/mountinfo")
    {
        try
        {
            var path = Path.GetFullPath(folder);
            var number = File.ReadLines(mounts).Select(line => line.Split(' ')).Where(parts => parts.Length > 4 && Holds(parts[4], path)).OrderByDescending(parts => parts[4].Length).Select(parts => parts[2]).FirstOrDefault();
            if (number is null || new DirectoryInfo(Path.Combine(sys, "dev/block", number)) is not { Exists: true } block) return null;
            var device = (block.ResolveLinkTarget(returnFinalTarget: true) as DirectoryInfo) ?? block;
            if (File.Exists(Path.Combine(device.FullName, "partition"))) device = device.Parent!;
            return Read(device.Name, Path.Combine(device.FullName, "device"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Holds(string mount, string path) => mount == "/" || path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal);

    private static StorageMedium Read(string name, string device)
    {
        string? Text(string file) => File.Exists(Path.Combine(device, file)) ? File.ReadAllText(Path.Combine(device, file)).Trim() : null;
        var kind = name.StartsWith("mmcblk", StringComparison.Ordinal) ? (Text("type") == "SD" ? "sd" : "emmc") : name.StartsWith("nvme", StringComparison.Ordinal) ? "nvme" : name;
        // JEDEC eMMC: 0x01 is up to a tenth of its life used, 0x0A all of it, 0x0B beyond; pre_eol_info 0x01 is normal.
        var life = Text("life_time")?.Split(' ').Select(Hex).Where(tenths => tenths is > 0 and <= 11).Select(tenths => Math.Min(tenths * 10, 100)).ToList();
        return new(kind, Text("name") ?? Text("model"), life is { Count: > 0 } ? life.Max() : null, Text("pre_eol_info") is { } spares ? Hex(spares) > 1 : null);
    }

    private static int Hex(string text) => int.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value) ? value : 0;
}

/// <summary>Writes as a call does, frame after frame, each synced; and says how long that took.</summary>
public static class StorageTrial
{
    private const int Frames = 40, FrameBytes = 2_048, StreamBytes = 8 << 20;
    private const double LongestFrameMs = 500;     // the next frame is there by then
    private const double LeastMegabytes = 1;       // eight lines write 32 kB a second; sync and index need the rest
    private const int MostWorn = 90;

    /// <param name="industrialCard">An SD card is the kind that lasts.</param>
    /// <param name="time">By which it is timed.</param>
    public static Check Run(string data, StorageMedium? medium, bool industrialCard, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var path = Path.Combine(data, ".selftest");
        var longest = 0.0;
        var all = time.GetTimestamp();
        TimeSpan Elapsed() => time.GetElapsedTime(all);
        double framesMs, streamMs;
        try
        {
            using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
            {
                var frame = new byte[FrameBytes];
                for (var i = 0; i < Frames; i++)
                {
                    var began = Elapsed();
                    RandomAccess.Write(file, frame, (long)i * FrameBytes);
                    Disk.SyncData(file);
                    longest = Math.Max(longest, (Elapsed() - began).TotalMilliseconds);
                }
                framesMs = Elapsed().TotalMilliseconds / Frames;
                var start = Elapsed();
                RandomAccess.Write(file, new byte[StreamBytes], 0);
                Disk.SyncData(file);
                streamMs = (Elapsed() - start).TotalMilliseconds;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new("storage", Verdict.Fail, "storage-refuses", []);
        }
        finally
        {
            if (File.Exists(path)) File.Delete(path);
        }
        var speed = StreamBytes / 1e6 / (streamMs / 1_000);
        (string, object?)[] measured = [("frameMs", Math.Round(framesMs, 2)), ("longestFrameMs", Math.Round(longest, 2)), ("megabytesPerSecond", Math.Round(speed, 1)), ("medium", medium?.Kind), ("name", medium?.Name), ("wornPercent", medium?.WornPercent)];
        return medium switch
        {
            _ when longest > LongestFrameMs || speed < LeastMegabytes => new("storage", Verdict.Fail, "storage-slow", measured),
            { WornPercent: >= MostWorn } or { SparesLow: true } => new("storage", Verdict.Fail, "storage-worn", measured),
            { Kind: "sd" } when !industrialCard => new("storage", Verdict.Fail, "storage-card", measured),
            _ => new("storage", Verdict.Pass, "storage-good", measured),
        };
    }
}
