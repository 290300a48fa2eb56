using Microsoft.EntityFrameworkCore;
using Nauha.Format;

namespace Nauha.Central.Ingest;

/// <summary>How far an appliance's chain and its lines' numbers go as far as central knows, destroyed days included.</summary>
internal static class ChainEnd
{
    /// <returns>Null where nothing came from this appliance yet.</returns>
    public static async Task<Order.Continue?> OfAsync(CentralDb db, ApplianceId appliance, CancellationToken cancel)
    {
        var name = appliance.Text;
        var last = await db.Records.Where(r => r.Appliance == name).OrderByDescending(r => r.Seq).Select(r => new { r.Seq, r.Hash }).FirstOrDefaultAsync(cancel);
        var gone = await db.Forgotten.Where(f => f.Appliance == name).OrderByDescending(f => f.UntilSeq).Select(f => new { Seq = f.UntilSeq, Hash = f.LastHash }).FirstOrDefaultAsync(cancel);
        if (gone is not null && gone.Seq > (last?.Seq ?? 0)) last = gone;
        if (last is null) return null;
        var numbers = await db.Calls.Where(c => c.Appliance == name && c.CallNumber > 0).GroupBy(c => c.Line).Select(g => new { Line = g.Key, Number = g.Max(c => c.CallNumber) }).ToDictionaryAsync(n => n.Line, n => (ulong)n.Number, cancel);
        foreach (var line in await db.Lines.Where(l => l.Appliance == name).ToListAsync(cancel)) numbers[line.Line] = Math.Max(numbers.GetValueOrDefault(line.Line), (ulong)line.ForgottenNumber);
        return new((ulong)last.Seq, Convert.FromHexString(last.Hash), numbers);
    }
}
