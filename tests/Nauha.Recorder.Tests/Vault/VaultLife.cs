using System.Globalization;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// All that a vault does in its life, on two lines: calls, receipts, a swept copy, an order to destroy, an order to go on,
/// and the end of a day; and what must hold of it wherever it was cut off.
/// </summary>
/// <param name="note">Told what the recorder was told is safe, as soon as it was: the moment in ms, a word, a call.</param>
internal sealed class VaultLife(Action<string> note) : IDisposable
{
    private const int FrameBytes = 1_500;

    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private ulong _seq;

    public Box Box { get; } = new(3);

    public void Dispose() => Box.Dispose();

    /// <summary>A vault's folders, made and synced, before anything happens in it.</summary>
    public void Begin(string data)
    {
        using var vault = CallVault.Open(data, Box.Identity, true, _time, new Alarms());
        vault.Data.ShouldBe(data);
    }

    /// <summary>Lives it.</summary>
    /// <returns>When its day is over.</returns>
    public DateTimeOffset Live(string data, IDisk disk)
    {
        using var vault = CallVault.Open(data, Box.Identity, true, _time, new Alarms(), false, disk);
        Note("begins");
        var end = Live(vault);
        VaultCheck.Run(vault).ShouldBeEmpty();
        return end;
    }

    private void Note(string what) => note(string.Create(CultureInfo.InvariantCulture, $"{_time.Wall.ToUnixTimeMilliseconds()} {what}"));

    private static CallVault Open(string data, BoxIdentity identity, DateTimeOffset at, IDisk disk, Alarms log)
    {
        var vault = CallVault.Open(data, identity, true, new TwoClocks(at), log, false, disk);
        vault.Clock.Confirm(at.ToUnixTimeMilliseconds());
        return vault;
    }

    private void Receipted(CallVault vault, CallId? call, byte[] hash, ReceiptSubject what)
    {
        var receipt = new Receipt { Fleet = Box.Fleet, Appliance = Box.Appliance, Seq = ++_seq, Prev = new byte[32], StoreEpoch = 1, Call = call, What = what, Sha256 = hash, Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = _time.Wall.ToUnixTimeMilliseconds() };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), Box.Receipts));
    }

    private void Obeys(CallVault vault, Order order) => vault.Obey(order, Envelope.Seal(PayloadTypes.Command, new SignedOrder(Box.Fleet, Box.Appliance, 1, ++_seq, new byte[16], order, 60, null).ToPayload(), Box.Commands)).ShouldBeNull();

    // Two calls at once, one on each line, frame by frame.
    private List<JournalCall> Talk(CallVault vault)
    {
        var tickets = new[] { 1, 2 }.Select(line => vault.Start(new(line), Direction.Incoming)).ToList();
        foreach (var ticket in tickets) Note($"numbered {ticket.Call} {ticket.Line.Number} {ticket.CallNumber}");
        var files = tickets.ConvertAll(ticket => vault.BeginRecording(ticket, new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" }));
        for (var i = 0; i < 2; i++)
            foreach (var (ticket, file) in tickets.Zip(files))
            {
                file.Append(new(static _ => { }) { FirstSample = i * 4_000, Samples = 4_000, Length = FrameBytes });
                Note($"sealed {ticket.Call} {i + 1}");
            }
        foreach (var (ticket, file) in tickets.Zip(files))
        {
            vault.End(ticket, Ending.Recorded, file.Close(), new());
            file.Dispose();
            Note($"recorded {ticket.Call}");
        }
        return tickets.ConvertAll(ticket => vault.Read(index => index.Find(ticket.Call)!));
    }

    private DateTimeOffset Live(CallVault vault)
    {
        var calls = Talk(vault);
        var more = Talk(vault);
        // Central has all of the first call.
        Receipted(vault, calls[0].Call, calls[0].Recording!.Sha256, ReceiptSubject.Recording);
        foreach (var record in vault.Read(index => index.UnsentRecords().Where(r => r.Call == calls[0].Call).ToList())) Receipted(vault, record.Call, Convert.FromHexString(record.Hash), ReceiptSubject.Record);
        Note($"receipted {calls[0].Call}");
        vault.KeepFor = TimeSpan.Zero;
        _time.Pass(TimeSpan.FromSeconds(1));
        vault.Sweep().ShouldBe(0);
        Note($"gone {calls[0].Call}");
        Obeys(vault, new Order.Destroy(more[0].Call));
        Note($"gone {more[0].Call}");
        Obeys(vault, new Order.Continue(vault.Read(index => index.LastSeq) + 5, new byte[32], new Dictionary<int, ulong> { [1] = 9, [2] = 2 }));
        Note("continued");
        Talk(vault);
        _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(RetentionPeriod.DestroyMs(calls[0].Day, RetentionPeriod.Zone)) - _time.Wall + TimeSpan.FromSeconds(1));
        vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
        Note("over");
        vault.Sweep().ShouldBeGreaterThan(0);
        Note("taken");
        Talk(vault);
        return _time.Wall;
    }

    /// <summary>Opens what a cut left, proves it, then lives through the day's end on it.</summary>
    /// <param name="noted">What was safe before the cut.</param>
    public void Prove(string data, IEnumerable<string> noted, DateTimeOffset end, string what)
    {
        var (notes, log) = (noted.Select(n => n.Split(' ')).ToList(), new Alarms());
        var at = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(notes[^1][0], CultureInfo.InvariantCulture));
        List<CallId> Noted(string word) => [.. notes.Where(n => n[1] == word).Select(n => CallId.TryParse(n[2], out var call) ? call : throw new FormatException())];
        var isOver = notes.Exists(n => n[1] == "over");
        using (var vault = Open(data, Box.Identity, at, Flash.Real, log))
        {
            VaultCheck.Run(vault).ShouldBeEmpty(what);
            var calls = vault.Read(index => index.Calls.ToDictionary(c => c.Call));
            calls.Values.ShouldAllBe(c => c.IsClosed, what);
            if (!isOver)
                foreach (var call in Noted("numbered")) calls.ShouldContainKey(call, what);
            foreach (var call in Noted("recorded").Where(c => calls.TryGetValue(c, out var known) && known.Ending != Ending.ExpiredUnsent)) calls[call].Recording.ShouldNotBeNull(what);
            if (!isOver)
                foreach (var frame in notes.Where(n => n[1] == "sealed")) calls[CallId.TryParse(frame[2], out var of) ? of : default].Recording.ShouldNotBeNull(what).Bytes.ShouldBeGreaterThan(FrameBytes * long.Parse(frame[3], CultureInfo.InvariantCulture), what);
            foreach (var call in Noted("gone").Where(calls.ContainsKey)) vault.FileOf(calls[call]).ShouldBeNull(what);
            foreach (var line in notes.Where(n => n[1] == "numbered").GroupBy(n => n[3]))
                vault.Read(index => index.NextNumber(new(int.Parse(line.Key, CultureInfo.InvariantCulture)))).ShouldBeGreaterThan(line.Max(n => ulong.Parse(n[4], CultureInfo.InvariantCulture)), what);
            if (notes.Exists(n => n[1] == "continued")) vault.Read(index => index.NextNumber(new(1))).ShouldBeGreaterThan(9ul, what);
            if (notes.Exists(n => n[1] == "taken")) Directory.EnumerateDirectories(CallVault.FolderOf(data), "*.going").ShouldBeEmpty(what);
        }
        using var late = Open(data, Box.Identity, end, Flash.Real, log);
        late.Sweep();
        VaultCheck.Run(late).ShouldBeEmpty($"{what}, at the end");
        var unsent = late.Read(index => index.Calls.Where(c => c.Ending == Ending.ExpiredUnsent).Select(c => c.Call).ToHashSet());
        foreach (var call in Noted("receipted")) unsent.ShouldNotContain(call, what);
    }
}
