using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Ledger;

namespace Nauha.Benchmarks;

/// <summary>The index of calls with 20,000 calls in it: made anew, asked for the newest fifty and for an hour. No peer: the targets are times.</summary>
internal static class Indexing
{
    private const int Calls = 20_000;

    public static async Task RunAsync()
    {
        using var box = new BenchBox();
        var watch = Stopwatch.StartNew();
        using (var vault = box.Open())
            for (var i = 0; i < Calls; i++) vault.End(vault.Start(new(1 + (i % 8)), Direction.Incoming), Ending.Missed, null, new RecordFacts());
        Say("made: calls numbered and ended", watch.Elapsed.TotalSeconds, "s", "");
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        watch.Restart();
        using var there = box.Open();
        Say("the vault opened, every signature checked", watch.Elapsed.TotalSeconds, "s", "");
        Say("memory that it holds", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6, "MB", "");
        before = GC.GetTotalMemory(forceFullCollection: true);
        watch.Restart();
        using var ledger = CallLedger.Open(box.Data, there, NullLogger.Instance);
        var indexed = (await ledger.ListAsync()).Count;
        Say($"the index made anew, {indexed} calls", watch.Elapsed.TotalSeconds, "s", "below 60");
        Say("memory that this adds", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6, "MB", "");
        var newest = (await ledger.NewestAsync(1))[0].StartedMs;
        Say("the newest 50", await MedianAsync(() => ledger.NewestAsync(50)), "ms", "below 50");
        var oldest = (await ledger.ListAsync())[0].StartedMs;
        var middle = oldest + ((newest - oldest) / 2);
        Say("of a stretch of time, at most 1,000", await MedianAsync(() => ledger.BetweenAsync(middle, newest)), "ms", "below 50");
        Say("the file", new FileInfo(CallLedger.PathOf(box.Data)).Length / 1e6, "MB", "");
    }

    private static async Task<double> MedianAsync<T>(Func<Task<T>> ask)
    {
        var times = new List<double>();
        for (var i = 0; i < 25; i++)
        {
            var watch = Stopwatch.StartNew();
            await ask();
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        return times[times.Count / 2];
    }

    private static void Say(string what, double value, string unit, string target) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-45} {value,10:F1} {unit,-3} {target}"));
}
