namespace Nauha.Central.Access;

public sealed record TrainRequest(string? Course);

public sealed record RoleRequest(string? Role);

public sealed record PasswordRequest(string? Old, string? New);

/// <summary>Accounts: who trains, who activates, who changes a role is a signed-in person with the right to, and stands in the log by account id.</summary>
internal static class UserEndpoints
{
    public static void MapUsers(this WebApplication app)
    {
        app.MapGet("/api/users", async (Accounts accounts) => Results.Ok(new { users = (await accounts.ListAsync()).Select(a => new { name = a.UserName, id = a.Id, a.Role, trained = a.TrainedMs is not null, active = a.IsActive }) })).Needs(Right.ManageUsers);
        app.MapPost("/api/users/{name}/train", (string name, TrainRequest asked, Person person, Accounts accounts) => WithAsync(accounts, name, account => accounts.TrainAsync(account, person.Who, asked.Course))).Needs(Right.Train);
        app.MapPost("/api/users/{name}/activate", (string name, Person person, Accounts accounts) => WithAsync(accounts, name, account => accounts.ActivateAsync(account, person.Who))).Needs(Right.ManageUsers);
        app.MapPost("/api/users/{name}/deactivate", (string name, Person person, Accounts accounts) => WithAsync(accounts, name, account => accounts.DeactivateAsync(account, person.Who))).Needs(Right.ManageUsers);
        app.MapPost("/api/users/{name}/role", (string name, RoleRequest asked, Person person, Accounts accounts) => WithAsync(accounts, name, account => accounts.ChangeRoleAsync(account, asked.Role, person.Who))).Needs(Right.ManageUsers);
        app.MapPost("/api/password", async (PasswordRequest asked, Person person, Accounts accounts) => Answer(await accounts.ChangePasswordAsync(person.Who, asked.Old, asked.New))).SignedIn("one's own password, with the old one");
    }

    public static IResult Answer(Refusal? refusal) => refusal is null ? Results.NoContent() : Results.Problem(refusal.Sentence, statusCode: 400);

    public static async Task<IResult> WithAsync(Accounts accounts, string? name, Func<Account, Task<Refusal?>> act) =>
        await accounts.FindAsync(name) is { } account ? Answer(await act(account)) : Results.Problem("There is no account of this name.", statusCode: 404);
}
