using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Central.Retention;
using Nauha.Format;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Central.Tests.SixMonths;

/// <summary>
/// Half a year of a branch with four lines, and of two boxes whose network was pulled: both programs in one process,
/// on one time, with their real files and the real broker between them. At the end only what must open opens.
/// </summary>
public sealed class TheSixMonths
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";

    /// <summary>Days on which calls are made, counted from the first; in the long form all of them.</summary>
    private static readonly HashSet<int> Working = [.. Long ? Enumerable.Range(0, 188) : [0, 1, 2, 3, 4, 5, 8, 12, 20, 21, 22, 30, 40, 55, 62, 100, 140, 170, 187]];

    private static IEnumerable<CallScript>[] FourLines() =>
    [
        Each(_ => new() { Kind = ScriptKind.Incoming, At = 0, Number = "0409990123", Talk = Talk.Bundled.First(3) }),
        Each(_ => new() { Kind = ScriptKind.Outgoing, At = 0, Number = "0509990456", Talk = Talk.Bundled.First(3) }),
        Each(day => (day % 4) switch
        {
            0 => new() { Kind = ScriptKind.Missed, At = 0, Number = "0409990777" },
            1 => new() { Kind = ScriptKind.Incoming, At = 0, Number = "0409990777", Fault = LineFault.NotHeard, Talk = Talk.Bundled.First(2) },
            2 => new() { Kind = ScriptKind.Busy, At = 0, Number = "0509990456" },
            _ => new CallScript { Kind = ScriptKind.NotAnswered, At = 0, Number = "0509990456", Seconds = 8 },
        }),
        Each(day => (day % 4) switch
        {
            0 => new() { Kind = ScriptKind.Outgoing, At = 0, Number = "112", Talk = Talk.Bundled.First(2) },
            1 => new() { Kind = ScriptKind.Incoming, At = 0, CallerId = CallerIdForm.Restricted, Talk = Talk.Bundled.First(3) },
            2 => new() { Kind = ScriptKind.LiftOnly, At = 0 },
            _ => new CallScript { Kind = ScriptKind.Missed, At = 0, Number = "0409990777" },
        }),
    ];

    private static IEnumerable<CallScript> Each(Func<int, CallScript> call) => Enumerable.Range(0, Working.Count + 1).Select(i => call(i) with { At = (i * HostedBox.Session.TotalSeconds) + 1 });

    [Fact]
    public async Task Half_a_year_of_calls_held_destroyed_late_restored_and_stolen_and_only_what_must_open_opens()
    {
        await using var fleet = await TheFleet.OpenAsync();
        var box = await fleet.BoxAsync(FourLines());
        var late = await fleet.BoxAsync(Each(_ => new() { Kind = ScriptKind.Incoming, At = 0, Number = "0409990123", Talk = Talk.Bundled.First(2) }));
        var forgotten = await fleet.BoxAsync(Each(_ => new() { Kind = ScriptKind.Incoming, At = 0, Number = "0409990123", Talk = Talk.Bundled.First(2) }));
        await box.StartAsync();
        var made = new Dictionary<int, List<Copy>>();
        var outcomes = new HashSet<string>();
        string released = "", backup = Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar"), stolen = Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar");
        byte[] oldKeystore = [];
        for (var day = 0; day < 188; day++)
        {
            var away = day switch { 8 => DateTimeOffset.UnixEpoch.AddDays(3) - fleet.Time.GetUtcNow(), 12 => TimeSpan.FromDays(3_650), _ => TimeSpan.Zero };
            if (away != TimeSpan.Zero) await BootsAloneAsync(fleet, box, away);
            if (Working.Contains(day))
            {
                made[day] = await fleet.CallsAsync(box);
                if (away != TimeSpan.Zero) await fleet.Central.StartAsync();
                await fleet.SettledAsync(box);
                outcomes.UnionWith(box.Vault.Read(i => i.Calls.Select(c => c.Recording?.Closing == Closing.Salvaged ? "salvaged" : c.Ending!.Value.What.Word()).ToList()));
                foreach (var copy in made[day]) (await fleet.RowAsync(copy.Call)).ShouldNotBeNull($"{copy.Day} of day {day}").Day.ShouldBe($"{copy.Day:yyyy-MM-dd}");
            }
            if (away != TimeSpan.Zero)
            {
                box.Clock.Off = TimeSpan.Zero;
                await AgainAsync(fleet, box);
            }
            switch (day)
            {
                case 0:
                    fleet.Central.Keys.Open(new("anna", "search", "done", null, "quality", new Dictionary<string, string> { ["reason"] = "looking after my own calls" }));
                    foreach (var other in new[] { late, forgotten }) await UnheardAsync(fleet, other);
                    await late.StopAsync();   // into a cupboard; the other goes on without its network
                    break;
                case 1:
                    await fleet.HoldAsync(made[1][0].Call, "anna", "I-1", "bert");
                    made[1][0].Held = true;
                    break;
                case 2:
                    await fleet.HoldAsync(made[2][0].Call, "anna", "I-2", confirmedBy: null);   // nobody confirms: it ends by itself
                    break;
                case 3:
                    await fleet.DestroyEarlyAsync(made[3][1]);
                    await fleet.UntilAsync(() => box.Vault.Read(i => i.Find(made[3][1].Call)!.IsDestroyed), "the box has destroyed it too");
                    break;
                case 4:
                    released = await fleet.HoldAsync(made[4][0].Call, "bert", "I-4", "anna");
                    made[4][0].Held = true;
                    break;
                case 5:
                    made[5].AddRange(await PowerCutAsync(fleet, box));
                    break;
                case 20:
                    await fleet.Central.The<Backups>().WriteAsync(backup, "operator:test", CancellationToken.None);
                    break;
                case 22:
                    await RestoredAsync(fleet, box, backup, destroyed: made[20][0], since: [.. made[21], .. made[22]]);
                    break;
                case 30:
                    await fleet.Central.The<Backups>().WriteAsync(stolen, "operator:test", CancellationToken.None);
                    oldKeystore = await File.ReadAllBytesAsync(Path.Combine(fleet.Central.Data, "keystore", "keys"));
                    await fleet.OnlyWhatMustOpensAsync("when the backup was stolen");
                    break;
                case 40:
                    await AheadAsync(fleet, box, fleet.Time.GetUtcNow().AddMonths(7) - fleet.Time.GetUtcNow(), isHeard: false);
                    break;
                case 150:
                    await AheadAsync(fleet, box, TimeSpan.FromDays(40), isHeard: true);
                    break;
                default:
                    break;
            }
            if (day == 21) await fleet.DestroyEarlyAsync(made[20][0]);
            await fleet.NightAsync();
        }
        outcomes.ShouldBe(["recorded", "missed", "excluded", "failed", "salvaged"], ignoreOrder: true);
        await TooLateAsync(fleet, late, forgotten);

        await fleet.OnlyWhatMustOpensAsync("at the end");
        await NothingOutOfTheBackupAsync(fleet, stolen, oldKeystore);
        (await fleet.Central.The<Holds>().ReleaseAsync(released, "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        made[4][0].Held = false;
        await fleet.OnlyWhatMustOpensAsync("after a hold was released");
        await EverythingIsCountedAsync(fleet, box, late, forgotten);
        File.Delete(backup);
        File.Delete(stolen);
    }

    // No network, and a clock that is wrong: the box starts with what it has.
    private static async Task BootsAloneAsync(TheFleet fleet, HostedBox box, TimeSpan off)
    {
        await fleet.Central.StopAsync();
        await box.StopAsync();
        box.Clock.Off = off;
        await box.StartAsync();
    }

    // A call that central never hears of: it was made when the network was pulled already.
    private static async Task UnheardAsync(TheFleet fleet, HostedBox box)
    {
        await box.StartAsync();
        await fleet.UntilAsync(() => box.Sync.Connected && !box.Vault.Clock.IsDoubtful && box.HasNothingToSay, "the box has heard central once");
        await box.UnplugAsync();
        (await fleet.CallsAsync(box)).Count.ShouldBe(1);
    }

    private static async Task<List<Copy>> PowerCutAsync(TheFleet fleet, HostedBox box)
    {
        var before = box.Vault.Read(i => i.Calls.Select(c => c.Call).ToHashSet());
        var talked = TimeSpan.Zero;
        for (; box.Vault.InProgress().All(c => c.Frames < 3); talked += TimeSpan.FromSeconds(1)) await box.CallsAsync(TimeSpan.FromSeconds(1));
        await box.LosePowerAsync();
        await box.StartAsync();
        await box.CallsAsync(HostedBox.Session - talked);
        await fleet.SettledAsync(box);
        return fleet.Kept(box, before);
    }

    private static async Task RestoredAsync(TheFleet fleet, HostedBox box, string backup, Copy destroyed, List<Copy> since)
    {
        await fleet.Central.StopAsync();
        Backups.Restore(backup, fleet.Central.Data, replace: true);
        await fleet.Central.StartAsync();
        await fleet.Central.The<AfterRestore>().RunAsync("operator:test", CancellationToken.None);
        foreach (var copy in since) (await fleet.RowAsync(copy.Call)).ShouldBeNull("the backup is older");
        await Until.TrueAsync(async () => (await Task.WhenAll(since.Select(async c => await fleet.RowAsync(c.Call)))).All(r => r is { BlobState: "stored" }), "the box has offered again what it still has", fleet.Tick);
        await fleet.SettledAsync(box);
        (await fleet.OpensAsync(destroyed)).ShouldBeFalse("what was destroyed since the backup stays destroyed");
        Directory.EnumerateFiles(fleet.Central.Data, $"{destroyed.Call}.*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    // Somebody sets central's clock wrong: nothing goes, neither there nor on a box that is told so.
    private static async Task AheadAsync(TheFleet fleet, HostedBox box, TimeSpan off, bool isHeard)
    {
        var days = fleet.Central.Keys.Living().Select(d => d.Day).Where(d => d <= fleet.Today).ToList();
        var onTheBox = Directory.GetDirectories(CallVault.FolderOf(box.Data));
        await AgainAsync(fleet, box);   // central's certificate is of today
        fleet.CentralIsOff = off;
        await box.StopAsync();
        await box.StartAsync();
        // A certificate that central makes in such a time is not believed; one that it has already may be.
        if (isHeard) await fleet.UntilAsync(() => box.Vault.Clock.IsDisputed, "the box hears central, and does not believe it");
        else await fleet.UntilAsync(() => box.Sync is { Connected: false, Trouble: "certificate" }, "the box does not believe central");
        fleet.Time.Advance(TimeSpan.FromMinutes(10));
        await Until.TrueAsync(async () => (await fleet.Central.AlarmsAsync()).Contains("retention-person"), "central asks for a second person", fleet.Tick);
        for (var second = 0; second < 30; second++) fleet.Tick();   // the box sweeps every ten
        fleet.Central.Keys.Living().Select(d => d.Day).Where(d => d <= fleet.Today).ShouldBe(days);
        onTheBox.ShouldAllBe(folder => Directory.Exists(folder));
        // The clock is set right: all is as before.
        fleet.CentralIsOff = TimeSpan.Zero;
        await AgainAsync(fleet, box);
        fleet.Time.Advance(TimeSpan.FromMinutes(10));
        await Until.TrueAsync(async () => !(await fleet.Central.AlarmsAsync()).Contains("retention-person"), "central needs nobody", fleet.Tick);
        await fleet.OnlyWhatMustOpensAsync("after central's clock was wrong");
    }

    private static async Task AgainAsync(TheFleet fleet, HostedBox box)
    {
        await box.StopAsync();
        await box.StartAsync();
        await fleet.UntilAsync(() => box.Sync.Connected && !box.Vault.Clock.IsDoubtful, "the box hears central");
    }

    private static async Task TooLateAsync(TheFleet fleet, HostedBox late, HostedBox forgotten)
    {
        // One does not know what day it is: it offers, and is told that it is too late.
        late.Clock.Off = DateTimeOffset.UnixEpoch.AddDays(3) - fleet.Time.GetUtcNow();
        await late.StartAsync();
        await fleet.UntilAsync(() => late.Vault.Read(i => !i.UnsentRecords().Any() && i.UnsentRecordings().All(c => c.Result is not null)), "central has answered");
        // The other ran all the time: it has destroyed by itself what nobody fetched, and says so when it is plugged in again.
        forgotten.Vault.Read(i => i.Records.Count(r => r.Record.Ending?.What == EndingKind.ExpiredUnsent)).ShouldBe(1);
        Directory.EnumerateFiles(forgotten.Data, "*.nauha", SearchOption.AllDirectories).ShouldBeEmpty();
        await AgainAsync(fleet, forgotten);
        await fleet.UntilAsync(() => forgotten.Vault.Read(i => !i.UnsentRecords().Any()), "central knows");
    }

    // All of what the thief took: files, database, grants; with the keystore as it was then, without its key, and as it is now.
    private static async Task NothingOutOfTheBackupAsync(TheFleet fleet, string stolen, byte[] oldKeystore)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-thief-").FullName;
        System.Formats.Tar.TarFile.ExtractToDirectory(stolen, folder, overwriteFiles: false);
        await using var db = new CentralDb(new DbContextOptionsBuilder<CentralDb>().UseSqlite($"Data Source={Path.Combine(folder, "central.db")}").Options);
        var grants = (await db.Grants.Where(g => g.Seq == null).ToListAsync()).ToLookup(g => g.Call, g => g.Envelope);
        var files = Directory.GetFiles(folder, "*.nauha", SearchOption.AllDirectories).ToDictionary(f => Path.GetFileNameWithoutExtension(f));
        var gone = 0;
        foreach (var copy in fleet.Copies.Where(c => files.ContainsKey(c.Call.ToString())))
        {
            (await File.ReadAllBytesAsync(files[copy.Call.ToString()])).ShouldBe(copy.File);
            var over = RetentionPeriod.DestroyMs(copy.Day, RetentionPeriod.Zone) <= fleet.NowMs && !copy.Held;
            (await fleet.OpensAsync(copy, [.. grants[copy.Call.ToString()]])).ShouldBe(!over && !copy.DestroyedEarly);
            if (over) gone++;
        }
        gone.ShouldBeGreaterThan(8);
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ShouldNotContain(f => f.Contains("keystore", StringComparison.Ordinal));
        // The old keystore's file with the key of today's, and without any.
        var keystore = Directory.CreateDirectory(Path.Combine(folder, "keystore")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(keystore, "keys"), oldKeystore);
        Should.Throw<CentralException>(() => Keystore.Open(folder, null, new NoLog(), TimeProvider.System).Dispose());
        File.Copy(Path.Combine(fleet.Central.Data, "keystore", "kek"), Path.Combine(keystore, "kek"));
        Should.Throw<CentralException>(() => Keystore.Open(folder, null, new NoLog(), TimeProvider.System).Dispose());
        Directory.Delete(folder, recursive: true);
    }

    private static async Task EverythingIsCountedAsync(TheFleet fleet, HostedBox box, HostedBox late, HostedBox forgotten)
    {
        var oldest = await fleet.Central.The<Reports>().OldestAsync(CancellationToken.None);
        oldest.Looked.Where(l => !l.Good).ShouldBeEmpty();
        (oldest.Good, oldest.UnderHold).ShouldBe((true, 1));
        (await fleet.CertificatesAsync()).ShouldAllBe(c => c.Lines.All(l => l.Reconciles));
        AuditLog.Verify(fleet.Central.Data, fleet.Central.Keys.Receipts.PublicKey).Problem.ShouldBeNull();
        // Why somebody did something is sealed to its month: August's key is gone, September's is not.
        var door = fleet.Central.Keys.Open(new("operator:test", "open-audit", "done"));
        var reasons = fleet.Central.The<AuditLog>().Entries().Where(l => l.Sealed is not null).ToList();
        reasons.Where(l => l.Month == "2026-08").ShouldAllBe(l => door.AuditPart(l.Month, l.Sealed!) == null);
        reasons.Where(l => l.Month != "2026-08").ShouldAllBe(l => door.AuditPart(l.Month, l.Sealed!) != null);
        reasons.Select(l => l.Month).ShouldContain("2026-08");
        var report = await fleet.Central.The<Reports>().NumbersAsync(CancellationToken.None);
        report.Lines.Where(l => l.MissingNumbers != 0).ShouldBeEmpty();
        report.Good.ShouldBeTrue();
        // The box's own view: its vault is whole, nothing there is older than it may be, and the numbers are central's.
        VaultCheck.Run(box.Vault).ShouldBeEmpty();
        Directory.GetDirectories(CallVault.FolderOf(box.Data)).ShouldAllBe(f => RetentionPeriod.DestroyMs(DateOnly.ParseExact(Path.GetFileName(f), "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), RetentionPeriod.Zone) > fleet.NowMs);
        foreach (var line in report.Lines.Where(l => l.Appliance == box.Id.Text))
        {
            box.Vault.Read(i => i.NextNumber(new(line.Line))).ShouldBe((ulong)line.Highest + 1);
            (line.Recorded + line.Salvaged + line.Missed + line.Excluded + line.Failed + line.ExpiredUnsent + line.Destroyed, line.Open, line.MissingNumbers).ShouldBe(((int)line.Highest, 0, 0));
        }
        foreach (var call in box.Vault.Read(i => i.Calls.ToList()))
        {
            var row = (await fleet.RowAsync(call.Call)).ShouldNotBeNull();
            (row.Outcome, row.CallNumber, row.Line).ShouldBe((call.Ending!.Value.What.Word(), (long)call.CallNumber, call.Line.Number));
        }
        (await fleet.Central.AlarmsAsync()).ShouldContain("expired-unsent");
        report.Lines.Single(l => l.Appliance == late.Id.Text).Destroyed.ShouldBe(1);
        report.Lines.Single(l => l.Appliance == forgotten.Id.Text).ExpiredUnsent.ShouldBe(1);
    }

    private sealed class NoLog : IAuditLog
    {
        public void Append(AuditEntry entry) { }

        public IReadOnlyList<AuditLine> Newest(int count) => [];
    }
}
