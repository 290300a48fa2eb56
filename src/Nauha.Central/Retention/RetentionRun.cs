using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Retention;

/// <summary>How a run came out.</summary>
public abstract record RunOutcome
{
    private RunOutcome() { }

    /// <param name="Certificates">Numbers of the certificates of destruction that were signed.</param>
    public sealed record Done(IReadOnlyList<KeyDay> Days, int Calls, IReadOnlyList<long> Certificates) : RunOutcome;

    /// <param name="Days">What is due and was not destroyed.</param>
    public sealed record NeedsPerson(string Why, IReadOnlyList<KeyDay> Days) : RunOutcome;

    public sealed record Refused(string Why) : RunOutcome;
}

/// <summary>
/// Law 9, each night: days whose time is over lose their keys, and then everything else. It is unconditional; the guards
/// only ask whether the clock can be believed, and have a second person look where it may not be.
/// </summary>
public sealed partial class RetentionRun(IDbContextFactory<CentralDb> database, Keystore keys, Destroyer destroyer, EarlyDestruction early, Holds holds, AuditLog audit, StoreMarker store, TimeProvider time, ILogger<RetentionRun> log) : IDisposable
{
    /// <summary>Key days that go without a person, at most.</summary>
    public const int MostUnattended = 2;

    /// <summary>Between two runs, at most, without a person.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(36);

    private const int LinesInCertificate = 120;
    private readonly SemaphoreSlim _one = new(1, 1);
    private (IReadOnlyCollection<DateOnly> Days, string By, long AtMs)? _agreed;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>One person names the days; when another names the same ones within a day, they are destroyed.</summary>
    public async Task<RunOutcome> AgreeAsync(IReadOnlyCollection<DateOnly> days, string by, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(days);
        var due = keys.Due(Now);
        if (days.Count == 0 || !due.Select(d => d.Day).ToHashSet().SetEquals(days)) return new RunOutcome.NeedsPerson("Name exactly the days that are due.", due);
        audit.Append(new(by, "destroy-agree", "done", null, null, new Dictionary<string, string> { ["days"] = string.Join(' ', days.Order().Select(d => d.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture))) }));
        if (_agreed is { } first && first.By != by && Now - first.AtMs < 86_400_000 && first.Days.ToHashSet().SetEquals(days))
        {
            _agreed = null;
            return await RunAsync(days, by, null, cancel);
        }
        _agreed = (days, by, Now);
        return new RunOutcome.NeedsPerson("Another person names the same days, within a day.", due);
    }

    /// <param name="confirmed">The days that two persons have agreed on; null: nobody has.</param>
    /// <param name="by">Who confirmed, for the audit; null: unattended.</param>
    /// <param name="atMs">Another time than now: only in a demo store.</param>
    public async Task<RunOutcome> RunAsync(IReadOnlyCollection<DateOnly>? confirmed, string? by, long? atMs, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (atMs is not null && !store.IsDemo) return new RunOutcome.Refused("Another time than now is only for a store that was made with --demo.");
            var now = atMs ?? Now;
            var due = keys.Due(now);
            if (Guard(now, atMs is not null) is { } why) return new RunOutcome.Refused(why);
            if (atMs is null && Person(now, due) is { } reason && (confirmed is null || !due.Select(d => d.Day).ToHashSet().SetEquals(confirmed))) return new RunOutcome.NeedsPerson(reason, due);
            await holds.FollowAsync(cancel);
            if (due.Count > 0) audit.Append(new(by ?? "central", "destroy-days", "done", null, null, new Dictionary<string, string> { ["days"] = string.Join(' ', due.Select(d => d.Day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture))) }));
            keys.DestroyDays(due, now);
            // Reasons, cases and searched numbers go with the last call that they can be about.
            keys.DestroyMonthsBefore(OldestMonth(now));
            await holds.SweepAsync(cancel);
            await early.CleanAsync(cancel);
            var calls = await destroyer.CleanAsync(cancel);
            var certificates = await CertifyAsync(due, cancel);
            if (due.Count > 0) Destroyed(due.Count, calls);
            return new RunOutcome.Done(due, calls, certificates);
        }
        finally
        {
            _one.Release();
        }
    }

    private static string OldestMonth(long now)
    {
        var today = RetentionPeriod.DayOf(now, RetentionPeriod.Zone);
        var month = new DateOnly(today.Year, today.Month, 1).AddMonths(-7);
        while (RetentionPeriod.DestroyMs(month.AddMonths(1).AddDays(-1), RetentionPeriod.Zone) <= now) month = month.AddMonths(1);
        return month.ToString("yyyy-MM", System.Globalization.CultureInfo.InvariantCulture);
    }

    // A clock that is wrong must not destroy anything.
    private string? Guard(long now, bool other)
    {
        if (!other && !store.IsDemo && !SystemClock.IsSynchronised) return "The clock of this machine is not synchronised. Start its time service (systemd-timesyncd or chrony), wait, and run again.";
        var newest = audit.NewestMs;
        return !other && now < newest ? "The clock is behind the newest entry of the audit log. Set it right, and run again." : null;
    }

    // When did destruction last run? A store that is new has had no night yet.
    private string? Person(long now, IReadOnlyList<KeyDay> due)
    {
        if (due.Count == 0) return null;
        if (due.Count > MostUnattended) return $"{due.Count} days are due; more than {MostUnattended} go only when two persons have looked at the list.";
        var last = keys.LastRetentionMs ?? store.CreatedMs;
        return now - last > (long)LongestPause.TotalMilliseconds ? $"Destruction last ran {TimeSpan.FromMilliseconds(now - last).TotalHours:F0} hours ago; after more than {LongestPause.TotalHours:F0} two persons look at the list." : null;
    }

    // Every tally that changed is certified; a later certificate replaces the tallies that it names.
    private async Task<IReadOnlyList<long>> CertifyAsync(IReadOnlyList<KeyDay> due, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var news = await db.Tallies.Where(t => t.IsNews).OrderBy(t => t.Day).ThenBy(t => t.Appliance).ThenBy(t => t.Line).ToListAsync(cancel);
        if (news.Count == 0 && due.Count == 0) return [];
        var number = await db.Certificates.MaxAsync(c => (long?)c.Number, cancel) ?? 0;
        var days = due.Select(d => keys.DestroyedOf(d.Kid)).OfType<DestroyedDay>().ToList();
        var numbers = new List<long>();
        foreach (var lines in news.Chunk(LinesInCertificate).DefaultIfEmpty([]))
        {
            number++;
            var certificate = new Destruction(keys.Fleet, (ulong)number, Now, days, [.. lines.Select(l => l.ToTally())]);
            db.Certificates.Add(new() { Number = number, AtMs = Now, Envelope = Envelope.Seal(PayloadTypes.Destruction, certificate.ToPayload(), keys.DayKeySigner) });
            foreach (var line in lines) line.IsNews = false;
            numbers.Add(number);
            days = [];   // named once
        }
        await db.SaveChangesAsync(cancel);
        return numbers;
    }

    public void Dispose() => _one.Dispose();

    [LoggerMessage(EventId = 9101, Level = LogLevel.Information, Message = "{Days} key days are destroyed, and {Calls} calls with them")]
    private partial void Destroyed(int days, int calls);
}
