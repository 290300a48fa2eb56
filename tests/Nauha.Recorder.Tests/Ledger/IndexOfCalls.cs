using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Tests.Calls;
using Shouldly;

namespace Nauha.Recorder.Tests.Ledger;

public sealed class IndexOfCalls
{
    private static async Task Calls(Nauha.Recorder.Vault.CallVault vault, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var ticket = vault.Start(new(1), Direction.Incoming);
            vault.End(ticket, Ending.Missed, null, new RecordFacts { Direction = Direction.Incoming });
        }
        await Task.CompletedTask;
    }

    [Fact]
    public async Task It_follows_the_vault_and_is_the_same_after_a_restart()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance))
        {
            await Calls(vault, 5);
            (await ledger.ListAsync()).Select(c => (c.CallNumber, c.Outcome)).ShouldBe([(1ul, "missed"), (2, "missed"), (3, "missed"), (4, "missed"), (5, "missed")]);
        }
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance)) (await ledger.ListAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Deleted_or_damaged_it_is_made_anew_from_the_vault()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance)) await Calls(vault, 3);
        var path = CallLedger.PathOf(box.Data);
        var good = await File.ReadAllBytesAsync(path);
        var damages = new List<byte[]> { "this is no database"u8.ToArray(), good[..(good.Length / 2)], new byte[good.Length] };
        for (var at = 100; at < good.Length; at += good.Length / 12)
        {
            var changed = good.ToArray();
            changed.AsSpan(at, Math.Min(64, changed.Length - at)).Fill(0xA5);
            damages.Add(changed);
        }
        foreach (var damage in damages)
        {
            await File.WriteAllBytesAsync(path, damage);
            File.Delete(path + "-log");
            using var vault = box.OpenVault();
            using var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance);
            (await ledger.ListAsync()).Select(c => c.CallNumber).ShouldBe([1ul, 2, 3]);
        }
        File.Delete(path);
        using var again = box.OpenVault();
        using var anew = CallLedger.Open(box.Data, again, NullLogger.Instance);
        (await anew.ReindexAsync()).ShouldBe(3);
    }

    [Fact]
    public void What_it_commits_reaches_the_disk()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed (Debian package strace)");
        using var box = new Box();
        using (var vault = box.OpenVault()) vault.End(vault.Start(new(1), Direction.Incoming), Ending.Missed, null, new RecordFacts());
        var trace = Path.Combine(box.Data, "trace");
        var program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        using var run = Process.Start(new ProcessStartInfo("/usr/bin/strace", ["-f", "-y", "-e", "trace=fsync,fdatasync,write,pwrite64,pwritev", "-o", trace, program, "reindex", "--data", box.Data]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        Assert.SkipWhen(run.ExitCode == 1 && new FileInfo(trace).Length == 0, "strace may not trace on this machine");
        run.ExitCode.ShouldBe(0);
        var lines = File.ReadAllLines(trace).Where(l => l.Contains("ledger.db", StringComparison.Ordinal)).ToList();
        lines.ShouldContain(l => l.Contains("write", StringComparison.Ordinal));
        lines.FindLastIndex(l => l.Contains("sync(", StringComparison.Ordinal)).ShouldBeGreaterThan(lines.FindLastIndex(l => l.Contains("write", StringComparison.Ordinal)), "after the last write comes a sync");
    }
}
