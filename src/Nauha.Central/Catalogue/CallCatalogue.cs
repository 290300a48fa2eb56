using Microsoft.EntityFrameworkCore;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Catalogue;

/// <summary>One call as a person with the right to see it sees it.</summary>
public sealed record CallView(
    string CallId, string Appliance, int Line, long CallNumber, string? Number, string? Direction, string? Agent, string Outcome, string? Reason,
    string StartedUtc, double DurationSeconds, bool AnnouncementHeard, double AnnouncementScore, string? SealedSha256, string? ReceiptUtc, bool Simulated);

/// <summary>What is asked of the catalogue. Times in milliseconds since 1970.</summary>
/// <param name="After">Where an earlier page ended (<see cref="Found.Next"/>).</param>
public sealed record CallQuery(string? Number, long? FromMs, long? UntilMs, int? Line, string? Appliance, string? Agent, string? Outcome, string? After = null, int Most = CallQuery.PageLength)
{
    public const int PageLength = 200;
}

/// <summary>One page of what was found.</summary>
/// <param name="More">How many calls match beyond this page.</param>
/// <param name="Next">Asks for the next page; null where this is the last.</param>
public sealed record Found(IReadOnlyList<CallView> Calls, int More, string? Next);

/// <summary>Calls, findable by tokens that die with their day; values stay sealed and are opened for the page that shows them.</summary>
public sealed class CallCatalogue(IDbContextFactory<CentralDb> database, IKeystore keys)
{
    /// <summary>Takes a verified record: makes or completes the call's row. The record's own sealed part is all that is kept of what is personal.</summary>
    /// <param name="startedMs">As far as the appliance's clock is believed.</param>
    /// <param name="day">The key, and the date, of the day that the call truly belongs to.</param>
    public async Task TakeAsync(CentralDb db, CallRecord record, RecordFacts? facts, long startedMs, KeyId kid, DateOnly day, CancellationToken cancel)
    {
        if (record is not { Call: { } call, CallNumber: { } number }) return;
        var row = await db.Calls.FindAsync([call.ToString()], cancel);
        if (row is null)
        {
            row = new() { Call = call.ToString(), Appliance = record.Appliance.Text, DayKid = kid.ToString(), Day = day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), StartedMs = startedMs };
            db.Calls.Add(row);
        }
        (row.Line, row.CallNumber, row.Simulated) = (record.Line.Number, (long)number, record.Simulated);
        // The moment may be told more exactly later (a ring that was answered, a clock that was in doubt); the day stays what it is.
        if (RetentionPeriod.DayOf(record.Started.UnixMs, RetentionPeriod.Zone) == day) row.StartedMs = record.Started.UnixMs;
        if (record.Ending is { } ending) (row.Outcome, row.Code) = (ending.What.Word(), ending.Code?.Word());
        // A recording that is stored never changes, whatever is said of it later.
        if (record.Recording is { } file && row.BlobState != "stored") (row.FileSha256, row.FileBytes, row.Closing) = (Convert.ToHexStringLower(file.Sha256), file.Bytes, (int)file.Closing);
        if (facts is null) return;
        if (facts.Party is not null || facts.Announcement is not null || row.FactsSeq is null) row.FactsSeq = (long)record.Seq;
        if (Numbers.ToE164(facts.Party?.Text) is { } e164) row.NumberToken = keys.Token("e164", e164, kid);
        if (facts.Agent is { } agent) row.AgentToken = keys.Token("agent", agent.Text, kid);
    }

    /// <summary>Calls that match, newest first, a page at a time; their sealed values opened through the keystore's door.</summary>
    public async Task<Found> FindAsync(CallQuery query, Opening opening, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(opening);
        await using var db = await database.CreateDbContextAsync(cancel);
        var (from, until) = (query.FromMs ?? 0, query.UntilMs ?? long.MaxValue / 2);
        var calls = db.Calls.Where(c => c.StartedMs >= from && c.StartedMs < until);
        if (Numbers.ToE164(query.Number) is { } e164)
        {
            // Under a hold a call is findable by the hold's own token, also when its day's is gone.
            var tokens = opening.Tokens("e164", e164, from, until).ToList();
            var held = await Grants.HeldWithAsync(db, opening.HoldTokens("e164", e164), cancel);
            calls = calls.Where(c => (c.NumberToken != null && tokens.Contains(c.NumberToken)) || held.Contains(c.Call));
        }
        if (query.Agent is { } agent)
        {
            var tokens = opening.Tokens("agent", agent, from, until).ToList();
            calls = calls.Where(c => c.AgentToken != null && tokens.Contains(c.AgentToken));
        }
        if (query.Line is { } line) calls = calls.Where(c => c.Line == line);
        if (query.Appliance is { } appliance) calls = calls.Where(c => c.Appliance == appliance);
        if (query.Outcome is { } outcome) calls = calls.Where(c => c.Outcome == outcome);
        if (TryAfter(query.After, out var ms, out var id)) calls = calls.Where(c => c.StartedMs < ms || (c.StartedMs == ms && string.Compare(c.Call, id) < 0));
        var all = await calls.CountAsync(cancel);
        var rows = await calls.OrderByDescending(c => c.StartedMs).ThenByDescending(c => c.Call).Take(Math.Clamp(query.Most, 1, CallQuery.PageLength)).ToListAsync(cancel);
        var views = new List<CallView>(rows.Count);
        foreach (var row in rows) views.Add(await ShowAsync(db, opening, row, cancel));
        return new(views, all - rows.Count, all > rows.Count ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{rows[^1].StartedMs}-{rows[^1].Call}") : null);
    }

    public async Task<CallView?> FindAsync(CallId call, Opening opening, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        return await db.Calls.FindAsync([call.ToString()], cancel) is { } row ? await ShowAsync(db, opening, row, cancel) : null;
    }

    /// <summary>Where a page begins: start and id of the last call of the one before.</summary>
    public static bool TryAfter(string? after, out long ms, out string call)
    {
        (ms, call) = (0, "");
        if (after?.Split('-') is not [var time, var id] || !long.TryParse(time, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ms) || !CallId.TryParse(id, out var named)) return false;
        call = named.ToString();
        return true;
    }

    private static async Task<CallView> ShowAsync(CentralDb db, Opening opening, CallRow row, CancellationToken cancel)
    {
        RecordFacts? facts = null;
        if (row.FactsSeq is { } seq && await db.Records.FindAsync([row.Appliance, seq], cancel) is { } record && CallRecord.TryParse(record.Payload, out var parsed, out _)) facts = opening.Record(new(parsed, Convert.FromHexString(record.Hash), await Grants.OfAsync(db, row.Call, seq, cancel)));
        var heard = facts?.Announcement?.Proof is { Played: true, Level: true, State: true, TalkedOver: not true, CutThrough: not false };
        var outcome = row is { Outcome: "recorded", Closing: (int)Closing.Salvaged } ? "salvaged" : row.Outcome ?? "started";
        return new(row.Call, row.Appliance, row.Line, row.CallNumber, facts?.Party?.Text, facts?.Direction?.Word(), facts?.Agent?.Text, outcome, row.BlobState == "destroyed" ? "destroyed" : row.Code, Utc(row.StartedMs)!,
            Math.Round((row.KeptSamples ?? 0) / 8_000.0, 3), heard, facts?.Announcement?.Score ?? 0, row.FileSha256, Utc(row.ReceiptMs), row.Simulated);
    }

    private static string? Utc(long? ms) => ms is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture) : null;
}
