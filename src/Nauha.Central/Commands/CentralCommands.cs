using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json;
using Nauha.Central.Audit;

namespace Nauha.Central.Commands;

/// <summary>nauha-central's commands. Each but <c>serve</c> is a client of the running server, or of the store itself where none runs.</summary>
internal static class CentralCommands
{
    public static RootCommand Create() => new("Nauha central: keeps sealed recordings, and lets named people listen for a stated reason.")
    {
        CentralCommand.Data, CentralCommand.Config, CentralCommand.KeystoreKey, CentralCommand.Json,
        Serve(),
        new Command("appliance", "The fleet's appliances.") { Expect(), Fetch("list", "Who belongs to the fleet, and when each was last heard.", "/admin/appliance/list"), Revoke(), Certificates() },
        UserCommands.Create(),
        new Command("calls", "Find, show and export calls; as a person, for a stated reason.") { CallCommands.Search(), CallCommands.Show(), CallCommands.Export() },
        Credentials.Login(),
        RequestCommands.Create(), RetentionCommands.Hold(), RetentionCommands.Destroy(), RetentionCommands.Retention(), RetentionCommands.Report(),
        ExclusionCommands.Create(), RosterCommands.Create(), RosterCommands.Mask(), AuditCommands.Create(), BackupCommands.Backup(), BackupCommands.Restore(),
        new Command("keys", "The keystore.") { Fetch("status", "Which days have keys, how strong the keystore's own key is, and the fleet's root by its SHA-256.", "/admin/keys/status") },
        Fetch("alarms", "What somebody has to look at.", "/admin/alarms"),
    };

    /// <summary>Runs a command line; bad usage is 2.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Create().Parse(args);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
        return parsed.Action is ParseErrorAction ? 2 : code;
    }

    private static CentralCommand Serve()
    {
        var port = new Option<int?>("--port") { Description = "HTTPS port (default 8443); 0 picks free ones for HTTPS and MQTT and writes them to run/ports.json." };
        var mqtt = new Option<int?>("--mqtt-port") { Description = "MQTT port over TLS (default 8883)." };
        var bind = new Option<string?>("--bind") { Description = "IP address to listen on (default 127.0.0.1)." };
        var names = new Option<string[]?>("--name") { Description = "Name under which people and appliances reach central; may be repeated (default localhost and 127.0.0.1)." };
        var demo = new Option<bool>("--demo") { Description = "Create a demo store: a scripted trainer activates the first account." };
        var serve = new CentralCommand("serve", "Run central.", new Rule.Operator("who may start the program on the store"), [port, mqtt, bind, names, demo]);
        serve.SetAction((parse, cancel) => CentralCommand.GuardedAsync(async () =>
        {
            var options = CentralCommand.Settings(parse, ("port", Text(parse.GetValue(port))), ("mqttPort", Text(parse.GetValue(mqtt))), ("bind", parse.GetValue(bind)),
                ("names", parse.GetValue(names) is { Length: > 0 } given ? string.Join(',', given) : null), ("demo", parse.GetValue(demo) ? "true" : null));
            Durable.CreateFolder(options.Data);
            using var storeLock = StoreLock.TryTake(options.Data) ?? throw new CentralException($"Another nauha-central owns {options.Data}.");
            await using var app = CentralHost.Build(options, TimeProvider.System);
            await app.StartAsync(cancel);
            var ports = app.Services.GetRequiredService<RunningPorts>();
            Console.WriteLine($"Central serves https://{options.PublicName}:{ports.Https} and mqtts on port {ports.Mqtts}.");
            await using (var scope = app.Services.CreateAsyncScope())
                if ((await scope.ServiceProvider.GetRequiredService<Access.Accounts>().ListAsync()).Count == 0)
                    Console.WriteLine($"There is no account yet. Make the first one here, once: https://{options.PublicName}:{ports.Https}/first-account/{app.Services.GetRequiredService<Access.FirstLink>().Token}");
            await app.WaitForShutdownAsync(cancel);
            return 0;
        }, cancel));
        return serve;
    }

    private static string? Text(int? number) => number?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static CentralCommand Expect()
    {
        var name = new Option<string>("--name") { Description = "What people call the branch office.", Required = true };
        var lines = new Option<int>("--lines") { Description = "Telephone lines, 1 to 64.", DefaultValueFactory = _ => 1 };
        return new CentralCommand("code", "Expect one more appliance: prints its one-time enrolment code, good for 72 hours.", new Rule.Operator("makes the code sheet of one appliance"), [name, lines]).Does(async (client, parse, cancel) =>
            CentralCommand.Print(parse, await client.PostAsync("/admin/appliance/code", new ExpectRequest(parse.GetValue(name), parse.GetValue(lines)), cancel)));
    }

    private static CentralCommand Revoke()
    {
        var appliance = new Argument<string>("appliance") { Description = "The appliance's id." };
        return new CentralCommand("revoke", "End an appliance's right to connect, at once.", new Rule.Operator("ends an appliance's right to connect"), [appliance]).Does(async (client, parse, cancel) =>
            CentralCommand.Print(parse, await client.PostAsync($"/admin/appliance/revoke/{Uri.EscapeDataString(parse.GetValue(appliance)!)}", new { }, cancel), "Revoked."));
    }

    private static CentralCommand Certificates() => new CentralCommand("certificates", "The public certificates of all who sign, and their chain, as PEM: what nauha-verify needs.", new Rule.Operator("public keys, for who verifies recordings elsewhere")).Does(async (client, parse, cancel) =>
    {
        var answer = await client.GetAsync("/admin/appliance/certificates", cancel);
        CentralCommand.Print(parse, answer, answer.GetProperty("pem").GetString()!.TrimEnd());
    });

    private static CentralCommand Fetch(string name, string description, string path) => new CentralCommand(name, description, new Rule.Operator("no call and no personal data"))
        .Does(async (client, parse, cancel) => CentralCommand.Print(parse, await client.GetAsync(path, cancel)));
}

/// <summary>The log: whole or not, what is in it, and letting go of old entries.</summary>
internal static class AuditCommands
{
    public static Command Create() => new("audit", "Who did what.") { Verify(), Show(), Prune() };

    private static CentralCommand Verify()
    {
        var command = new CentralCommand("verify", "Recompute the audit log's tree against its signed checkpoint; names the first bad entry.", new Rule.Operator("whole or not, no entry"));
        command.SetAction((parse, cancel) => CentralCommand.GuardedAsync(async () =>
        {
            var (problem, entries) = await ExamineAsync(CentralCommand.Settings(parse), cancel);
            if (parse.GetValue(CentralCommand.Json)) Console.WriteLine(JsonSerializer.Serialize(new { good = problem is null, entries, problem }));
            else Console.WriteLine(problem is null ? $"All {entries} entries stand as they were written." : $"The audit log is not whole: {problem}.");
            return problem is null ? 0 : 1;
        }, cancel));
        return command;
    }

    private static async Task<(string? Problem, ulong Entries)> ExamineAsync(CentralOptions options, CancellationToken cancel)
    {
        try
        {
            await using var client = await AdminClient.OpenAsync(options, cancel);
            var key = Convert.FromBase64String((await client.GetAsync("/admin/audit/key", cancel)).GetProperty("key").GetString()!);
            return AuditLog.Verify(options.Data, key);
        }
        catch (AuditBrokenException e)
        {
            return (e.Problem, e.Entries);   // nobody serves, and nobody may: the start itself found it
        }
    }

    private static CentralCommand Show()
    {
        var who = new Credentials();
        var from = new Option<string?>("--from") { Description = "Entries from this time on (2026-11-24T08:00:00Z)." };
        var until = new Option<string?>("--to") { Description = "Entries before this time." };
        var actor = new Option<string?>("--actor") { Description = "Only what this account id did." };
        var act = new Option<string?>("--act") { Description = "Only this act: sign-in, search, listen, …" };
        var call = new Option<string?>("--call") { Description = "Only entries of this call." };
        var reason = new Option<string>("--reason") { Description = "Why the reasons of others are opened, at least ten characters; the log keeps it.", Required = true };
        var most = new Option<int>("--most") { Description = "How many of the newest entries.", DefaultValueFactory = _ => 200 };
        return new CentralCommand("show", "Show entries with their sealed parts opened: reasons, cases, what was searched. One JSON object a line with --json.", new Rule.Person(Right.OpenAudit), [.. who.Options, from, until, actor, act, call, reason, most]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            var shown = await client.PostAsync("/api/audit/show", new Access.AuditRequest(parse.GetValue(from), parse.GetValue(until), parse.GetValue(actor), parse.GetValue(act), parse.GetValue(call), parse.GetValue(reason), parse.GetValue(most)), cancel);
            foreach (var entry in shown.GetProperty("entries").EnumerateArray())
                Console.WriteLine(parse.GetValue(CentralCommand.Json) ? entry.GetRawText() : string.Join("  ", entry.EnumerateObject().Where(p => p.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)).Select(p => p.Name is "index" or "atUtc" or "act" or "outcome" ? $"{p.Value}" : $"{p.Name}: {p.Value}")));
            if (shown.GetProperty("more").GetInt32() is > 0 and var more) await Console.Error.WriteLineAsync($"{more} earlier entries match: narrow the time, or raise --most.");
        });
    }

    private static CentralCommand Prune()
    {
        var before = new Option<string>("--before") { Description = "Entries of days before this one go (2026-05-01); the last six months stay.", Required = true };
        return new CentralCommand("prune", "Let go of old entries; what is left still verifies, and the log keeps that this was done.", new Rule.Operator("lets go of old entries; itself an entry"), [before]).Does(async (client, parse, cancel) =>
        {
            var done = await client.PostAsync("/admin/audit/prune", new PruneRequest(parse.GetValue(before)), cancel);
            CentralCommand.Print(parse, done, $"{done.GetProperty("pruned")} entries are gone; the log counts {done.GetProperty("entries")}.");
        });
    }
}
