using Microsoft.EntityFrameworkCore;
using Nauha.Central.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

public sealed class HeldCalls
{
    private const string Why = "asked for by an authority";

    private static async Task<string> PlaceAsync(Store store, CallId call, string by = "anna", int days = 400) =>
        (await store.Holds.PlaceAsync([call], "authority", Why, "R-17", store.NowMs + (days * 86_400_000L), by, CancellationToken.None)).ShouldBeOfType<Outcome.Done>().Id;

    [Fact]
    public async Task A_held_call_outlives_its_day_findable_by_number_case_and_list_and_heard_for_its_case_alone()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var (other, otherFile) = await store.CallAsync();
        var hold = await PlaceAsync(store, call);
        (await store.Holds.ConfirmAsync(hold, "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>().Why.ShouldContain("Another person");
        (await store.Holds.ConfirmAsync(hold, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        await store.LiveAsync(184);
        // Its day is gone: nothing opens it but the hold.
        store.Opens(file).ShouldBeFalse();
        store.Opens(file, await store.GrantsAsync(call)).ShouldBeTrue();
        store.Opens(otherFile, await store.GrantsAsync(other)).ShouldBeFalse();
        (await store.RowAsync(other)).ShouldBeNull();
        var found = await store.SearchAsync("040 999 0123");
        (found.Single().CallId, found.Single().Number, found.Single().Agent).ShouldBe((call.ToString(), "0409990123", "desk-1"));
        (await store.Holds.ListAsync("R-17", CancellationToken.None)).Single().Calls.ShouldBe([call.ToString()]);
        (await store.Holds.ListAsync("R-18", CancellationToken.None)).ShouldBeEmpty();
        (await store.Holds.ListAsync(null, CancellationToken.None)).Single().Reason.ShouldBe(Why);
        (await store.HearsAsync(call, "R-17")).ShouldBeTrue();
        (await store.HearsAsync(call, "R-18")).ShouldBeFalse();
        (await store.TallyAsync(new(2026, 8, 31))).ShouldSatisfyAllConditions(t => t.UnderHold.ShouldBe(1), t => t.Destroyed.ShouldBe(1));

        (await store.Holds.ReleaseAsync(hold, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        store.Opens(file, await store.GrantsAsync(call)).ShouldBeFalse();
        store.HasFile(call).ShouldBeFalse();
        (await store.RowAsync(call)).ShouldBeNull();
        await store.LiveAsync(1);
        (await store.TallyAsync(new(2026, 8, 31))).ShouldSatisfyAllConditions(t => t.UnderHold.ShouldBe(0), t => t.Destroyed.ShouldBe(2));
    }

    [Fact]
    public async Task Grants_that_were_copied_before_open_nothing_once_the_hold_has_ended()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var hold = await PlaceAsync(store, call);
        await store.Holds.ConfirmAsync(hold, "bert", CancellationToken.None);
        var copied = await store.GrantsAsync(call);
        await store.LiveAsync(184);
        store.Opens(file, copied).ShouldBeTrue();
        await store.Holds.ReleaseAsync(hold, "bert", CancellationToken.None);
        store.Opens(file, copied).ShouldBeFalse();
    }

    [Fact]
    public async Task One_person_freezes_for_fourteen_days_and_once()
    {
        await using var store = await Store.OpenAsync();
        var (call, _) = await store.CallAsync();
        await store.LiveAsync(175);
        var hold = await PlaceAsync(store, call);
        await store.LiveAsync(13);   // its day is gone by now
        (await store.RowAsync(call)).ShouldNotBeNull();
        (await store.Holds.PlaceAsync([call], "authority", Why, "R-17", store.NowMs + 86_400_000L, "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>().Why.ShouldContain("before");
        await store.LiveAsync(2);
        (await store.Holds.ConfirmAsync(hold, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>();
        (await store.RowAsync(call)).ShouldBeNull();
        store.HasFile(call).ShouldBeFalse();
    }

    [Fact]
    public async Task A_confirmed_hold_ends_at_its_end_date_and_a_call_whose_time_is_not_over_stays()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var hold = await PlaceAsync(store, call, days: 30);
        await store.Holds.ConfirmAsync(hold, "bert", CancellationToken.None);
        await store.LiveAsync(31);
        (await store.Central.DatabaseAsync(db => db.Holds.SingleAsync())).State.ShouldBe("ended");
        store.Opens(file).ShouldBeTrue();
        await store.LiveAsync(155);
        (await store.RowAsync(call)).ShouldBeNull();
    }

    [Fact]
    public async Task A_recording_that_comes_after_the_hold_was_placed_is_held_too()
    {
        await using var store = await Store.OpenAsync();
        var call = CallId.Next();
        var (file, facts) = store.Box.Recording(call, 1, frames: 20);
        foreach (var record in new[] { store.Box.Record(RecordKind.Start, call, 1), store.Box.Record(RecordKind.Amend, call, 1, FakeAppliance.Facts("0409990123", "desk-1")), store.Box.Record(RecordKind.End, call, 1, file: facts) }) await store.Central.HearsAsync(store.Box.Id, TopicKind.Record, record);
        var hold = await PlaceAsync(store, call);
        await store.Holds.ConfirmAsync(hold, "bert", CancellationToken.None);
        foreach (var part in FakeAppliance.Parts(call, file)) await store.Central.HearsAsync(store.Box.Id, TopicKind.Part, part.ToBytes());
        await store.LiveAsync(184);
        store.Opens(file, await store.GrantsAsync(call)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_a_hold_says_in_words_stands_nowhere_in_clear()
    {
        await using var store = await Store.OpenAsync();
        var (call, _) = await store.CallAsync();
        await PlaceAsync(store, call);
        foreach (var path in Directory.GetFiles(store.Central.Data, "*", SearchOption.AllDirectories).Where(p => !p.EndsWith(".sock", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes);
            foreach (var secret in new[] { Why, "R-17" }) bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, path);
        }
    }
}
