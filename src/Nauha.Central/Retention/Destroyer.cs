using Microsoft.EntityFrameworkCore;
using Nauha.Central.Catalogue;
using Nauha.Central.Fleet;
using Nauha.Central.Keys;
using Nauha.Central.Storage;
using Nauha.Format;

namespace Nauha.Central.Retention;

/// <summary>
/// Takes away everything that a call or a day has left at central. Keys go first, and for good; what they opened is
/// cleaned away after them, again and again until nothing is left: a crash in between leaves work, not secrets.
/// </summary>
public sealed class Destroyer(IDbContextFactory<CentralDb> database, Keystore keys, BlobFolder blobs, TimeProvider time)
{
    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Cleans away what is left of all days whose keys are gone.</summary>
    /// <returns>Recordings and calls that went.</returns>
    public async Task<int> CleanAsync(CancellationToken cancel)
    {
        var gone = 0;
        var destroyed = keys.Destroyed();
        await using var db = await database.CreateDbContextAsync(cancel);
        var names = destroyed.Select(d => Name(d.Day)).ToList();
        var left = await db.Calls.Where(c => names.Contains(c.Day)).Select(c => c.Day).Distinct().ToListAsync(cancel);
        left = [.. left.Union(await db.Records.Where(r => names.Contains(r.Day)).Select(r => r.Day).Distinct().ToListAsync(cancel)).Union(blobs.Days.Intersect(names)).Order(StringComparer.Ordinal)];
        foreach (var day in left) gone += await DayAsync(day, cancel);
        if (destroyed.Count > 0) blobs.DestroyOlder(RetentionPeriod.MidnightMs(destroyed[^1].Day.AddDays(1), RetentionPeriod.Zone));
        return gone;
    }

    private async Task<int> DayAsync(string day, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var calls = await db.Calls.Where(c => c.Day == day).ToListAsync(cancel);
        var held = (await HeldAsync(db, cancel)).ToHashSet();
        var going = calls.Where(c => !held.Contains(c.Call)).ToList();
        foreach (var call in calls.Where(c => held.Contains(c.Call) && !c.IsCounted))
        {
            (await Tallies.OfAsync(db, DateOf(day), call.Appliance, call.Line, cancel)).Count(call, underHold: true);
            // Its tokens are of a key that is gone: the hold has tokens of its own.
            (call.IsCounted, call.NumberToken, call.AgentToken) = (true, null, null);
        }
        foreach (var call in going)
        {
            blobs.Destroy(ApplianceId.Parse(call.Appliance), CallId.TryParse(call.Call, out var id) ? id : default, call.Blob);
            await CountOutAsync(db, call, cancel);
            await ForgetAsync(db, call, cancel);
        }
        // Blind intervals, and records of calls that never got a row.
        foreach (var record in await db.Records.Where(r => r.Day == day && (r.Call == null || !held.Contains(r.Call))).ToListAsync(cancel)) await ForgetAsync(db, record, cancel);
        blobs.DestroyDay(day, calls.Where(c => held.Contains(c.Call) && c.Blob is not null).Select(c => c.Blob!).ToHashSet());
        await db.SaveChangesAsync(cancel);
        return going.Count;
    }

    /// <summary>Destroys one call now: recording, records, tokens, grants, alarms; everywhere at central, and by order on its appliance.</summary>
    /// <param name="early">Its row stays, without anything personal, until its day is counted.</param>
    public async Task CallAsync(CentralDb db, CallRow call, bool early, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(call);
        var (appliance, id) = (ApplianceId.Parse(call.Appliance), CallId.TryParse(call.Call, out var named) ? named : default);
        blobs.Destroy(appliance, id, call.Blob);
        if (early)
        {
            foreach (var record in await db.Records.Where(r => r.Call == call.Call).ToListAsync(cancel)) await ForgetAsync(db, record, cancel);
            db.Grants.RemoveRange(db.Grants.Where(g => g.Call == call.Call));
            (call.Blob, call.BlobState, call.NumberToken, call.AgentToken, call.FactsSeq, call.KeptSamples) = (null, call.FileSha256 is null ? call.BlobState : "destroyed", null, null, null, null);
            CommandBook.Destroy(db, appliance, id, Now);
            return;
        }
        await CountOutAsync(db, call, cancel);
        await ForgetAsync(db, call, cancel);
    }

    // A call that was kept for a hold moves from that column to the one in which it ends.
    private static async Task CountOutAsync(CentralDb db, CallRow call, CancellationToken cancel)
    {
        var tally = await Tallies.OfAsync(db, DateOf(call.Day), call.Appliance, call.Line, cancel);
        if (call.IsCounted) (tally.UnderHold, tally.Numbered) = (tally.UnderHold - 1, tally.Numbered - 1);
        tally.Count(call, underHold: false);
    }

    /// <summary>Calls that a hold keeps now.</summary>
    public static Task<List<string>> HeldAsync(CentralDb db, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        return db.HoldCalls.Where(c => db.Holds.Any(h => h.Id == c.Hold && h.State != "ended")).Select(c => c.Call).Distinct().ToListAsync(cancel);
    }

    private static async Task ForgetAsync(CentralDb db, CallRow call, CancellationToken cancel)
    {
        foreach (var record in await db.Records.Where(r => r.Call == call.Call).ToListAsync(cancel)) await ForgetAsync(db, record, cancel);
        await Forgotten.NumberAsync(db, call.Appliance, call.Line, call.CallNumber, cancel);
        db.Grants.RemoveRange(db.Grants.Where(g => g.Call == call.Call));
        db.HoldCalls.RemoveRange(db.HoldCalls.Where(h => h.Call == call.Call));
        db.Alarms.RemoveRange(db.Alarms.Where(a => a.Call == call.Call));
        db.DestroyOrders.RemoveRange(db.DestroyOrders.Where(o => o.Call == call.Call));
        db.Commands.RemoveRange(db.Commands.Where(c => c.Call == call.Call));
        db.Calls.Remove(call);
    }

    private static async Task ForgetAsync(CentralDb db, RecordRow record, CancellationToken cancel)
    {
        if (db.Entry(record).State == EntityState.Deleted) return;
        await Forgotten.AddAsync(db, record.Appliance, record.Seq, record.Hash, cancel);
        db.Records.Remove(record);
    }

    private static string Name(DateOnly day) => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static DateOnly DateOf(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
