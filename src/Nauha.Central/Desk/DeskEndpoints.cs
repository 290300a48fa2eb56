using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Fleet;
using Nauha.Format;

namespace Nauha.Central.Desk;

/// <summary>The pages of people: first account, sign in, search, a call, log, appliances. They ask the same doors as the API.</summary>
internal static class DeskEndpoints
{
    private const string Cookies = CookieAuthenticationDefaults.AuthenticationScheme;

    public static void UseDesk(this WebApplication app) => app.Use(async (http, next) =>
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; media-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        headers.StrictTransportSecurity = "max-age=31536000";
        await next(http);
    });

    public static void MapDesk(this WebApplication app)
    {
        app.MapGet("/desk.css", () => File("desk.css", "text/css"));
        app.MapGet("/desk.svg", () => File("desk.svg", "image/svg+xml"));
        app.MapGet("/desk.js", () => File("desk.js", "text/javascript"));
        app.MapGet("/language/{language}", (string language, HttpContext http) =>
        {
            http.Response.Cookies.Append(Words.Cookie, Words.In(language).Language, new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = true, MaxAge = TimeSpan.FromDays(365) });
            return Results.LocalRedirect("/");
        });

        app.MapGet("/first-account/{token}", (string token, HttpContext http) => new RazorComponentResult<SignInPage>(new { Words = Words.For(http.Request), First = token }));
        app.MapPost("/first-account/{token}", async (string token, [FromForm] string user, [FromForm] string password, HttpContext http, Accounts accounts) =>
        {
            var words = Words.For(http.Request);
            return await accounts.CreateFirstAsync(token, user, password) is { } why
                ? (IResult)new RazorComponentResult<SignInPage>(new { Words = words, First = token, Message = why })
                : new RazorComponentResult<SignInPage>(new { Words = words, Message = words["created"] });
        });
        app.MapGet("/sign-in", (HttpContext http) => new RazorComponentResult<SignInPage>(new { Words = Words.For(http.Request) }));
        app.MapPost("/sign-in", async ([FromForm] string user, [FromForm] string password, HttpContext http, Accounts accounts) =>
        {
            if (await accounts.SignInAsync(user, password) is not { } account) return (IResult)new RazorComponentResult<SignInPage>(new { Words = Words.For(http.Request), Message = Words.For(http.Request)["wrong"] }) { StatusCode = 401 };
            await http.SignInAsync(Cookies, AccessEndpoints.PrincipalOf(account, Cookies));
            return Results.LocalRedirect("/");
        });
        var desk = app.MapGroup("").RequireAuthorization(new AuthorizeData(Cookies));
        desk.MapPost("/sign-out", async (HttpContext http) =>
        {
            await http.SignOutAsync(Cookies);
            return Results.LocalRedirect("/sign-in");
        });
        desk.MapGet("/", async (HttpContext http, Person person) => new RazorComponentResult<SearchPage>(new { Words = Words.For(http.Request), Message = await NotAllowedAsync(http, person, Right.Search) }));
        desk.MapPost("/", SearchAsync);
        desk.MapGet("/calls/{call}", async (string call, HttpContext http, Person person) => new RazorComponentResult<CallPage>(new { Words = Words.For(http.Request), Call = CallId.TryParse(call, out var id) ? id.ToString() : "", Message = await NotAllowedAsync(http, person, Right.Listen) }));
        desk.MapPost("/calls/{call}", CallAsync);
        desk.MapGet("/log", LogAsync);
        desk.MapGet("/appliances", AppliancesAsync);
    }

    private sealed class AuthorizeData(string schemes) : Microsoft.AspNetCore.Authorization.IAuthorizeData
    {
        public string? Policy { get; set; }

        public string? Roles { get; set; }

        public string? AuthenticationSchemes { get; set; } = schemes;
    }

    private static async Task<IResult> SearchAsync([FromForm] string? number, [FromForm] string? fromUtc, [FromForm] string? toUtc, [FromForm] string? line, [FromForm] string? agent, [FromForm] string? purpose, [FromForm] string? reason, [FromForm(Name = "case")] string? matter, HttpContext http, Person person, CallCatalogue catalogue, IAuditLog audit, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        var asked = new SearchRequest(Text(number), Text(fromUtc), Text(toUtc), int.TryParse(line, CultureInfo.InvariantCulture, out var l) ? l : null, null, Text(agent), null, purpose, reason, matter);
        if (await NotAllowedAsync(http, person, Right.Search) is { } refusal) return Show(null, refusal);
        var why = new Reason(purpose, reason, matter);
        if (why.Missing is not null) return Show(null, words["missing"]);
        var account = (await person.FindAsync())!;
        var searched = why.ToSealed();
        if (asked.Number is not null) searched["number"] = asked.Number;
        audit.Append(new(account.Id, "search", "done", null, purpose, searched));
        if (asked.Number is not null && Numbers.ToE164(asked.Number) is null) return Show(null, words["numberUnreadable"]);
        return Show(await catalogue.FindAsync(new CallQuery(asked.Number, Ms(asked.FromUtc), Ms(asked.ToUtc), asked.Line, null, asked.Agent, null), cancel), null);

        IResult Show(IReadOnlyList<CallView>? calls, string? message) => new RazorComponentResult<SearchPage>(new { Words = words, Asked = asked, Calls = calls, Message = message });
    }

    private static async Task<IResult> CallAsync(string call, [FromForm] string? purpose, [FromForm] string? reason, [FromForm(Name = "case")] string? matter, HttpContext http, Person person, CallCatalogue catalogue, Listenings listenings, IAuditLog audit, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        var why = new Reason(purpose, reason, matter);
        if (!CallId.TryParse(call, out var id)) return Results.NotFound();
        if (await NotAllowedAsync(http, person, Right.Listen) is { } refusal) return new RazorComponentResult<CallPage>(new { Words = words, Call = call, Reason = why, Message = refusal });
        if (why.Missing is not null) return new RazorComponentResult<CallPage>(new { Words = words, Call = call, Reason = why, Message = words["missing"] });
        var account = (await person.FindAsync())!;
        audit.Append(new(account.Id, "show", "done", id, purpose, why.ToSealed()));
        if (await catalogue.FindAsync(id, cancel) is not { } view) return Results.NotFound();
        var listening = await listenings.BeginAsync(id, account, why, cancel);
        return new RazorComponentResult<CallPage>(new { Words = words, Call = call, View = view, Listening = listening });
    }

    private static async Task<IResult> LogAsync(HttpContext http, Person person, IAuditLog audit)
    {
        var words = Words.For(http.Request);
        if (await NotAllowedAsync(http, person, Right.SeeAudit) is { } refusal) return new RazorComponentResult<TablePage>(new { Words = words, Heading = words["audit"], Path = "/log", Message = refusal });
        var account = (await person.FindAsync())!;
        audit.Append(new(account.Id, "see-log", "done"));
        var rows = audit.Newest(200).Select(line => (IReadOnlyList<string>)[Utc(line.AtMs), line.Actor, line.Act, line.Outcome, line.Purpose is { } purpose ? words["purpose." + purpose] : "", line.Call ?? ""]).ToList();
        return new RazorComponentResult<TablePage>(new { Words = words, Heading = words["audit"], Path = "/log", Tables = new List<TablePage.Table> { new(null, [words["started"], words["actor"], words["act"], words["outcome"], words["purpose"], words["call"]], rows) } });
    }

    private static async Task<IResult> AppliancesAsync(HttpContext http, Person person, Register register, IDbContextFactory<CentralDb> database, CancellationToken cancel)
    {
        var words = Words.For(http.Request);
        if (await person.FindAsync() is null) return Results.LocalRedirect("/sign-in");
        await using var db = await database.CreateDbContextAsync(cancel);
        var alarms = await db.Alarms.OrderByDescending(a => a.Id).Take(100).ToListAsync(cancel);
        var appliances = (await register.ListAsync(cancel)).Select(a => (IReadOnlyList<string>)[a.Name, a.Id, a.State + (a.Simulated ? $" ({words["simulated"]})" : ""), $"{a.Lines}", a.LastContactMs is { } ms ? Utc(ms) : words["never"]]).ToList();
        return new RazorComponentResult<TablePage>(new
        {
            Words = words,
            Heading = words["appliances"],
            Path = "/appliances",
            Tables = new List<TablePage.Table>
            {
                new(null, [words["name"], words["appliances"], words["state"], words["line"], words["lastContact"]], appliances),
                new(words["alarms"], [words["started"], words["alarms"], words["appliances"], words["call"]], [.. alarms.Select(a => (IReadOnlyList<string>)[Utc(a.SinceMs), a.Kind, a.Appliance ?? "", a.Call ?? ""])]),
            },
        });
    }

    private static async Task<string?> NotAllowedAsync(HttpContext http, Person person, Right right)
    {
        var words = Words.For(http.Request);
        return await person.FindAsync() is { } account && account.May(right) ? null : (await person.FindAsync())?.ActivatedMs is null ? words["notActive"] : words["mayNot"];
    }

    private static IResult File(string name, string type) => Results.Stream(typeof(DeskEndpoints).Assembly.GetManifestResourceStream($"desk/{name}")!, type);

    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static long? Ms(string? utc) => utc is not null && DateTimeOffset.TryParse(utc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() : null;

    private static string Utc(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
