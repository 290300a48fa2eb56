using System.Globalization;
using System.Text.Json;
using Nauha.Central.Audit;
using Nauha.Central.Keys;

namespace Nauha.Central.Access;

/// <param name="Act">sign-in, search, listen, …</param>
/// <param name="Reason">Why the sealed parts are opened; the log keeps it.</param>
public sealed record AuditRequest(string? FromUtc, string? ToUtc, string? Actor, string? Act, string? Call, string? Reason, int? Most);

/// <summary>The log with its sealed parts opened: a right of its own, through the keystore's door, itself an entry.</summary>
internal static class AuditEndpoints
{
    private const int Longest = 10_000;

    public static void MapAudit(this WebApplication app) => app.MapPost("/api/audit/show", (AuditRequest asked, Person person, AuditLog log, IKeystore keys) =>
    {
        if (asked.Reason is not { Length: >= Reason.ShortestText and <= 1_000 }) return Results.Problem($"Say why the reasons of others are opened, in {Reason.ShortestText} to 1,000 characters.", statusCode: 400);
        if (!TryMs(asked.FromUtc, 0, out var from) || !TryMs(asked.ToUtc, long.MaxValue, out var until)) return Results.Problem("fromUtc and toUtc are times like 2026-11-24T08:00:00Z.", statusCode: 400);
        if (asked.Most is < 1 or > Longest) return Results.Problem($"most is 1 to {Longest}.", statusCode: 400);
        var lines = log.Entries().Where(l => l.AtMs >= from && l.AtMs < until && (asked.Actor is null || l.Actor == asked.Actor) && (asked.Act is null || l.Act == asked.Act) && (asked.Call is null || l.Call == asked.Call)).ToList();
        var most = asked.Most ?? 200;
        var shown = lines.TakeLast(most).ToList();
        var opening = keys.Open(new(person.Who.Id, "open-audit", "done", Sealed: new Dictionary<string, string> { ["reason"] = asked.Reason }, Detail: shown.Count == 0 ? "no entries" : $"entries {shown[0].Index}-{shown[^1].Index}: {shown.Count}"));
        return Results.Ok(new { entries = shown.Select(l => Show(l, opening)), more = lines.Count - shown.Count });
    }).Needs(Right.OpenAudit);

    private static object Show(AuditLine line, Opening opening)
    {
        var open = line.Sealed is { } blob ? opening.AuditPart(line.Month, blob) : null;
        return new
        {
            index = line.Index,
            atUtc = DateTimeOffset.FromUnixTimeMilliseconds(line.AtMs),
            line.Actor,
            line.Act,
            line.Outcome,
            line.Call,
            line.Subject,
            line.Purpose,
            line.Detail,
            opened = open is null ? null : JsonSerializer.Deserialize<Dictionary<string, string>>(open),
            closed = line.Sealed is not null && open is null,
        };
    }

    private static bool TryMs(string? text, long without, out long ms)
    {
        ms = without;
        if (string.IsNullOrWhiteSpace(text)) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        ms = time.ToUnixTimeMilliseconds();
        return true;
    }
}
