using System.Text;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Fleet;
using Nauha.Central.Keys;
using Nauha.Central.Storage;
using Nauha.Format;

namespace Nauha.Central.Retention;

/// <summary>A hold as those see it who may.</summary>
public sealed record HoldView(string Id, string Kind, string State, string? Reason, string? Case, string PlacedBy, string PlacedUtc, string? ConfirmedBy, string EndsUtc, IReadOnlyList<string> Calls);

/// <summary>
/// Keeps calls beyond their time. One person freezes, for 14 days and once; another confirms, until the end date; or it
/// ends by itself. Each hold has keys of its own, to which its calls are granted when it is placed.
/// </summary>
public sealed class Holds(IDbContextFactory<CentralDb> database, Keystore keys, BlobFolder blobs, Destroyer destroyer, IAuditLog audit, TimeProvider time)
{
    public static readonly TimeSpan Freeze = TimeSpan.FromDays(14);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Freezes calls at once, by one person alone.</summary>
    /// <param name="endMs">Until when it is to hold once another person has confirmed it.</param>
    public async Task<Outcome> PlaceAsync(IReadOnlyCollection<CallId> calls, string kind, string reason, string matter, long endMs, string by, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(calls);
        if (!Kinds.Holds.Contains(kind)) return new Outcome.Refused($"A hold is of one of these kinds: {string.Join(", ", Kinds.Holds)}.");
        if (calls.Count == 0) return new Outcome.Refused("Name at least one call.");
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > 1_000 || string.IsNullOrWhiteSpace(matter) || matter.Length > 100) return new Outcome.Refused("Give a reason (at most 1,000 characters) and a case (at most 100).", "no-reason");
        if (endMs <= Now) return new Outcome.Refused("The end date is past.", "end-past");
        await using var db = await database.CreateDbContextAsync(cancel);
        var rows = new List<CallRow>();
        foreach (var call in calls.Distinct())
        {
            if (await db.Calls.FindAsync([call.ToString()], cancel) is not { } row) return new Outcome.NotFound($"There is no call {call}.");
            if (row.BlobState == "destroyed") return new Outcome.Refused($"Call {call} is destroyed.", "destroyed");
            // Once: who froze a call before may not go on freezing it, day by day.
            if (await db.Holds.AnyAsync(h => h.ConfirmedMs == null && h.PlacedBy == by && db.HoldCalls.Any(c => c.Hold == h.Id && c.Call == row.Call), cancel)) return new Outcome.Refused($"You have frozen call {call} before: another person confirms that hold, or places one.", "frozen-before");
            rows.Add(row);
        }
        var id = Guid.NewGuid().ToString("n");
        foreach (var row in rows) audit.Append(new(by, "hold-place", "done", CallId.TryParse(row.Call, out var named) ? named : null, null, new Dictionary<string, string> { ["hold"] = id, ["reason"] = reason, ["case"] = matter }));
        var kid = keys.OpenHold(id);
        var facts = StrictJson.Write(json =>
        {
            json.WriteString("reason", reason);
            json.WriteString("case", matter);
        });
        db.Holds.Add(new()
        {
            Id = id,
            Kind = kind,
            Kid = kid.ToString(),
            State = "frozen",
            PlacedBy = by,
            PlacedMs = Now,
            EndMs = Math.Min(endMs, Now + (long)Freeze.TotalMilliseconds),
            WantedEndMs = endMs,
            Sealed = keys.SealToHold(kid, facts),
            CaseToken = TokenOf(id, "case", matter),
        });
        foreach (var row in rows) await GrantAsync(db, row, id, kid, cancel);
        await db.SaveChangesAsync(cancel);
        return new Outcome.Done(id);
    }

    /// <summary>What belongs to the call is sealed to the hold as well: data key, records, the token of its number.</summary>
    private async Task GrantAsync(CentralDb db, CallRow row, string hold, KeyId kid, CancellationToken cancel)
    {
        byte[]? token = null;
        foreach (var record in await db.Records.Where(r => r.Call == row.Call).ToListAsync(cancel))
        {
            if (!CallRecord.TryParse(record.Payload, out var parsed, out _)) continue;
            var known = new SealedRecord(parsed, Convert.FromHexString(record.Hash), await Grants.OfAsync(db, row.Call, record.Seq, cancel));
            if (keys.GrantRecord(known, kid, "hold", hold) is { } grant) db.Grants.Add(new() { Call = row.Call, Seq = record.Seq, ToKid = kid.ToString(), Hold = hold, Envelope = grant });
            if (Numbers.ToE164(keys.OpenForIngest(known)?.Party?.Text) is { } e164) token = TokenOf(hold, "e164", e164);
        }
        if (row.Blob is { } blob && blobs.Exists(blob))
        {
            await using var file = blobs.Open(blob);
            if (SealedFile.ReadHead(file, out var header, out var info, out var wrap) == FileFault.None
                && keys.GrantDek(new(header!, info, wrap, await Grants.OfAsync(db, row.Call, null, cancel)), kid, "hold", hold) is { } dek) db.Grants.Add(new() { Call = row.Call, ToKid = kid.ToString(), Hold = hold, Envelope = dek });
        }
        db.HoldCalls.Add(new() { Hold = hold, Call = row.Call, NumberToken = token });
    }

    /// <summary>What came in for a held call after the hold was placed is granted too: its recording, later records.</summary>
    public async Task FollowAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        foreach (var hold in await db.Holds.Where(h => h.State != "ended").ToListAsync(cancel))
        {
            if (!KeyId.TryParse(hold.Kid, out var kid)) continue;
            var behind = await db.HoldCalls.Where(h => h.Hold == hold.Id).Where(h => db.Calls.Any(c => c.Call == h.Call && c.Blob != null && !db.Grants.Any(g => g.Call == h.Call && g.Hold == hold.Id && g.Seq == null))
                || db.Records.Any(r => r.Call == h.Call && !db.Grants.Any(g => g.Call == h.Call && g.Hold == hold.Id && g.Seq == r.Seq))).ToListAsync(cancel);
            foreach (var call in behind)
            {
                if (await db.Calls.FindAsync([call.Call], cancel) is not { } row) continue;
                db.Grants.RemoveRange(db.Grants.Where(g => g.Call == call.Call && g.Hold == hold.Id));
                db.HoldCalls.Remove(call);
                await db.SaveChangesAsync(cancel);
                await GrantAsync(db, row, hold.Id, kid, cancel);
            }
            await db.SaveChangesAsync(cancel);
        }
    }

    /// <summary>A second person makes a freeze a hold, until the end date that was asked for.</summary>
    public async Task<Outcome> ConfirmAsync(string hold, string by, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        if (await db.Holds.FindAsync([hold], cancel) is not { } row) return new Outcome.NotFound("There is no such hold.");
        var why = row.State != "frozen" ? new Outcome.Refused($"This hold is {row.State}.", "not-frozen") : row.PlacedBy == by ? new("Another person confirms: nobody confirms his own hold.", "own") : row.EndMs <= Now ? new("The freeze is over.", "not-frozen") : null;
        audit.Append(new(by, "hold-confirm", why is null ? "done" : "refused", null, null, new Dictionary<string, string> { ["hold"] = hold }));
        if (why is not null) return why;
        (row.State, row.ConfirmedBy, row.ConfirmedMs, row.EndMs) = ("confirmed", by, Now, row.WantedEndMs);
        await db.SaveChangesAsync(cancel);
        return new Outcome.Done(hold);
    }

    /// <summary>Ends a hold before its time. Calls whose six months are over are destroyed at once.</summary>
    public async Task<Outcome> ReleaseAsync(string hold, string by, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        if (await db.Holds.FindAsync([hold], cancel) is not { } row) return new Outcome.NotFound("There is no such hold.");
        if (row.State == "ended") return new Outcome.Refused("This hold has ended.", "ended");
        audit.Append(new(by, "hold-release", "done", null, null, new Dictionary<string, string> { ["hold"] = hold }));
        await EndAsync(db, row, by, cancel);
        return new Outcome.Done(hold);
    }

    /// <summary>Ends what has come to its end by itself.</summary>
    public async Task SweepAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var now = Now;
        foreach (var row in await db.Holds.Where(h => h.State != "ended" && h.EndMs <= now).ToListAsync(cancel))
        {
            audit.Append(new("central", "hold-end", "done", null, null, new Dictionary<string, string> { ["hold"] = row.Id }));
            await EndAsync(db, row, null, cancel);
        }
    }

    private async Task EndAsync(CentralDb db, HoldRow row, string? by, CancellationToken cancel)
    {
        (row.State, row.EndedBy, row.EndedMs, row.Sealed, row.CaseToken) = ("ended", by, Now, null, null);
        var calls = await db.HoldCalls.Where(c => c.Hold == row.Id).Select(c => c.Call).ToListAsync(cancel);
        db.Grants.RemoveRange(db.Grants.Where(g => g.Hold == row.Id));
        db.HoldCalls.RemoveRange(db.HoldCalls.Where(c => c.Hold == row.Id));
        await db.SaveChangesAsync(cancel);
        if (KeyId.TryParse(row.Kid, out var kid)) keys.EndHold(kid);
        var held = await Destroyer.HeldAsync(db, cancel);
        foreach (var name in calls.Except(held))
            if (await db.Calls.FindAsync([name], cancel) is { IsCounted: true } call) await destroyer.CallAsync(db, call, early: false, cancel);
        await db.SaveChangesAsync(cancel);
    }

    public async Task<List<HoldView>> ListAsync(string? matter, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var rows = await db.Holds.Where(h => h.State != "ended").OrderBy(h => h.PlacedMs).ToListAsync(cancel);
        if (matter is not null)
        {
            var tokens = keys.HoldTokens("case", matter).Select(t => Convert.ToHexString(t.Token)).ToHashSet();
            rows = [.. rows.Where(h => h.CaseToken is { } token && tokens.Contains(Convert.ToHexString(token)))];
        }
        var views = new List<HoldView>();
        foreach (var row in rows)
        {
            var (reason, of) = Open(row);
            views.Add(new(row.Id, row.Kind, row.State, reason, of, row.PlacedBy, Utc(row.PlacedMs), row.ConfirmedBy, Utc(row.EndMs), await db.HoldCalls.Where(c => c.Hold == row.Id).Select(c => c.Call).ToListAsync(cancel)));
        }
        return views;
    }

    private byte[]? TokenOf(string hold, string label, string value) => keys.HoldTokens(label, value).Where(t => t.Hold == hold).Select(t => t.Token).FirstOrDefault();

    private (string? Reason, string? Case) Open(HoldRow row)
    {
        if (row.Sealed is not { } part || !KeyId.TryParse(row.Kid, out var kid) || keys.OpenFromHold(kid, part) is not { } plain) return (null, null);
        return StrictJson.TryRead(plain, m => (Reason: m.Text("reason"), Case: m.Text("case")), out var facts, out _) ? facts : (null, null);
    }

    private static string Utc(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
