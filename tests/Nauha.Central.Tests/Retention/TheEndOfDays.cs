using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Nauha.Central.Keys;
using Nauha.Central.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

public sealed class TheEndOfDays
{
    [Fact]
    public async Task A_day_ends_in_the_night_after_its_six_months_and_nothing_of_it_is_left()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var missed = await store.MissedAsync();
        var copy = Directory.CreateTempSubdirectory("nauha-copy-").FullName;
        CopyAllBut(store.Central.Data, copy, "keystore");
        // 31.8.2026 lives until 28.2.2027.
        await store.LiveAsync(181);
        store.Opens(file).ShouldBeTrue();
        (await store.RowAsync(call)).ShouldNotBeNull();
        await store.LiveAsync(1);
        store.Opens(file).ShouldBeFalse();
        store.HasFile(call).ShouldBeFalse();
        (await store.RowAsync(call)).ShouldBeNull();
        (await store.RowAsync(missed)).ShouldBeNull();
        (await store.Central.DatabaseAsync(db => db.Records.CountAsync())).ShouldBe(0);
        // The copy of everything but the keystore opened before; now nothing opens it.
        var stolen = Directory.EnumerateFiles(copy, "*.nauha", SearchOption.AllDirectories).Single();
        (await File.ReadAllBytesAsync(stolen)).ShouldBe(file);
        store.Opens(await File.ReadAllBytesAsync(stolen)).ShouldBeFalse();
        Directory.Delete(copy, recursive: true);
        var tally = await store.TallyAsync(new(2026, 8, 31));
        (tally.Numbered, tally.Destroyed, tally.Missed, tally.Reconciles).ShouldBe((2, 1, 1, true));
    }

    [Fact]
    public async Task An_old_keystore_file_opens_nothing_once_its_key_was_overwritten()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 8, 31, 9, 0, 0, TimeSpan.Zero));
        await using var central = await RunningCentral.OpenAsync(time: time, socketOnly: true);
        var (keys, kek) = (Path.Combine(central.Data, "keystore", "keys"), Path.Combine(central.Data, "keystore", "kek"));
        var (old, oldKey) = (await File.ReadAllBytesAsync(keys), await File.ReadAllBytesAsync(kek));
        time.AdjustTime(time.GetUtcNow().AddDays(183));
        (await central.The<RetentionRun>().RunAsync([.. central.Keys.Due(time.GetUtcNow().ToUnixTimeMilliseconds()).Select(d => d.Day)], "test", null, CancellationToken.None)).ShouldBeOfType<RunOutcome.Done>().Days.ShouldNotBeEmpty();
        var fresh = await File.ReadAllBytesAsync(kek);
        fresh.AsSpan().IndexOf(oldKey.AsSpan(0, 32)).ShouldBe(-1);
        await central.StopAsync();
        await File.WriteAllBytesAsync(keys, old);
        var refused = await Should.ThrowAsync<CentralException>(central.StartAsync);
        refused.Message.ShouldContain("does not open with");
        await File.WriteAllBytesAsync(kek, oldKey);   // only with the key that is gone
        await central.StartAsync();
    }

    [Theory]
    [InlineData("before the keystore is written")]
    [InlineData("before the old key is overwritten")]
    public async Task A_rotation_that_was_cut_off_is_finished_at_the_next_start(string cut)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-kek-").FullName;
        var (path, kek) = (Path.Combine(folder, "keys"), Path.Combine(folder, "kek"));
        var file = new KeystoreFile(path, kek);
        file.CreateKek();
        file.Write("first"u8);
        var (keysBefore, kekBefore) = (await File.ReadAllBytesAsync(path), await File.ReadAllBytesAsync(kek));
        file.Rotate("second"u8);
        var kekAfter = await File.ReadAllBytesAsync(kek);
        // Both slots are full in between: the old key of before, the new one of after.
        await File.WriteAllBytesAsync(kek, [.. kekBefore.Zip(kekAfter, (a, b) => (byte)(a | b))]);
        if (cut.Contains("keystore", StringComparison.Ordinal)) await File.WriteAllBytesAsync(path, keysBefore);
        var plain = new KeystoreFile(path, kek).Read();
        plain.ShouldBe(cut.Contains("keystore", StringComparison.Ordinal) ? "first"u8.ToArray() : "second"u8.ToArray());
        new KeystoreFile(path, kek).Read().ShouldBe(plain);
        (await File.ReadAllBytesAsync(kek)).Chunk(40).Count(slot => slot.All(b => b == 0)).ShouldBe(1);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_clock_that_jumped_destroys_nothing_until_two_persons_have_seen_the_list()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 8, 31, 9, 0, 0, TimeSpan.Zero));
        await using var central = await RunningCentral.OpenAsync(time: time, socketOnly: true);
        var run = central.The<RetentionRun>();
        time.AdjustTime(time.GetUtcNow().AddDays(7 * 30));
        var waits = (await run.RunAsync(null, null, null, CancellationToken.None)).ShouldBeOfType<RunOutcome.NeedsPerson>();
        waits.Days.Count.ShouldBeGreaterThan(2);
        central.Keys.Due(time.GetUtcNow().ToUnixTimeMilliseconds()).Count.ShouldBe(waits.Days.Count);
        // A list that is not the list of now is no agreement.
        (await run.RunAsync([.. waits.Days.Skip(1).Select(d => d.Day)], "test", null, CancellationToken.None)).ShouldBeOfType<RunOutcome.NeedsPerson>();
        (await run.RunAsync([.. waits.Days.Select(d => d.Day)], "test", null, CancellationToken.None)).ShouldBeOfType<RunOutcome.Done>().Days.Count.ShouldBe(waits.Days.Count);
    }

    [Fact]
    public async Task A_pause_of_more_than_36_hours_or_a_clock_behind_the_log_needs_somebody()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 8, 31, 9, 0, 0, TimeSpan.Zero));
        await using var central = await RunningCentral.OpenAsync(time: time, socketOnly: true);
        var run = central.The<RetentionRun>();
        // One day is due (28.2. ends on 1.3. at 02:00), two days after the store's last run: somebody must look.
        time.AdjustTime(new DateTimeOffset(2027, 2, 27, 9, 0, 0, TimeSpan.Zero));
        await run.RunAsync([.. central.Keys.Due(time.GetUtcNow().ToUnixTimeMilliseconds()).Select(d => d.Day)], "test", null, CancellationToken.None);
        time.AdjustTime(time.GetUtcNow().AddHours(40));
        (await run.RunAsync(null, null, null, CancellationToken.None)).ShouldBeOfType<RunOutcome.NeedsPerson>().Why.ShouldContain("40 hours ago");
        central.The<Nauha.Central.Audit.IAuditLog>().Append(new("test", "sign-in", "done"));
        time.AdjustTime(time.GetUtcNow().AddMinutes(-5));
        (await run.RunAsync(null, null, null, CancellationToken.None)).ShouldBeOfType<RunOutcome.Refused>().Why.ShouldContain("behind the newest entry");
    }

    [Fact]
    public async Task Another_time_than_now_is_only_for_a_demo_store()
    {
        await using var central = await RunningCentral.OpenAsync(socketOnly: true, demo: false);
        var later = TimeProvider.System.GetUtcNow().AddMonths(8).ToUnixTimeMilliseconds();
        (await central.The<RetentionRun>().RunAsync(null, null, later, CancellationToken.None)).ShouldBeOfType<RunOutcome.Refused>().Why.ShouldContain("--demo");
        central.Keys.Due(later).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task What_comes_after_its_day_was_destroyed_is_destroyed_unheard_and_counted()
    {
        await using var store = await Store.OpenAsync();
        var day = store.Box.Today;
        await store.CallAsync();
        var (late, number) = (CallId.Next(), 2UL);
        var (file, facts) = store.Box.Recording(late, number, frames: 20);
        var records = new[] { store.Box.Record(RecordKind.Start, late, number), store.Box.Record(RecordKind.Amend, late, number, FakeAppliance.Facts("0409990123", "desk-1")), store.Box.Record(RecordKind.End, late, number, file: facts) };
        await store.LiveAsync(183);
        foreach (var record in records)
            for (var again = 0; again < 2; again++)   // a receipt may get lost: the answer is the same, and nothing is counted twice
                store.Central.ReadReceipt((await store.Central.HearsAsync(store.Box.Id, TopicKind.Record, record)).Single()).Result.ShouldBe(ReceiptResult.Expired);
        Receipt? receipt = null;
        foreach (var part in FakeAppliance.Parts(late, file)) receipt = (await store.Central.HearsAsync(store.Box.Id, TopicKind.Part, part.ToBytes())) is [var reply] && reply.Kind == TopicKind.Receipt ? store.Central.ReadReceipt(reply) : receipt;
        (receipt!.Result, receipt.FreesFlash).ShouldBe((ReceiptResult.Expired, true));
        receipt.Sha256.ShouldBe(facts.Sha256);
        store.HasFile(late).ShouldBeFalse();
        (await store.RowAsync(late)).ShouldBeNull();
        await store.LiveAsync(1);
        var tally = await store.TallyAsync(day.Day);
        (tally.Numbered, tally.Destroyed, tally.TooLate).ShouldBe((2, 1, 1));
        (await store.Central.AlarmsAsync()).ShouldNotContain("gap");
    }

    [Fact]
    public async Task Numbers_and_chain_go_on_where_they_were_when_the_past_is_gone()
    {
        await using var store = await Store.OpenAsync();
        await store.CallAsync();
        await store.MissedAsync();
        await store.LiveAsync(183);
        await store.CallAsync();
        (await store.Central.AlarmsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_whose_keystore_is_missing_does_not_get_a_new_one()
    {
        await using var central = await RunningCentral.OpenAsync(socketOnly: true);
        await central.StopAsync();
        var (keys, kek) = (Path.Combine(central.Data, "keystore", "keys"), Path.Combine(central.Data, "keystore", "kek"));
        var key = await File.ReadAllBytesAsync(kek);
        File.Move(keys, keys + ".away");
        (await Should.ThrowAsync<CentralException>(central.StartAsync)).Message.ShouldContain("Put it back");
        (await File.ReadAllBytesAsync(kek)).ShouldBe(key);
        File.Move(kek, kek + ".away");
        (await Should.ThrowAsync<CentralException>(central.StartAsync)).Message.ShouldContain("Put it back");
        File.Exists(kek).ShouldBeFalse();
        File.Move(kek + ".away", kek);
        File.Move(keys + ".away", keys);
        await central.StartAsync();
    }

    private static void CopyAllBut(string from, string to, string except)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
        {
            var path = Path.GetRelativePath(from, file);
            if (path.StartsWith(except, StringComparison.Ordinal)) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, path))!);
            using var read = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var write = File.Create(Path.Combine(to, path));
            read.CopyTo(write);
        }
    }
}
