using Microsoft.AspNetCore.Connections.Features;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Fleet;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Commands;

public sealed record ExpectRequest(string Name, int Lines);

public sealed record UserRequest(string Name, string? Role, string? Password, string? By, string? Course);

/// <summary>What an operator does on the machine itself: over the admin socket, never over the network. It shows no call.</summary>
internal static class AdminEndpoints
{
    public static void MapAdmin(this WebApplication app)
    {
        var admin = app.MapGroup("/admin").AddEndpointFilter(async (context, next) =>
            context.HttpContext.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(CentralHost.AdminMark) == true ? await next(context) : Results.NotFound());
        admin.MapPost("/appliance/code", async (ExpectRequest asked, Register register, RunningPorts ports, CentralOptions central, HttpContext http, CancellationToken cancel) =>
        {
            var code = await register.ExpectAsync(asked.Name, asked.Lines, Operator(http), cancel);
            return Results.Ok(new { code.Appliance, code.Code, code.TrustRoot, Url = ports.Https == 0 ? null : $"https://{central.PublicName}:{ports.Https}", ExpiresUtc = DateTimeOffset.FromUnixTimeMilliseconds(code.ExpiresMs) });
        });
        admin.MapGet("/appliance/list", async (Register register, CancellationToken cancel) => Results.Ok((await register.ListAsync(cancel)).Select(a => new
        {
            a.Id,
            a.Name,
            a.Lines,
            a.State,
            a.Online,
            a.Version,
            a.Simulated,
            LastContactUtc = a.LastContactMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : (DateTimeOffset?)null,
        })));
        admin.MapPost("/appliance/revoke/{appliance}", async (string appliance, Register register, HttpContext http, CancellationToken cancel) =>
            ApplianceId.TryParse(appliance, out var id) && await register.RevokeAsync(id, Operator(http), cancel) ? Results.NoContent() : Results.Problem("There is no such appliance.", statusCode: 404));
        admin.MapPost("/user/create", async (UserRequest asked, Accounts accounts, HttpContext http) =>
            await accounts.CreateAsync(asked.Name, asked.Role ?? "listener", asked.Password ?? "", Operator(http)) is { } why ? Results.Problem(why, statusCode: 400) : Results.NoContent());
        admin.MapPost("/user/train", (UserRequest asked, Accounts accounts, HttpContext http) => With(accounts, asked, account => accounts.TrainAsync(account, asked.By ?? "", asked.Course ?? "", Operator(http))));
        admin.MapPost("/user/activate", (UserRequest asked, Accounts accounts, HttpContext http) => With(accounts, asked, account => accounts.ActivateAsync(account, asked.By ?? "", Operator(http))));
        admin.MapGet("/keys/status", (Keystore keys) => Results.Ok(new
        {
            Fleet = keys.Fleet.Text,
            keys.Days,
            keys.FirstDay,
            keys.LastDay,
            Strength = keys.KekBeside ? "file beside the keystore: an image of this machine keeps both" : "file on another path: as strong as the medium it lies on",
        }));
        admin.MapGet("/audit/key", (Keystore keys, AuditLog audit) => Results.Ok(new { Key = Convert.ToBase64String(keys.Receipts.PublicKey), audit.Size }));
        admin.MapGet("/alarms", async (Microsoft.EntityFrameworkCore.IDbContextFactory<CentralDb> database, CancellationToken cancel) =>
        {
            await using var db = await database.CreateDbContextAsync(cancel);
            return Results.Ok(db.Alarms.OrderBy(a => a.Id).ToList());
        });
    }

    private static async Task<IResult> With(Accounts accounts, UserRequest asked, Func<Account, Task<string?>> act)
    {
        if (string.IsNullOrWhiteSpace(asked.By)) return Results.Problem("Say by whom: --by USER, another person.", statusCode: 400);
        if (await accounts.FindAsync(asked.Name) is not { } account) return Results.Problem($"There is no account '{asked.Name}'.", statusCode: 404);
        if (await accounts.FindAsync(asked.By) is null) return Results.Problem($"There is no account '{asked.By}'.", statusCode: 404);
        return await act(account) is { } why ? Results.Problem(why, statusCode: 400) : Results.NoContent();
    }

    // A number and no name: names of people do not stand in the log.
    private static string Operator(HttpContext http) => $"operator:{http.Features.Get<IConnectionItemsFeature>()?.Items[CentralHost.AdminMark] ?? "unknown"}";
}
