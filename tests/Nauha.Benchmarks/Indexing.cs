using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Ledger;

namespace Nauha.Benchmarks;

/// <summary>Vault and index of calls with 20,000 calls of 80 days in them: opened, made anew, asked for the newest fifty and for an hour. No peer: the targets are times.</summary>
internal static class Indexing
{
    private const int Calls = 20_000;

    public static async Task RunAsync()
    {
        using var box = new BenchBox();
        var time = new Calendar();
        var watch = Stopwatch.StartNew();
        using (var vault = box.Open(time))
            for (var i = 0; i < Calls; i++)
            {
                vault.End(vault.Start(new(1 + (i % 8)), Direction.Incoming), Ending.Missed, null, new RecordFacts());
                time.Pass(TimeSpan.FromDays(80) / Calls);
            }
        Say("made: calls numbered and ended", watch.Elapsed.TotalSeconds, "s", "");
        var processor = Environment.CpuUsage.TotalTime;
        watch.Restart();
        using (var first = box.Open(time))
        {
            Opened("every signature checked");
            watch.Restart();
            first.Sweep();
            Say("the days marked, behind the recording's back", watch.Elapsed.TotalSeconds, "s", "");
        }
        var before = GC.GetTotalMemory(forceFullCollection: true);
        processor = Environment.CpuUsage.TotalTime;
        watch.Restart();
        using var there = box.Open(time);
        Opened("all its days marked");
        Say("memory that it holds", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6, "MB", "");
        before = GC.GetTotalMemory(forceFullCollection: true);
        var resident = Resident("VmRSS");
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");      // the peak counts from here (proc(5))
        watch.Restart();
        using var ledger = CallLedger.Open(box.Data, there, NullLogger.Instance);
        var indexed = (await ledger.ListAsync()).Count;
        Say($"the index made anew, {indexed} calls", watch.Elapsed.TotalSeconds, "s", "below 60");
        Say("memory at its most while it was made", (Resident("VmHWM") - resident) / 1e3, "MB", "");
        Say("memory that this adds", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6, "MB", "");
        var newest = (await ledger.NewestAsync(1))[0].StartedMs;
        Say("the newest 50", await MedianAsync(() => ledger.NewestAsync(50)), "ms", "below 50");
        var oldest = (await ledger.ListAsync())[0].StartedMs;
        var middle = oldest + ((newest - oldest) / 2);
        Say("of a stretch of time, at most 1,000", await MedianAsync(() => ledger.BetweenAsync(middle, newest)), "ms", "below 50");
        Say("the file", new FileInfo(CallLedger.PathOf(box.Data)).Length / 1e6, "MB", "");

        void Opened(string how)
        {
            Say($"the vault opened, {how}", watch.Elapsed.TotalSeconds, "s", "");
            Say("of both cores", (Environment.CpuUsage.TotalTime - processor).TotalSeconds, "s", "");
        }
    }

    // In kB.
    private static double Resident(string what) => double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(what, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

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

    // Wall and counter pass together: months in a minute.
    private sealed class Calendar : TimeProvider
    {
        private TimeSpan _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _passed;

        public override long GetTimestamp() => System.GetUtcNow().Ticks + _passed.Ticks;

        public void Pass(TimeSpan time) => _passed += time;
    }
}
