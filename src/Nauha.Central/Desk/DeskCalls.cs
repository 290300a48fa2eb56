using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Desk;

/// <summary>Find a call, say why, hear it.</summary>
internal static class DeskCalls
{
    public static void MapCalls(this RouteGroupBuilder desk)
    {
        desk.MapGet("/calls", (HttpContext http, Person person) => new RazorComponentResult<SearchPage>(new { Words = Words.For(http.Request), Who = person.Who })).Needs(Right.Search);
        desk.MapPost("/calls", SearchAsync).Needs(Right.Search);
        desk.MapGet("/calls/{call}", (string call, HttpContext http, Person person) => CallId.TryParse(call, out var id) ? (IResult)Page(http, person, id) : Results.NotFound()).Needs(Right.Search);
        desk.MapPost("/calls/{call}", CallAsync).Needs(Right.Search);
        desk.MapPost("/calls/{call}/export", ([FromForm] string? purpose, [FromForm] string? reason, [FromForm(Name = "case")] string? matter, string call, HttpContext http, Person person, CallAudio audio, IAuditLog audit, CancellationToken cancel) =>
            AccessEndpoints.ExportAsync(call, new(purpose, reason, matter), http, person, audio, audit, cancel)).Needs(Right.Export);
    }

    private static async Task<IResult> SearchAsync([FromForm] string? number, [FromForm] string? fromUtc, [FromForm] string? toUtc, [FromForm] string? line, [FromForm] string? agent, [FromForm] string? outcome, [FromForm] string? purpose, [FromForm] string? reason, [FromForm(Name = "case")] string? matter, [FromForm] string? after, HttpContext http, Person person, CallCatalogue catalogue, IKeystore keys, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        var asked = new SearchRequest(DeskEndpoints.Text(number), DeskEndpoints.Text(fromUtc), DeskEndpoints.Text(toUtc), int.TryParse(line, CultureInfo.InvariantCulture, out var l) ? l : null, null, DeskEndpoints.Text(agent), DeskEndpoints.Text(outcome), purpose, reason, matter, DeskEndpoints.Text(after));
        if (asked.Why.Missing is not null) return Show(null, words["missing"]);
        var opening = keys.Open(asked.Entry(person.Who.Id));
        if (asked.Number is not null && Numbers.ToE164(asked.Number) is null) return Show(null, words["numberUnreadable"]);
        return Show(await catalogue.FindAsync(new CallQuery(asked.Number, Ms(asked.FromUtc), Ms(asked.ToUtc), asked.Line, null, asked.Agent, asked.Outcome, asked.After), opening, cancel), null);

        IResult Show(Found? found, string? message) => new RazorComponentResult<SearchPage>(new { Words = words, Who = person.Who, Asked = asked, Found = found, Message = message });
    }

    private static async Task<IResult> CallAsync(string call, [FromForm] string? purpose, [FromForm] string? reason, [FromForm(Name = "case")] string? matter, HttpContext http, Person person, CallCatalogue catalogue, IKeystore keys, Listenings listenings, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        var why = new Reason(purpose, reason, matter);
        if (!CallId.TryParse(call, out var id)) return Results.NotFound();
        if (why.Missing is not null) return Page(http, person, id, why, words["missing"]);
        if (await catalogue.FindAsync(id, keys.Open(new(person.Who.Id, "show", "done", id, purpose, why.ToSealed())), cancel) is not { } view) return Page(http, person, id, why, words["noSuchCall"]);
        var listening = person.Who.May(Right.Listen) ? await listenings.BeginAsync(id, person.Who, why, cancel) : null;
        return new RazorComponentResult<CallPage>(new { Words = words, Who = person.Who, Call = id.ToString(), View = view, Reason = why, Listening = listening });
    }

    private static RazorComponentResult<CallPage> Page(HttpContext http, Person person, CallId call, Reason? why = null, string? message = null) =>
        new RazorComponentResult<CallPage>(new { Words = Words.For(http.Request), Who = person.Who, Call = call.ToString(), Reason = why, Message = message });

    private static long? Ms(string? utc) => utc is not null && DateTimeOffset.TryParse(utc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() : null;
}
