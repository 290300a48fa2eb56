using System.CommandLine;
using Nauha.Central.Access;
using Nauha.Central.Fleet;
using Nauha.Format;

namespace Nauha.Central.Commands;

public sealed record BadgeGiven(string? Agent, string? Badge);

public sealed record AgentNamed(string? Agent);

public sealed record RosterAsked;

public sealed record MaskAsked(int Line, int Seconds);

/// <summary>Whose badge is whose, and masking a line from here: doors and the commands that use them.</summary>
internal static class RosterCommands
{
    public static void MapRoster(this WebApplication app)
    {
        app.MapPost("/api/roster", async (BadgeGiven given, Person person, RosterBook roster, CommandBook commands, CancellationToken cancel) =>
            await AnswerAsync(await roster.SetAsync(given.Agent, given.Badge, person.Who.Id, cancel), commands, cancel)).Needs(Right.ManageAppliances);
        app.MapPost("/api/roster/remove", async (AgentNamed named, Person person, RosterBook roster, CommandBook commands, CancellationToken cancel) =>
            await AnswerAsync(await roster.RemoveAsync(named.Agent, person.Who.Id, cancel), commands, cancel)).Needs(Right.ManageAppliances);
        app.MapPost("/api/roster/list", async (RosterAsked _, RosterBook roster, CancellationToken cancel) => Results.Ok(await roster.ShowAsync(cancel))).Needs(Right.ManageAppliances);
        app.MapPost("/api/appliances/{appliance}/mask", async (string appliance, MaskAsked asked, Person person, CommandBook commands, Audit.IAuditLog audit, CancellationToken cancel) =>
        {
            if (!ApplianceId.TryParse(appliance, out var id) || !new LineId(asked.Line).IsValid || asked.Seconds is < 0 or > 3_600) return Results.Problem("Name an appliance, a line from 1, and 0 to 3,600 seconds.", statusCode: 400);
            audit.Append(new(person.Who.Id, "mask", "done", Subject: id.Text, Detail: $"line {asked.Line}, {asked.Seconds} s"));
            return await commands.MaskAsync(id, new(asked.Line), asked.Seconds, cancel) ? Results.Ok(new { sent = true }) : Results.Problem("This appliance is not connected.", statusCode: 409);
        }).Needs(Right.Mask);
    }

    private static async Task<IResult> AnswerAsync(string? refusal, CommandBook commands, CancellationToken cancel)
    {
        if (refusal is not null) return Results.Problem(refusal, statusCode: 400);
        await commands.RingAllAsync(cancel);
        return Results.Ok(new { changed = true });
    }

    public static Command Create() => new("roster", "Whose badge is whose, for the readers at the appliances.") { Set(), Remove(), List() };

    private static CentralCommand Set()
    {
        var who = new Credentials();
        var agent = new Argument<string>("agent") { Description = "The agent's opaque id." };
        var badge = new Option<string>("--badge-file") { Description = "File with what the reader reads (4 to 32 digits, or A to F), or - for standard input.", Required = true };
        return new CentralCommand("set", "Give an agent a badge.", new Rule.Person(Right.ManageAppliances), [agent, .. who.Options, badge]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync("/api/roster", new BadgeGiven(parse.GetValue(agent), await Credentials.SecretAsync(parse.GetValue(badge)!, cancel)), cancel), "Done.");
        });
    }

    private static CentralCommand Remove()
    {
        var who = new Credentials();
        var agent = new Argument<string>("agent") { Description = "The agent's opaque id." };
        return new CentralCommand("remove", "Take all badges of an agent.", new Rule.Person(Right.ManageAppliances), [agent, .. who.Options]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync("/api/roster/remove", new AgentNamed(parse.GetValue(agent)), cancel), "Done.");
        });
    }

    private static CentralCommand List()
    {
        var who = new Credentials();
        return new CentralCommand("list", "Agents with a badge, and which appliances hold the roster as it is. Badges are shown to nobody.", new Rule.Person(Right.ManageAppliances), who.Options).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync("/api/roster/list", new RosterAsked(), cancel));
        });
    }

    public static Command Mask()
    {
        var who = new Credentials();
        var appliance = new Argument<string>("appliance") { Description = "The appliance's id." };
        var line = new Option<int>("--line") { Description = "From 1.", Required = true };
        var seconds = new Option<int>("--seconds") { Description = "For how long; 0: no more. The appliance may end it earlier.", DefaultValueFactory = _ => 120 };
        return new CentralCommand("mask", "Mask what is said on a line now: it is kept as silence of the same length.", new Rule.Person(Right.Mask), [appliance, .. who.Options, line, seconds]).Does(async (client, parse, cancel) =>
        {
            await who.SignInAsync(client, parse, cancel);
            CentralCommand.Print(parse, await client.PostAsync($"/api/appliances/{Uri.EscapeDataString(parse.GetValue(appliance)!)}/mask", new MaskAsked(parse.GetValue(line), parse.GetValue(seconds)), cancel), "Sent.");
        });
    }
}
