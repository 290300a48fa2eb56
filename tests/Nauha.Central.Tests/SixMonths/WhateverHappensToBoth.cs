using CsCheck;
using Nauha.Central.Retention;
using Nauha.Format;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Central.Tests.SixMonths;

/// <summary>Any order of calls, holds, releases, early destructions, backups, restores, revocations and days, with the real recorder on the other side of the broker.</summary>
public sealed class WhateverHappensToBoth
{
    private const int Steps = 9;
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";

    private sealed record Backup(string Path, IReadOnlySet<string> Holds);

    [Fact]
    public Task What_opens_is_what_must_and_each_number_is_accounted_for() => Gen.Int[0, 10].Array[Steps].SampleAsync(TryAsync, iter: Long ? 25 : 2, threads: 1);

    private static IEnumerable<CallScript> Calls() => Enumerable.Range(0, Steps + 1).Select(i =>
        new CallScript { Kind = ScriptKind.Incoming, At = (i * HostedBox.Session.TotalSeconds) + 1, Number = "0409990123", Talk = Talk.Bundled.First(2) });

    private static async Task TryAsync(int[] sequence)
    {
        await using var fleet = await TheFleet.OpenAsync();
        var box = await NewBoxAsync(fleet);
        var holds = new Dictionary<CallId, string>();
        Backup? backup = null;
        var done = new List<string>();
        await CallAsync(fleet, box);
        foreach (var step in sequence)
        {
            var some = fleet.Copies.LastOrDefault(c => c is { DestroyedEarly: false, Held: false } && RetentionPeriod.DestroyMs(c.Day, RetentionPeriod.Zone) > fleet.NowMs);
            done.Add($"{step}");
            switch (step)
            {
                case 0 or 1:
                    await CallAsync(fleet, box);
                    break;
                case 2 when some is not null:
                    // By another person each time: who froze once may not freeze again.
                    holds[some.Call] = await fleet.HoldAsync(some.Call, $"anna-{done.Count}", "I-1", "bert");
                    some.Held = true;
                    break;
                case 3 when fleet.Copies.Find(c => c.Held) is { } held:
                    (await fleet.Central.The<Holds>().ReleaseAsync(holds[held.Call], "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
                    held.Held = false;
                    break;
                case 4 when some is not null:
                    await fleet.DestroyEarlyAsync(some);
                    await fleet.UntilAsync(() => box.Vault.Read(i => i.Find(some.Call)) is null or { IsDestroyed: true }, "its box has destroyed it too");
                    break;
                case 5:
                    if (backup is not null) File.Delete(backup.Path);
                    backup = new(Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar"), fleet.Copies.Where(c => c.Held).Select(c => holds[c.Call]).ToHashSet());
                    await fleet.Central.The<Backups>().WriteAsync(backup.Path, "test", CancellationToken.None);
                    break;
                case 6 when backup is not null:
                    await RestoreAsync(fleet, box, backup, holds);
                    break;
                case 7:
                    // Another box takes its place; what a backup knows of the first one is of no use any more.
                    (await fleet.Central.Register.RevokeAsync(box.Id, "test", CancellationToken.None)).ShouldBeTrue();
                    await fleet.UntilAsync(() => box.Sync.Trouble == "revoked", "it can read why nobody hears it");
                    await box.StopAsync();
                    box = await NewBoxAsync(fleet);
                    backup = Gone(backup);
                    await CallAsync(fleet, box);
                    break;
                case 8:
                    await fleet.NightAsync();
                    break;
                default:
                    backup = Gone(backup);   // made every day: one that old is never restored
                    await fleet.LiveAsync(step == 9 ? 30 : 95);
                    break;
            }
            await fleet.OnlyWhatMustOpensAsync($"after {string.Join(' ', done)}");
        }
        await fleet.NightAsync();
        Gone(backup);
        await fleet.SettledAsync(box);
        VaultCheck.Run(box.Vault).ShouldBeEmpty();
        (await fleet.CertificatesAsync()).ShouldAllBe(c => c.Lines.All(l => l.Reconciles));
        (await fleet.Central.The<Reports>().OldestAsync(CancellationToken.None)).Looked.Where(l => !l.Good).ShouldBeEmpty();
        (await fleet.Central.The<Reports>().NumbersAsync(CancellationToken.None)).Lines.Where(l => l.MissingNumbers > 0 || l.Open > 0).ShouldBeEmpty();
    }

    private static async Task<HostedBox> NewBoxAsync(TheFleet fleet)
    {
        var box = await fleet.BoxAsync(Calls());
        await box.StartAsync();
        return box;
    }

    private static async Task CallAsync(TheFleet fleet, HostedBox box)
    {
        var copy = (await fleet.CallsAsync(box)).ShouldHaveSingleItem();
        await fleet.SettledAsync(box);
        (await fleet.RowAsync(copy.Call)).ShouldNotBeNull().BlobState.ShouldBe("stored");
    }

    // Back to the backup: holds that came since are lost with it, calls that came since are offered again.
    private static async Task RestoreAsync(TheFleet fleet, HostedBox box, Backup backup, Dictionary<CallId, string> holds)
    {
        await fleet.Central.StopAsync();
        Backups.Restore(backup.Path, fleet.Central.Data, replace: true);
        await fleet.Central.StartAsync();
        await fleet.Central.The<AfterRestore>().RunAsync("test", CancellationToken.None);
        foreach (var copy in fleet.Copies.Where(c => c.Held && !backup.Holds.Contains(holds[c.Call]))) copy.Held = false;
        var living = fleet.Copies.Where(c => !c.DestroyedEarly && RetentionPeriod.DestroyMs(c.Day, RetentionPeriod.Zone) > fleet.NowMs).ToList();
        await Until.TrueAsync(async () => (await Task.WhenAll(living.Select(c => fleet.RowAsync(c.Call)))).All(r => r is { BlobState: "stored" }), "what the box still has is there again", fleet.Tick);
        await fleet.SettledAsync(box);
    }

    private static Backup? Gone(Backup? backup)
    {
        if (backup is not null) File.Delete(backup.Path);
        return null;
    }
}
