using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Nauha.Central.Access;

/// <summary>RIGHTS.md: who may what, made from the table of roles and the rules of endpoints and commands. A test compares.</summary>
internal static class RightsPage
{
    public static string Make(IEnumerable<RouteEndpoint> endpoints, RootCommand commands, Func<Command, Rule?> ruleOf)
    {
        var page = new StringBuilder();
        void Line(FormattableString text) => page.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# Who may what");
        Line($"Made from the code (`Roles.cs` and the rules of endpoints and commands); a test compares, and tries every role on every one of them.");
        Line($"An account may nothing until another person has recorded its training and a third has activated it. Every refusal of somebody known is an entry of the log.");
        Line($"");
        Line($"| right | {string.Join(" | ", Roles.All)} |");
        Line($"|---|{string.Concat(Roles.All.Select(_ => ":-:|"))}");
        foreach (var right in Enum.GetValues<Right>()) Line($"| **{right}**: {Roles.WhatIs(right)} | {string.Join(" | ", Roles.All.Select(role => Roles.Has(role, right) ? "×" : ""))} |");
        Line($"");
        foreach (var role in Roles.All) Line($"- **{role}** {Roles.WhatDoes(role)}");
        Line($"");
        Line($"## Endpoints");
        Line($"| endpoint | who |");
        Line($"|---|---|");
        foreach (var (name, rule) in endpoints.Select(e => ($"{e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0]} {e.RoutePattern.RawText}", e.Metadata.GetMetadata<Rule>())).OrderBy(e => e.Item1[(e.Item1.IndexOf(' ', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal).ThenBy(e => e.Item1, StringComparer.Ordinal))
            Line($"| `{name}` | {rule?.Words ?? "**nobody: it has no rule**"} |");
        Line($"");
        Line($"## Commands");
        Line($"| command | who |");
        Line($"|---|---|");
        foreach (var (name, command) in Leaves(commands, "").OrderBy(l => l.Name, StringComparer.Ordinal)) Line($"| `nauha-central {name}` | {ruleOf(command)?.Words ?? "**it has no rule**"} |");
        return page.ToString();
    }

    private static IEnumerable<(string Name, Command Command)> Leaves(Command command, string path) =>
        command.Subcommands.Count == 0 ? [(path.Trim(), command)] : command.Subcommands.SelectMany(c => Leaves(c, $"{path} {c.Name}"));
}
