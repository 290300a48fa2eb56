using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Fleet;

/// <summary>
/// Orders to appliances: kept until they are answered, signed anew for each session. An appliance that is away gets them
/// when it comes.
/// </summary>
public sealed class CommandBook(IDbContextFactory<CentralDb> database, Keystore keys, ExclusionBook exclusions, RosterBook roster, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<long, DateTimeOffset> _given = new();
    private long _seq;

    /// <summary>There is something for this appliance.</summary>
    public event Action<ApplianceId>? Queued;

    /// <summary>An order to be sent now.</summary>
    public event Action<ApplianceId, byte[]>? Sent;

    /// <summary>Orders the destruction of a call wherever its appliance keeps it. Saved with whatever the caller saves.</summary>
    public static void Destroy(CentralDb db, ApplianceId appliance, CallId call, long nowMs)
    {
        ArgumentNullException.ThrowIfNull(db);
        db.Commands.Add(new() { Appliance = appliance.Text, Name = "destroy", Call = call.ToString(), CreatedMs = nowMs });
    }

    public void Ring(ApplianceId appliance) => Queued?.Invoke(appliance);

    /// <summary>There may be something for every appliance.</summary>
    public async Task RingAllAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        foreach (var appliance in await db.Appliances.Where(a => a.State == "enrolled").Select(a => a.Id).ToListAsync(cancel)) Ring(ApplianceId.Parse(appliance));
    }

    /// <summary>Orders a mask, now or not at all: it stands in no book. False: the appliance is not there.</summary>
    public async Task<bool> MaskAsync(ApplianceId appliance, LineId line, int seconds, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        if (Sent is not { } send || await db.Appliances.SingleOrDefaultAsync(a => a.Id == appliance.Text && a.State == "enrolled" && a.Online, cancel) is not { } row) return false;
        send(appliance, Sign(appliance, (ulong)row.Session, new() { Appliance = row.Id, Name = "mask" }, new Order.Mask(line, seconds)));
        return true;
    }

    /// <summary>What waits for an appliance, signed for its session.</summary>
    /// <param name="born">A new session: all of it. Else what is new, and what was given and not answered for so long that it is lost.</param>
    public async Task<IReadOnlyList<byte[]>> WaitingAsync(ApplianceId appliance, bool born, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var row = await db.Appliances.SingleOrDefaultAsync(a => a.Id == appliance.Text && a.State == "enrolled", cancel);
        if (row is null) return [];
        await BringListAsync(db, row, born, cancel);
        var waiting = await db.Commands.Where(c => c.Appliance == appliance.Text && c.AnsweredMs == null && c.Name != "exclude" && c.Name != "roster").OrderBy(c => c.Id).ToListAsync(cancel);
        var now = time.GetUtcNow();
        var signed = waiting.Where(command => born || !_given.TryGetValue(command.Id, out var given) || now - given >= Life).Select(command =>
        {
            _given[command.Id] = now;
            return Sign(appliance, (ulong)row.Session, command);
        }).ToList();
        await db.SaveChangesAsync(cancel);
        return signed;
    }

    // A list is sealed to a key of the appliance's session: what was under way in another one is noise, and begins anew.
    private async Task BringListAsync(CentralDb db, ApplianceRow row, bool born, CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var open = await db.Commands.Where(c => c.Appliance == row.Id && c.AnsweredMs == null && (c.Name == "list-key" || c.Name == "exclude" || c.Name == "roster")).ToListAsync(cancel);
        var lost = open.Where(c => c.Name != "list-key" && (born || now - c.CreatedMs >= (long)Life.TotalMilliseconds)).ToList();
        db.Commands.RemoveRange(lost);
        var (numbers, badges) = (await db.Exclusions.MaxAsync(e => (long?)e.Version, cancel) ?? 0, await db.Rosters.MaxAsync(r => (long?)r.Version, cancel) ?? 0);
        if ((row.ExclusionVersion < numbers || row.RosterVersion < badges) && open.Count == lost.Count) db.Commands.Add(new() { Appliance = row.Id, Name = "list-key", CreatedMs = now });
        await db.SaveChangesAsync(cancel);
    }

    /// <summary>An order that stands in no book: the store's epoch, for an appliance that has another.</summary>
    public byte[] Offer(ApplianceId appliance, ulong session) => Sign(appliance, session, new() { Appliance = appliance.Text, Name = "offer", StoreEpoch = (long)keys.StoreEpoch });

    /// <summary>The chain's end as central has it, for an appliance that knows less of its own.</summary>
    public byte[] Continue(ApplianceId appliance, ulong session, Order.Continue after) => Sign(appliance, session, new() { Appliance = appliance.Text, Name = after.Name }, after);

    private byte[] Sign(ApplianceId appliance, ulong session, CommandRow row) => Sign(appliance, session, row, row.Name switch
    {
        "destroy" => new Order.Destroy(CallId.TryParse(row.Call, out var call) ? call : default),
        "list-key" => new Order.ListKey(),
        _ => new Order.Offer((ulong)row.StoreEpoch!.Value),
    });

    private byte[] Sign(ApplianceId appliance, ulong session, CommandRow row, Order order)
    {
        var id = RandomNumberGenerator.GetBytes(16);
        row.CommandId = Convert.ToHexStringLower(id);
        // The clock in milliseconds, so that it grows over a restart too.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var seq = (ulong)(_seq = Math.Max(_seq + 1, now));
        return Envelope.Seal(PayloadTypes.Command, new SignedOrder(keys.Fleet, appliance, session, seq, id, order, (int)Life.TotalSeconds, null).ToPayload(), keys.Commands);
    }

    /// <summary>Takes an appliance's answer. Null: it is not to be believed; else the orders that follow from it.</summary>
    public async Task<IReadOnlyList<byte[]>?> AnsweredAsync(CentralDb db, ApplianceRow row, ReadOnlyMemory<byte> envelope, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(row);
        if (!Envelope.TryOpen(envelope.Span, PayloadTypes.Answer, new Signing(row), out var opened, out _) || !Answer.TryParse(opened.Payload, out var answer, out _) || answer.Appliance.Text != row.Id) return null;
        var id = Convert.ToHexStringLower(answer.Id);
        if (await db.Commands.SingleOrDefaultAsync(c => c.Appliance == row.Id && c.CommandId == id, cancel) is not { AnsweredMs: null } command) return [];
        (command.AnsweredMs, command.Result) = (time.GetUtcNow().ToUnixTimeMilliseconds(), answer.Result.ToString().ToLowerInvariant());
        _given.TryRemove(command.Id, out _);
        if (command.Name == "exclude" && answer.Result == AnswerResult.Done) row.ExclusionVersion = Math.Max(row.ExclusionVersion, command.ListVersion ?? 0);
        if (command.Name == "roster" && answer.Result == AnswerResult.Done) row.RosterVersion = Math.Max(row.RosterVersion, command.ListVersion ?? 0);
        if (command.Name != "list-key" || answer.Result != AnswerResult.Done || Key(answer.Detail) is not { } key) return [];
        // The key is the appliance's own word, signed: what it lacks goes out at once, and to nobody else.
        var orders = new List<byte[]>();
        foreach (var (has, (version, order)) in new[] { (row.ExclusionVersion, await exclusions.SealAsync(db, answer.Appliance, key, cancel)), (row.RosterVersion, await roster.SealAsync(db, answer.Appliance, key, cancel)) })
        {
            if (has >= version) continue;
            var next = new CommandRow { Appliance = row.Id, Name = order.Name, ListVersion = version, CreatedMs = time.GetUtcNow().ToUnixTimeMilliseconds() };
            db.Commands.Add(next);
            orders.Add(Sign(answer.Appliance, answer.Session, next, order));
        }
        return orders;
    }

    private static byte[]? Key(string? detail)
    {
        var key = new byte[32];
        return detail is not null && Convert.TryFromBase64String(detail, key, out var length) && length == 32 ? key : null;
    }

    private sealed class Signing(ApplianceRow row) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [NotNullWhen(true)] out VerificationKey? key)
        {
            key = row.SigningKid == id.ToString() && row.SigningPoint is { } point && type == PayloadTypes.Answer ? new VerificationKey.Appliance(point) : null;
            return key is not null;
        }
    }
}
