using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Nauha.Central.Keys;
using Nauha.Central.Retention;
using Nauha.Format;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Central.Tests.SixMonths;

/// <summary>A recording as it was when it was made: who keeps this copy keeps it for ever.</summary>
internal sealed record Copy(CallId Call, DateOnly Day, byte[] File)
{
    public bool DestroyedEarly { get; set; }

    public bool Held { get; set; }
}

/// <summary>One central and its boxes on one time; days and nights pass as the test says, and what a night does it does by itself.</summary>
internal sealed class TheFleet : IAsyncDisposable
{
    private readonly WallClock _clock;
    private readonly List<HostedBox> _boxes = [];

    private TheFleet() => _clock = new(Time);

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 8, 31, 8, 0, 0, TimeSpan.Zero));

    public RunningCentral Central { get; private set; } = null!;

    /// <summary>How wrong central's clock is.</summary>
    public TimeSpan CentralIsOff
    {
        get => _clock.Off;
        set => _clock.Off = value;
    }

    public List<Copy> Copies { get; } = [];

    public DateOnly Today => RetentionPeriod.DayOf(Time.GetUtcNow().ToUnixTimeMilliseconds(), RetentionPeriod.Zone);

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<TheFleet> OpenAsync()
    {
        var fleet = new TheFleet();
        fleet.Central = await RunningCentral.OpenAsync(time: fleet._clock);
        return fleet;
    }

    public async Task<HostedBox> BoxAsync(params IEnumerable<CallScript>[] lines)
    {
        var box = await HostedBox.EnrolledAsync(Central, Time, lines);
        _boxes.Add(box);
        return box;
    }

    /// <summary>A second of everybody's time: what waits for its timer goes on.</summary>
    public void Tick() => Time.Advance(TimeSpan.FromSeconds(1));

    public Task UntilAsync(Func<bool> look, string what) => Until.TrueAsync(look, what, Tick);

    public Task SettledAsync(HostedBox box) => UntilAsync(() => box.HasNothingToSay, "all of it is receipted");

    /// <summary>Lets a day's calls happen, and keeps a copy of each recording as it lies on the box's flash.</summary>
    public async Task<List<Copy>> CallsAsync(HostedBox box)
    {
        var before = box.Vault.Read(i => i.Calls.Select(c => c.Call).ToHashSet());
        await box.CallsAsync(HostedBox.Session);
        await UntilAsync(() => box.Vault.Read(i => i.Calls.All(c => c.IsClosed)), "all calls are closed");
        return Kept(box, before);
    }

    /// <summary>Copies of the recordings that are new since.</summary>
    public List<Copy> Kept(HostedBox box, IReadOnlySet<CallId> before)
    {
        var calls = box.Vault.Read(i => i.Calls.Where(c => !before.Contains(c.Call) && c.Recording is not null).OrderBy(c => c.Line.Number).ToList());
        List<Copy> copies = [.. calls.Select(c => new Copy(c.Call, Today, File.ReadAllBytes(box.Vault.FileOf(c)!)))];
        Copies.AddRange(copies);
        return copies;
    }

    /// <summary>The night after today: central's own watch wakes up, and the morning after is there when it has done what it may.</summary>
    public async Task NightAsync()
    {
        var tomorrow = Time.GetUtcNow().Date.AddDays(1);
        Time.AdjustTime(new DateTimeOffset(tomorrow.AddMinutes(5), TimeSpan.Zero));
        Time.Advance(TimeSpan.FromMinutes(10));
        var keys = Central.Keys;
        await Until.TrueAsync(() => keys.Due(NowMs).Count == 0 && keys.LastRetentionMs is { } last && NowMs - last < 90_000_000, $"the night before {tomorrow:yyyy-MM-dd} is done", Tick);
        Time.AdjustTime(new DateTimeOffset(tomorrow.AddHours(8), TimeSpan.Zero));
    }

    /// <summary>Many days at once: so many are due then that two persons have to agree, and have; then a night as it goes by itself.</summary>
    public async Task LiveAsync(int days)
    {
        Time.AdjustTime(Time.GetUtcNow().AddDays(days));
        await Central.The<RetentionRun>().RunAsync([.. Central.Keys.Due(NowMs).Select(d => d.Day)], "test", null, CancellationToken.None);
        await NightAsync();
    }

    public Task<List<byte[]>> GrantsAsync(CallId call) => Central.DatabaseAsync(db => db.Grants.Where(g => g.Call == call.ToString() && g.Seq == null).Select(g => g.Envelope).ToListAsync());

    /// <summary>Does this copy open now, with all that central has?</summary>
    public async Task<bool> OpensAsync(Copy copy, IReadOnlyList<byte[]>? stolenGrants = null)
    {
        using var stream = new MemoryStream(copy.File);
        SealedFile.ReadHead(stream, out var header, out var info, out var wrap);
        var dek = Central.Keys.UnwrapForIngest(new(header!, info, wrap, [.. await GrantsAsync(copy.Call), .. stolenGrants ?? []]));
        if (dek is null) return false;
        stream.Position = 0;
        SealedFile.Open(stream, dek, _ => { }).Fault.ShouldBe(FileFault.None);
        return true;
    }

    /// <summary>What opens is what must: days whose time is not over, and what a hold keeps.</summary>
    public async Task OnlyWhatMustOpensAsync(string when)
    {
        foreach (var copy in Copies)
        {
            var must = !copy.DestroyedEarly && (copy.Held || RetentionPeriod.DestroyMs(copy.Day, RetentionPeriod.Zone) > NowMs);
            (await OpensAsync(copy)).ShouldBe(must, $"{when}: a recording of {copy.Day:yyyy-MM-dd}");
        }
    }

    public async Task<string> HoldAsync(CallId call, string by, string matter, string? confirmedBy, int days = 400)
    {
        var holds = Central.The<Holds>();
        var id = (await holds.PlaceAsync([call], "incident", "what happened is looked into", matter, NowMs + (days * 86_400_000L), by, CancellationToken.None)).ShouldBeOfType<Outcome.Done>().Id;
        if (confirmedBy is not null) (await holds.ConfirmAsync(id, confirmedBy, CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        return id;
    }

    public async Task DestroyEarlyAsync(Copy copy)
    {
        var early = Central.The<EarlyDestruction>();
        var order = (await early.AskAsync(copy.Call, "unlawful", "was not to be recorded", "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Done>().Id;
        (await early.ConfirmAsync(order, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        copy.DestroyedEarly = true;
    }

    public Task<CallRow?> RowAsync(CallId call) => Central.DatabaseAsync(db => db.Calls.SingleOrDefaultAsync(c => c.Call == call.ToString()));

    public async Task<List<Destruction>> CertificatesAsync() => [.. (await Central.DatabaseAsync(db => db.Certificates.OrderBy(c => c.Number).ToListAsync())).Select(row =>
        Envelope.TryOpen(row.Envelope, PayloadTypes.Destruction, new TrustKeyring(Central.Register.Trust), out var opened, out var error) && Destruction.TryParse(opened.Payload, out var certificate, out error) ? certificate : throw new InvalidOperationException(error))];

    public async ValueTask DisposeAsync()
    {
        foreach (var box in _boxes) await box.DisposeAsync();
        await Central.DisposeAsync();
    }
}
