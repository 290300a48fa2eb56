using System.CommandLine;
using System.Text.Json;
using Nauha.Central.Access;

namespace Nauha.Central.Commands;

/// <summary>Commands that show or export calls: they need a person, a purpose, a reason and a case, like the Desk.</summary>
internal static class PeopleCommands
{
    private sealed class Asking
    {
        public Option<string> As { get; } = new("--as") { Description = "User name.", Required = true };

        public Option<string> PasswordFile { get; } = new("--password-file") { Description = "File with the password; - reads it from standard input.", Required = true };

        public Option<string> Purpose { get; } = new("--purpose") { Description = $"One of: {string.Join(", ", Purposes.All)}.", Required = true };

        public Option<string> Reason { get; } = new("--reason") { Description = "In words, at least ten characters.", Required = true };

        public Option<string> Case { get; } = new("--case") { Description = "For which case.", Required = true };

        public Command AddTo(Command command)
        {
            foreach (var option in new Option[] { As, PasswordFile, Purpose, Reason, Case }) command.Add(option);
            return command;
        }

        public ReasonRequest Of(ParseResult parse) => new(parse.GetValue(Purpose), parse.GetValue(Reason), parse.GetValue(Case));

        public async Task SignInAsync(AdminClient client, ParseResult parse, CancellationToken cancel)
        {
            var session = await client.PostAsync("/api/session", new SignIn(parse.GetValue(As)!, await PasswordAsync(parse.GetValue(PasswordFile), cancel)), cancel);
            client.Bear(session.GetProperty("accessToken").GetString()!);
        }
    }

    public static Command Search(Option<string> data, Option<bool> json)
    {
        var asking = new Asking();
        var number = new Option<string?>("--number") { Description = "The other party's number, in any notation." };
        var from = new Option<string?>("--from") { Description = "Calls from this time on (2026-11-24T08:00:00Z)." };
        var until = new Option<string?>("--to") { Description = "Calls before this time." };
        var line = new Option<int?>("--line") { Description = "Line number." };
        var agent = new Option<string?>("--agent") { Description = "The agent's id." };
        var command = asking.AddTo(new Command("search", "Find calls; one JSON object a line with --json.") { number, from, until, line, agent });
        command.SetAction((parse, cancel) => CentralCommands.Guarded(async () =>
        {
            await using var client = await AdminClient.OpenAsync(parse.GetValue(data)!, cancel);
            await asking.SignInAsync(client, parse, cancel);
            var why = asking.Of(parse);
            var found = await client.PostAsync("/api/calls/search", new SearchRequest(parse.GetValue(number), parse.GetValue(from), parse.GetValue(until), parse.GetValue(line), null, parse.GetValue(agent), null, why.Purpose, why.Reason, why.Case), cancel);
            foreach (var call in found.EnumerateArray()) Console.WriteLine(parse.GetValue(json) ? call.GetRawText() : $"{Text(call, "startedUtc")}  line {Text(call, "line")} no. {Text(call, "callNumber")}  {Text(call, "direction"),-8}  {Text(call, "outcome"),-9}  {Text(call, "durationSeconds"),7} s  {Text(call, "number"),-16}  {Text(call, "callId")}");
            return 0;
        }));
        return command;
    }

    public static Command Show(Option<string> data, Option<bool> json)
    {
        var asking = new Asking();
        var call = new Argument<string>("call") { Description = "The call's id." };
        var command = asking.AddTo(new Command("show", "Show one call.") { call });
        command.SetAction((parse, cancel) => CentralCommands.Guarded(async () =>
        {
            await using var client = await AdminClient.OpenAsync(parse.GetValue(data)!, cancel);
            await asking.SignInAsync(client, parse, cancel);
            CentralCommands.Print(await client.PostAsync($"/api/calls/{Uri.EscapeDataString(parse.GetValue(call)!)}/show", asking.Of(parse), cancel), parse.GetValue(json));
            return 0;
        }));
        return command;
    }

    public static Command Export(Option<string> data, Option<bool> json)
    {
        var asking = new Asking();
        var call = new Argument<string>("call") { Description = "The call's id." };
        var output = new Option<string>("--out") { Description = "WAV file to write; it must not exist.", Required = true };
        var command = asking.AddTo(new Command("export", "Write a call as WAV: 8 kHz, mono, 16 bit.") { call, output });
        command.SetAction((parse, cancel) => CentralCommands.Guarded(async () =>
        {
            var path = parse.GetValue(output)!;
            if (File.Exists(path)) throw new CentralException($"{path} exists already; nothing is overwritten.");
            await using var client = await AdminClient.OpenAsync(parse.GetValue(data)!, cancel);
            await asking.SignInAsync(client, parse, cancel);
            var wav = await client.DownloadAsync($"/api/calls/{Uri.EscapeDataString(parse.GetValue(call)!)}/export", asking.Of(parse), cancel);
            Durable.Replace(path, wav);
            Console.WriteLine(parse.GetValue(json) ? JsonSerializer.Serialize(new { file = path, bytes = wav.Length }) : $"{path}: {(wav.Length - 44) / 16_000.0:F1} s");
            return 0;
        }));
        return command;
    }

    public static Command Login(Option<string> data, Option<bool> json)
    {
        var name = new Option<string>("--as") { Description = "User name.", Required = true };
        var password = new Option<string>("--password-file") { Description = "File with the password; - reads it from standard input.", Required = true };
        var command = new Command("login", "Check a user name and password; prints a token for the API, good for eight hours while this server runs.") { name, password };
        command.SetAction((parse, cancel) => CentralCommands.Guarded(async () =>
        {
            await using var client = await AdminClient.OpenAsync(parse.GetValue(data)!, cancel);
            CentralCommands.Print(await client.PostAsync("/api/session", new SignIn(parse.GetValue(name)!, await PasswordAsync(parse.GetValue(password), cancel)), cancel), parse.GetValue(json));
            return 0;
        }));
        return command;
    }

    public static async Task<string> PasswordAsync(string? file, CancellationToken cancel) => file switch
    {
        null => throw new CentralException("Give the password with --password-file FILE, or - for standard input."),
        "-" => (await Console.In.ReadLineAsync(cancel) ?? "").TrimEnd('\r', '\n'),
        _ => (await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n'),
    };

    private static string Text(JsonElement call, string key) => call.GetProperty(key).ToString();
}
