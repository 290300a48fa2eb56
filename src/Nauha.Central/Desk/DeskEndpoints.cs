using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Nauha.Central.Access;

namespace Nauha.Central.Desk;

/// <summary>The pages of people: first account, sign in, password; then what each role's pages are. They ask the same doors as the API.</summary>
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
        var open = app.MapGroup("").Anybody("what is needed to sign in: no call, no person");
        open.MapGet("/desk.css", () => File("desk.css", "text/css"));
        open.MapGet("/desk.svg", () => File("desk.svg", "image/svg+xml"));
        open.MapGet("/desk.js", () => File("desk.js", "text/javascript"));
        open.MapGet("/language/{language}", (string language, HttpContext http) =>
        {
            http.Response.Cookies.Append(Words.Cookie, Words.In(language).Language, new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = true, MaxAge = TimeSpan.FromDays(365) });
            return Results.LocalRedirect("/");
        });
        open.MapGet("/first-account/{token}", (string token, HttpContext http) => SignInPage(http, first: token));
        open.MapPost("/first-account/{token}", async (string token, [FromForm] string? user, [FromForm] string? password, HttpContext http, Accounts accounts, Tries tries) =>
        {
            Refusal? refusal = null;
            var (made, late) = await tries.TryAsync("first-account", http, async () => (refusal = await accounts.CreateFirstAsync(token, user, password)) is null ? "made" : null);
            var words = Words.For(http.Request);
            return made is not null ? SignInPage(http, message: words["created"]) : SignInPage(http, first: token, message: late ? words["tooMany"] : words.Of(refusal!), status: late ? 429 : 400);
        });
        open.MapGet("/sign-in", (HttpContext http) => SignInPage(http));
        open.MapPost("/sign-in", async ([FromForm] string? user, [FromForm] string? password, HttpContext http, Accounts accounts, Tries tries) =>
        {
            var (account, late) = await tries.TryAsync("sign-in", http, () => accounts.SignInAsync(user, password, AccessEndpoints.FromOf(http)));
            if (account is null) return SignInPage(http, message: Words.For(http.Request)[late ? "tooMany" : "wrong"], status: late ? 429 : 401);
            await http.SignInAsync(Cookies, AccessEndpoints.PrincipalOf(account, Cookies));
            return Results.LocalRedirect("/");
        });

        var desk = app.MapGroup("").WithMetadata(new RefusalPage(Refused));
        desk.MapGet("/", (HttpContext http, Person person) => person.Who.IsActive ? Results.LocalRedirect(FirstPageOf(person.Who)) : Refused(http, GateRefusal.NotActive)).SignedIn("leads to the first page that one may see");
        desk.MapPost("/sign-out", async ([FromForm] string? nothing, HttpContext http) =>
        {
            await http.SignOutAsync(Cookies);
            return Results.LocalRedirect("/sign-in");
        }).SignedIn("ends one's own session");
        desk.MapGet("/password", (HttpContext http, Person person) => PasswordPage(http, person)).SignedIn("one's own password");
        desk.MapPost("/password", async ([FromForm] string? old, [FromForm(Name = "new")] string? chosen, HttpContext http, Person person, Accounts accounts) =>
        {
            var words = Words.For(http.Request);
            if (await accounts.ChangePasswordAsync(person.Who, old, chosen) is { } refusal) return (IResult)PasswordPage(http, person, words.Of(refusal));
            await http.SignOutAsync(Cookies);
            return SignInPage(http, message: words["passwordChanged"]);
        }).SignedIn("one's own password, with the old one");
        desk.MapCalls();
        desk.MapKeeping();
        desk.MapTables();
        desk.MapPeople();
    }

    public static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    public static string Utc(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    // Each role begins where its work is.
    private static string FirstPageOf(Account who) => who.May(Right.Search) ? "/calls" : who.May(Right.ManageUsers) ? "/people" : who.May(Right.Train) ? "/training" : who.May(Right.SeeAppliances) ? "/appliances" : "/log";

    private static IResult Refused(HttpContext http, GateRefusal why)
    {
        if (why == GateRefusal.NotSignedIn) return Results.LocalRedirect("/sign-in");
        var words = Words.For(http.Request);
        var who = http.RequestServices.GetRequiredService<Person>().Who;
        return new RazorComponentResult<TablePage>(new { Words = words, Who = who, Heading = words["title"], Message = words[why == GateRefusal.NotActive ? "notActive" : "mayNot"] }) { StatusCode = 403 };
    }

    private static RazorComponentResult<SignInPage> SignInPage(HttpContext http, string? first = null, string? message = null, int status = 200) =>
        new(new { Words = Words.For(http.Request), First = first, Message = message }) { StatusCode = status };

    private static RazorComponentResult<PasswordPage> PasswordPage(HttpContext http, Person person, string? message = null) =>
        new(new { Words = Words.For(http.Request), Who = person.Who, Message = message }) { StatusCode = message is null ? 200 : 400 };

    private static IResult File(string name, string type) => Results.Stream(typeof(DeskEndpoints).Assembly.GetManifestResourceStream($"desk/{name}")!, type);
}
