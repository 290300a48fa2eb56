using Microsoft.EntityFrameworkCore;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Fleet;
using Nauha.Format;

namespace Nauha.Central.Requests;

/// <summary>What is to change in the list.</summary>
/// <param name="Numbers">To be added: these numbers and no other.</param>
/// <param name="Prefixes">To be added: every number that begins so.</param>
/// <param name="Remove">Taken off, numbers or prefixes as they were written.</param>
public sealed record ExclusionChange(IReadOnlyList<string>? Numbers, IReadOnlyList<string>? Prefixes, IReadOnlyList<string>? Remove, string? Reason);

public sealed record ExclusionsAsked;

/// <summary>Numbers that are never recorded: said by a person, with a reason, sealed in database and log, sent to every appliance.</summary>
public sealed class Exclusions(IDbContextFactory<CentralDb> database, ExclusionBook book, CommandBook commands, IAuditLog audit)
{
    private const int LongestReason = 1_000, LongestNumber = 20, ShortestPrefix = 2;

    /// <returns>Null, or why nothing was changed.</returns>
    public async Task<string?> ChangeAsync(ExclusionChange change, string by, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (string.IsNullOrWhiteSpace(change.Reason) || change.Reason.Length > LongestReason) return "Give a reason, at most 1,000 characters.";
        var added = (change.Numbers ?? []).Select(n => (Text: n, IsPrefix: false)).Concat((change.Prefixes ?? []).Select(p => (Text: p, IsPrefix: true))).ToList();
        var removed = (change.Remove ?? []).Select(Plain).ToList();
        if (added.Count + removed.Count == 0) return "Name at least one number.";
        if (added.FirstOrDefault(a => Plain(a.Text) is null) is { Text: { } bad }) return $"{bad} is no number: digits, with + before them or not.";
        if (removed.Contains(null)) return "What is to be taken off is no number.";
        if (added.FirstOrDefault(a => a.IsPrefix && Plain(a.Text)!.TrimStart('+').Length < ShortestPrefix) is { Text: { } wide }) return $"The prefix {wide} would exclude a tenth of all numbers; it has at least two digits.";
        await using var db = await database.CreateDbContextAsync(cancel);
        var (_, known) = await book.ReadAsync(db, cancel);
        if (removed.FirstOrDefault(r => known.All(k => k.Number != r)) is not null) return "What is to be taken off is not on the list.";
        var list = known.Where(k => !removed.Contains(k.Number)).ToDictionary(k => (k.Number, k.IsPrefix));
        foreach (var (text, isPrefix) in added)
        {
            var number = Plain(text)!;
            list[(number, isPrefix)] = new(number, isPrefix, Forms(number, isPrefix));
        }
        if (list.Count > ExclusionBook.Most) return $"The list would have {list.Count} entries; it has at most {ExclusionBook.Most}.";
        audit.Append(new(by, "exclusion-change", "done", Sealed: new Dictionary<string, string>
        {
            ["reason"] = change.Reason,
            ["added"] = string.Join(' ', added.Select(a => Plain(a.Text) + (a.IsPrefix ? "…" : ""))),
            ["removed"] = string.Join(' ', removed),
        }, Detail: $"{list.Count} entries"));
        await book.WriteAsync(db, [.. list.Values.OrderBy(n => n.Number, StringComparer.Ordinal)], by, cancel);
        await db.SaveChangesAsync(cancel);
        await commands.RingAllAsync(cancel);
        return null;
    }

    /// <summary>The list, and which appliance holds which version: to be shown to a person.</summary>
    public async Task<object> ShowAsync(string by, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var (version, numbers) = await book.ReadAsync(db, cancel);
        audit.Append(new(by, "exclusion-list", "done", Detail: $"{numbers.Count} entries"));
        return new
        {
            version,
            numbers = numbers.Select(n => new { number = n.Number, prefix = n.IsPrefix }),
            appliances = await db.Appliances.Where(a => a.State == "enrolled").OrderBy(a => a.Id).Select(a => new { appliance = a.Id, holds = a.ExclusionVersion >= version }).ToListAsync(cancel),
        };
    }

    private static string? Plain(string? text) => PhoneNumber.TryParse(text, out var number) && number.Text.TrimStart('+').Length is >= 1 and <= LongestNumber ? number.Text : null;

    /// <summary>National, with 00, and with the country's code alone: an adapter shows any of them.</summary>
    internal static IReadOnlyList<string> Forms(string number, bool isPrefix)
    {
        const string country = "358";
        var digits = number.TrimStart('+');
        // A short number is only itself. A prefix is no whole number: what it means is told by how it begins.
        var international = isPrefix
            ? number.StartsWith('+') ? digits : digits.StartsWith("00", StringComparison.Ordinal) ? digits[2..] : digits is ['0', _, ..] ? country + digits[1..] : null
            : Numbers.ToE164(number) is { Length: > 8 } e164 ? e164[1..] : null;
        if (international is null) return [digits];
        List<string> forms = [digits, international, "00" + international];
        if (international.StartsWith(country, StringComparison.Ordinal)) forms.Add("0" + international[country.Length..]);
        return [.. forms.Distinct()];
    }
}

/// <summary>The list as an API.</summary>
internal static class ExclusionEndpoints
{
    public static void MapExclusions(this WebApplication app)
    {
        app.MapPost("/api/exclusions", async (ExclusionChange change, Person person, Exclusions exclusions, CancellationToken cancel) =>
            await exclusions.ChangeAsync(change, person.Who.Id, cancel) is { } refusal ? Results.Problem(refusal, statusCode: 400) : Results.Ok(new { changed = true })).Needs(Right.Exclude);
        app.MapPost("/api/exclusions/list", async (ExclusionsAsked _, Person person, Exclusions exclusions, CancellationToken cancel) => Results.Ok(await exclusions.ShowAsync(person.Who.Id, cancel))).Needs(Right.Exclude);
    }
}
