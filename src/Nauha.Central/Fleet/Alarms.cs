using Microsoft.EntityFrameworkCore;
using Nauha.Format;

namespace Nauha.Central.Fleet;

/// <summary>What somebody has to look at: one entry a kind, appliance and call, however often it is seen.</summary>
internal static class Alarms
{
    /// <returns>It is new.</returns>
    public static async Task<bool> RaiseAsync(CentralDb db, string kind, ApplianceId? appliance, CallId? call, long nowMs, CancellationToken cancel)
    {
        var (of, name) = (appliance?.Text, call?.ToString());
        if (db.Alarms.Local.Any(a => a.Kind == kind && a.Appliance == of && a.Call == name) || await db.Alarms.AnyAsync(a => a.Kind == kind && a.Appliance == of && a.Call == name, cancel)) return false;
        db.Alarms.Add(new() { Kind = kind, Appliance = of, Call = name, SinceMs = nowMs });
        return true;
    }
}
