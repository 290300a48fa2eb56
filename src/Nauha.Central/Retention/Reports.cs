using Microsoft.EntityFrameworkCore;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Central.Storage;
using Nauha.Format;

namespace Nauha.Central.Retention;

/// <summary>One place that was looked at for something too old.</summary>
/// <param name="Oldest">The oldest day found there, yyyy-MM-dd; null: nothing is there.</param>
public sealed record Looked(string What, int Count, string? Oldest, bool Good);

/// <summary>What is there of six months ago and before: nothing but what a hold keeps.</summary>
/// <param name="OldestAllowed">The oldest day whose time is not over.</param>
public sealed record OldestReport(bool Good, string OldestAllowed, int UnderHold, IReadOnlyList<Looked> Looked);

/// <summary>The numbers of one line: each stands in one column, or is missing.</summary>
/// <param name="Open">Begun and not ended yet.</param>
public sealed record LineNumbers(string Appliance, int Line, long Highest, int Recorded, int Salvaged, int Missed, int Excluded, int Failed, int ExpiredUnsent, int Open, int Destroyed, int MissingNumbers, int BlindIntervals);

/// <summary>An interval of which a box cannot say whether there were calls.</summary>
/// <param name="Why">power, update, crash, line-lost or unplugged.</param>
public sealed record BlindInterval(string Appliance, int Line, DateTimeOffset FromUtc, DateTimeOffset UntilUtc, string Why);

public sealed record NumbersReport(bool Good, IReadOnlyList<LineNumbers> Lines);

/// <summary>What anybody may know: days, counts and certificates; no call.</summary>
public sealed class Reports(IDbContextFactory<CentralDb> database, Keystore keys, BlobFolder blobs, TimeProvider time)
{
    public async Task<OldestReport> OldestAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var today = RetentionPeriod.DayOf(now, RetentionPeriod.Zone);
        // A day is over at two in the night after its last day.
        var allowed = today.AddMonths(-6).AddDays(-4);
        while (RetentionPeriod.DestroyMs(allowed, RetentionPeriod.Zone) <= now) allowed = allowed.AddDays(1);
        var bound = Name(allowed);
        await using var db = await database.CreateDbContextAsync(cancel);
        var held = await Destroyer.HeldAsync(db, cancel);
        var calls = await db.Calls.Where(c => !held.Contains(c.Call)).Select(c => c.Day).ToListAsync(cancel);
        var records = await db.Records.Where(r => r.Call == null || !held.Contains(r.Call)).Select(r => r.Day).ToListAsync(cancel);
        var heldBlobs = (await db.Calls.Where(c => held.Contains(c.Call) && c.Blob != null).Select(c => c.Blob!).ToListAsync(cancel)).Select(b => b.Split('/')[0]).ToHashSet();
        var files = blobs.Days.Where(d => !heldBlobs.Contains(d)).ToList();
        var living = keys.Living().Select(d => Name(d.Day)).ToList();
        var grants = await db.Grants.Where(g => !held.Contains(g.Call)).Join(db.Calls, g => g.Call, c => c.Call, (g, c) => c.Day).ToListAsync(cancel);
        var aside = blobs.Unsorted.Select(ms => Name(RetentionPeriod.DayOf(ms, RetentionPeriod.Zone))).ToList();
        List<Looked> looked = [Look("calls", calls), Look("records", records), Look("recordings (folders by day)", files), Look("day keys and search keys", living), Look("grants", grants), Look("set aside or under way", aside)];
        return new(looked.All(l => l.Good), bound, held.Count, looked);

        Looked Look(string what, List<string> days) => days.Min(StringComparer.Ordinal) is { } oldest ? new(what, days.Count, oldest, string.CompareOrdinal(oldest, bound) >= 0) : new(what, 0, null, true);
    }

    public async Task<NumbersReport> NumbersAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var forgotten = await db.Lines.ToDictionaryAsync(l => (l.Appliance, l.Line), l => l.ForgottenNumber, cancel);
        var calls = await db.Calls.Select(c => new { c.Appliance, c.Line, c.CallNumber, c.Outcome, c.Closing, c.BlobState, c.IsCounted }).ToListAsync(cancel);
        var tallies = await db.Tallies.ToListAsync(cancel);
        var blind = (await BlindAsync(null, cancel)).GroupBy(b => (b.Appliance, b.Line)).ToDictionary(g => g.Key, g => g.Count());
        var lines = new List<LineNumbers>();
        foreach (var key in calls.Select(c => (c.Appliance, c.Line)).Union(forgotten.Keys).Order())
        {
            var here = calls.Where(c => (c.Appliance, c.Line) == key).ToList();
            var gone = tallies.Where(t => (t.Appliance, t.Line) == key).ToList();
            var highest = Math.Max(here.Count == 0 ? 0 : here.Max(c => c.CallNumber), forgotten.GetValueOrDefault(key));
            int Of(string outcome) => here.Count(c => c.Outcome == outcome && !c.IsCounted);
            // Each number is either here or was counted when its day went; a held one is both, and counted as here.
            var known = here.Select(c => c.CallNumber).Distinct().Count() + gone.Sum(t => t.Numbered - t.UnderHold);
            lines.Add(new(key.Appliance, key.Line, highest, here.Count(c => c.Outcome == "recorded" && c.Closing != (int)Closing.Salvaged), here.Count(c => c.Outcome == "recorded" && c.Closing == (int)Closing.Salvaged),
                Of("missed") + gone.Sum(t => t.Missed), Of("excluded") + gone.Sum(t => t.Excluded), Of("failed") + gone.Sum(t => t.Failed), Of("expired-unsent") + gone.Sum(t => t.ExpiredUnsent), here.Count(c => c.Outcome is null),
                gone.Sum(t => t.Destroyed + t.TooLate), (int)Math.Max(0, highest - known), blind.GetValueOrDefault(key)));
        }
        return new(lines.All(l => l.MissingNumbers == 0), lines);
    }

    /// <summary>Newest first.</summary>
    /// <param name="most">Null: all.</param>
    public async Task<IReadOnlyList<BlindInterval>> BlindAsync(int? most, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        // Few: one a stop, a restart of the port, a pulled plug.
        var payloads = await db.Records.Where(r => r.Kind == "blind").Select(r => r.Payload).ToListAsync(cancel);
        var intervals = new List<BlindInterval>();
        foreach (var payload in payloads)
            if (CallRecord.TryParse(payload, out var record, out _) && record is { BlindFromMs: { } from, BlindUntilMs: { } until, BlindCode: { } code })
                intervals.Add(new(record.Appliance.Text, record.Line.Number, DateTimeOffset.FromUnixTimeMilliseconds(from), DateTimeOffset.FromUnixTimeMilliseconds(until), code.Word()));
        return [.. intervals.OrderByDescending(i => i.UntilUtc).Take(most ?? int.MaxValue)];
    }

    public async Task<object> CertificatesAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var rows = await db.Certificates.OrderBy(c => c.Number).ToListAsync(cancel);
        return new { certificates = rows.Select(c => new { c.Number, atUtc = DateTimeOffset.FromUnixTimeMilliseconds(c.AtMs), envelope = System.Text.Encoding.UTF8.GetString(c.Envelope) }) };
    }

    private static string Name(DateOnly day) => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
