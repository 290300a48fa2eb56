using Microsoft.EntityFrameworkCore;
using Nauha.Format;

namespace Nauha.Central.Catalogue;

/// <summary>
/// Records that were taken and are gone: their stretch of the chain and their numbers stay known, so that what comes
/// again is no news, and what comes next can still be compared.
/// </summary>
public static class Forgotten
{
    /// <summary>Forgets one record's place in its chain; neighbours become one stretch.</summary>
    public static async Task AddAsync(CentralDb db, string appliance, long seq, string hash, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        var all = await db.Forgotten.Where(f => f.Appliance == appliance && f.FromSeq <= seq + 1 && f.UntilSeq >= seq - 1).ToListAsync(cancel);
        var near = all.Where(f => db.Entry(f).State != EntityState.Deleted).Concat(db.Forgotten.Local.Where(f => f.Appliance == appliance && f.FromSeq <= seq + 1 && f.UntilSeq >= seq - 1)).Distinct().ToList();
        if (near.Any(f => f.FromSeq <= seq && seq <= f.UntilSeq)) return;
        var before = near.FirstOrDefault(f => f.UntilSeq == seq - 1);
        var after = near.FirstOrDefault(f => f.FromSeq == seq + 1);
        if (after is not null) db.Forgotten.Remove(after);
        if (before is not null) (before.UntilSeq, before.LastHash) = (after?.UntilSeq ?? seq, after?.LastHash ?? hash);
        else db.Forgotten.Add(new() { Appliance = appliance, FromSeq = seq, UntilSeq = after?.UntilSeq ?? seq, LastHash = after?.LastHash ?? hash });
    }

    public static Task<bool> HasAsync(CentralDb db, string appliance, long seq, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        return db.Forgotten.AnyAsync(f => f.Appliance == appliance && f.FromSeq <= seq && f.UntilSeq >= seq, cancel);
    }

    /// <summary>The hash of the last record of a forgotten stretch; null where the stretch ends elsewhere.</summary>
    public static Task<string?> HashAtAsync(CentralDb db, string appliance, long seq, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        return db.Forgotten.Where(f => f.Appliance == appliance && f.UntilSeq == seq).Select(f => f.LastHash).SingleOrDefaultAsync(cancel);
    }

    /// <summary>Records between the last known one and this one that can come no more: their appliance destroyed them unsent, when their time was over.</summary>
    public static async Task GapAsync(CentralDb db, string appliance, long seq, string hashBefore, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        var known = Math.Max(await db.Records.Where(r => r.Appliance == appliance && r.Seq < seq).MaxAsync(r => (long?)r.Seq, cancel) ?? 0, await db.Forgotten.Where(f => f.Appliance == appliance && f.UntilSeq < seq).MaxAsync(f => (long?)f.UntilSeq, cancel) ?? 0);
        if (known < seq - 1) db.Forgotten.Add(new() { Appliance = appliance, FromSeq = known + 1, UntilSeq = seq - 1, LastHash = hashBefore });
    }

    /// <summary>A record that was taken for gone is there after all: its stretch loses it.</summary>
    public static async Task RecallAsync(CentralDb db, string appliance, long seq, string hashBefore, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        if (await db.Forgotten.SingleOrDefaultAsync(f => f.Appliance == appliance && f.FromSeq <= seq && f.UntilSeq >= seq, cancel) is not { } stretch) return;
        db.Forgotten.Remove(stretch);
        await db.SaveChangesAsync(cancel);
        if (stretch.FromSeq < seq) db.Forgotten.Add(new() { Appliance = appliance, FromSeq = stretch.FromSeq, UntilSeq = seq - 1, LastHash = hashBefore });
        if (stretch.UntilSeq > seq) db.Forgotten.Add(new() { Appliance = appliance, FromSeq = seq + 1, UntilSeq = stretch.UntilSeq, LastHash = stretch.LastHash });
        await db.SaveChangesAsync(cancel);
    }

    /// <summary>This number was given, whatever else is forgotten.</summary>
    /// <returns>It is above all that were known to be given and are forgotten.</returns>
    public static async Task<bool> NumberAsync(CentralDb db, string appliance, int line, long number, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        if (await db.Lines.FindAsync([appliance, line], cancel) is not { } row) db.Lines.Add(row = new() { Appliance = appliance, Line = line });
        if (number <= row.ForgottenNumber) return false;
        row.ForgottenNumber = number;
        return true;
    }
}
