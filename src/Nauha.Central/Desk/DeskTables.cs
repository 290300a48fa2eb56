using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Fleet;
using Nauha.Central.Retention;

namespace Nauha.Central.Desk;

/// <summary>The log and the fleet.</summary>
internal static class DeskTables
{
    private const int Shown = 200;

    public static void MapTables(this RouteGroupBuilder desk)
    {
        desk.MapGet("/log", LogAsync).SignedIn("everybody sees what the log says of himself; all of it is for who may see the log");
        desk.MapGet("/appliances", AppliancesAsync).Needs(Right.SeeAppliances);
    }

    private static async Task<IResult> LogAsync(HttpContext http, Person person, AuditLog audit, Accounts accounts)
    {
        var words = Words.For(http.Request);
        var all = person.Who.May(Right.SeeAudit);
        audit.Append(new(person.Who.Id, "see-log", "done", Detail: all ? null : "own"));
        // Names stand in the accounts, not in the log: here they are put together for the one who looks.
        var names = all ? (await accounts.ListAsync()).ToDictionary(a => a.Id, a => a.UserName ?? a.Id) : new() { [person.Who.Id] = person.Who.UserName ?? "" };
        var lines = all ? audit.Newest(Shown) : [.. audit.Newest(int.MaxValue).Where(l => l.Actor == person.Who.Id).Take(Shown)];
        var rows = lines.Select(l => (IReadOnlyList<string>)[DeskEndpoints.Utc(l.AtMs), Actor(words, names, l.Actor), words.Of("act.", l.Act), words.Of("outcome.", l.Outcome), Detail(words, l.Detail), l.Purpose is { } purpose ? words.Of("purpose.", purpose) : "", l.Subject is { } subject ? names.GetValueOrDefault(subject, subject) : "", l.Call ?? ""]).ToList();
        return new RazorComponentResult<TablePage>(new
        {
            Words = words,
            Who = person.Who,
            Heading = words[all ? "audit" : "ownLog"],
            Path = "/log",
            Help = all ? string.Format(CultureInfo.InvariantCulture, words["logNewest"], rows.Count, audit.Size) : null,
            Tables = new List<TablePage.Table> { new(null, [words["time"], words["actor"], words["act"], words["outcome"], words["detail"], words["purpose"], words["subject"], words["call"]], rows) },
        });
    }

    private static string Actor(Words words, Dictionary<string, string> names, string actor) =>
        names.TryGetValue(actor, out var name) ? name : actor.StartsWith("operator:", StringComparison.Ordinal) ? $"{words["actor.operator"]} ({actor["operator:".Length..]})" : words.Of("actor.", actor);

    // What the log says in few words of its own, in the reader's.
    private static string Detail(Words words, string? detail) => detail switch
    {
        null => "",
        "own" => words["detail.own"],
        "no entries" or "nothing to prune" => words["detail.none"],
        _ when detail.StartsWith("seconds ", StringComparison.Ordinal) => string.Format(CultureInfo.InvariantCulture, words["detail.seconds"], detail["seconds ".Length..]),
        _ when detail.StartsWith("entries ", StringComparison.Ordinal) => string.Format(CultureInfo.InvariantCulture, words["detail.entries"], detail["entries ".Length..]),
        _ when detail.EndsWith(" tries", StringComparison.Ordinal) => string.Format(CultureInfo.InvariantCulture, words["detail.tries"], detail[..^" tries".Length]),
        _ when detail.Split(" to ") is [var from, var to] && Roles.All.Contains(to) => $"{words.Of("role.", from)} → {words.Of("role.", to)}",
        _ when Roles.All.Contains(detail) => words.Of("role.", detail),
        "first-link" => words["actor.first-link"],
        "first-trainer" => words["act.first-trainer"],
        "demo" => words["actor.demo-trainer"],
        _ => words.Of("refusal.", detail),
    };

    // What it is, and what it says of itself that somebody should know.
    private static string State(Words words, ApplianceRow a)
    {
        IEnumerable<string?> parts = [words.Of("state.", a.State), a.State == "enrolled" ? words[a.Online ? "online" : "offline"] : null, a.Simulated ? words["simulated"] : null,
            .. (a.Notices ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(notice => words.Of("notice.", notice))];
        return string.Join(", ", parts.OfType<string>());
    }

    private static async Task<IResult> AppliancesAsync(HttpContext http, Person person, Register register, Reports reports, IDbContextFactory<CentralDb> database, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        await using var db = await database.CreateDbContextAsync(cancel);
        var count = await db.Alarms.CountAsync(cancel);
        var alarms = await db.Alarms.OrderByDescending(a => a.Id).Take(Shown).ToListAsync(cancel);
        var fleet = await register.ListAsync(cancel);
        var names = fleet.ToDictionary(a => a.Id, a => a.Name);
        return new RazorComponentResult<TablePage>(new
        {
            Words = words,
            Who = person.Who,
            Heading = words["appliances"],
            Path = "/appliances",
            Help = count > alarms.Count ? $"{words["alarms"]}: {string.Format(CultureInfo.InvariantCulture, words["more"], count - alarms.Count)}" : null,
            Tables = new List<TablePage.Table>
            {
                new(null, [words["name"], words["applianceId"], words["state"], words["lines"], words["lastContact"]],
                    [.. fleet.Select(a => (IReadOnlyList<string>)[a.Name, a.Id, State(words, a), $"{a.Lines}", a.LastContactMs is { } ms ? DeskEndpoints.Utc(ms) : words["never"]])]),
                new(words["alarms"], [words["time"], words["alarm"], words["name"], words["call"]],
                    [.. alarms.Select(a => (IReadOnlyList<string>)[DeskEndpoints.Utc(a.SinceMs), words.WithCode("alarm.", a.Kind), a.Appliance is { } id ? names.GetValueOrDefault(id, id) : "", a.Call ?? ""])]),
                new(words["blind"], [words["name"], words["line"], words["blindFrom"], words["blindUntil"], words["blindWhy"]],
                    [.. (await reports.BlindAsync(Shown, cancel)).Select(b => (IReadOnlyList<string>)[names.GetValueOrDefault(b.Appliance, b.Appliance), $"{b.Line}", DeskEndpoints.Utc(b.FromUtc.ToUnixTimeMilliseconds()), DeskEndpoints.Utc(b.UntilUtc.ToUnixTimeMilliseconds()), words.Of("blind.", b.Why)])]),
            },
        });
    }
}
