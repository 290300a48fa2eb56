using System.CommandLine;
using Nauha.Central.Requests;

namespace Nauha.Central.Commands;

/// <summary>Numbers that are never recorded, as a person with the right to say so.</summary>
internal static class ExclusionCommands
{
    public static Command Create() => new("exclusions", "Numbers that are never announced to and never recorded, incoming and dialled, on every appliance.") { Change("add", "Put numbers on the list.", adds: true), Change("remove", "Take numbers off the list, as they were written.", adds: false), List() };

    private static CentralCommand Change(string name, string description, bool adds)
    {
        var who = new Credentials();
        var numbers = new Argument<string[]>("number") { Description = "Telephone numbers, national or with +.", Arity = ArgumentArity.OneOrMore };
        var prefix = new Option<bool>("--prefix") { Description = "They are beginnings: every number that begins so." };
        var reason = new Option<string>("--reason") { Description = "In words.", Required = true };
        return new CentralCommand(name, description, new Rule.Person(Right.Exclude), adds ? [numbers, .. who.Options, prefix, reason] : [numbers, .. who.Options, reason]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            var named = parse.GetValue(numbers);
            var change = !adds ? new ExclusionChange(null, null, named, parse.GetValue(reason)) : parse.GetValue(prefix) ? new(null, named, null, parse.GetValue(reason)) : new(named, null, null, parse.GetValue(reason));
            CentralCommand.Print(parse, await client.PostAsync("/api/exclusions", change, cancel), "Changed; appliances that are there have it in a moment, the others when they come.");
        });
    }

    private static CentralCommand List()
    {
        var who = new Credentials();
        return new CentralCommand("list", "The list, and which appliances hold it as it is; an entry of the log.", new Rule.Person(Right.Exclude), who.Options).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            var list = await client.PostAsync("/api/exclusions/list", new ExclusionsAsked(), cancel);
            if (!parse.GetValue(CentralCommand.Json))
            {
                foreach (var number in list.GetProperty("numbers").EnumerateArray()) Console.WriteLine($"{number.GetProperty("number").GetString()}{(number.GetProperty("prefix").GetBoolean() ? "…" : "")}");
                foreach (var appliance in list.GetProperty("appliances").EnumerateArray()) Console.WriteLine($"{appliance.GetProperty("appliance").GetString()}  {(appliance.GetProperty("holds").GetBoolean() ? "holds it" : "does not hold it yet")}");
                return;
            }
            CentralCommand.Print(parse, list);
        });
    }
}
