using System.CommandLine;
using System.Text.Json;
using Nauha.Central.Access;

namespace Nauha.Central.Commands;

/// <summary>Commands that show or export calls: they need a person, a purpose, a reason and a case, like the Desk.</summary>
internal static class CallCommands
{
    private sealed class Asking
    {
        private readonly Credentials _who = new();
        private readonly Option<string> _purpose = new("--purpose") { Description = $"One of: {string.Join(", ", Purposes.All)}.", Required = true };
        private readonly Option<string> _reason = new("--reason") { Description = "In words, at least ten characters.", Required = true };
        private readonly Option<string> _case = new("--case") { Description = "For which case.", Required = true };

        public Symbol[] Options => [.. _who.Options, _purpose, _reason, _case];

        public async Task<ReasonRequest> SignInAsync(AdminClient client, ParseResult parse, CancellationToken cancel)
        {
            var why = new ReasonRequest(parse.GetValue(_purpose), parse.GetValue(_reason), parse.GetValue(_case));
            if (why.Why.Missing is { } missing) throw new UsageException(missing);
            await _who.SignInAsync(client, parse, cancel);
            return why;
        }
    }

    public static CentralCommand Search()
    {
        var asking = new Asking();
        var number = new Option<string?>("--number") { Description = "The other party's number, in any notation." };
        var from = new Option<string?>("--from") { Description = "Calls from this time on (2026-11-24T08:00:00Z)." };
        var until = new Option<string?>("--to") { Description = "Calls before this time." };
        var line = new Option<int?>("--line") { Description = "Line number." };
        var appliance = new Option<string?>("--appliance") { Description = "The appliance's id." };
        var agent = new Option<string?>("--agent") { Description = "The agent's id." };
        var outcome = new Option<string?>("--outcome") { Description = "recorded, missed, excluded, failed, expired-unsent." };
        var most = new Option<int>("--most") { Description = "How many at once, 1 to 200.", DefaultValueFactory = _ => 200 };
        var after = new Option<string?>("--after") { Description = "Where the page before ended." };
        return new CentralCommand("search", "Find calls, newest first; one JSON object a line with --json.", new Rule.Person(Right.Search), [.. asking.Options, number, from, until, line, appliance, agent, outcome, most, after]).Does(async (client, parse, cancel) =>
        {
            var why = await asking.SignInAsync(client, parse, cancel);
            var found = await client.PostAsync("/api/calls/search", new SearchRequest(parse.GetValue(number), parse.GetValue(from), parse.GetValue(until), parse.GetValue(line), parse.GetValue(appliance), parse.GetValue(agent), parse.GetValue(outcome), why.Purpose, why.Reason, why.Case, parse.GetValue(after), parse.GetValue(most)), cancel);
            foreach (var call in found.GetProperty("calls").EnumerateArray()) Console.WriteLine(parse.GetValue(CentralCommand.Json) ? call.GetRawText() : $"{Text(call, "startedUtc")}  line {Text(call, "line")} no. {Text(call, "callNumber")}  {Text(call, "direction"),-8}  {Text(call, "outcome"),-9}  {Text(call, "durationSeconds"),7} s  {Text(call, "number"),-16}  {Text(call, "callId")}{(Text(call, "reason") is { Length: > 0 } reason ? "  " + reason : "")}");
            // On the other stream: what is piped on stays one call a line.
            if (found.GetProperty("more").GetInt32() is > 0 and var more) await Console.Error.WriteLineAsync($"{more} more: --after {Text(found, "next")}");
        });
    }

    public static CentralCommand Show()
    {
        var asking = new Asking();
        var call = new Argument<string>("call") { Description = "The call's id." };
        return new CentralCommand("show", "Show one call.", new Rule.Person(Right.Search), [call, .. asking.Options]).Does(async (client, parse, cancel) =>
        {
            var why = await asking.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync($"/api/calls/{Uri.EscapeDataString(parse.GetValue(call)!)}/show", why, cancel));
        });
    }

    public static CentralCommand Export()
    {
        var asking = new Asking();
        var call = new Argument<string>("call") { Description = "The call's id." };
        var output = new Option<string>("--out") { Description = "WAV file to write; it must not exist.", Required = true };
        return new CentralCommand("export", "Write a call as WAV: 8 kHz, mono, 16 bit.", new Rule.Person(Right.Export), [call, output, .. asking.Options]).Does(async (client, parse, cancel) =>
        {
            var path = parse.GetValue(output)!;
            if (File.Exists(path)) throw new UsageException($"{path} exists already; nothing is overwritten.");
            var why = await asking.SignInAsync(client, parse, cancel);
            var bytes = await client.DownloadAsync($"/api/calls/{Uri.EscapeDataString(parse.GetValue(call)!)}/export", why, path, cancel);
            Console.WriteLine(parse.GetValue(CentralCommand.Json) ? JsonSerializer.Serialize(new { file = path, bytes }) : $"{path}: {(bytes - 44) / 16_000.0:F1} s");
        });
    }

    private static string Text(JsonElement call, string key) => call.GetProperty(key).ToString();
}
