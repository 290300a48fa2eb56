using System.Net.Http.Json;
using System.Text.Json;
using Nauha.Central.Tests.Access;
using Shouldly;

namespace Nauha.Central.Tests.Audit;

public sealed class ReasonsOpened
{
    [Fact]
    public async Task An_auditor_reads_why_others_searched_and_that_is_an_entry_of_its_own()
    {
        await using var people = await People.OpenAsync(await RunningCentral.OpenAsync());
        (await people.StatusOfAsync("listener", "/api/calls/search", new { number = "0409990123", line = 1, agent = "desk-1", fromUtc = "2026-11-24T08:00:00Z", purpose = "quality", reason = "looking after my own calls", @case = "2026-7" })).ShouldBe(200);
        (await people.StatusOfAsync("listener", "/api/audit/show", new { reason = "curious about others" })).ShouldBe(403);
        (await people.StatusOfAsync("administrator", "/api/audit/show", new { reason = "curious about others" })).ShouldBe(403);
        (await people.StatusOfAsync("auditor", "/api/audit/show", new { })).ShouldBe(400);
        var (status, body) = await people.PostAsync("auditor", "/api/audit/show", new { act = "search", reason = "the yearly audit of searches" });
        status.ShouldBe(200);
        var entry = body.GetProperty("entries").EnumerateArray().Single();
        entry.GetProperty("actor").GetString().ShouldBe(people.Ids["listener"]);
        var opened = entry.GetProperty("opened");
        new[] { "reason", "case", "number", "line", "agent", "from" }.Select(k => opened.GetProperty(k).GetString()).ShouldBe(["looking after my own calls", "2026-7", "0409990123", "1", "desk-1", "2026-11-24T08:00:00Z"]);
        people.Log[0].ShouldSatisfyAllConditions(l => (l.Actor, l.Act, l.Outcome).ShouldBe((people.Ids["auditor"], "open-audit", "done")), l => l.Detail.ShouldNotBeNull().ShouldEndWith(": 1"));
    }

    [Fact]
    public async Task A_failed_sign_in_keeps_the_name_that_was_tried_and_from_where_for_who_may_open_it()
    {
        await using var people = await People.OpenAsync(await RunningCentral.OpenAsync());
        using var wrong = await people.Nobody.PostAsJsonAsync(people.Central.Url("/api/session"), new { user = "mallory", password = "guess guess guess" });
        ((int)wrong.StatusCode).ShouldBe(401);
        var (_, body) = await people.PostAsync("dpo", "/api/audit/show", new { act = "sign-in", reason = "somebody tries names", most = 50 });
        var failed = body.GetProperty("entries").EnumerateArray().Last(e => e.GetProperty("outcome").GetString() == "failed").GetProperty("opened");
        (failed.GetProperty("user").GetString(), failed.GetProperty("from").GetString()).ShouldBe(("mallory", "127.0.0.1"));
        (await File.ReadAllTextAsync(CopyOf(people.Central))).ShouldNotContain("mallory");
    }

    private static string CopyOf(RunningCentral central)
    {
        var copy = Path.Combine(central.Data, "copy-of-log");
        using var source = new FileStream(Path.Combine(central.Data, "audit", "log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var target = File.Create(copy);
        source.CopyTo(target);
        return copy;
    }
}
