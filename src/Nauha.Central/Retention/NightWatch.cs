using Microsoft.EntityFrameworkCore;
using Nauha.Central.Fleet;
using Nauha.Format;

namespace Nauha.Central.Retention;

/// <summary>
/// Runs destruction by itself: at least once a day, and as soon as a day is due. What it may not do alone becomes an
/// alarm, and is done when two persons have looked.
/// </summary>
internal sealed partial class NightWatch(RetentionRun run, Holds holds, EarlyDestruction early, Keys.Keystore keys, StoreMarker store, IDbContextFactory<CentralDb> database, TimeProvider time, ILogger<NightWatch> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Daily = TimeSpan.FromHours(24);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var weakness in keys.Weaknesses) Weak(weakness);
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            try
            {
                await OnceAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Failed(e);   // it is tried again in a minute; what is due stays due
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One look: what is due now.</summary>
    public async Task OnceAsync(CancellationToken cancel)
    {
        await holds.FollowAsync(cancel);
        await holds.SweepAsync(cancel);
        await early.CleanAsync(cancel);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        // What was due for a clock that was wrong waits for nobody any more once it is right.
        var rests = keys.Due(now).Count == 0 && keys.LastRetentionMs is { } last && now - last < (long)Daily.TotalMilliseconds;
        var outcome = rests ? null : await run.RunAsync(null, null, null, cancel);
        await using var db = await database.CreateDbContextAsync(cancel);
        var kind = outcome switch { RunOutcome.NeedsPerson => "retention-person", RunOutcome.Refused => "retention-refused", _ => null };
        if (kind is null) db.Alarms.RemoveRange(db.Alarms.Where(a => a.Kind == "retention-person" || a.Kind == "retention-refused"));
        else if (await Alarms.RaiseAsync(db, kind, null, null, now, cancel)) Waits(kind, outcome is RunOutcome.NeedsPerson person ? person.Why : ((RunOutcome.Refused)outcome!).Why);
        // What would let a destroyed key be found again is for somebody to decide on, not for a log that nobody reads.
        if (!store.IsDemo && keys.Weaknesses.Count > 0) await Alarms.RaiseAsync(db, "keystore-weak", null, null, now, cancel);
        await db.SaveChangesAsync(cancel);
    }

    [LoggerMessage(EventId = 9201, Level = LogLevel.Error, Message = "Destruction could not be completed; it is tried again")]
    private partial void Failed(Exception reason);

    [LoggerMessage(EventId = 9203, Level = LogLevel.Warning, Message = "The keystore is weaker than it should be: {Weakness}")]
    private partial void Weak(string weakness);

    [LoggerMessage(EventId = 9202, Level = LogLevel.Error, Message = "Alarm {Kind}: destruction did not run. {Why}")]
    private partial void Waits(string kind, string why);
}
