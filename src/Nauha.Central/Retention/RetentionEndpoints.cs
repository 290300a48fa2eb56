using System.Globalization;
using Nauha.Central.Access;
using Nauha.Format;

namespace Nauha.Central.Retention;

public sealed record HoldRequest(IReadOnlyList<string>? Calls, string? Kind, string? Reason, string? Case, string? UntilUtc);

public sealed record HoldsAsked(string? Case);

public sealed record DestroyRequest(string? Ground, string? Reason);

public sealed record RunRequest(IReadOnlyList<string>? Days);

/// <summary>Holding and destroying, as persons with the right to: what one asks, another confirms.</summary>
internal static class RetentionEndpoints
{
    public static void MapRetention(this WebApplication app)
    {
        app.MapPost("/api/holds", async (HoldRequest asked, Person person, Holds holds, CancellationToken cancel) =>
        {
            var calls = (asked.Calls ?? []).Select(c => CallId.TryParse(c, out var id) ? id : (CallId?)null).ToList();
            if (calls.Contains(null)) return Results.Problem("calls are call ids: 32 hexadecimal digits.", statusCode: 400);
            if (!TryDay(asked.UntilUtc, out var until)) return Results.Problem("untilUtc is a day or time like 2027-06-30 or 2027-06-30T08:00:00Z.", statusCode: 400);
            return Answer("hold", await holds.PlaceAsync([.. calls.OfType<CallId>()], asked.Kind ?? "", asked.Reason ?? "", asked.Case ?? "", until, person.Who.Id, cancel));
        }).Needs(Right.Hold);
        app.MapPost("/api/holds/list", async (HoldsAsked asked, Person person, Holds holds, Audit.IAuditLog audit, CancellationToken cancel) =>
        {
            audit.Append(new(person.Who.Id, "hold-list", "done", Sealed: asked.Case is { } matter ? new Dictionary<string, string> { ["case"] = matter } : null));
            return Results.Ok(new { holds = await holds.ListAsync(string.IsNullOrWhiteSpace(asked.Case) ? null : asked.Case, cancel) });
        }).Needs(Right.Hold);
        app.MapPost("/api/holds/{hold}/confirm", async (string hold, Person person, Holds holds, CancellationToken cancel) => Answer("hold", await holds.ConfirmAsync(hold, person.Who.Id, cancel))).Needs(Right.ConfirmHold);
        app.MapPost("/api/holds/{hold}/release", async (string hold, Person person, Holds holds, CancellationToken cancel) => Answer("hold", await holds.ReleaseAsync(hold, person.Who.Id, cancel))).Needs(Right.ConfirmHold);
        app.MapPost("/api/calls/{call}/destroy", async (string call, DestroyRequest asked, Person person, EarlyDestruction early, CancellationToken cancel) =>
            CallId.TryParse(call, out var id) ? Answer("order", await early.AskAsync(id, asked.Ground ?? "", asked.Reason ?? "", person.Who.Id, cancel)) : Results.Problem("That is no call id: 32 hexadecimal digits.", statusCode: 400)).Needs(Right.Destroy);
        app.MapPost("/api/destructions/{order}/confirm", async (string order, Person person, EarlyDestruction early, CancellationToken cancel) => Answer("order", await early.ConfirmAsync(order, person.Who.Id, cancel))).Needs(Right.ConfirmDestroy);
        app.MapPost("/api/retention/run", async (RunRequest asked, Person person, RetentionRun run, CancellationToken cancel) =>
        {
            var days = (asked.Days ?? []).Select(d => DateOnly.TryParseExact(d, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : (DateOnly?)null).ToList();
            return days.Contains(null) ? Results.Problem("days are days like 2026-08-31.", statusCode: 400) : Answer(await run.AgreeAsync([.. days.OfType<DateOnly>()], person.Who.Id, cancel));
        }).Needs(Right.RunRetention);
        app.MapPost("/admin/retention/run", async (AtRequest asked, RetentionRun run, CancellationToken cancel) =>
        {
            long? at = null;
            if (asked.AtUtc is not null && !TryDay(asked.AtUtc, out var ms)) return Results.Problem("--at is a time like 2027-03-01T02:00:00Z.", statusCode: 400);
            if (asked.AtUtc is not null && TryDay(asked.AtUtc, out var given)) at = given;
            return Answer(await run.RunAsync(null, null, at, cancel));
        }).Operator("what each night does by itself; the same guards");
        app.MapGet("/admin/report/oldest", async (Reports reports, CancellationToken cancel) => Results.Ok(await reports.OldestAsync(cancel))).Operator("days and counts, no call");
        app.MapGet("/admin/report/numbers", async (Reports reports, CancellationToken cancel) => Results.Ok(await reports.NumbersAsync(cancel))).Operator("counts, no call");
        app.MapGet("/admin/report/blind", async (Reports reports, CancellationToken cancel) => Results.Ok(new { intervals = await reports.BlindAsync(null, cancel) })).Operator("times of boxes, no call");
        app.MapGet("/admin/report/certificates", async (Reports reports, CancellationToken cancel) => Results.Ok(await reports.CertificatesAsync(cancel))).Operator("certificates of destruction: counts and key ids");
    }

    private static IResult Answer(string what, Outcome outcome) => outcome switch
    {
        Outcome.Done done => Results.Ok(new Dictionary<string, string> { [what] = done.Id }),
        Outcome.NotFound missing => Results.Problem(missing.What, statusCode: 404),
        Outcome.Refused refused => Results.Problem(refused.Why, statusCode: 409),
        _ => throw new InvalidOperationException("an outcome without an answer"),
    };

    private static IResult Answer(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Done done => Results.Ok(new { done = true, days = done.Days.Select(d => d.Day), done.Calls, done.Certificates, waits = (string?)null }),
        RunOutcome.NeedsPerson waits => Results.Ok(new { done = false, days = waits.Days.Select(d => d.Day), calls = 0, certificates = Array.Empty<long>(), waits = (string?)waits.Why }),
        RunOutcome.Refused refused => Results.Problem(refused.Why, statusCode: 409),
        _ => throw new InvalidOperationException("an outcome without an answer"),
    };

    private static bool TryDay(string? text, out long ms)
    {
        var good = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        ms = time.ToUnixTimeMilliseconds();
        return good;
    }
}

public sealed record AtRequest(string? AtUtc);
