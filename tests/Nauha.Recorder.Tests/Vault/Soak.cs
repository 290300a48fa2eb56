using System.Diagnostics;
using System.Globalization;
using Nauha.Format;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// Weeks in the life of one box: the real program on eight busy lines, day after day of its own clock (libfaketime), ended
/// in order, killed, with steps on the disk that fail (strace), with a clock that jumps. Central is the test: what was
/// recorded is receipted, now and then late, and swept. The exchange keeps a diary of every ring and every lift, with which
/// each life is compared. 30 days in the long form, four in CI.
/// </summary>
public sealed class Soak
{
    private const int Lines = 8, CallsOfALine = 2, CallsUntilKilled = 8;
    private static readonly int Days = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 30 : 4;
    private static readonly string Program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder"));
    private static readonly string? FakeTime = new[] { "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1" }.FirstOrDefault(File.Exists);

    private enum Fate { Orderly, Killed, DiskFails, ClockJumps }

    private readonly Random _random = new(Environment.GetEnvironmentVariable("NAUHA_TESTS_SEED") is { } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : 20261125);
    private readonly List<(int Day, long Bytes)> _memory = [];
    private readonly Dictionary<Fate, (int Numbered, int Refused, int InTheDark)> _accounts = [];
    private ulong _receipts;

    [Fact]
    public async Task Eight_lines_for_weeks_with_kills_disk_faults_and_clock_jumps_lose_nothing_and_count_everything()
    {
        Assert.SkipUnless(File.Exists(Program), "nauha-recorder is not built beside the tests");
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed (Debian package strace)");
        Assert.SkipUnless(FakeTime is not null, "libfaketime is not installed (Debian package faketime)");
        using var box = new Box();
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"soak"}""");
        var kinds = new Dictionary<Fate, int>();
        for (var day = 0; day < Days; day++)
        {
            // Each day a life with a fate, and an orderly one, whose start says to what the one before was blind.
            var lives = new List<(Fate Fate, string What, TrueCalls Truth, List<JournalCall> Numbered)>();
            foreach (var fate in new[] { (Fate)(1 + (day % 3)), Fate.Orderly })
            {
                var before = Accounts(box, day).Count;
                var what = $"day {day + 1}, {fate}";
                var truth = await LiveAsync(box, day, fate, what, before);
                kinds[fate] = kinds.GetValueOrDefault(fate) + 1;
                var calls = Accounts(box, day);
                calls.ShouldAllBe(c => c.IsClosed, what);
                foreach (var line in calls.GroupBy(c => c.Line)) line.Select(c => c.CallNumber).Order().ShouldBe(Enumerable.Range(1, line.Count()).Select(n => (ulong)n), what);
                if (fate is Fate.Orderly or Fate.ClockJumps) (calls.Count - before).ShouldBe(Lines * CallsOfALine, $"{what}: every lift and every ring\n{truth.Said}");
                if (fate is Fate.Orderly or Fate.ClockJumps)
                    calls.Skip(before).Count(c => c.Ending == Ending.Recorded && c.Recording?.Closing == Closing.Closed).ShouldBe(Lines, $"{what}: one of the two calls of each line was told and spoken\n{truth.Said}");
                lives.Add((fate, what, truth, [.. calls.Skip(before)]));
                await ReceiveAsync(box, day, what);
            }
            var blind = Blind(box, day);
            foreach (var (fate, what, truth, numbered) in lives.Where(life => life.Fate != Fate.ClockJumps))   // whose times mean nothing; there the numbers were counted
            {
                var (found, refused, dark) = truth.Account(numbered, blind, what);
                var so = _accounts.GetValueOrDefault(fate);
                _accounts[fate] = (so.Numbered + found, so.Refused + refused, so.InTheDark + dark);
            }
        }
        kinds.Count.ShouldBe(4);
        using (var check = Process.Start(new ProcessStartInfo(Program, ["check", "--data", box.Data]) { RedirectStandardOutput = true })!)
        {
            var said = await check.StandardOutput.ReadToEndAsync();
            await check.WaitForExitAsync();
            check.ExitCode.ShouldBe(0, said);
        }
        // The same life again and again, on a vault that has weeks behind it: not more memory than at first.
        var first = _memory.Take(2).Max(m => m.Bytes);
        _memory[^1].Bytes.ShouldBeLessThan((long)(first * 1.25), string.Join(", ", _memory.Select(m => $"day {m.Day + 1}: {m.Bytes >> 20} MB")));
        TestContext.Current.SendDiagnosticMessage("{0} days, {1} calls: {2}; memory {3}", Days, Accounts(box, Days).Count, string.Join("; ", _accounts.Select(a => $"{a.Key} {a.Value.Numbered} numbered, {a.Value.Refused} refused, {a.Value.InTheDark} in the dark")), string.Join(", ", _memory.Select(m => $"{m.Bytes >> 20}")));
        FaultTable.Write("Soak", $"""
            `nauha-recorder run` with eight busy lines, two calls on each a life (up to eight where it is killed) and two lives a day of its clock, over one vault: one in order; one killed, with steps on the disk that fail twice or up to eighty times in a row, or with a clock that jumps (to 1970, back 400 days, 80 days or ten years ahead). Four days in CI.
            {FaultTable.LastLong("Soak", $"{Days} days, {Accounts(box, Days).Count} calls, resident memory {first >> 20} MB on the first two days and {_memory[^1].Bytes >> 20} MB on the last")}

            | | |
            |---|---|
            | `check` after each life | green every time |
            | numbers | none missing, none twice, every call closed |
            | lives that ended in order, clock jumping or not | every lift and every ring numbered, every spoken call recorded |
            | lives that were killed | every ring and lift of the exchange's diary has a number, or lies in the interval to which the next start says that the box was blind |
            | lives whose disk failed | every ring and lift has a number, was refused one with an alarm, or lies in an interval to which the box says that it was blind; every number that failed for it has an alarm |
            | copies whose receipt is seven days old | gone; no other |
            | memory on the last day against the first two | not a quarter more |
            """);
    }

    private static DateTimeOffset Noon(int day) => TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(day);

    private List<JournalCall> Accounts(Box box, int day)
    {
        using var vault = CallVault.Open(box.Data, box.Identity, true, new TwoClocks(Noon(day)), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        return vault.Read(index => index.Calls.OrderBy(c => c.Start.Seq).ToList());
    }

    private static List<CallRecord> Blind(Box box, int day)
    {
        using var vault = CallVault.Open(box.Data, box.Identity, true, new TwoClocks(Noon(day)), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, readOnly: true);
        return vault.Read(index => index.Records.Where(r => r.Kind == RecordKind.Blind).Select(r => r.Record).ToList());
    }

    // What central would do: most of what there is gets its receipt, the rest another day. Then the box's own sweep.
    private async Task ReceiveAsync(Box box, int day, string what)
    {
        var time = new TwoClocks(Noon(day));
        using var vault = CallVault.Open(box.Data, box.Identity, true, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        VaultCheck.Run(vault).ShouldBeEmpty(what);
        using var ledger = CallLedger.Open(box.Data, vault, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        vault.Clock.Confirm(time.Wall.ToUnixTimeMilliseconds());
        foreach (var record in vault.Read(index => index.UnsentRecords().ToList())) Receipt(box, vault, time, record.Call, ReceiptSubject.Record, Convert.FromHexString(record.Hash));
        foreach (var call in vault.Read(index => index.UnsentRecordings().ToList()).Where(_ => _random.Next(5) > 0)) Receipt(box, vault, time, call.Call, ReceiptSubject.Recording, call.Recording!.Sha256);
        vault.Sweep();
        foreach (var call in vault.Read(index => index.Calls.Where(c => c.Recording is not null).ToList()))
            (vault.FileOf(call) is not null).ShouldBe(call.Receipted is not { } receipted || time.Wall - receipted <= CallVault.KeepAfterReceipt, $"{what}: receipted {call.Receipted}, now {time.Wall}");
        VaultCheck.Run(vault).ShouldBeEmpty(what);
        (await ledger.ListAsync()).Count.ShouldBe(vault.Read(index => index.Calls.Count), what);
    }

    private void Receipt(Box box, CallVault vault, TwoClocks time, CallId? call, ReceiptSubject what, byte[] hash)
    {
        var receipt = new Receipt { Fleet = box.Fleet, Appliance = box.Appliance, Seq = ++_receipts, Prev = new byte[32], StoreEpoch = 1, Call = call, What = what, Sha256 = hash, Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = time.Wall.ToUnixTimeMilliseconds() };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), box.Receipts));
    }

    // What each line does: a call that is answered and spoken, and one that is missed; more of both where the life may last.
    private string Scenario(int day, Fate fate)
    {
        var calls = fate == Fate.Killed ? CallsUntilKilled : CallsOfALine;
        return $$"""{"version":1,"seed":{{day + 1}},"epochMs":null,"diary":"/dev/stderr","lines":[{{string.Join(",", Enumerable.Range(1, Lines).Select(line => $$"""{"line":{{line}},"calls":[{{string.Join(",", Enumerable.Range(0, calls / 2).Select(i => Pair(line, i * 40)))}}]}"""))}}]}""";

        string Pair(int line, int from) => $$"""{"kind":"incoming","at":{{(from + 1 + (line * 0.5)).ToString(CultureInfo.InvariantCulture)}},"number":"040999012{{line}}","talkSeconds":{{4 + _random.Next(6)}}},{"kind":"missed","at":{{from + 32}},"rings":1}""";
    }

    // One life of the program; gives what it said, and what truly happened.
    private async Task<TrueCalls> LiveAsync(Box box, int day, Fate fate, string what, int before)
    {
        var (clock, scenario, status) = (Path.Combine(box.Data, "clock"), Path.Combine(box.Data, "scenario.json"), Path.Combine(box.Data, "run/status.json"));
        var trace = Path.Combine(box.Data, "trace");
        await File.WriteAllTextAsync(scenario, Scenario(day, fate));
        await File.WriteAllTextAsync(clock, $"+{day * 86_400}");
        if (File.Exists(status)) File.Delete(status);
        // Slower where the life may last: long enough for heartbeats between the calls.
        string[] run = [Program, "run", "--data", box.Data, "--simulate", scenario, "--speed", fate == Fate.Killed ? "8" : "30"];
        if (fate == Fate.DiskFails)
        {
            // Twice in a row, so that the second try fails as well, or more often; which of its steps, of the journal or of
            // any file, is drawn. Each thread has a count of its own.
            var journal = Path.Combine(CallVault.FolderOf(box.Data), CallVault.Name(RetentionPeriod.DayOf(Noon(day).ToUnixTimeMilliseconds(), RetentionPeriod.Zone)), "records");
            var ofJournal = _random.Next(2) == 0;
            var (at, more) = (_random.Next(1, ofJournal ? 4 : 20), _random.Next(2) == 0 ? 1 : _random.Next(8, 80));
            var (call, error) = _random.Next(4) switch { 0 => ("fdatasync", "EIO"), 1 => ("pwrite64", "ENOSPC"), 2 => ("fdatasync", "ENOSPC"), _ => ("pwrite64", "EIO") };
            run = ["/usr/bin/strace", "-D", "-f", "--seccomp-bpf", "-o", trace, "-e", $"trace={call}", "-e", $"inject={call}:error={error}:when={at}..{at + more}", .. ofJournal ? new[] { "-P", journal } : [], .. run];
        }
        var start = new ProcessStartInfo(run[0], run[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new[] { ("LD_PRELOAD", FakeTime!), ("FAKETIME_TIMESTAMP_FILE", clock), ("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1"), ("FAKETIME_FORCE_MONOTONIC_FIX", "0"), ("NO_FAKE_STAT", "1") }) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var truth = new TrueCalls();
        var heard = Task.WhenAll(HearAsync(process.StandardOutput), HearAsync(process.StandardError));
        async Task HearAsync(StreamReader said)
        {
            while (await said.ReadLineAsync() is { } line) truth.Hear(line);
        }
        var waited = Stopwatch.StartNew();
        async Task Until(Func<bool> isSo)
        {
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (!isSo() && !process.HasExited)
            {
                if (waited.Elapsed > TimeSpan.FromMinutes(3))
                {
                    process.Kill();
                    throw new TimeoutException($"{what}: it never came to its end\n{truth.Said}");
                }
                await pause.WaitForNextTickAsync();
            }
        }
        await Until(() => File.Exists(status));
        if (fate == Fate.Killed)
        {
            // The moment of the kill is what is tried here: some call's first ring, or any. It is drawn, not waited for.
            using (var moment = new PeriodicTimer(TimeSpan.FromMilliseconds(1 + _random.Next(25_000))))
                await Task.WhenAny(heard, day % 2 == 0 ? truth.Begun(1 + _random.Next(Lines * CallsUntilKilled / 2)) : moment.WaitForNextTickAsync().AsTask());
            process.Kill();
        }
        else
        {
            if (fate == Fate.ClockJumps)
            {
                await Until(() => Sealed(box) > 40_000);
                var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
                await File.WriteAllTextAsync(clock + ".new", _random.Next(4) switch { 0 => $"-{now - 10}", 1 => "-400d", 2 => $"+{(day + 80) * 86_400}", _ => "+3652d" });
                File.Move(clock + ".new", clock, overwrite: true);
            }
            // Where steps fail a call may have no number: then the end is that all lines are at rest and stay so.
            var rest = 0;
            if (fate == Fate.DiskFails) await Until(() => (rest = truth.Over == Lines * CallsOfALine && AtRest(status) ? rest + 1 : 0) > 60);
            else await Until(() => AtRest(status) && Closed(box) == before + (Lines * CallsOfALine));
            if (fate == Fate.Orderly) _memory.Add((day, Resident(process.Id)));
            using var stop = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await stop.WaitForExitAsync();
        }
        await process.WaitForExitAsync();
        await heard;
        if (fate is Fate.Orderly or Fate.ClockJumps) process.ExitCode.ShouldBe(0, $"{what}\n{truth.Said}");
        if (fate == Fate.DiskFails) File.ReadLines(trace).Count(line => line.EndsWith("(INJECTED)", StringComparison.Ordinal)).ShouldBeGreaterThan(0, $"{what}: no step failed\n{string.Join(' ', run)}");
        if (fate != Fate.Killed) truth.Count.ShouldBe(Lines * CallsOfALine, $"{what}: the exchange's diary");
        return truth;
    }

    private static long Sealed(Box box) => Directory.EnumerateFiles(CallVault.FolderOf(box.Data), "*.nauha", SearchOption.AllDirectories).Where(f => File.GetLastWriteTimeUtc(f) > TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1)).Sum(f => new FileInfo(f).Length);

    private static int Closed(Box box)
    {
        using var vault = CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, readOnly: true);
        return vault.Read(index => index.Calls.Count(c => c.IsClosed));
    }

    // Every line is at rest, and nothing is on its way to the disk.
    private static bool AtRest(string status)
    {
        try
        {
            var lines = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(status)).RootElement.GetProperty("lines").EnumerateArray().ToList();
            return lines.All(l => l.GetProperty("state").GetString() == "Idle" && l.GetProperty("framesWaiting").GetInt32() == 0);
        }
        catch (Exception e) when (e is IOException or System.Text.Json.JsonException)
        {
            return false;   // just being replaced
        }
    }

    private static long Resident(int process) => 1_024 * long.Parse(File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
