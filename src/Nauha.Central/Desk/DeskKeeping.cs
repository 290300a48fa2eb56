using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Requests;
using Nauha.Central.Retention;
using Nauha.Format;

namespace Nauha.Central.Desk;

/// <summary>Callers' requests, holds, early destruction: what one person asks, another confirms on the same page.</summary>
internal static class DeskKeeping
{
    public static void MapKeeping(this RouteGroupBuilder desk)
    {
        desk.MapGet("/holds", (HttpContext http, Person person, CancellationToken cancel) => PageAsync(http, person, null, cancel)).Needs(Right.Hold);
        desk.MapPost("/holds/{hold}/confirm", async (string hold, HttpContext http, Person person, Holds holds, CancellationToken cancel) => await AfterAsync(http, person, await holds.ConfirmAsync(hold, person.Who.Id, cancel), cancel)).Needs(Right.ConfirmHold);
        desk.MapPost("/holds/{hold}/release", async (string hold, HttpContext http, Person person, Holds holds, CancellationToken cancel) => await AfterAsync(http, person, await holds.ReleaseAsync(hold, person.Who.Id, cancel), cancel)).Needs(Right.ConfirmHold);
        desk.MapPost("/destructions/{order}/confirm", async (string order, HttpContext http, Person person, EarlyDestruction early, CancellationToken cancel) => await AfterAsync(http, person, await early.ConfirmAsync(order, person.Who.Id, cancel), cancel)).Needs(Right.ConfirmDestroy);
        desk.MapPost("/requests", RegisterAsync).Needs(Right.Hold);
        desk.MapPost("/requests/{request}/close", async (string request, [FromForm] string? outcome, HttpContext http, Person person, RequestBook book, CancellationToken cancel) => await AfterAsync(http, person, await book.CloseAsync(request, outcome ?? "", person.Who.Id, cancel), cancel)).Needs(Right.ConfirmHold);
        desk.MapPost("/calls/{call}/hold", async (string call, [FromForm] string? kind, [FromForm] string? until, [FromForm] string? reason, [FromForm(Name = "case")] string? matter, HttpContext http, Person person, Holds holds, CancellationToken cancel) =>
            CallId.TryParse(call, out var id) ? await AfterAsync(http, person, await holds.PlaceAsync([id], kind ?? "", reason ?? "", matter ?? "", Day(until) ?? 0, person.Who.Id, cancel), cancel) : Results.NotFound()).Needs(Right.Hold);
        desk.MapPost("/calls/{call}/destroy", async (string call, [FromForm] string? ground, [FromForm] string? reason, HttpContext http, Person person, EarlyDestruction early, CancellationToken cancel) =>
        {
            if (!CallId.TryParse(call, out var id)) return Results.NotFound();
            var asked = await early.AskAsync(id, ground ?? "", reason ?? "", person.Who.Id, cancel);
            return await AfterAsync(http, person, asked, cancel);
        }).Needs(Right.Destroy);
    }

    private static async Task<IResult> RegisterAsync([FromForm] string? kind, [FromForm] string? number, [FromForm] string? from, [FromForm] string? until, [FromForm] string? note, HttpContext http, Person person, RequestBook book, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        if (Numbers.ToE164(number ?? "") is null) return await PageAsync(http, person, words["numberUnreadable"], cancel);
        var (done, why) = await book.RegisterAsync(kind ?? "", number ?? "", Day(from), Day(until), note ?? "", person.Who.Id, cancel);
        return await PageAsync(http, person, done is null ? why : string.Format(CultureInfo.InvariantCulture, words["registered"], done.Calls.Count, done.DueUtc[..10]), cancel);
    }

    private static Task<IResult> AfterAsync(HttpContext http, Person person, Outcome outcome, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        return PageAsync(http, person, outcome switch
        {
            Outcome.Done => words["done"],
            Outcome.Refused refused => refused.Code is { } code ? words["refused." + code] : refused.Why,
            _ => words["notThere"],
        }, cancel);
    }

    private static async Task<IResult> PageAsync(HttpContext http, Person person, string? message, CancellationToken cancel)
    {
        var services = http.RequestServices;
        // Cases and reasons are opened for who looks: the log says so first.
        services.GetRequiredService<IAuditLog>().Append(new(person.Who.Id, "hold-list", "done"));
        return new RazorComponentResult<KeepingPage>(new
        {
            Words = Words.For(http.Request),
            Who = person.Who,
            Message = message,
            Names = (await services.GetRequiredService<Accounts>().ListAsync()).ToDictionary(a => a.Id, a => a.UserName ?? a.Id),
            Requests = await services.GetRequiredService<RequestBook>().ListAsync(cancel),
            Holds = await services.GetRequiredService<Holds>().ListAsync(null, cancel),
            Orders = await services.GetRequiredService<EarlyDestruction>().WaitingAsync(cancel),
        });
    }

    // A day as the browser's field gives it, or nothing.
    private static long? Day(string? text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() : null;
}
