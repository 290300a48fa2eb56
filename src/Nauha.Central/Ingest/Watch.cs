using Microsoft.EntityFrameworkCore;
using Nauha.Central.Fleet;
using Nauha.Format;

namespace Nauha.Central.Ingest;

/// <summary>
/// Looks for what should have come and has not: records that an appliance says it has, and ends of calls after which
/// others have begun on the same line. What stays so for a minute and a half is an alarm.
/// </summary>
internal sealed partial class Watch(IDbContextFactory<CentralDb> database, TimeProvider time, ILogger<Watch> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Dictionary<(string Kind, string Appliance, string? Call), long> _since = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await OnceAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Failed(e);
            }
        }
    }

    public async Task OnceAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var missing = new HashSet<(string Kind, string Appliance, string? Call)>();
        foreach (var appliance in await db.Appliances.Where(a => a.State == "enrolled" && a.Online).Select(a => a.Id).ToListAsync(cancel))
        {
            var said = await db.Sightings.Where(s => s.Appliance == appliance).OrderByDescending(s => s.AtMs).Select(s => (long?)s.LastSeq).FirstOrDefaultAsync(cancel) ?? 0;
            var known = await db.Records.CountAsync(r => r.Appliance == appliance && r.Seq <= said, cancel)
                + await db.Forgotten.Where(f => f.Appliance == appliance && f.FromSeq <= said).SumAsync(f => f.UntilSeq - f.FromSeq + 1, cancel);
            if (known < said) missing.Add(("records-missing", appliance, null));
            var open = await db.Calls.Where(c => c.Appliance == appliance && c.Outcome == null && db.Calls.Any(later => later.Appliance == appliance && later.Line == c.Line && later.CallNumber > c.CallNumber)).Select(c => c.Call).ToListAsync(cancel);
            foreach (var call in open) missing.Add(("end-missing", appliance, call));
        }
        foreach (var gone in _since.Keys.Where(k => !missing.Contains(k)).ToList()) _since.Remove(gone);
        foreach (var what in missing)
        {
            if (!_since.TryAdd(what, now) && now - _since[what] >= (long)Patience.TotalMilliseconds
                && await Alarms.RaiseAsync(db, what.Kind, ApplianceId.Parse(what.Appliance), CallId.TryParse(what.Call, out var call) ? call : null, now, cancel)) Alarmed(what.Kind, what.Appliance);
        }
        await db.SaveChangesAsync(cancel);
    }

    [LoggerMessage(EventId = 7201, Level = LogLevel.Error, Message = "Alarm {Kind} of {Appliance}")]
    private partial void Alarmed(string kind, string appliance);

    [LoggerMessage(EventId = 7202, Level = LogLevel.Error, Message = "What is missing could not be looked for; it is tried again")]
    private partial void Failed(Exception reason);
}
