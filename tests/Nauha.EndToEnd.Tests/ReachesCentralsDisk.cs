using Nauha.Recorder.Tests.Vault;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>
/// What the real central asks of the system while one recording comes and is exported. The trace shows which syncs had
/// ended before bytes went into a socket; those are encrypted, so it tells them apart by connection and length alone.
/// </summary>
public sealed class ReachesCentralsDisk
{
    [Fact]
    public async Task A_recording_is_durable_before_its_receipt_leaves_and_the_audit_before_the_first_byte_that_is_heard()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed (Debian package strace)");
        await using var branch = await Branch.OpenAsync();
        await branch.StopCentralAsync();
        var trace = Path.Combine(branch.Folder, "trace");
        await branch.StartCentralAsync("-yy", "-s", "16", "-o", trace, "-e", "trace=write,pwrite64,pwritev,writev,fsync,fdatasync,rename,renameat2,sendmsg,sendto");
        await branch.StartRecorderAsync("""[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":10}]}]""");
        var call = (await branch.CallsAsync(c => c.Count == 1 && c[0].GetProperty("receiptUtc").GetString() is not null))[0].GetProperty("callId").GetString()!;
        await Branch.EventuallyAsync(branch.OnTheBoxAsync, calls => calls[0].GetProperty("receipt").GetString() == "stored");
        await branch.StopRecorderAsync();
        await branch.SearchAsync();   // the connection that the export will use is open, and its handshake is over
        (await branch.ExportAsync(call)).Length.ShouldBeGreaterThan(100_000);
        var https = branch.Url("/").Port;
        await branch.StopCentralAsync();
        var calls = SystemCalls.Read(await File.ReadAllLinesAsync(trace));

        // The receipt: the first long message on ingest's own connection after the file has its place. What else it sends
        // then acknowledges earlier messages, in some bytes.
        var moved = calls.Single(c => c.Name.StartsWith("rename", StringComparison.Ordinal) && c.Text.Contains("/blobs/", StringComparison.Ordinal) && c.Result == 0);
        var blob = Branch.SealedFiles(Path.Combine(branch.CentralData, "blobs")).ShouldHaveSingleItem();
        var receipt = calls.First(c => IsSent(c) && c.From > moved.From && c.Text.Contains($":{branch.MqttsPort}]>", StringComparison.Ordinal) && c.Result > 500);
        var part = Path.Combine(branch.CentralData, "incoming", branch.Appliance, Path.GetFileNameWithoutExtension(blob) + ".part");
        var lastOfThePart = calls.Last(c => c.IsWrite && c.IsOf(part));
        Syncs(part).Between(lastOfThePart.Until, moved.From).ShouldBeTrue("the file");
        Syncs(Path.GetDirectoryName(blob)!).Between(moved.Until, receipt.From).ShouldBeTrue("the day's folder");
        Syncs(Path.Combine(branch.CentralData, "blobs")).Between(moved.Until, receipt.From).ShouldBeTrue("the folder of the days");
        var committed = calls.Where(c => c.IsWrite && c.IsOf(Path.Combine(branch.CentralData, "central.db-wal")) && c.From > moved.Until && c.From < receipt.From).ToList();
        committed.ShouldNotBeEmpty("the catalogue");
        Syncs(Path.Combine(branch.CentralData, "central.db-wal")).Between(committed[^1].Until, receipt.From).ShouldBeTrue("the catalogue is synced");

        // The export: its two entries are the last ones, and the answer to the search before it was sent before them. Thus
        // what is sent next is the very beginning of the export; and nothing as long as sound was sent earlier.
        var log = Path.Combine(branch.CentralData, "audit/log");
        var answers = calls.Where(c => IsSent(c) && c.Text.Contains($":{https}->", StringComparison.Ordinal)).ToList();
        var sound = answers.First(c => c.Result > 4_000);
        var entries = calls.Where(c => c.IsWrite && c.IsOf(log) && c.From < sound.From).TakeLast(2).ToList();
        calls.Where(c => c.IsWrite && c.IsOf(log)).TakeLast(2).ShouldBe(entries, "that it is exported, and which seconds: nothing comes after the sound");
        var heard = answers.First(c => c.From > entries[0].From);
        foreach (var entry in entries) Syncs(log).Between(entry.Until, heard.From).ShouldBeTrue("each is synced before the first byte");

        List<SystemCall> Syncs(string path) => [.. calls.Where(c => c.IsSync && c.IsOf(path))];
    }

    private static bool IsSent(SystemCall call) => call.Name is "sendmsg" or "sendto" or "write" or "writev" && call.Result > 0;
}
