using System.CommandLine;
using Nauha.Central.Requests;

namespace Nauha.Central.Commands;

/// <summary>nauha-central request: what callers ask for.</summary>
internal static class RequestCommands
{
    public static Command Create() => new("request", "The register of callers' requests; registering one freezes the calls that it may be about.") { Register(), List(), Close() };

    private static CentralCommand Register()
    {
        var who = new Credentials();
        var kind = new Option<string>("--kind") { Description = $"One of: {string.Join(", ", RequestWords.Kinds)}.", Required = true };
        var number = new Option<string>("--number") { Description = "The caller's number; - reads it from standard input, so that it stands in no list of processes.", Required = true };
        var from = new Option<string?>("--from") { Description = "Only calls from this day or time on." };
        var until = new Option<string?>("--until") { Description = "Only calls before this day or time." };
        var note = new Option<string>("--note") { Description = "Who asked, how, and how it was made sure that it is his number.", Required = true };
        return new CentralCommand("register", "Register a request and freeze its candidate calls, for at most 14 days, until another person confirms the hold.", new Rule.Person(Right.Hold), [.. who.Options, kind, number, from, until, note]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            var of = parse.GetValue(number) is "-" ? (await Console.In.ReadLineAsync(cancel))?.Trim() : parse.GetValue(number);
            var done = await client.PostAsync("/api/requests", new RequestAsked(parse.GetValue(kind), of, parse.GetValue(from), parse.GetValue(until), parse.GetValue(note)), cancel);
            var calls = done.GetProperty("calls").GetArrayLength();
            CentralCommand.Print(parse, done, calls == 0
                ? $"Registered as {done.GetProperty("request")}: no call with this number is kept. The answer is due {done.GetProperty("dueUtc")}."
                : $"Registered as {done.GetProperty("request")}: {calls} calls are frozen. Another person confirms within 14 days: nauha-central hold confirm {done.GetProperty("hold")}. The answer is due {done.GetProperty("dueUtc")}.");
        });
    }

    private static CentralCommand List()
    {
        var who = new Credentials();
        return new CentralCommand("list", "All requests, open ones first.", new Rule.Person(Right.Hold), [.. who.Options]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync("/api/requests/list", new { }, cancel));
        });
    }

    private static CentralCommand Close()
    {
        var who = new Credentials();
        var request = new Argument<string>("request") { Description = "The request's id." };
        var outcome = new Option<string>("--outcome") { Description = $"One of: {string.Join(", ", RequestWords.Outcomes)}.", Required = true };
        return new CentralCommand("close", "Close a request; its calls are no longer kept for it.", new Rule.Person(Right.ConfirmHold), [request, .. who.Options, outcome]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync($"/api/requests/{Uri.EscapeDataString(parse.GetValue(request)!)}/close", new RequestClosed(parse.GetValue(outcome)), cancel), "Closed.");
        });
    }
}
