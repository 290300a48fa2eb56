using System.Diagnostics;
using System.Globalization;

namespace Nauha.Benchmarks;

/// <summary>
/// The recorder as it is published, against an empty generic host published the same way, in turn: how soon it is ready to
/// record on eight lines, and what memory it holds while all eight do.
/// </summary>
internal static class Starting
{
    private const int Rounds = 7, Lines = 8;

    public static IEnumerable<Row> Rows()
    {
        var (recorder, host) = (Publish("firmware/Nauha.Device", "nauha-recorder"), Publish("tests/Nauha.EmptyHost", "Nauha.EmptyHost"));
        using var box = new BenchBox();
        var scenario = Path.Combine(box.Data, "scenario.json");
        File.WriteAllText(scenario, $$"""{"version":1,"seed":7,"epochMs":null,"lines":[{{string.Join(",", Enumerable.Range(1, Lines).Select(line => $$"""{"line":{{line}},"calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":60}]}"""))}}]}""");
        string[] run = ["run", "--data", box.Data, "--simulate", scenario];
        var starts = new List<(double Ours, double Peer)>();
        var (ours, peer) = (0L, 0L);
        for (var i = 0; i < Rounds; i++)
        {
            // The last round is left running until all lines record; the empty host as long.
            var last = i == Rounds - 1;
            var first = Start(recorder, run, "listens", Lines, last ? process => Until(() => Recording(box.Data) == Lines, process) : null);
            var second = Start(host, [], "Application started", 1, last ? _ => Pause(15_000) : null);
            starts.Add((first.Seconds, second.Seconds));
            (ours, peer) = (first.Memory, second.Memory);
        }
        var median = starts.OrderBy(s => s.Ours / s.Peer).ElementAt(Rounds / 2);
        yield return new("start to ready to record, 8 lines", $"{median.Ours * 1_000:F0} ms", $"{median.Peer * 1_000:F0} ms", median.Ours / median.Peer, "an empty generic host");
        yield return new("memory while 8 lines record", $"{ours / 1e6:F1} MB", $"{peer / 1e6:F1} MB", ours / (double)peer, "an empty generic host");
    }

    private static string Publish(string project, string name)
    {
        var rid = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier.Contains("arm64", StringComparison.Ordinal) ? "linux-arm64" : "linux-x64";
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Appliance.sln"))) folder = folder.Parent;
        var into = Path.Combine(folder!.FullName, "artifacts/bench", name);
        using var publish = Process.Start(new ProcessStartInfo("dotnet", ["publish", Path.Combine(folder.FullName, project), "-c", "Release", "-r", rid, "--self-contained", "-p:PublishReadyToRun=true", "-o", into, "-v", "quiet", "-nologo", "--tl:off"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        return publish.ExitCode == 0 ? Path.Combine(into, name) : throw new InvalidOperationException($"{project} cannot be published: {said}");
    }

    // From the start of the process to the words that say so, as often as there are lines.
    private static (double Seconds, long Memory) Start(string program, string[] arguments, string ready, int times, Action<Process>? then)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var seconds = 0.0;
        while (times > 0 && process.StandardOutput.ReadLine() is { } line)
            if (line.Contains(ready, StringComparison.Ordinal) && --times == 0) seconds = watch.Elapsed.TotalSeconds;
        if (times > 0) throw new InvalidOperationException($"{program} never said '{ready}': {process.StandardError.ReadToEnd()}");
        _ = process.StandardOutput.ReadToEndAsync();
        then?.Invoke(process);
        var memory = 1_024 * long.Parse(File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        process.Kill();
        process.WaitForExit();
        return (seconds, memory);
    }

    private static void Until(Func<bool> isSo, Process process)
    {
        while (!isSo())
        {
            if (process.HasExited) throw new InvalidOperationException("the recorder has ended");
            Pause(200);
        }
    }

    private static void Pause(int milliseconds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(milliseconds));
        timer.WaitForNextTickAsync().AsTask().GetAwaiter().GetResult();
    }

    // Lines that have recorded for five seconds.
    private static int Recording(string data)
    {
        try
        {
            var status = Path.Combine(data, "run/status.json");
            return System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(status)).RootElement.GetProperty("lines").EnumerateArray().Count(l => l.GetProperty("state").GetString() == "Recording" && l.GetProperty("sealedBytes").GetInt64() > 20_000);
        }
        catch (IOException)
        {
            return 0;   // just being replaced
        }
    }
}
