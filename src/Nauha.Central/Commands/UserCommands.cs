using System.CommandLine;
using System.Text.Json;
using Nauha.Central.Access;

namespace Nauha.Central.Commands;

/// <summary>Accounts: the operator makes them, people with the right to train, activate and change them.</summary>
internal static class UserCommands
{
    public static Command Create()
    {
        var course = new Option<string>("--course") { Description = "Which training.", Required = true };
        var newRole = RoleOption(required: true);
        return new("user", "People's accounts.")
        {
            Make(), FirstTrainer(), List(),
            AsPerson("train", "Record a training, as a trainer: never one's own.", Right.Train, "train", parse => new TrainRequest(parse.GetValue(course)), course),
            AsPerson("activate", "Activate a trained account, as an administrator: never one's own, nor one that one trained.", Right.ManageUsers, "activate", _ => new { }),
            AsPerson("deactivate", "End an account's rights and sessions, at once.", Right.ManageUsers, "deactivate", _ => new { }),
            AsPerson("role", "Give an account another role; it is trained and activated anew.", Right.ManageUsers, "role", parse => new RoleRequest(parse.GetValue(newRole)), newRole),
            Password(),
        };
    }

    private static Argument<string> Name() => new("name") { Description = "User name." };

    private static Option<string> RoleOption(bool required)
    {
        var role = new Option<string>("--role") { Description = $"One of: {string.Join(", ", Roles.All)}.", Required = required };
        if (!required) role.DefaultValueFactory = _ => "listener";
        return role;
    }

    private static CentralCommand Make()
    {
        var (name, role) = (Name(), RoleOption(required: false));
        var password = new Option<string>("--password-file") { Description = "File with the first password; - reads it from standard input.", Required = true };
        return new CentralCommand("create", "Make an account; it may nothing until others have trained and activated it.", new Rule.Operator("gives nobody a right"), [name, role, password]).Does(async (client, parse, cancel) =>
        {
            await client.PostAsync("/admin/user/create", new UserRequest(parse.GetValue(name), parse.GetValue(role), await Credentials.SecretAsync(parse.GetValue(password)!, cancel)), cancel);
            Said(parse, "create", parse.GetValue(name)!);
        });
    }

    private static CentralCommand FirstTrainer()
    {
        var name = Name();
        return new CentralCommand("first-trainer", "Let the first trainer in; only as long as nobody may train.", new Rule.Operator("only as long as nobody may train"), [name]).Does(async (client, parse, cancel) =>
        {
            await client.PostAsync("/admin/user/first-trainer", new UserRequest(parse.GetValue(name), null, null), cancel);
            Said(parse, "first-trainer", parse.GetValue(name)!);
        });
    }

    private static CentralCommand List()
    {
        var who = new Credentials();
        return new CentralCommand("list", "All accounts: role, trained, active.", new Rule.Person(Right.ManageUsers), who.Options).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.GetAsync("/api/users", cancel));
        });
    }

    private static CentralCommand AsPerson(string command, string description, Right right, string act, Func<ParseResult, object> body, params Symbol[] more)
    {
        var (name, who) = (Name(), new Credentials());
        return new CentralCommand(command, description, new Rule.Person(right), [name, .. more, .. who.Options]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            await client.PostAsync($"/api/users/{Uri.EscapeDataString(parse.GetValue(name)!)}/{act}", body(parse), cancel);
            Said(parse, act, parse.GetValue(name)!);
        });
    }

    private static CentralCommand Password()
    {
        var who = new Credentials();
        var old = new Option<string>("--old-file") { Description = "File with the password until now; - for standard input.", Required = true };
        var chosen = new Option<string>("--new-file") { Description = "File with the new password, at least 12 characters.", Required = true };
        return new CentralCommand("password", "Change one's own password; other sessions of the account end.", new Rule.AnyPerson("one's own password, with the old one"), [.. who.Options, old, chosen]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            await client.PostAsync("/api/password", new PasswordRequest(await Credentials.SecretAsync(parse.GetValue(old)!, cancel), await Credentials.SecretAsync(parse.GetValue(chosen)!, cancel)), cancel);
            Said(parse, "password", null);
        });
    }

    private static void Said(ParseResult parse, string act, string? user) => Console.WriteLine(parse.GetValue(CentralCommand.Json) ? JsonSerializer.Serialize(new { user, act, done = true }) : "Done.");
}
