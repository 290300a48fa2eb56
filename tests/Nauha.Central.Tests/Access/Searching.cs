using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Access;

public sealed class Searching : IAsyncLifetime
{
    private People _people = null!;
    private FakeAppliance _box = null!;

    public async ValueTask InitializeAsync()
    {
        _people = await People.OpenAsync(await RunningCentral.OpenAsync());
        _box = await FakeAppliance.EnrolledAsync(_people.Central);
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _people.DisposeAsync();
    }

    private async Task<CallId> HeardOfAsync(ulong number, string party, string agent, int line, long startedMs, EndingKind? ending = null)
    {
        var call = CallId.Next();
        CallRecord At(CallRecord record) => record with { Line = new(line), Started = new(startedMs, ClockSource.Ntp, 20) };
        await _people.Central.HearsAsync(_box.Id, TopicKind.Record, _box.Record(RecordKind.Start, call, number, change: At));
        if (ending is null) await _people.Central.HearsAsync(_box.Id, TopicKind.Record, _box.Record(RecordKind.Amend, call, number, FakeAppliance.Facts(party, agent), change: At));
        else await _people.Central.HearsAsync(_box.Id, TopicKind.Record, _box.Record(RecordKind.None, call, number, change: At));
        return call;
    }

    private async Task<List<string>> FindAsync(object more)
    {
        var asked = new Dictionary<string, object?> { ["purpose"] = "quality", ["reason"] = "a test looks for calls", ["case"] = "test" };
        foreach (var property in more.GetType().GetProperties()) asked[property.Name] = property.GetValue(more);
        var (status, found) = await _people.PostAsync("listener", "/api/calls/search", asked);
        status.ShouldBe(200, found.ToString());
        return [.. found.GetProperty("calls").EnumerateArray().Select(c => c.GetProperty("callId").GetString()!)];
    }

    [Fact]
    public async Task Calls_are_found_by_number_in_any_notation_by_time_line_agent_and_outcome()
    {
        var now = _box.NowMs;
        var first = (await HeardOfAsync(1, "0409990123", "desk-1", 1, now - 3_000)).ToString();
        var second = (await HeardOfAsync(2, "0509990456", "desk-2", 2, now - 2_000)).ToString();
        var missed = (await HeardOfAsync(3, "", "", 2, now - 1_000, EndingKind.Missed)).ToString();
        foreach (var notation in new[] { "0409990123", "+358 40 999 0123", "+358409990123", "00358409990123", "040-999 0123" }) (await FindAsync(new { number = notation })).ShouldBe([first], notation);
        (await FindAsync(new { agent = "desk-2" })).ShouldBe([second]);
        (await FindAsync(new { line = 2 })).ShouldBe([missed, second]);
        (await FindAsync(new { outcome = "missed" })).ShouldBe([missed]);
        (await FindAsync(new { appliance = _box.Id.Text })).Count.ShouldBe(3);
        (await FindAsync(new { appliance = "aaaaaaaaaaaaaaaa" })).ShouldBeEmpty();
        (await FindAsync(new { fromUtc = Utc(now - 2_000), toUtc = Utc(now - 1_000) })).ShouldBe([second]);
        (await FindAsync(new { number = "0409990777" })).ShouldBeEmpty();
        (await _people.StatusOfAsync("listener", "/api/calls/search", new { number = "no number", purpose = "quality", reason = "a test looks for calls", @case = "1" })).ShouldBe(400);
        (await _people.StatusOfAsync("listener", "/api/calls/search", new { fromUtc = "yesterday", purpose = "quality", reason = "a test looks for calls", @case = "1" })).ShouldBe(400);
    }

    // Once a search cut silently at 200 rows.
    [Fact]
    public async Task A_page_says_how_many_more_there_are_and_the_next_goes_on_where_it_ended()
    {
        var calls = new List<string>();
        for (ulong i = 1; i <= 5; i++) calls.Add((await HeardOfAsync(i, "0409990123", "desk-1", 1, _box.NowMs - 1_000)).ToString());
        var seen = new List<string>();
        string? after = null;
        for (var left = 5; left > 0; left -= 2)
        {
            var (_, page) = await _people.PostAsync("listener", "/api/calls/search", new { purpose = "quality", reason = "a test looks for calls", @case = "1", most = 2, after });
            seen.AddRange(page.GetProperty("calls").EnumerateArray().Select(c => c.GetProperty("callId").GetString()!));
            page.GetProperty("more").GetInt32().ShouldBe(Math.Max(0, left - 2));
            after = page.GetProperty("next").GetString();
        }
        after.ShouldBeNull();
        seen.Order().ShouldBe(calls.Order(), "calls of the same moment too come once each");
        (await _people.StatusOfAsync("listener", "/api/calls/search", new { purpose = "quality", reason = "a test looks for calls", @case = "1", after = "nonsense" })).ShouldBe(400);
    }

    private static string Utc(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("O");
}
