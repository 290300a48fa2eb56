using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Fleet;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Retention;

/// <summary>
/// A call that goes before its time: asked by one person with a ground, confirmed by another. The keystore remembers it,
/// so that no older copy of the store brings it back; its appliance is told within the day.
/// </summary>
public sealed class EarlyDestruction(IDbContextFactory<CentralDb> database, Keystore keys, Destroyer destroyer, CommandBook commands, Access.Listenings listenings, IAuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan Everywhere = TimeSpan.FromDays(1);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task<Outcome> AskAsync(CallId call, string ground, string reason, string by, CancellationToken cancel)
    {
        if (!Kinds.Grounds.Contains(ground)) return new Outcome.Refused($"A ground is one of: {string.Join(", ", Kinds.Grounds)}.");
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > 1_000) return new Outcome.Refused("Give a reason, at most 1,000 characters.", "no-reason");
        await using var db = await database.CreateDbContextAsync(cancel);
        if (await db.Calls.FindAsync([call.ToString()], cancel) is not { } row) return new Outcome.NotFound("There is no such call.");
        if (row.BlobState == "destroyed") return new Outcome.Refused("This call is destroyed.", "destroyed");
        if ((await Destroyer.HeldAsync(db, cancel)).Contains(row.Call)) return new Outcome.Refused("This call is under a hold. Release the hold first.", "held");
        if (await db.DestroyOrders.FirstOrDefaultAsync(o => o.Call == row.Call && o.DoneMs == null, cancel) is { } waiting) return new Outcome.Refused($"Its destruction is asked for already; another person confirms it: {waiting.Id}.", "asked-already");
        var id = Guid.NewGuid().ToString("n");
        audit.Append(new(by, "destroy-ask", "done", call, null, new Dictionary<string, string> { ["order"] = id, ["ground"] = ground, ["reason"] = reason }));
        db.DestroyOrders.Add(new() { Id = id, Call = row.Call, Ground = ground, AskedBy = by, AskedMs = Now });
        await db.SaveChangesAsync(cancel);
        return new Outcome.Done(id);
    }

    /// <summary>What was asked for and nobody has confirmed yet, the oldest first.</summary>
    public async Task<IReadOnlyList<DestroyOrderRow>> WaitingAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        return await db.DestroyOrders.Where(o => o.ConfirmedBy == null && o.DoneMs == null).OrderBy(o => o.AskedMs).ToListAsync(cancel);
    }

    public async Task<Outcome> ConfirmAsync(string order, string by, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        if (await db.DestroyOrders.FindAsync([order], cancel) is not { } row || await db.Calls.FindAsync([row.Call], cancel) is not { } call || !CallId.TryParse(row.Call, out var id)) return new Outcome.NotFound("There is no such order.");
        var why = row.DoneMs is not null ? new Outcome.Refused("This call is destroyed.", "destroyed") : row.AskedBy == by ? new("Another person confirms: nobody confirms what he asked for.", "own") : (await Destroyer.HeldAsync(db, cancel)).Contains(row.Call) ? new("This call is under a hold. Release the hold first.", "held") : null;
        audit.Append(new(by, "destroy-confirm", why is null ? "done" : "refused", id, null, new Dictionary<string, string> { ["order"] = order }));
        if (why is not null) return why;
        // The keystore first: from here on no copy of the call opens. What is left is cleaned away, again after a crash.
        keys.DestroyCall(id, DestroyMsOf(call));
        listenings.End(id);
        row.ConfirmedBy = by;
        await db.SaveChangesAsync(cancel);
        await CleanAsync(cancel);
        return new Outcome.Done(order);
    }

    /// <summary>Cleans away whatever there is of calls that the keystore calls destroyed: after a confirmation, a crash, a restore.</summary>
    public async Task CleanAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        foreach (var id in keys.DestroyedCalls())
        {
            var name = id.ToString();
            if (await db.Calls.FindAsync([name], cancel) is not { } call) continue;
            if (call.BlobState != "destroyed" && (call.Blob is not null || call.FactsSeq is not null || await db.Records.AnyAsync(r => r.Call == name, cancel)))
            {
                await destroyer.CallAsync(db, call, early: true, cancel);
                foreach (var order in await db.DestroyOrders.Where(o => o.Call == name && o.DoneMs == null).ToListAsync(cancel)) order.DoneMs = Now;
                await db.SaveChangesAsync(cancel);
                commands.Ring(ApplianceId.Parse(call.Appliance));
            }
        }
        var late = Now - (long)Everywhere.TotalMilliseconds;
        foreach (var waiting in await db.Commands.Where(c => c.Name == "destroy" && c.AnsweredMs == null && c.CreatedMs < late).ToListAsync(cancel))
            await Alarms.RaiseAsync(db, "destroy-waiting", ApplianceId.Parse(waiting.Appliance), CallId.TryParse(waiting.Call, out var call) ? call : null, Now, cancel);
        await db.SaveChangesAsync(cancel);
    }

    // As the bundle said for its day; for a call whose row has no day any more, six months from now are enough.
    private long DestroyMsOf(CallRow call) => keys.Living().FirstOrDefault(d => d.Kid.ToString() == call.DayKid)?.DestroyMs ?? time.GetUtcNow().AddMonths(6).AddDays(2).ToUnixTimeMilliseconds();
}
