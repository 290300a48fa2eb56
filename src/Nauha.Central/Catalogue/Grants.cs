using Microsoft.EntityFrameworkCore;

namespace Nauha.Central.Catalogue;

/// <summary>The grants of a call, as the keystore wants them to open what its own day's key does not open any more.</summary>
public static class Grants
{
    /// <param name="seq">Of a record; null for the data key.</param>
    public static async Task<IReadOnlyList<byte[]>> OfAsync(CentralDb db, string call, long? seq, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        return await db.Grants.Where(g => g.Call == call && g.Seq == seq).Select(g => g.Envelope).ToListAsync(cancel);
    }

    /// <summary>Calls that stand under a hold with one of these tokens: (hold, token).</summary>
    public static async Task<List<string>> HeldWithAsync(CentralDb db, IReadOnlyList<(string Hold, byte[] Token)> tokens, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(tokens);
        var wanted = tokens.Select(t => t.Token).ToList();
        return await db.HoldCalls.Where(h => h.NumberToken != null && wanted.Contains(h.NumberToken)).Select(h => h.Call).Distinct().ToListAsync(cancel);
    }

    /// <summary>Is the call under a hold whose case this is? (hold, token of the case).</summary>
    public static async Task<bool> IsHeldForAsync(CentralDb db, string call, IReadOnlyList<(string Hold, byte[] Token)> tokens, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(tokens);
        var holds = await db.Holds.Where(h => h.State != "ended" && db.HoldCalls.Any(c => c.Hold == h.Id && c.Call == call)).ToListAsync(cancel);
        return holds.Any(h => tokens.Any(t => t.Hold == h.Id && h.CaseToken is { } token && token.AsSpan().SequenceEqual(t.Token)));
    }
}
