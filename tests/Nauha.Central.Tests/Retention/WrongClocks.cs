using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

public sealed class WrongClocks
{
    private const long Day = 86_400_000;

    [Theory]
    [InlineData(-56L * 365)]    // 1970
    [InlineData(80)]
    [InlineData(10L * 365)]
    public async Task A_call_of_a_box_whose_clock_is_wrong_ends_on_the_day_on_which_it_was_made(long off)
    {
        await using var store = await Store.OpenAsync();
        await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, new Birth(store.Box.Id, 1, "1.0", true, 1, 99, 99, 0, new byte[16]).ToJson());
        store.Box.StartedMs = Math.Max(0, store.NowMs + (off * Day));
        // The key that the box believes in: of the day that its clock says, or the last one it has.
        var (call, file) = await store.CallAsync(store.Box.DayOf(store.Box.StartedMs.Value));
        var row = (await store.RowAsync(call))!;
        (row.Day, row.BlobState).ShouldBe(("2026-08-31", "stored"));
        row.DayKid.ShouldBe(store.Central.Keys.KidOf(new(2026, 8, 31)).ToString());
        (await store.Central.AlarmsAsync()).ShouldContain("wrong-day");
        var found = await store.SearchAsync("0409990123");
        found.Single().Number.ShouldBe("0409990123");
        store.Opens(file, await store.GrantsAsync(call)).ShouldBeTrue();
        await store.LiveAsync(184);
        (await store.RowAsync(call)).ShouldBeNull();
        store.HasFile(call).ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_that_waited_on_the_box_for_weeks_keeps_the_day_that_its_clock_says()
    {
        await using var store = await Store.OpenAsync();
        await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, new Birth(store.Box.Id, 1, "1.0", true, 1, 99, 99, 0, new byte[16]).ToJson());
        var then = store.NowMs + (5 * Day);
        var key = store.Box.DayOf(then);
        store.Time.AdjustTime(store.Time.GetUtcNow().AddDays(20));
        store.Box.StartedMs = then;
        var (call, _) = await store.CallAsync(key);
        (await store.RowAsync(call))!.Day.ShouldBe("2026-09-05");
        (await store.Central.AlarmsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clock_that_goes_back_behind_what_central_has_seen_is_not_believed()
    {
        await using var store = await Store.OpenAsync();
        store.Time.AdjustTime(store.Time.GetUtcNow().AddDays(20));
        await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, new Birth(store.Box.Id, 1, "1.0", true, 1, 99, 99, 0, new byte[16]).ToJson());
        store.Box.StartedMs = store.NowMs - (15 * Day);
        var (call, _) = await store.CallAsync(store.Box.DayOf(store.NowMs));
        (await store.RowAsync(call))!.Day.ShouldBe("2026-09-20");
    }
}
