using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Tests.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Ledger;

public sealed class IndexOfCalls
{
    internal static async Task Calls(Nauha.Recorder.Vault.CallVault vault, int count)
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
    public async Task A_call_costs_at_most_three_commits_from_its_first_ring_to_its_receipt()
    {
        using var box = new Box();
        using var vault = box.OpenVault();
        using var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance);
        await ledger.ListAsync();
        for (var call = 1; call <= 4; call++)
        {
            var before = ledger.Commits;
            var ticket = vault.Start(new(1), Direction.Incoming);
            await ledger.ListAsync();
            ticket = ticket.StartedAt(ticket.Started with { UnixMs = ticket.Started.UnixMs + 5 });
            vault.Amend(ticket, new RecordFacts());
            await ledger.ListAsync();
            using var recording = vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 });
            for (var i = 0; i < 5; i++)
            {
                recording.Append(new(static _ => { }) { FirstSample = i * 4_000, Samples = 4_000, Length = 1_500 });
                await ledger.ListAsync();
            }
            var facts = recording.Close();
            vault.End(ticket, Ending.Recorded, facts, new RecordFacts());
            await ledger.ListAsync();
            foreach (var record in vault.Read(index => index.UnsentRecords().ToList()))
            {
                Receipted(box, vault, ticket.Call, Convert.FromHexString(record.Hash), ReceiptSubject.Record);
                await ledger.ListAsync();
            }
            Receipted(box, vault, ticket.Call, facts.Sha256, ReceiptSubject.Recording);
            var there = (await ledger.ListAsync())[^1];
            (there.Outcome, there.StartedMs, there.ReceiptedMs is not null, there.Bytes).ShouldBe(("recorded", ticket.Started.UnixMs, true, facts.Bytes));
            (ledger.Commits - before).ShouldBe(3);
        }
        ledger.Dispose();
        vault.Dispose();
        using var again = box.OpenVault();
        CallLedger.Differences(box.Data, again).ShouldBeEmpty("the moment of a receipt reads otherwise after a restart, and is no difference");
        using var reopened = CallLedger.Open(box.Data, again, NullLogger.Instance);
        (await reopened.ListAsync()).Count.ShouldBe(4);
        reopened.Commits.ShouldBe(0);
    }

    [Fact]
    public async Task The_newest_and_those_of_a_time_are_found_in_their_order()
    {
        using var box = new Box();
        var time = new Vault.TwoClocks(TimeProvider.System.GetUtcNow());
        using var vault = Nauha.Recorder.Vault.CallVault.Open(box.Data, box.Identity, true, time, NullLogger.Instance);
        using var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance);
        for (var i = 0; i < 60; i++)
        {
            await Calls(vault, 1);
            time.Pass(TimeSpan.FromSeconds(10));
        }
        var all = await ledger.ListAsync();
        (await ledger.NewestAsync(50)).Select(c => c.CallNumber).ShouldBe(Enumerable.Range(11, 50).Reverse().Select(i => (ulong)i));
        (await ledger.BetweenAsync(all[20].StartedMs, all[25].StartedMs)).Select(c => c.CallNumber).ShouldBe([21ul, 22, 23, 24, 25]);
        (await ledger.BetweenAsync(all[20].StartedMs, all[25].StartedMs, most: 2)).Select(c => c.CallNumber).ShouldBe([21ul, 22]);
    }

    [Fact]
    public async Task What_law_9_takes_from_the_vault_is_not_left_in_the_index()
    {
        using var box = new Box();
        var time = new Vault.TwoClocks(TimeProvider.System.GetUtcNow());
        using var vault = Nauha.Recorder.Vault.CallVault.Open(box.Data, box.Identity, true, time, NullLogger.Instance);
        using var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance);
        var first = vault.Start(new(1), Direction.Incoming);
        vault.End(first, Ending.Missed, null, new RecordFacts());
        (await ledger.ListAsync()).Count.ShouldBe(1);
        time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(first.Day.DestroyMs) - time.Wall + TimeSpan.FromSeconds(1));
        vault.Clock.Confirm(time.Wall.ToUnixTimeMilliseconds());
        vault.Sweep();
        (await ledger.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_differs_from_the_vault_is_said_and_nothing_is_written_to_say_it()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        {
            CallLedger.Differences(box.Data, vault).ShouldHaveSingleItem().ShouldContain("missing");
            using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance)) await Calls(vault, 3);
            CallLedger.Differences(box.Data, vault).ShouldBeEmpty();
            await Calls(vault, 2);
            var before = await File.ReadAllBytesAsync(CallLedger.PathOf(box.Data));
            CallLedger.Differences(box.Data, vault).ShouldBe(["2 calls are missing in the index."]);
            (await File.ReadAllBytesAsync(CallLedger.PathOf(box.Data))).ShouldBe(before);
        }
        await File.WriteAllBytesAsync(CallLedger.PathOf(box.Data), [.. Enumerable.Repeat((byte)0xA5, 40_000)]);
        File.Delete(CallLedger.PathOf(box.Data) + "-log");
        using var again = box.OpenVault();
        CallLedger.Differences(box.Data, again).ShouldHaveSingleItem().ShouldContain("cannot be read");
    }

    private static ulong _seq;

    private static void Receipted(Box box, Nauha.Recorder.Vault.CallVault vault, CallId call, byte[] hash, ReceiptSubject what)
    {
        var receipt = new Receipt
        {
            Fleet = box.Fleet,
            Appliance = box.Appliance,
            Seq = Interlocked.Increment(ref _seq),
            Prev = new byte[32],
            StoreEpoch = 1,
            Call = call,
            What = what,
            Sha256 = hash,
            Bytes = 1,
            Result = ReceiptResult.Stored,
            Checkpoint = "",
            AtMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), box.Receipts));
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

    [Fact]
    public async Task While_the_recorder_runs_every_page_of_a_commit_is_synced()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed (Debian package strace)");
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder"));
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        using var box = new Box(3);
        var (trace, scenario) = (Path.Combine(box.Data, "trace"), Path.Combine(box.Data, "scenario.json"));
        await File.WriteAllTextAsync(scenario, """{"version":1,"seed":7,"epochMs":null,"lines":[{"line":1,"calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":5},{"kind":"missed","at":30,"rings":1}]}]}""");
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"trace"}""");
        using (var vault = box.OpenVault())
        using (var ledger = CallLedger.Open(box.Data, vault, NullLogger.Instance)) await ledger.ListAsync();
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/strace", ["-D", "-f", "-y", "--seccomp-bpf", "-s", "0", "-e", "trace=write,pwrite64,pwritev,writev,fsync,fdatasync", "-o", trace,
            program, "run", "--data", box.Data, "--simulate", scenario, "--speed", "20"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        using (var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50)))
        {
            var waited = Stopwatch.StartNew();
            while (!Ended(box))
            {
                waited.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(2));
                await pause.WaitForNextTickAsync();
            }
            using (var stop = Process.Start("kill", ["-TERM", $"{process.Id}"])) await stop.WaitForExitAsync();
            while (!File.ReadLines(trace).Any(line => line.StartsWith($"{process.Id} ", StringComparison.Ordinal) && line.Contains(" +++ exited", StringComparison.Ordinal))) await pause.WaitForNextTickAsync();
        }
        var calls = Vault.SystemCalls.Read(await File.ReadAllLinesAsync(trace)).Where(c => c.IsOf(CallLedger.PathOf(box.Data) + "-log") && (c.IsWrite || c.IsSync)).ToList();
        var pages = calls.Where(c => c.IsWrite).ToList();
        pages.Count.ShouldBeGreaterThan(3);
        foreach (var page in pages) calls.Where(c => c.IsSync).Between(page.Until, int.MaxValue).ShouldBeTrue(page.Text);
        calls[^1].IsSync.ShouldBeTrue("nothing written is left without one");
        using var after = box.OpenVault();
        CallLedger.Differences(box.Data, after).ShouldBeEmpty();
    }

    private static bool Ended(Box box)
    {
        if (!Directory.Exists(Nauha.Recorder.Vault.CallVault.FolderOf(box.Data))) return false;
        using var vault = Nauha.Recorder.Vault.CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, NullLogger.Instance, readOnly: true);
        return vault.Read(index => index.Calls.Count(c => c.IsClosed) == 2);
    }
}
