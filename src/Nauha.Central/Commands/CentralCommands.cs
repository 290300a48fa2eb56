using System.CommandLine;
using System.Text.Json;

namespace Nauha.Central.Commands;

/// <summary>nauha-central's commands. Each but <c>serve</c> is a client of the running server, or of the store itself where none runs.</summary>
internal static class CentralCommands
{
    private static readonly Option<string> Data = new("--data") { Description = "Central's data folder.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NAUHA_DATA") ?? "/var/lib/nauha/central", Recursive = true };
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object instead of text.", Recursive = true };

    public static RootCommand Create()
    {
        var root = new RootCommand("Nauha central: keeps sealed recordings, and lets named people listen for a stated reason.") { Data, Json };
        root.Add(Serve());
        root.Add(new Command("appliance", "The fleet's appliances.") { Expect(), Fetch("list", "Who belongs to the fleet, and when each was last heard.", "/admin/appliance/list"), Revoke() });
        root.Add(new Command("user", "People's accounts.") { User("create"), User("train"), User("activate") });
        root.Add(new Command("calls", "Find, show and export calls; as a person, for a stated reason.") { PeopleCommands.Search(Data, Json), PeopleCommands.Show(Data, Json), PeopleCommands.Export(Data, Json) });
        root.Add(PeopleCommands.Login(Data, Json));
        root.Add(new Command("audit", "Who did what.") { VerifyAudit() });
        root.Add(new Command("keys", "The keystore.") { Fetch("status", "Which days have keys, and how strong the keystore's own key is.", "/admin/keys/status") });
        root.Add(Fetch("alarms", "What somebody has to look at.", "/admin/alarms"));
        return root;
    }

    private static Command Serve()
    {
        var port = new Option<int>("--port") { Description = "HTTPS port; 0 picks free ports for HTTPS and MQTT and writes them to run/ports.json.", DefaultValueFactory = _ => 8443 };
        var mqtt = new Option<int?>("--mqtt-port") { Description = "MQTT port (TLS)." };
        var bind = new Option<string>("--bind") { Description = "Address to listen on.", DefaultValueFactory = _ => "127.0.0.1" };
        var names = new Option<string[]>("--name") { Description = "Name under which people and appliances reach central; may be repeated.", DefaultValueFactory = _ => ["localhost", "127.0.0.1"] };
        var demo = new Option<bool>("--demo") { Description = "Create a demo store: a scripted trainer activates the first account." };
        var kek = new Option<string?>("--keystore-key") { Description = "File of the keystore's own key; on another medium than the keystore." };
        var serve = new Command("serve", "Run central.") { port, mqtt, bind, names, demo, kek };
        serve.SetAction((parse, cancel) => Guarded(async () =>
        {
            var data = parse.GetValue(Data)!;
            Durable.CreateFolder(data);
            using var storeLock = StoreLock.TryTake(data) ?? throw new CentralException($"Another nauha-central owns {data}.");
            var https = parse.GetValue(port);
            await using var app = CentralHost.Build(new(data, https, parse.GetValue(mqtt) ?? (https == 0 ? 0 : 8883), parse.GetValue(demo), parse.GetValue(kek), parse.GetValue(bind)!, parse.GetValue(names)), TimeProvider.System);
            await app.StartAsync(cancel);
            var ports = app.Services.GetRequiredService<RunningPorts>();
            Console.WriteLine($"Central serves https://localhost:{ports.Https} and mqtts on port {ports.Mqtts}.");
            await using (var scope = app.Services.CreateAsyncScope())
                if ((await scope.ServiceProvider.GetRequiredService<Access.Accounts>().ListAsync()).Count == 0)
                    Console.WriteLine($"There is no account yet. Make the first one here, once: https://localhost:{ports.Https}/first-account/{app.Services.GetRequiredService<Access.FirstLink>().Token}");
            await app.WaitForShutdownAsync(cancel);
            return 0;
        }));
        return serve;
    }

    private static Command Expect()
    {
        var name = new Option<string>("--name") { Description = "What people call the branch office.", Required = true };
        var lines = new Option<int>("--lines") { Description = "Telephone lines.", DefaultValueFactory = _ => 1 };
        var command = new Command("code", "Expect one more appliance: prints its one-time enrolment code, good for 72 hours.") { name, lines };
        command.SetAction((parse, cancel) => Guarded(async () =>
        {
            await using var client = await AdminClient.OpenAsync(parse.GetValue(Data)!, cancel);
            Print(await client.PostAsync("/admin/appliance/code", new ExpectRequest(parse.GetValue(name)!, parse.GetValue(lines)), cancel), parse.GetValue(Json));
            return 0;
        }));
        return command;
    }

    private static Command Revoke()
    {
        var appliance = new Argument<string>("appliance") { Description = "The appliance's id." };
        var command = new Command("revoke", "End an appliance's right to connect, at once.") { appliance };
        command.SetAction((parse, cancel) => Guarded(async () =>
        {
            await using var client = await AdminClient.OpenAsync(parse.GetValue(Data)!, cancel);
            await client.PostAsync($"/admin/appliance/revoke/{Uri.EscapeDataString(parse.GetValue(appliance)!)}", new { }, cancel);
            Console.WriteLine("Revoked.");
            return 0;
        }));
        return command;
    }

    private static Command User(string act)
    {
        var name = new Argument<string>("name") { Description = "User name." };
        var role = new Option<string>("--role") { Description = $"One of: {string.Join(", ", Access.Roles.All)}.", DefaultValueFactory = _ => "listener" };
        var password = new Option<string?>("--password-file") { Description = "File with the first password; - reads it from standard input." };
        var by = new Option<string?>("--by") { Description = "The other person who trained or activates." };
        var course = new Option<string?>("--course") { Description = "Which training." };
        var command = act switch
        {
            "create" => new Command("create", "Make an account; it may nothing until it is trained and activated.") { name, role, password },
            "train" => new Command("train", "Record a training, given by another person.") { name, by, course },
            _ => new Command("activate", "Activate an account after its training, by another person.") { name, by },
        };
        command.SetAction((parse, cancel) => Guarded(async () =>
        {
            await using var client = await AdminClient.OpenAsync(parse.GetValue(Data)!, cancel);
            var asked = act == "create"
                ? new UserRequest(parse.GetValue(name)!, parse.GetValue(role), await PeopleCommands.PasswordAsync(parse.GetValue(password), cancel), null, null)
                : new UserRequest(parse.GetValue(name)!, null, null, parse.GetValue(by), act == "train" ? parse.GetValue(course) : null);
            await client.PostAsync($"/admin/user/{act}", asked, cancel);
            Console.WriteLine("Done.");
            return 0;
        }));
        return command;
    }

    private static Command VerifyAudit()
    {
        var command = new Command("verify", "Recompute the audit log's tree against its signed checkpoint; names the first bad entry.");
        command.SetAction((parse, cancel) => Guarded(async () =>
        {
            var (problem, entries) = await ExamineAuditAsync(parse.GetValue(Data)!, cancel);
            if (parse.GetValue(Json)) Console.WriteLine(JsonSerializer.Serialize(new { good = problem is null, entries, problem }));
            else Console.WriteLine(problem is null ? $"All {entries} entries stand as they were written." : $"The audit log is not whole: {problem}.");
            return problem is null ? 0 : 1;
        }));
        return command;
    }

    private static async Task<(string? Problem, ulong Entries)> ExamineAuditAsync(string data, CancellationToken cancel)
    {
        try
        {
            await using var client = await AdminClient.OpenAsync(data, cancel);
            var key = Convert.FromBase64String((await client.GetAsync("/admin/audit/key", cancel)).GetProperty("key").GetString()!);
            return Audit.AuditLog.Verify(data, key);
        }
        catch (Audit.AuditBrokenException e)
        {
            return (e.Problem, e.Entries);   // nobody serves, and nobody may: the start itself found it
        }
    }

    private static Command Fetch(string name, string description, string path)
    {
        var command = new Command(name, description);
        command.SetAction((parse, cancel) => Guarded(async () =>
        {
            await using var client = await AdminClient.OpenAsync(parse.GetValue(Data)!, cancel);
            Print(await client.GetAsync(path, cancel), parse.GetValue(Json));
            return 0;
        }));
        return command;
    }

    internal static void Print(JsonElement value, bool json)
    {
        if (json)
        {
            Console.WriteLine(value.GetRawText());
            return;
        }
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray()) Console.WriteLine(string.Join("  ", item.EnumerateObject().Select(p => $"{p.Name}: {p.Value}")));
            if (value.GetArrayLength() == 0) Console.WriteLine("None.");
            return;
        }
        foreach (var member in value.EnumerateObject()) Console.WriteLine($"{member.Name,-12} {member.Value}");
    }

    internal static async Task<int> Guarded(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (RefusedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (Exception e) when (e is CentralException or IOException or HttpRequestException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }
}
