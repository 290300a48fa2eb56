using System.Globalization;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// All that a vault does in its life, on two lines: calls, receipts, a swept copy, an order to destroy, an order to go on,
/// and the end of a day. After each step a power cut, with drawn ones of the writes that no sync covered lost, by
/// themselves, in every file.
/// </summary>
public sealed class PowerCutsOfALife : IDisposable
{
    private static readonly int Draws = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 24 : 3;

    private readonly Box _box = new(3);
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly TrialDisk _disk = new();
    private ulong _seq;

    public void Dispose() => _box.Dispose();

    private void Note(string what) => _disk.Note(string.Create(CultureInfo.InvariantCulture, $"{_time.Wall.ToUnixTimeMilliseconds()} {what}"));

    private static CallVault Open(string data, BoxIdentity identity, DateTimeOffset at, IDisk disk, Alarms log)
    {
        var vault = CallVault.Open(data, identity, true, new TwoClocks(at), log, false, disk);
        vault.Clock.Confirm(at.ToUnixTimeMilliseconds());
        return vault;
    }

    private void Receipted(CallVault vault, CallId? call, byte[] hash, ReceiptSubject what)
    {
        var receipt = new Receipt { Fleet = _box.Fleet, Appliance = _box.Appliance, Seq = ++_seq, Prev = new byte[32], StoreEpoch = 1, Call = call, What = what, Sha256 = hash, Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = _time.Wall.ToUnixTimeMilliseconds() };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
    }

    private void Obeys(CallVault vault, Order order) => vault.Obey(order, Envelope.Seal(PayloadTypes.Command, new SignedOrder(_box.Fleet, _box.Appliance, 1, ++_seq, new byte[16], order, 60, null).ToPayload(), _box.Commands)).ShouldBeNull();

    // Two calls at once, one on each line, frame by frame.
    private List<JournalCall> Talk(CallVault vault)
    {
        var tickets = new[] { 1, 2 }.Select(line => vault.Start(new(line), Direction.Incoming)).ToList();
        foreach (var ticket in tickets) Note($"numbered {ticket.Call} {ticket.Line.Number} {ticket.CallNumber}");
        var files = tickets.ConvertAll(ticket => vault.BeginRecording(ticket, new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" }));
        for (var i = 0; i < 2; i++)
            foreach (var file in files) file.Append(new(static _ => { }) { FirstSample = i * 4_000, Samples = 4_000, Length = 1_500 });
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

    [Fact]
    public void Whatever_was_under_way_and_whatever_was_not_synced_the_vault_is_proven_and_says_nothing_that_is_not_so()
    {
        var before = Directory.CreateTempSubdirectory("nauha-before-").FullName;
        DateTimeOffset end;
        try
        {
            Trial.Copy(_box.Data, before);
            var log = new Alarms();
            using (var first = CallVault.Open(before, _box.Identity, true, _time, log)) first.Data.ShouldBe(before);   // its folders are made, and synced
            Directory.CreateDirectory(CallVault.FolderOf(_box.Data));
            using (var vault = CallVault.Open(_box.Data, _box.Identity, true, _time, log, false, _disk))
            {
                Note("begins");
                end = Live(vault);
                VaultCheck.Run(vault).ShouldBeEmpty();
            }
            var states = new HashSet<string>();
            for (var n = 1; n <= _disk.Steps.Count; n++)
                for (var draw = 0; draw < Draws; draw++)
                {
                    var random = new Random((n * 1_000) + draw);
                    var steps = _disk.Steps.Take(n).ToList();
                    var after = CutStore.After(before, _box.Data, steps, pending => Drawn(pending, random), waiting => random.Next(waiting + 1));
                    if (states.Add($"{CutStore.Hash(after)} {steps.Count(s => (int)s.Act < 0)}")) Try(before, after, steps, end, $"after {n} steps ({steps[^1]}), draw {draw}");
                }
            states.Count.ShouldBeGreaterThan(150, "losses of many kinds were drawn");
            FaultTable.Write("Power cuts in a life", $"""
                Two lines and all that a vault does: {_disk.Count} steps of calls, receipts, a swept copy, a destroyed call, an order to go on after what central has, and law 9 taking a day. The store is opened as it stood after each step, with any of the writes that no sync covered lost, each by itself and some torn, in all files at once, and names up to any place in their order (three draws a step in CI, of fixed seeds); then the day's end is lived through. The log is one of calls to the file system; on the block device below it nothing was reordered.
                {FaultTable.LastLong("Power cuts in a life", $"{Draws} draws a step, {states.Count} different states")}

                | | |
                |---|---|
                | `check` after the start, and again after the day's end | green every time |
                | calls that had a number | known and closed, or gone with their day |
                | a call that central had whole | never said to be expired unsent |
                | a copy that was freed or destroyed | not back after the order or the sweep was over |
                | numbers after the cut | above every one that was given, and above what central said |
                """);
        }
        finally
        {
            Directory.Delete(before, recursive: true);
        }
    }

    // Each write by itself is there or not; now and then one is there by half.
    private static List<Step> Drawn(List<Step> pending, Random random) =>
        [.. pending.Where(_ => random.Next(2) == 0).Select(step => step.Act == Act.Write && random.Next(4) == 0 ? CutStore.Half(step, random.Next(2) == 0) : step)];

    private void Try(string before, SortedDictionary<string, byte[]> after, List<Step> steps, DateTimeOffset end, string what)
    {
        var notes = steps.Where(s => (int)s.Act < 0).Select(s => s.Path.Split(' ')).ToList();
        var at = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(notes[^1][0], CultureInfo.InvariantCulture));
        var (data, log) = (Directory.CreateTempSubdirectory("nauha-cut-").FullName, new Alarms());
        try
        {
            CutStore.Materialise(before, after, data);
            List<CallId> Noted(string word) => [.. notes.Where(n => n[1] == word).Select(n => CallId.TryParse(n[2], out var call) ? call : throw new FormatException())];
            var isOver = notes.Exists(n => n[1] == "over");
            using (var vault = Open(data, _box.Identity, at, Flash.Real, log))
            {
                VaultCheck.Run(vault).ShouldBeEmpty(what);
                var calls = vault.Read(index => index.Calls.ToDictionary(c => c.Call));
                calls.Values.ShouldAllBe(c => c.IsClosed, what);
                if (!isOver)
                    foreach (var call in Noted("numbered")) calls.ShouldContainKey(call, what);
                foreach (var call in Noted("recorded").Where(c => calls.TryGetValue(c, out var known) && known.Ending != Ending.ExpiredUnsent)) calls[call].Recording.ShouldNotBeNull(what);
                foreach (var call in Noted("gone").Where(calls.ContainsKey)) vault.FileOf(calls[call]).ShouldBeNull(what);
                foreach (var line in notes.Where(n => n[1] == "numbered").GroupBy(n => n[3]))
                    vault.Read(index => index.NextNumber(new(int.Parse(line.Key, CultureInfo.InvariantCulture)))).ShouldBeGreaterThan(line.Max(n => ulong.Parse(n[4], CultureInfo.InvariantCulture)), what);
                if (notes.Exists(n => n[1] == "continued")) vault.Read(index => index.NextNumber(new(1))).ShouldBeGreaterThan(9ul, what);
                if (notes.Exists(n => n[1] == "taken")) Directory.EnumerateDirectories(CallVault.FolderOf(data), "*.going").ShouldBeEmpty(what);
            }
            using var late = Open(data, _box.Identity, end, Flash.Real, log);
            late.Sweep();
            VaultCheck.Run(late).ShouldBeEmpty($"{what}, at the end");
            var unsent = late.Read(index => index.Calls.Where(c => c.Ending == Ending.ExpiredUnsent).Select(c => c.Call).ToHashSet());
            foreach (var call in Noted("receipted")) unsent.ShouldNotContain(call, what);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
