using System.Globalization;
using System.Security.Claims;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Access;

public sealed record SignIn(string? User, string? Password);

public sealed record FirstAccount(string? Link, string? User, string? Password);

public sealed record SearchRequest(string? Number, string? FromUtc, string? ToUtc, int? Line, string? Appliance, string? Agent, string? Outcome, string? Purpose, string? Reason, string? Case, string? After = null, int? Most = null)
{
    internal Reason Why => new(Purpose, Reason, Case);

    /// <summary>All that was searched for, for the log's sealed part: a line and a time tell of a person too.</summary>
    internal AuditEntry Entry(string account)
    {
        var searched = Why.ToSealed();
        foreach (var (key, value) in new[] { ("number", Number), ("from", FromUtc), ("to", ToUtc), ("line", Line?.ToString(CultureInfo.InvariantCulture)), ("appliance", Appliance), ("agent", Agent), ("outcome", Outcome), ("after", After) })
            if (!string.IsNullOrEmpty(value)) searched[key] = value.Length > 200 ? value[..200] : value;
        return new(account, "search", "done", null, Purpose, searched);
    }
}

public sealed record ReasonRequest(string? Purpose, string? Reason, string? Case)
{
    internal Reason Why => new(Purpose, Reason, Case);
}

/// <summary>The API of people: sign in, search, show, listen, export. What is searched travels in bodies, never in URLs.</summary>
internal static class AccessEndpoints
{
    public const string Api = "api";

    public static void MapAccess(this WebApplication app)
    {
        app.MapPost("/api/first-account", async (FirstAccount asked, HttpContext http, Accounts accounts, Tries tries) =>
        {
            Refusal? refusal = null;
            var (made, late) = await tries.TryAsync("first-account", http, async () => (refusal = await accounts.CreateFirstAsync(asked.Link, asked.User, asked.Password)) is null ? "made" : null);
            return late ? TooMany(http) : made is null ? Results.Problem(refusal!.Sentence, statusCode: 400) : Results.NoContent();
        }).Anybody("the link of the first account, which is spent by it");
        app.MapPost("/api/session", async (SignIn asked, HttpContext http, Accounts accounts, Tries tries) =>
        {
            var (account, late) = await tries.TryAsync("sign-in", http, () => accounts.SignInAsync(asked.User, asked.Password, FromOf(http)));
            return late ? TooMany(http) : account is null ? Results.Problem("User name or password is wrong, or the account is locked for some minutes.", statusCode: 401) : Results.SignIn(PrincipalOf(account, Api), authenticationScheme: Api);
        }).Anybody("signing in needs a password; tries are bounded and logged");

        app.MapPost("/api/calls/search", async (SearchRequest asked, Person person, CallCatalogue catalogue, IKeystore keys, CancellationToken cancel) =>
        {
            if (asked.Why.Missing is { } missing) return Results.Problem(missing, statusCode: 400);
            if (!TryTime(asked.FromUtc, out var from) || !TryTime(asked.ToUtc, out var until)) return Results.Problem("fromUtc and toUtc are times like 2026-11-24T08:00:00Z.", statusCode: 400);
            if (asked.After is not null && !CallCatalogue.TryAfter(asked.After, out _, out _)) return Results.Problem("after is what an earlier page gave as next.", statusCode: 400);
            if (asked.Most is < 1 or > CallQuery.PageLength) return Results.Problem($"most is 1 to {CallQuery.PageLength}.", statusCode: 400);
            var opening = keys.Open(asked.Entry(person.Who.Id));
            if (asked.Number is not null && Numbers.ToE164(asked.Number) is null) return Results.Problem("The number cannot be read as a telephone number; calls of numbers that cannot be read are found by time and line.", statusCode: 400);
            return Results.Ok(await catalogue.FindAsync(new CallQuery(asked.Number, from, until, asked.Line, asked.Appliance, asked.Agent, asked.Outcome, asked.After, asked.Most ?? CallQuery.PageLength), opening, cancel));
        }).Needs(Right.Search);
        app.MapPost("/api/calls/{call}/show", (string call, ReasonRequest asked, Person person, CallCatalogue catalogue, IKeystore keys, CancellationToken cancel) => WithReasonAsync(call, asked, async (id, why) =>
            await catalogue.FindAsync(id, keys.Open(new(person.Who.Id, "show", "done", id, why.Purpose, why.ToSealed())), cancel) is { } view ? Results.Ok(view) : Results.Problem("There is no such call.", statusCode: 404))).Needs(Right.Search);
        app.MapPost("/api/calls/{call}/listen", (string call, ReasonRequest asked, Person person, Listenings listenings, CancellationToken cancel) => WithReasonAsync(call, asked, async (id, why) =>
            await listenings.BeginAsync(id, person.Who, why, cancel) is { } listening ? Results.Ok(new { listening, url = $"/api/listenings/{listening}/audio" }) : NoRecording())).Needs(Right.Listen);
        app.MapPost("/api/calls/{call}/export", (string call, ReasonRequest asked, Person person, HttpContext http, CallAudio audio, IAuditLog audit, CancellationToken cancel) => ExportAsync(call, asked, http, person, audio, audit, cancel)).Needs(Right.Export);
        app.MapPost("/api/calls/{call}/sealed", (string call, ReasonRequest asked, Person person, CallAudio audio, IAuditLog audit, CancellationToken cancel) => WithReasonAsync(call, asked, async (id, why) =>
        {
            audit.Append(new(person.Who.Id, "export-sealed", "done", id, why.Purpose, why.ToSealed()));
            return await audio.SealedAsync(id, cancel) is { } file ? Results.File(file, "application/octet-stream", $"{id}.nauha") : NoRecording();
        })).Needs(Right.Export);
        app.MapGet("/api/listenings/{listening}/audio", (string listening, Person person, Listenings listenings, IAuditLog audit) =>
        {
            if (listenings.Find(listening, person.Who.Id) is { } sound) return Results.Stream(sound, "audio/wav", enableRangeProcessing: true);
            audit.Append(new(person.Who.Id, "listen", "refused", Subject: Listenings.NameOf(listening)));
            return Results.Problem("This listening is over, or another person's.", statusCode: 404);
        }).Needs(Right.Listen);
    }

    public static ClaimsPrincipal PrincipalOf(Account account, string scheme) => new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, account.Id), new(ClaimTypes.Name, account.UserName ?? ""), new(Gate.Stamp, account.SecurityStamp ?? "")], scheme));

    /// <summary>The whole call as a file: every second is in the log before its first byte is sent.</summary>
    public static Task<IResult> ExportAsync(string call, ReasonRequest asked, HttpContext http, Person person, CallAudio audio, IAuditLog audit, CancellationToken cancel) => WithReasonAsync(call, asked, async (id, why) =>
    {
        var entry = new AuditEntry(person.Who.Id, "export", "done", id, why.Purpose, why.ToSealed());
        if (await audio.OpenAsync(id, entry, cancel) is not { } opened) return NoRecording();
        http.Response.RegisterForDispose(opened);
        var released = new ReleasedSeconds(audit, entry with { Act = "release", Sealed = null }, opened.Seconds);
        released.Release(0, opened.Seconds);
        return Results.Stream(opened.Sound(released.Release), "audio/wav", $"{id}.wav");
    });

    public static string? FromOf(HttpContext http) => http.Connection.RemoteIpAddress?.ToString();

    private static IResult TooMany(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "60";
        return Results.Problem("Too many failed tries from here. Wait a minute.", statusCode: 429);
    }

    private static IResult NoRecording() => Results.Problem("There is no recording of this call that can be opened.", statusCode: 404);

    private static Task<IResult> WithReasonAsync(string call, ReasonRequest asked, Func<CallId, Reason, Task<IResult>> act) =>
        asked.Why.Missing is { } missing ? Task.FromResult(Results.Problem(missing, statusCode: 400))
        : CallId.TryParse(call, out var id) ? act(id, asked.Why) : Task.FromResult(Results.Problem("That is no call id: 32 hexadecimal digits.", statusCode: 400));

    private static bool TryTime(string? text, out long? ms)
    {
        ms = null;
        if (string.IsNullOrWhiteSpace(text)) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        ms = time.ToUnixTimeMilliseconds();
        return true;
    }
}
