using Microsoft.EntityFrameworkCore;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Central.Retention;
using Nauha.Format;

namespace Nauha.Central.Requests;

/// <summary>What a data subject asks, how it can come out: closed lists (GDPR articles 15 to 18 and 21).</summary>
public static class RequestWords
{
    public static IReadOnlyList<string> Kinds { get; } = ["access", "rectification", "erasure", "restriction", "objection"];

    public static IReadOnlyList<string> Outcomes { get; } = ["answered", "refused", "withdrawn"];
}

/// <summary>A request as those see it who may.</summary>
public sealed record RequestView(string Id, string Kind, string ReceivedUtc, string DueUtc, string By, string? Hold, int Candidates, string? Outcome, string? ClosedBy, string? ClosedUtc);

/// <summary>What came of registering one.</summary>
/// <param name="Hold">To be confirmed by another person within 14 days; null where nothing was found.</param>
public sealed record Registered(string Request, string? Hold, IReadOnlyList<string> Calls, string DueUtc);

/// <summary>
/// The register of callers' requests. Who registers one freezes at once the calls that it may be about, so that none of
/// them goes while it is answered; the freeze is a hold like any other: another person confirms it, closing ends it.
/// </summary>
public sealed class RequestBook(IDbContextFactory<CentralDb> database, CallCatalogue catalogue, Holds holds, IKeystore keys, Audit.IAuditLog audit, TimeProvider time)
{
    /// <summary>After the day on which the answer is due: for a complaint about it.</summary>
    private static readonly TimeSpan After = TimeSpan.FromDays(60);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Registers a request about calls with a number, in a time, and freezes those that are there.</summary>
    public async Task<(Registered? Done, string? Why)> RegisterAsync(string kind, string number, long? fromMs, long? untilMs, string note, string by, CancellationToken cancel)
    {
        if (!RequestWords.Kinds.Contains(kind)) return (null, $"kind is one of: {string.Join(", ", RequestWords.Kinds)}.");
        if (Numbers.ToE164(number) is null) return (null, "number is no telephone number that calls can be searched for.");
        if (fromMs >= untilMs) return (null, "The time ends before it begins.");
        if (string.IsNullOrWhiteSpace(note) || note.Length > 1_000) return (null, "Say in at most 1,000 characters who asked, how, and how it was made sure that it is his number.");
        var id = Guid.NewGuid().ToString("n");
        var opening = keys.Open(new(by, "request-register", "done", Sealed: new Dictionary<string, string> { ["number"] = number, ["note"] = note }, Subject: id, Detail: kind));
        var calls = await CandidatesAsync(new(number, fromMs, untilMs, null, null, null, null), opening, cancel);
        var now = time.GetUtcNow();
        var due = now.AddMonths(1);
        string? hold = null;
        if (calls.Count > 0)
        {
            switch (await holds.PlaceAsync(calls, "request", note, id, due.Add(After).ToUnixTimeMilliseconds(), by, cancel))
            {
                case Outcome.Done done:
                    hold = done.Id;
                    break;
                case Outcome.Refused refused:
                    return (null, refused.Why);
                case Outcome.NotFound missing:
                    return (null, missing.What);
                default:
                    break;
            }
        }
        await using var db = await database.CreateDbContextAsync(cancel);
        db.Requests.Add(new() { Id = id, Kind = kind, By = by, ReceivedMs = now.ToUnixTimeMilliseconds(), DueMs = due.ToUnixTimeMilliseconds(), Hold = hold, Candidates = calls.Count });
        await db.SaveChangesAsync(cancel);
        return (new(id, hold, [.. calls.Select(c => c.ToString())], Utc(due.ToUnixTimeMilliseconds())), null);
    }

    private async Task<List<CallId>> CandidatesAsync(CallQuery query, Opening opening, CancellationToken cancel)
    {
        var calls = new List<CallId>();
        for (var page = await catalogue.FindAsync(query, opening, cancel); ; page = await catalogue.FindAsync(query with { After = page.Next }, opening, cancel))
        {
            calls.AddRange(page.Calls.Select(c => CallId.TryParse(c.CallId, out var call) ? call : default));
            if (page.Next is null) return calls;
        }
    }

    /// <summary>Closes a request; its calls are no longer kept for it.</summary>
    public async Task<Outcome> CloseAsync(string request, string outcome, string by, CancellationToken cancel)
    {
        if (!RequestWords.Outcomes.Contains(outcome)) return new Outcome.Refused($"outcome is one of: {string.Join(", ", RequestWords.Outcomes)}.");
        await using var db = await database.CreateDbContextAsync(cancel);
        if (await db.Requests.FindAsync([request], cancel) is not { } row) return new Outcome.NotFound("There is no such request.");
        if (row.Outcome is not null) return new Outcome.Refused($"This request is closed: {row.Outcome}.", "ended");
        audit.Append(new(by, "request-close", "done", Subject: row.Id, Detail: outcome));
        (row.Outcome, row.ClosedBy, row.ClosedMs) = (outcome, by, Now);
        await db.SaveChangesAsync(cancel);
        // A freeze that nobody confirmed may have ended by itself.
        if (row.Hold is { } hold) await holds.ReleaseAsync(hold, by, cancel);
        return new Outcome.Done(row.Id);
    }

    /// <summary>Open ones first, by the day on which they are due.</summary>
    public async Task<List<RequestView>> ListAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        return [.. (await db.Requests.OrderBy(r => r.Outcome != null).ThenBy(r => r.DueMs).ToListAsync(cancel)).Select(r => new RequestView(r.Id, r.Kind, Utc(r.ReceivedMs), Utc(r.DueMs), r.By, r.Hold, r.Candidates, r.Outcome, r.ClosedBy, r.ClosedMs is { } closed ? Utc(closed) : null))];
    }

    private static string Utc(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
