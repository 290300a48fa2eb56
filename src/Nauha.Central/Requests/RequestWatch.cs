using Microsoft.EntityFrameworkCore;
using Nauha.Central.Fleet;

namespace Nauha.Central.Requests;

/// <summary>A request whose answer is due within a week, or overdue, is an alarm until it is closed.</summary>
internal sealed partial class RequestWatch(IDbContextFactory<CentralDb> database, TimeProvider time, ILogger<RequestWatch> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromHours(1);
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        do
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
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    public async Task OnceAsync(CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var now = time.GetUtcNow();
        var soon = now.Add(Ahead).ToUnixTimeMilliseconds();
        if (await db.Requests.AnyAsync(r => r.Outcome == null && r.DueMs <= soon, cancel)) await Alarms.RaiseAsync(db, "request-due", null, null, now.ToUnixTimeMilliseconds(), cancel);
        else db.Alarms.RemoveRange(db.Alarms.Where(a => a.Kind == "request-due"));
        await db.SaveChangesAsync(cancel);
    }

    [LoggerMessage(EventId = 8501, Level = LogLevel.Error, Message = "Requests that are due could not be looked for; it is tried again")]
    private partial void Failed(Exception reason);
}
