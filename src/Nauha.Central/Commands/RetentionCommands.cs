using System.CommandLine;
using System.Text.Json;
using Nauha.Central.Access;
using Nauha.Central.Retention;

namespace Nauha.Central.Commands;

/// <summary>Holding, destroying, and what there is of old: as persons, or, where no call is shown, as operator.</summary>
internal static class RetentionCommands
{
    public static Command Hold() => new("hold", "Keep calls beyond their six months, for a reason and a case; one person asks, another confirms.") { Place(), List(), Change("confirm", "Confirm a hold that another person placed: it lasts until its end date.", "confirm"), Change("release", "End a hold; calls whose six months are over are destroyed at once.", "release") };

    public static Command Destroy() => new("destroy", "Destroy one call before its time; one person asks, another confirms.") { Ask(), Confirm() };

    public static Command Retention() => new("retention", "The end of days whose six months are over. It runs by itself each night.") { Run(), Agree() };

    public static Command Report() => new("report", "Days and counts; no call.")
    {
        Fetch("oldest", "What there is of the past: nothing is older than six months but what a hold keeps; with what was looked at.", "/admin/report/oldest"),
        Fetch("numbers", "The numbers of every line, how each ended, and which are missing.", "/admin/report/numbers"),
        Fetch("blind", "Since when until when a box could not say whether there were calls, and why.", "/admin/report/blind"),
        Fetch("certificates", "The signed certificates of destruction.", "/admin/report/certificates"),
    };

    private static CentralCommand Place()
    {
        var who = new Credentials();
        var calls = new Argument<string[]>("call") { Description = "Call ids.", Arity = ArgumentArity.OneOrMore };
        var kind = new Option<string>("--kind") { Description = $"One of: {string.Join(", ", Kinds.Holds)}.", Required = true };
        var reason = new Option<string>("--reason") { Description = "In words.", Required = true };
        var matter = new Option<string>("--case") { Description = "For which case: after six months the calls are heard for this case alone.", Required = true };
        var until = new Option<string>("--until") { Description = "Day on which the hold ends (2027-06-30), once another person has confirmed it.", Required = true };
        return new CentralCommand("place", "Freeze calls at once, for at most 14 days, until another person confirms the hold.", new Rule.Person(Right.Hold), [calls, .. who.Options, kind, reason, matter, until]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            var placed = await client.PostAsync("/api/holds", new HoldRequest(parse.GetValue(calls), parse.GetValue(kind), parse.GetValue(reason), parse.GetValue(matter), parse.GetValue(until)), cancel);
            CentralCommand.Print(parse, placed, $"Frozen; another person confirms it within 14 days: nauha-central hold confirm {placed.GetProperty("hold")}");
        });
    }

    private static CentralCommand List()
    {
        var who = new Credentials();
        var matter = new Option<string?>("--case") { Description = "Only holds of this case." };
        return new CentralCommand("list", "Holds that are in force.", new Rule.Person(Right.Hold), [.. who.Options, matter]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync("/api/holds/list", new HoldsAsked(parse.GetValue(matter)), cancel));
        });
    }

    private static CentralCommand Change(string name, string description, string act)
    {
        var who = new Credentials();
        var hold = new Argument<string>("hold") { Description = "The hold's id." };
        return new CentralCommand(name, description, new Rule.Person(Right.ConfirmHold), [hold, .. who.Options]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync($"/api/holds/{Uri.EscapeDataString(parse.GetValue(hold)!)}/{act}", new { }, cancel), "Done.");
        });
    }

    private static CentralCommand Ask()
    {
        var who = new Credentials();
        var call = new Argument<string>("call") { Description = "The call's id." };
        var ground = new Option<string>("--ground") { Description = $"One of: {string.Join(", ", Kinds.Grounds)}.", Required = true };
        var reason = new Option<string>("--reason") { Description = "In words.", Required = true };
        return new CentralCommand("ask", "Ask that a call be destroyed.", new Rule.Person(Right.Destroy), [call, .. who.Options, ground, reason]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            var asked = await client.PostAsync($"/api/calls/{Uri.EscapeDataString(parse.GetValue(call)!)}/destroy", new DestroyRequest(parse.GetValue(ground), parse.GetValue(reason)), cancel);
            CentralCommand.Print(parse, asked, $"Asked; another person confirms it: nauha-central destroy confirm {asked.GetProperty("order")}");
        });
    }

    private static CentralCommand Confirm()
    {
        var who = new Credentials();
        var order = new Argument<string>("order") { Description = "What destroy ask gave." };
        return new CentralCommand("confirm", "Confirm what another person asked: the call is destroyed at once, and on its appliance within a day.", new Rule.Person(Right.ConfirmDestroy), [order, .. who.Options]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync($"/api/destructions/{Uri.EscapeDataString(parse.GetValue(order)!)}/confirm", new { }, cancel), "Destroyed.");
        });
    }

    private static CentralCommand Run()
    {
        var at = new Option<string?>("--at") { Description = "As if it were this time; only in a store made with --demo." };
        return new CentralCommand("run", "Destroy what is due now, as each night does; where the clock may be wrong it says who has to look.", new Rule.Operator("what each night does by itself; the same guards"), [at]).Does(async (client, parse, cancel) =>
            Show(parse, await client.PostAsync("/admin/retention/run", new AtRequest(parse.GetValue(at)), cancel)));
    }

    private static CentralCommand Agree()
    {
        var who = new Credentials();
        var days = new Argument<string[]>("day") { Description = "The days that are due (2026-08-31), all of them.", Arity = ArgumentArity.OneOrMore };
        return new CentralCommand("confirm", "Name the days that are due, where a person has to look; when a second person names the same ones they are destroyed.", new Rule.Person(Right.RunRetention), [days, .. who.Options]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            Show(parse, await client.PostAsync("/api/retention/run", new RunRequest(parse.GetValue(days)), cancel));
        });
    }

    private static void Show(ParseResult parse, JsonElement outcome) => CentralCommand.Print(parse, outcome, outcome.GetProperty("done").GetBoolean()
        ? $"{outcome.GetProperty("days").GetArrayLength()} days and {outcome.GetProperty("calls")} calls are destroyed."
        : $"{outcome.GetProperty("waits")} Due: {string.Join(", ", outcome.GetProperty("days").EnumerateArray())}");

    private static CentralCommand Fetch(string name, string description, string path)
    {
        var command = new CentralCommand(name, description, new Rule.Operator("days and counts, no call"));
        command.SetAction((parse, cancel) => CentralCommand.GuardedAsync(async () =>
        {
            await using var client = await AdminClient.OpenAsync(CentralCommand.Settings(parse), cancel);
            var report = await client.GetAsync(path, cancel);
            CentralCommand.Print(parse, report);
            return report.TryGetProperty("good", out var good) && !good.GetBoolean() ? 1 : 0;
        }, cancel));
        return command;
    }
}
