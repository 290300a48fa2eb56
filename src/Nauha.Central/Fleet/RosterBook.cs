using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Fleet;

/// <summary>Whose badge is whose: sealed in the database, opened to be changed or sealed on to an appliance. Badges are shown to nobody.</summary>
public sealed class RosterBook(IDbContextFactory<CentralDb> database, Keystore keys, IAuditLog audit, TimeProvider time)
{
    private const string Own = "roster";

    /// <summary>Gives an agent a badge; one that was another's is his no more.</summary>
    /// <returns>Null, or why nothing was changed.</returns>
    public Task<string?> SetAsync(string? agent, string? badge, string by, CancellationToken cancel) => ChangeAsync("roster-set", agent, by, list =>
    {
        if (BadgeList.IsBadge(badge) is not { } read) return "That is no badge: 4 to 32 digits, or A to F.";
        list.RemoveAll(b => b.Badge == read);
        list.Add((read, Parsed(agent)));
        return list.Count > BadgeList.Most ? $"The roster has at most {BadgeList.Most} badges." : null;
    }, cancel);

    /// <summary>Takes all badges of an agent.</summary>
    public Task<string?> RemoveAsync(string? agent, string by, CancellationToken cancel) => ChangeAsync("roster-remove", agent, by, list => list.RemoveAll(b => b.Agent == Parsed(agent)) == 0 ? "This agent has no badge." : null, cancel);

    /// <summary>Agents and how many badges each has; which appliance holds the roster as it is.</summary>
    public async Task<object> ShowAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var (version, badges) = await ReadAsync(db, cancel);
        return new
        {
            version,
            agents = badges.GroupBy(b => b.Agent.Text).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new { agent = g.Key, badges = g.Count() }),
            appliances = await db.Appliances.Where(a => a.State == "enrolled").OrderBy(a => a.Id).Select(a => new { appliance = a.Id, holds = a.RosterVersion >= version }).ToListAsync(cancel),
        };
    }

    /// <summary>The roster for one appliance's session, as an order to it.</summary>
    public async Task<(long Version, Order Order)> SealAsync(CentralDb db, ApplianceId appliance, ReadOnlyMemory<byte> key, CancellationToken cancel)
    {
        var (version, badges) = await ReadAsync(db, cancel);
        return (version, new Order.Roster((ulong)version, new BadgeList(badges).Seal(key.Span, BadgeList.Info(keys.Fleet, appliance, (ulong)version))));
    }

    private static AgentId Parsed(string? agent) => AgentId.TryParse(agent, out var id) ? id : default;

    private async Task<string?> ChangeAsync(string act, string? agent, string by, Func<List<(string Badge, AgentId Agent)>, string?> change, CancellationToken cancel)
    {
        if (!AgentId.TryParse(agent, out _)) return "An agent is an opaque id: a-z, 0-9 and -, at most 32.";
        await using var db = await database.CreateDbContextAsync(cancel);
        var (_, badges) = await ReadAsync(db, cancel);
        if (change(badges) is { } refusal) return refusal;
        audit.Append(new(by, act, "done", Sealed: new Dictionary<string, string> { ["agent"] = agent }, Detail: $"{badges.Count} badges"));
        var before = await db.Rosters.ToListAsync(cancel);
        var version = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), before.Select(r => r.Version + 1).DefaultIfEmpty(1).Max());
        var plain = StrictJson.Write(json =>
        {
            json.WriteStartArray("badges");
            foreach (var (badge, whose) in badges)
            {
                json.WriteStartObject();
                json.WriteString("badge", badge);
                json.WriteString("agent", whose.Text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        db.Rosters.RemoveRange(before);
        db.Rosters.Add(new() { Version = version, Sealed = keys.SealOwn(Own, plain), ChangedBy = by });
        CryptographicOperations.ZeroMemory(plain);
        await db.SaveChangesAsync(cancel);
        return null;
    }

    private async Task<(long Version, List<(string Badge, AgentId Agent)> Badges)> ReadAsync(CentralDb db, CancellationToken cancel)
    {
        if (await db.Rosters.OrderByDescending(r => r.Version).FirstOrDefaultAsync(cancel) is not { } row) return (0, []);
        if (keys.OpenOwn(Own, row.Sealed) is not { } plain) throw new CentralException("The roster does not open: it was sealed by another keystore. Appliances keep the one they have.");
        var good = StrictJson.TryRead(plain, m => m.List("badges", BadgeList.Most, b => (b.Text("badge"), Parsed(b.Text("agent")))), out var list, out var error);
        CryptographicOperations.ZeroMemory(plain);
        return good ? (row.Version, list!) : throw new CentralException($"The roster {error}.");
    }
}
