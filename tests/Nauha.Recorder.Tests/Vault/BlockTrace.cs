using System.Globalization;
using System.Text.RegularExpressions;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>Where on a block device the kernel writes: its own trace points, in an instance of ours. Null where this machine does not allow it.</summary>
internal sealed partial class BlockTrace : IDisposable
{
    private const string Root = "/sys/kernel/tracing";
    private readonly string _instance;
    private readonly Thread _reader;
    private readonly FileStream _pipe;
    private volatile bool _ends;

    private BlockTrace(string instance)
    {
        _instance = instance;
        _pipe = new(Path.Combine(instance, "trace_pipe"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        _reader = new Thread(Read) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>Sector and number of sectors of each write, in order.</summary>
    public List<(long Sector, int Count)> Writes { get; } = [];

    public static BlockTrace? Start(string device)
    {
        try
        {
            if (!Directory.Exists(Path.Combine(Root, "instances")) && LoopDevice.RunAsync("mount", "-t", "tracefs", "none", Root).GetAwaiter().GetResult() != 0) return null;
            var numbers = File.ReadAllText($"/sys/block/{Path.GetFileName(device)}/dev").Trim().Split(':').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            var instance = Path.Combine(Root, "instances", $"nauha-{Guid.NewGuid():n}");
            Directory.CreateDirectory(instance);
            File.WriteAllText(Path.Combine(instance, "buffer_size_kb"), "16384");
            File.WriteAllText(Path.Combine(instance, "events/block/block_rq_issue/filter"), $"dev == {(numbers[0] << 20) + numbers[1]}");
            File.WriteAllText(Path.Combine(instance, "events/block/block_rq_issue/enable"), "1");
            return new(instance);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>All that was written until now is in <see cref="Writes"/> when this returns.</summary>
    public void Stop()
    {
        File.WriteAllText(Path.Combine(_instance, "events/block/block_rq_issue/enable"), "0");
        _ends = true;
        // A mark of our own is the last line: the reader is done when it has come to it. The kernel does not wake a reader at
        // every mark (seen: one that slept on beside it), so it is made again until he is.
        for (var tries = 0; tries < 600; tries++)
        {
            File.WriteAllText(Path.Combine(_instance, "trace_marker"), "nauha-end");
            if (_reader.Join(TimeSpan.FromMilliseconds(100))) return;
        }
        throw new TimeoutException("the kernel's trace never came to its end");
    }

    private void Read()
    {
        using var lines = new StreamReader(_pipe);
        while (lines.ReadLine() is { } line)
        {
            if (_ends && line.Contains("nauha-end", StringComparison.Ordinal)) return;
            if (Write().Match(line) is { Success: true } write) Writes.Add((long.Parse(write.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(write.Groups[2].Value, CultureInfo.InvariantCulture)));
        }
    }

    public void Dispose()
    {
        _pipe.Dispose();
        Directory.Delete(_instance);
    }

    // … block_rq_issue: 7,0 WS 4096 () 12345 + 8 …
    [GeneratedRegex(@"block_rq_issue: \d+,\d+ F?W\w* \d+ \([^)]*\) (\d+) \+ (\d+)")]
    private static partial Regex Write();
}
