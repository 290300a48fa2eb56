using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Nauha.Central.Access;
using Nauha.Central.Catalogue;
using Nauha.Central.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

/// <summary>A central on a clock of its own, with one appliance, and questions about what is left of a call.</summary>
internal sealed class Store : IAsyncDisposable
{
    private readonly List<FakeAppliance> _gone = [];
    private ulong _number;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 8, 31, 9, 0, 0, TimeSpan.Zero));

    public RunningCentral Central { get; private set; } = null!;

    public FakeAppliance Box { get; private set; } = null!;

    public static async Task<Store> OpenAsync()
    {
        var store = new Store();
        store.Central = await RunningCentral.OpenAsync(time: store.Time);
        store.Box = await FakeAppliance.EnrolledAsync(store.Central);
        return store;
    }

    public RetentionRun Run => Central.The<RetentionRun>();

    public Holds Holds => Central.The<Holds>();

    public EarlyDestruction Early => Central.The<EarlyDestruction>();

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The appliance loses its rights, and another takes its place.</summary>
    /// <returns>The one that has none any more.</returns>
    public async Task<FakeAppliance> ReplaceBoxAsync()
    {
        var gone = Box;
        (await Central.Register.RevokeAsync(gone.Id, "test", CancellationToken.None)).ShouldBeTrue();
        (Box, _number) = (await FakeAppliance.EnrolledAsync(Central), 0);
        _gone.Add(gone);
        return gone;
    }

    /// <summary>Nothing that a revoked appliance says is heard.</summary>
    public async Task TheRevokedAreNotHeardAsync()
    {
        foreach (var gone in _gone)
        {
            var call = CallId.Next();
            (await Central.HearsAsync(gone.Id, TopicKind.Record, gone.Record(RecordKind.Start, call, 1_000))).ShouldBeEmpty();
            (await RowAsync(call)).ShouldBeNull();
        }
    }

    /// <summary>A recorded call of 20 frames, received.</summary>
    public async Task<(CallId Call, byte[] File)> CallAsync(DayKeyEntry? day = null)
    {
        var call = CallId.Next();
        var (file, facts) = Box.Recording(call, ++_number, frames: 20, day: day);
        await Box.DeliverAsync(call, _number, file, facts, day);
        return (call, file);
    }

    public async Task<CallId> MissedAsync()
    {
        var call = CallId.Next();
        await Central.HearsAsync(Box.Id, TopicKind.Record, Box.Record(RecordKind.Start, call, ++_number));
        await Central.HearsAsync(Box.Id, TopicKind.Record, Box.Record(RecordKind.None, call, _number));
        return call;
    }

    /// <summary>Does any copy of this file open now, with whatever central has?</summary>
    public bool Opens(byte[] file, IReadOnlyList<byte[]>? grants = null)
    {
        using var stream = new MemoryStream(file);
        SealedFile.ReadHead(stream, out var header, out var info, out var wrap);
        return Central.Keys.UnwrapForIngest(new(header!, info, wrap, grants ?? [])) is not null;
    }

    public Task<List<byte[]>> GrantsAsync(CallId call) => Central.DatabaseAsync(db => db.Grants.Where(g => g.Call == call.ToString() && g.Seq == null).Select(g => g.Envelope).ToListAsync());

    public bool HasFile(CallId call) => Directory.EnumerateFiles(Central.Data, $"{call}.*", SearchOption.AllDirectories).Any();

    public async Task<IReadOnlyList<CallView>> SearchAsync(string number) =>
        (await Central.The<CallCatalogue>().FindAsync(new CallQuery(number, null, null, null, null, null, null), Central.Keys.Open(new("test", "search", "done")), CancellationToken.None)).Calls;

    public async Task<bool> HearsAsync(CallId call, string matter)
    {
        using var opened = await Central.The<CallAudio>().OpenAsync(call, new("test", "listen", "done", call, "what-was-said", new Dictionary<string, string> { ["case"] = matter }), CancellationToken.None);
        return opened is not null;
    }

    public Task<CallRow?> RowAsync(CallId call) => Central.DatabaseAsync(db => db.Calls.SingleOrDefaultAsync(c => c.Call == call.ToString()));

    /// <summary>Days pass: the last two as they go by themselves, night by night; those before in one step, on which two persons agreed.</summary>
    public async Task LiveAsync(int days)
    {
        if (days > 2)
        {
            Time.AdjustTime(Time.GetUtcNow().AddDays(days - 2));   // without ringing every timer of half a year
            await Run.RunAsync([.. Central.Keys.Due(NowMs).Select(d => d.Day)], "test", null, CancellationToken.None);
        }
        for (var day = 0; day < Math.Min(days, 2); day++)
        {
            Time.AdjustTime(Time.GetUtcNow().AddHours(24));
            await Central.The<NightWatch>().OnceAsync(CancellationToken.None);
        }
    }

    public async Task<List<Destruction>> CertificatesAsync() => [.. (await Central.DatabaseAsync(db => db.Certificates.OrderBy(c => c.Number).ToListAsync())).Select(row =>
        Envelope.TryOpen(row.Envelope, PayloadTypes.Destruction, new TrustKeyring(Central.Register.Trust), out var opened, out var error) && Destruction.TryParse(opened.Payload, out var certificate, out error) ? certificate : throw new InvalidOperationException(error))];

    /// <summary>The newest tally of each day and line, over all certificates.</summary>
    public async Task<LineTally> TallyAsync(DateOnly day) => (await CertificatesAsync()).SelectMany(c => c.Lines).Last(l => l.Day == day);

    public async ValueTask DisposeAsync()
    {
        foreach (var box in _gone.Append(Box)) box.Dispose();
        await Central.DisposeAsync();
    }
}
