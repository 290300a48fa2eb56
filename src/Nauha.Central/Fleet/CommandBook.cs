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
public sealed class CommandBook(IDbContextFactory<CentralDb> database, Keystore keys, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<long, DateTimeOffset> _given = new();
    private long _seq;

    /// <summary>Orders the destruction of a call wherever its appliance keeps it. Saved with whatever the caller saves.</summary>
    public static void Destroy(CentralDb db, ApplianceId appliance, CallId call, long nowMs)
    {
        ArgumentNullException.ThrowIfNull(db);
        db.Commands.Add(new() { Appliance = appliance.Text, Name = "destroy", Call = call.ToString(), CreatedMs = nowMs });
    }

    /// <summary>What waits for an appliance, signed for its session.</summary>
    /// <param name="born">A new session: all of it. Else what is new, and what was given and not answered for so long that it is lost.</param>
    public async Task<IReadOnlyList<byte[]>> WaitingAsync(ApplianceId appliance, bool born, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var row = await db.Appliances.SingleOrDefaultAsync(a => a.Id == appliance.Text && a.State == "enrolled", cancel);
        if (row is null) return [];
        var waiting = await db.Commands.Where(c => c.Appliance == appliance.Text && c.AnsweredMs == null).OrderBy(c => c.Id).ToListAsync(cancel);
        var now = time.GetUtcNow();
        var signed = waiting.Where(command => born || !_given.TryGetValue(command.Id, out var given) || now - given >= Life).Select(command =>
        {
            _given[command.Id] = now;
            return Sign(appliance, (ulong)row.Session, command);
        }).ToList();
        await db.SaveChangesAsync(cancel);
        return signed;
    }

    /// <summary>An order that stands in no book: the store's epoch, for an appliance that has another.</summary>
    public byte[] Offer(ApplianceId appliance, ulong session) => Sign(appliance, session, new() { Appliance = appliance.Text, Name = "offer", StoreEpoch = (long)keys.StoreEpoch });

    /// <summary>The chain's end as central has it, for an appliance that knows less of its own.</summary>
    public byte[] Continue(ApplianceId appliance, ulong session, Order.Continue after) => Sign(appliance, session, RandomNumberGenerator.GetBytes(16), after);

    private byte[] Sign(ApplianceId appliance, ulong session, CommandRow row)
    {
        var id = RandomNumberGenerator.GetBytes(16);
        row.CommandId = Convert.ToHexStringLower(id);
        return Sign(appliance, session, id, row.Name == "destroy" ? new Order.Destroy(CallId.TryParse(row.Call, out var call) ? call : default) : new Order.Offer((ulong)row.StoreEpoch!.Value));
    }

    private byte[] Sign(ApplianceId appliance, ulong session, byte[] id, Order order)
    {
        // The clock in milliseconds, so that it grows over a restart too.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var seq = (ulong)(_seq = Math.Max(_seq + 1, now));
        return Envelope.Seal(PayloadTypes.Command, new SignedOrder(keys.Fleet, appliance, session, seq, id, order, (int)Life.TotalSeconds, null).ToPayload(), keys.Commands);
    }

    /// <summary>Takes an appliance's answer. False: it is not to be believed.</summary>
    public async Task<bool> AnsweredAsync(CentralDb db, ApplianceRow row, ReadOnlyMemory<byte> envelope, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(row);
        if (!Envelope.TryOpen(envelope.Span, PayloadTypes.Answer, new Signing(row), out var opened, out _) || !Answer.TryParse(opened.Payload, out var answer, out _) || answer.Appliance.Text != row.Id) return false;
        var id = Convert.ToHexStringLower(answer.Id);
        if (await db.Commands.SingleOrDefaultAsync(c => c.Appliance == row.Id && c.CommandId == id, cancel) is { AnsweredMs: null } command)
        {
            (command.AnsweredMs, command.Result) = (time.GetUtcNow().ToUnixTimeMilliseconds(), answer.Result.ToString().ToLowerInvariant());
            _given.TryRemove(command.Id, out _);
        }
        return true;
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
