using System.Globalization;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Retention;

namespace Nauha.Central.Requests;

public sealed record RequestAsked(string? Kind, string? Number, string? FromUtc, string? UntilUtc, string? Note);

public sealed record RequestClosed(string? Outcome);

/// <summary>The register of callers' requests, as persons with the right to hold calls.</summary>
internal static class RequestEndpoints
{
    public static void MapRequests(this WebApplication app)
    {
        app.MapPost("/api/requests", async (RequestAsked asked, Person person, RequestBook book, CancellationToken cancel) =>
        {
            if (!TryTime(asked.FromUtc, out var from) || !TryTime(asked.UntilUtc, out var until)) return Results.Problem("fromUtc and untilUtc are days or times like 2026-11-24 or 2026-11-24T08:00:00Z.", statusCode: 400);
            var (done, why) = await book.RegisterAsync(asked.Kind ?? "", asked.Number ?? "", from, until, asked.Note ?? "", person.Who.Id, cancel);
            return done is null ? Results.Problem(why, statusCode: 400) : Results.Ok(done);
        }).Needs(Right.Hold);
        app.MapPost("/api/requests/list", async (Person person, RequestBook book, IAuditLog audit, CancellationToken cancel) =>
        {
            audit.Append(new(person.Who.Id, "request-list", "done"));
            return Results.Ok(new { requests = await book.ListAsync(cancel) });
        }).Needs(Right.Hold);
        app.MapPost("/api/requests/{request}/close", async (string request, RequestClosed closed, Person person, RequestBook book, CancellationToken cancel) => await book.CloseAsync(request, closed.Outcome ?? "", person.Who.Id, cancel) switch
        {
            Outcome.Done done => Results.Ok(new { request = done.Id }),
            Outcome.NotFound missing => Results.Problem(missing.What, statusCode: 404),
            Outcome.Refused refused => Results.Problem(refused.Why, statusCode: 409),
            _ => throw new InvalidOperationException("an outcome without an answer"),
        }).Needs(Right.ConfirmHold);
    }

    private static bool TryTime(string? text, out long? ms)
    {
        ms = null;
        if (text is null) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        ms = time.ToUnixTimeMilliseconds();
        return true;
    }
}
