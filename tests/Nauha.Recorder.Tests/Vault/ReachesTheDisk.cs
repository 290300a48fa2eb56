using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// What the real program asks of the system during one simulated call. The trace shows that a sync of the very file had
/// ended before the next thing began; it does not show what the disk itself does with a sync.
/// </summary>
public sealed class ReachesTheDisk
{
    private const string Scenario = """{"version":1,"seed":7,"epochMs":null,"lines":[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":10}]}]}""";

    [Fact]
    public async Task Every_frame_is_synced_before_the_next_is_written_and_the_journal_before_there_is_a_file()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed (Debian package strace)");
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder"));
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        using var box = new Box(3);
        var (trace, scenario) = (Path.Combine(box.Data, "trace"), Path.Combine(box.Data, "scenario.json"));
        await File.WriteAllTextAsync(scenario, Scenario);
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"trace"}""");
        // -D: the program keeps the process id, strace stands beside.
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/strace", ["-D", "-f", "-y", "--seccomp-bpf", "-s", "16", "-e", "trace=openat,write,pwrite64,pwritev,writev,fsync,fdatasync", "-o", trace,
            program, "run", "--data", box.Data, "--simulate", scenario, "--speed", "20"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        await UntilAsync(() => IsRecorded(box), process);
        using (var stop = Process.Start("kill", ["-TERM", $"{process.Id}"])) await stop.WaitForExitAsync();
        // strace pads short process ids.
        await UntilAsync(() => File.ReadLines(trace).Any(line => line.StartsWith($"{process.Id} ", StringComparison.Ordinal) && line.Contains(" +++ exited", StringComparison.Ordinal)));
        var calls = SystemCalls.Read(File.ReadAllLines(trace));

        var file = Directory.EnumerateFiles(CallVault.FolderOf(box.Data), "*.nauha", SearchOption.AllDirectories).Single();
        var syncs = calls.Where(c => c.IsSync && c.IsOf(file)).ToList();
        // Zeros that reserve space hold nothing; all else is head, frame or end.
        var writes = calls.Where(c => c.IsWrite && c.IsOf(file) && c.Result != 64 * 1024).ToList();
        var frames = Frames(box);
        frames.ShouldBeGreaterThan(20u, "ten seconds of talk, and the announcement's tail");
        // The head, and each frame; the end is the final frame and the trailer behind it.
        writes.Count.ShouldBe((int)frames + 1, "each by one write, and nothing else");
        for (var i = 0; i < writes.Count; i++)
            syncs.Between(writes[i].Until, i + 1 < writes.Count ? writes[i + 1].From : int.MaxValue).ShouldBeTrue($"a sync had ended before the write after this one: {writes[i].Text}");

        var created = calls.First(c => c.Name == "openat" && c.Text.Contains("O_CREAT", StringComparison.Ordinal) && c.IsOf(file));
        var journal = Path.Combine(Path.GetDirectoryName(file)!, "records");
        var entries = calls.Where(c => c.IsWrite && c.IsOf(journal)).ToList();
        var before = entries.Where(e => e.From < created.From).ToList();
        before.ShouldNotBeEmpty("the call's number was in the journal");
        var journalSyncs = calls.Where(c => c.IsSync && c.IsOf(journal)).ToList();
        foreach (var entry in before) journalSyncs.Between(entry.Until, created.From).ShouldBeTrue("its sync had ended before the file was there");
        calls.Where(c => c.IsSync && c.IsOf(Path.GetDirectoryName(file)!)).Between(created.Until, writes[1].From).ShouldBeTrue("the file's name is synced before its first frame is written");
        entries.Count.ShouldBeGreaterThan(before.Count, "and its end came after");
        entries[^1].From.ShouldBeGreaterThan(syncs[^1].Until, "when the file was whole on the disk");
    }

    private static bool IsRecorded(Box box)
    {
        if (!Directory.Exists(CallVault.FolderOf(box.Data))) return false;
        using var vault = CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true);
        return vault.Read(index => index.Calls.Any(c => c.Recording is not null));
    }

    private static uint Frames(Box box)
    {
        using var vault = CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true);
        return vault.Read(index => index.Calls.Single(c => c.Recording is not null).Recording!.Frames);
    }

    private static async Task UntilAsync(Func<bool> isSo, Process? alive = null)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var waited = Stopwatch.StartNew();
        while (!isSo())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(2), "it never came");
            alive?.HasExited.ShouldBeFalse();
            await pause.WaitForNextTickAsync();
        }
    }
}
