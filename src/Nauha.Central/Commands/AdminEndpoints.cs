using System.Globalization;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Fleet;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Commands;

public sealed record ExpectRequest(string? Name, int Lines);

public sealed record UserRequest(string? Name, string? Role, string? Password);

public sealed record PruneRequest(string? Before);

/// <summary>What an operator does on the machine itself: over the admin socket, never over the network. It shows no call and gives nobody a right.</summary>
internal static class AdminEndpoints
{
    public static void MapAdmin(this WebApplication app)
    {
        app.MapPost("/admin/appliance/code", async (ExpectRequest asked, Register register, RunningPorts ports, CentralOptions options, HttpContext http, CancellationToken cancel) =>
        {
            if (string.IsNullOrWhiteSpace(asked.Name) || asked.Name.Length > 100) return Results.Problem("Give the branch office's name, at most 100 characters.", statusCode: 400);
            if (asked.Lines is < 1 or > 64) return Results.Problem("An appliance has 1 to 64 lines.", statusCode: 400);
            var code = await register.ExpectAsync(asked.Name, asked.Lines, Gate.OperatorOf(http), cancel);
            return Results.Ok(new { code.Appliance, code.Code, code.TrustRoot, Url = ports.Https == 0 ? null : $"https://{options.PublicName}:{ports.Https}", ExpiresUtc = DateTimeOffset.FromUnixTimeMilliseconds(code.ExpiresMs) });
        }).Operator("makes the code sheet of one appliance");
        app.MapGet("/admin/appliance/list", async (Register register, CancellationToken cancel) => Results.Ok(new
        {
            appliances = (await register.ListAsync(cancel)).Select(a => new
            {
                a.Id,
                a.Name,
                a.Lines,
                a.State,
                a.Online,
                a.Version,
                a.Simulated,
                a.Notices,
                LastContactUtc = a.LastContactMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : (DateTimeOffset?)null,
            }),
        })).Operator("the fleet, no call");
        app.MapPost("/admin/appliance/revoke/{appliance}", async (string appliance, Register register, HttpContext http, CancellationToken cancel) =>
            ApplianceId.TryParse(appliance, out var id) && await register.RevokeAsync(id, Gate.OperatorOf(http), cancel) ? Results.Ok(new { appliance = id.Text, state = "revoked" }) : Results.Problem("There is no such appliance.", statusCode: 404)).Operator("ends an appliance's right to connect");
        app.MapGet("/admin/appliance/certificates", async (Register register, CertificateAuthority authority, CancellationToken cancel) => Results.Ok(new { pem = await EnrolmentEndpoints.CertificatesAsync(register, authority, cancel) })).Operator("public keys, for who verifies recordings elsewhere");
        app.MapPost("/admin/user/create", async (UserRequest asked, Accounts accounts, HttpContext http) => UserEndpoints.Answer(await accounts.CreateAsync(asked.Name, asked.Role ?? "listener", asked.Password, Gate.OperatorOf(http)))).Operator("an account that may nothing until others have trained and activated it");
        app.MapPost("/admin/user/first-trainer", (UserRequest asked, Accounts accounts, HttpContext http) => UserEndpoints.WithAsync(accounts, asked.Name, account => accounts.AppointFirstTrainerAsync(account, Gate.OperatorOf(http)))).Operator("only as long as nobody may train");
        app.MapGet("/admin/keys/status", (Keystore keys, CertificateAuthority authority) => Results.Ok(new
        {
            Fleet = keys.Fleet.Text,
            keys.Days,
            keys.FirstDay,
            keys.LastDay,
            Strength = keys.KekBeside ? "file beside the keystore: an image of this machine keeps both" : "file on another path: as strong as the medium it lies on",
            keys.StoreEpoch,
            keys.Weaknesses,
            DestroyedDays = keys.Destroyed().Count,
            RootSha256 = Convert.ToHexStringLower(SHA256.HashData(authority.Root.RawData)),
        })).Operator("days and strength, no key");
        app.MapGet("/admin/audit/key", (Keystore keys, AuditLog audit) => Results.Ok(new { Key = Convert.ToBase64String(keys.Receipts.PublicKey), audit.Size })).Operator("the public key by which anybody checks the log");
        app.MapPost("/admin/audit/prune", (PruneRequest asked, AuditLog audit, StoreMarker store, TimeProvider time, HttpContext http) =>
        {
            if (!DateOnly.TryParseExact(asked.Before, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return Results.Problem("Say before which day: --before 2026-05-01.", statusCode: 400);
            // Who listened must be answerable for as long as what was heard exists.
            var latest = RetentionPeriod.DayOf(time.GetUtcNow().ToUnixTimeMilliseconds(), RetentionPeriod.Zone).AddMonths(-6);
            if (day > latest && !store.IsDemo) return Results.Problem($"Entries stay for six months at least: --before {latest:yyyy-MM-dd} or earlier.", statusCode: 400);
            var pruned = audit.Prune(RetentionPeriod.MidnightMs(day, RetentionPeriod.Zone), Gate.OperatorOf(http));
            return Results.Ok(new { pruned, entries = audit.Size });
        }).Operator("lets go of old entries; the log keeps that it was done");
        app.MapGet("/admin/alarms", async (IDbContextFactory<CentralDb> database, CancellationToken cancel) =>
        {
            await using var db = await database.CreateDbContextAsync(cancel);
            return Results.Ok(new { alarms = await db.Alarms.OrderBy(a => a.Id).ToListAsync(cancel) });
        }).Operator("what somebody has to look at; no personal data");
    }
}
