using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Identity;
using Nauha.Central.Audit;

namespace Nauha.Central.Access;

/// <summary>Why the gate let somebody not in.</summary>
internal enum GateRefusal { NotSignedIn, NotActive, NotInRole }

/// <summary>How pages answer a refusal; without it the answer is a problem in JSON.</summary>
internal sealed record RefusalPage(Func<HttpContext, GateRefusal, IResult> Show);

/// <summary>
/// The one place that lets people in: it reads the endpoint's rule, looks the person up anew at each request (a right that
/// was taken is gone at once), and writes every refusal to the log (of strangers, how many). An endpoint without a rule is shut.
/// </summary>
internal sealed partial class Gate(RequestDelegate next, IAuditLog audit, ILogger<Gate> log)
{
    public const string Stamp = "nauha-stamp";

    public async Task InvokeAsync(HttpContext http, UserManager<Account> users, Person person, Tries tries)
    {
        // What is no route of ours does nothing but say 404, 405 or 415.
        if (http.GetEndpoint() is not RouteEndpoint endpoint)
        {
            await next(http);
            return;
        }
        var rule = endpoint.Metadata.GetMetadata<Rule>();
        if (rule is Rule.Person or Rule.AnyPerson) person.Account = await LookUpAsync(http, users);
        switch (rule)
        {
            case Rule.Open or Rule.Appliance:
            case Rule.Operator when IsOperator(http):
            case Rule.AnyPerson when person.Account is not null:
            case Rule.Person { Right: var right } when person.Account?.May(right) == true:
                await next(http);
                break;
            case Rule.Operator:
                http.Response.StatusCode = StatusCodes.Status404NotFound;   // on the network it is not there
                break;
            case Rule.Person or Rule.AnyPerson when person.Account is null:
                // A page shows where to sign in; what asks for data and gets none is a refusal.
                if (endpoint.Metadata.GetMetadata<RefusalPage>() is null) tries.Stranger(http);
                await RefuseAsync(http, endpoint, GateRefusal.NotSignedIn, null);
                break;
            case Rule.Person { Right: var right }:
                audit.Append(new(person.Who.Id, right.Word(), "refused"));
                await RefuseAsync(http, endpoint, person.Who.IsActive ? GateRefusal.NotInRole : GateRefusal.NotActive, person.Who);
                break;
            default:
                WithoutRule(endpoint.DisplayName ?? "?");
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                break;
        }
    }

    public static bool IsOperator(HttpContext http) => http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(CentralHost.AdminMark) == true;

    /// <summary>A number and no name: names of people do not stand in the log.</summary>
    public static string OperatorOf(HttpContext http) => $"operator:{http.Features.Get<IConnectionItemsFeature>()?.Items[CentralHost.AdminMark] ?? "unknown"}";

    // A password or a role that changed ends the sessions that were begun before.
    private static async Task<Account?> LookUpAsync(HttpContext http, UserManager<Account> users)
    {
        var session = await http.AuthenticateAsync(http.Request.Headers.Authorization.Count > 0 ? AccessEndpoints.Api : CookieAuthenticationDefaults.AuthenticationScheme);
        if (session.Principal is not { } principal || principal.FindFirstValue(ClaimTypes.NameIdentifier) is not { } id || await users.FindByIdAsync(id) is not { } account || principal.FindFirstValue(Stamp) != account.SecurityStamp) return null;
        http.User = principal;
        return account;
    }

    private static Task RefuseAsync(HttpContext http, RouteEndpoint endpoint, GateRefusal why, Account? account) =>
        (endpoint.Metadata.GetMetadata<RefusalPage>()?.Show(http, why) ?? (why switch
        {
            GateRefusal.NotSignedIn => Results.Problem("Sign in first.", statusCode: 401),
            GateRefusal.NotActive => Results.Problem("This account is not active: another person records the training, and another activates it.", statusCode: 403),
            _ => Results.Problem($"The role {account!.Role} may not do this.", statusCode: 403),
        })).ExecuteAsync(http);

    [LoggerMessage(EventId = 8101, Level = LogLevel.Error, Message = "{Endpoint} has no rule and is shut")]
    private partial void WithoutRule(string endpoint);
}

/// <summary>Who asks: found by the gate.</summary>
internal sealed class Person
{
    public Account? Account { get; set; }

    /// <summary>Where the rule asks for a person, there is one.</summary>
    public Account Who => Account ?? throw new InvalidOperationException("this endpoint's rule asks for no person");
}

internal static class RightWords
{
    /// <summary>ManageUsers as manage-users: how a right stands in the log.</summary>
    public static string Word(this Right right) => string.Concat(right.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
