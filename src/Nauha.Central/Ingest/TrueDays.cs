using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Ingest;

/// <summary>
/// The day that a call truly belongs to. An appliance's clock is only believed between the last moment at which its
/// journal was known to end before the call, and the moment at which the call came here.
/// </summary>
internal sealed class TrueDays(Keystore keys)
{
    private const int Remembered = 200;

    /// <summary>At this moment the appliance's journal ended with this record.</summary>
    public static async Task SawAsync(CentralDb db, ApplianceId appliance, long lastSeq, long nowMs, CancellationToken cancel)
    {
        var sightings = await db.Sightings.Where(s => s.Appliance == appliance.Text).OrderByDescending(s => s.AtMs).ToListAsync(cancel);
        // Of each journal end only the latest sighting tells something; of those to come nothing: the clock was wrong then.
        db.Sightings.RemoveRange(sightings.Where(s => s.LastSeq == lastSeq || s.AtMs > nowMs));
        db.Sightings.RemoveRange(sightings.Where(s => s.LastSeq != lastSeq && s.AtMs <= nowMs).Skip(Remembered - 1));
        db.Sightings.Add(new() { Appliance = appliance.Text, LastSeq = lastSeq, AtMs = nowMs });
    }

    /// <param name="seq">Of the call's first record.</param>
    public static async Task<long> ClampAsync(CentralDb db, ApplianceRow row, long seq, long claimedMs, long nowMs, CancellationToken cancel)
    {
        var seen = await db.Sightings.Where(s => s.Appliance == row.Id && s.LastSeq < seq && s.AtMs <= nowMs).MaxAsync(s => (long?)s.AtMs, cancel) ?? row.CreatedMs;
        return Math.Clamp(claimedMs, Math.Min(seen, nowMs), nowMs);
    }

    public static DateOnly Of(long ms) => RetentionPeriod.DayOf(ms, RetentionPeriod.Zone);

    /// <summary>The key of this day, if it is another than the one that was used.</summary>
    public KeyId? Other(DateOnly day, KeyId used) => keys.DayOf(used) == day ? null : keys.KidOf(day);

    public static string Name(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
