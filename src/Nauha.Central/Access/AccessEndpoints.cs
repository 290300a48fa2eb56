using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Format;

namespace Nauha.Central.Access;

public sealed record SignIn(string User, string Password);

public sealed record FirstAccount(string Link, string User, string Password);

public sealed record SearchRequest(string? Number, string? FromUtc, string? ToUtc, int? Line, string? Appliance, string? Agent, string? Outcome, string? Purpose, string? Reason, string? Case);

public sealed record ReasonRequest(string? Purpose, string? Reason, string? Case);

/// <summary>The API of people: sign in, search, show, listen, export. What is searched travels in bodies, never in URLs.</summary>
internal static class AccessEndpoints
{
    public const string Api = "api";

    public static void MapAccess(this WebApplication app)
    {
        app.MapPost("/api/first-account", async (FirstAccount asked, Accounts accounts) =>
            await accounts.CreateFirstAsync(asked.Link, asked.User, asked.Password) is { } why ? Results.Problem(why, statusCode: 400) : Results.NoContent());
        app.MapPost("/api/session", async (SignIn asked, Accounts accounts) =>
            await accounts.SignInAsync(asked.User, asked.Password) is { } account ? Results.SignIn(PrincipalOf(account, Api), authenticationScheme: Api) : Results.Problem("User name or password is wrong, or the account is locked for some minutes.", statusCode: 401));

        var calls = app.MapGroup("/api/calls").RequireAuthorization(Api);
        calls.MapPost("/search", (SearchRequest asked, Person person, CallCatalogue catalogue, IAuditLog audit, CancellationToken cancel) => person.WithAsync(Right.Search, async account =>
        {
            var reason = new Reason(asked.Purpose, asked.Reason, asked.Case);
            if (reason.Missing is { } missing) return Results.Problem(missing, statusCode: 400);
            if (!TryTime(asked.FromUtc, out var from) || !TryTime(asked.ToUtc, out var until)) return Results.Problem("fromUtc and toUtc are times like 2026-11-24T08:00:00Z.", statusCode: 400);
            var searched = reason.ToSealed();
            foreach (var (key, value) in new[] { ("number", asked.Number), ("agent", asked.Agent), ("line", asked.Line?.ToString(CultureInfo.InvariantCulture)) })
                if (value is not null) searched[key] = value;
            audit.Append(new(account.Id, "search", "done", null, asked.Purpose, searched));
            if (asked.Number is not null && Numbers.ToE164(asked.Number) is null) return Results.Problem("The number cannot be read as a telephone number; calls of numbers that cannot be read are found by time and line.", statusCode: 400);
            return Results.Ok(await catalogue.FindAsync(new CallQuery(asked.Number, from, until, asked.Line, asked.Appliance, asked.Agent, asked.Outcome), cancel));
        }));
        calls.MapPost("/{call}/show", (string call, ReasonRequest asked, Person person, CallCatalogue catalogue, IAuditLog audit, CancellationToken cancel) => person.WithReasonAsync(Right.Search, call, asked, async (account, id, reason) =>
        {
            audit.Append(new(account.Id, "show", "done", id, reason.Purpose, reason.ToSealed()));
            return await catalogue.FindAsync(id, cancel) is { } view ? Results.Ok(view) : Results.NotFound();
        }));
        calls.MapPost("/{call}/listen", (string call, ReasonRequest asked, Person person, Listenings listenings, CancellationToken cancel) => person.WithReasonAsync(Right.Listen, call, asked, async (account, id, reason) =>
            await listenings.BeginAsync(id, account, reason, cancel) is { } listening ? Results.Ok(new { listening, url = $"/api/listenings/{listening}/audio" }) : Results.Problem("There is no recording of this call that can be opened.", statusCode: 404)));
        calls.MapPost("/{call}/export", (string call, ReasonRequest asked, Person person, CallAudio audio, CancellationToken cancel) => person.WithReasonAsync(Right.Export, call, asked, async (account, id, reason) =>
            await audio.OpenAsync(id, new(account.Id, "export", "done", id, reason.Purpose, reason.ToSealed()), cancel) is { } wav ? Results.Bytes(wav, "audio/wav", $"{id}.wav") : Results.Problem("There is no recording of this call that can be opened.", statusCode: 404)));
        calls.MapPost("/{call}/sealed", (string call, ReasonRequest asked, Person person, CallAudio audio, IAuditLog audit, CancellationToken cancel) => person.WithReasonAsync(Right.Export, call, asked, async (account, id, reason) =>
        {
            audit.Append(new(account.Id, "export-sealed", "done", id, reason.Purpose, reason.ToSealed()));
            return await audio.SealedAsync(id, cancel) is { } file ? Results.File(file, "application/octet-stream", $"{id}.nauha") : Results.NotFound();
        }));
        app.MapGet("/api/listenings/{listening}/audio", (string listening, Person person, Listenings listenings) => person.WithAsync(Right.Listen, account =>
            Task.FromResult(listenings.Find(listening, account.Id) is { } wav ? Results.Bytes(wav, "audio/wav", enableRangeProcessing: true) : Results.NotFound()))).RequireAuthorization(Api);
    }

    public static ClaimsPrincipal PrincipalOf(Account account, string scheme) => new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, account.Id)], scheme));

    private static bool TryTime(string? text, out long? ms)
    {
        ms = null;
        if (text is null) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        ms = time.ToUnixTimeMilliseconds();
        return true;
    }
}

/// <summary>Who asks, looked up anew at each request: a right that was taken is gone at once.</summary>
internal sealed class Person(IHttpContextAccessor http, UserManager<Account> users, IAuditLog audit)
{
    public async Task<Account?> FindAsync() => http.HttpContext?.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } id ? await users.FindByIdAsync(id) : null;

    public async Task<IResult> WithAsync(Right right, Func<Account, Task<IResult>> act)
    {
        if (await FindAsync() is not { } account) return Results.Unauthorized();
        if (account.May(right)) return await act(account);
        audit.Append(new(account.Id, right.ToString().ToLowerInvariant(), "refused"));
        return Results.Problem(account.ActivatedMs is null ? "This account is not activated yet: another person records the training and activates it." : $"The role {account.Role} may not do this.", statusCode: 403);
    }

    public Task<IResult> WithReasonAsync(Right right, string call, ReasonRequest asked, Func<Account, CallId, Reason, Task<IResult>> act) => WithAsync(right, account =>
    {
        var reason = new Reason(asked.Purpose, asked.Reason, asked.Case);
        return reason.Missing is { } missing ? Task.FromResult(Results.Problem(missing, statusCode: 400))
            : CallId.TryParse(call, out var id) ? act(account, id, reason) : Task.FromResult(Results.Problem("That is no call id: 32 hexadecimal digits.", statusCode: 400));
    });
}
