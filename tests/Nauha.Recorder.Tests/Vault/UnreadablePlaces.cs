using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// A card with places that cannot be read any more, and one that takes nothing: the box starts and records whatever it is, what
/// cannot be read stays as it lies, and nobody has to come.
/// </summary>
public sealed class UnreadablePlaces : IDisposable
{
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly TrialDisk _disk = new();
    private readonly Alarms _log = new();
    private ulong _seq;

    public void Dispose() => _box.Dispose();

    private string Folder => Directory.EnumerateDirectories(CallVault.FolderOf(_box.Data)).Single(d => CallVault.TryDayOf(d, out _));

    private CallVault Open(TrialDisk? disk = null) => CallVault.Open(_box.Data, _box.Identity, true, _time, _log, false, (IDisk?)disk ?? Flash.Real);

    [Theory]
    [InlineData("records", 0)]
    [InlineData("records", 1)]
    [InlineData("receipts", 0)]
    [InlineData("checked", 0)]
    [InlineData("state.json", 0)]
    [InlineData("state.json.copy", 0)]
    [InlineData("heartbeat", 0)]
    [InlineData("closed", 0)]
    [InlineData("closed", 1)]
    [InlineData("open", 0)]
    [InlineData("open", 1)]
    public void Whatever_cannot_be_read_the_box_starts_and_records_and_what_lies_there_stays(string what, int half)
    {
        var (closed, open) = Life();
        var path = what switch { "closed" => closed, "open" => open, _ => Directory.EnumerateFiles(_box.Data, what, SearchOption.AllDirectories).Single() };
        var (before, bad) = (File.ReadAllBytes(path), half * (what is "open" or "closed" ? 5_000 : new FileInfo(path).Length / 2));
        _disk.Unreadable = (file, at) => (file == path || file == path + CallVault.Damage) && at >= bad / 512 * 512;
        using (var vault = Open(_disk))
        {
            // Those that were given: 1 to 3. Of those that stand in the journal alone, the index tells (a test of its own).
            var call = Record(vault);
            vault.Read(index => index.Find(call)!.CallNumber).ShouldBeGreaterThanOrEqualTo(4ul);
            vault.Read(index => index.Find(call)!.Ending).ShouldBe(Ending.Recorded);
            vault.Sweep();
            VaultCheck.Run(vault).ShouldNotBeNull();
        }
        if (what is not ("checked" or "heartbeat" or "closed")) _log.Errors.ShouldNotBeEmpty();
        // A mark is a cache, and made anew.
        if (what is not "checked") Directory.EnumerateFiles(_box.Data, "*", SearchOption.AllDirectories).Any(file => File.ReadAllBytes(file).AsSpan().StartsWith(before)).ShouldBeTrue("what lay there still lies there, under whatever name");
        // The card read elsewhere: all that is found is what was set aside, and what was lost with it.
        using var after = Open();
        var recorded = after.Read(index => index.Calls.Where(c => c.Recording is not null).ToList());
        foreach (var call in recorded) after.FileOf(call).ShouldNotBeNull();
        if (what is not "records") after.Read(index => index.Calls.All(c => c.IsClosed)).ShouldBeTrue();
        if (what == "open" && half == 1) recorded.Count(c => c.Recording!.Closing == Closing.Salvaged).ShouldBe(1, "what lies before the bad place is a recording");
        if (what is "heartbeat" or "checked" or "closed") VaultCheck.Run(after).ShouldBeEmpty();
        FaultTable.Tried("Places that cannot be read", what switch { "open" => "a recording left open", "closed" => "a recording that is closed", _ => what } + (half == 0 ? "" : ", from its middle"),
            what switch { "open" => half == 0 ? "set aside, its number closed; recording goes on" : "what lies before is the recording; the file stays beside it", "closed" => "recording goes on; check names it", "checked" or "heartbeat" => "done without", _ => "what can be read counts, the file stays beside it; recording goes on" });
    }

    [Fact]
    public void One_copy_that_cannot_be_read_holds_up_no_other_and_its_day_goes_with_law_9()
    {
        List<JournalCall> calls = [];
        using (var first = Open())
        {
            for (var i = 0; i < 3; i++) calls.Add(first.Read(index => index.Find(Record(first))!));
            foreach (var call in calls.Take(2)) Receipted(first, call);
        }
        var bad = Path.Combine(Folder, $"{calls[0].Call}.nauha");
        _disk.Unreadable = (file, _) => file == bad;
        using var vault = Open(_disk);
        vault.KeepFor = TimeSpan.Zero;
        _time.Pass(TimeSpan.FromHours(1));
        vault.Sweep().ShouldBe(0);
        calls.Select(call => vault.FileOf(call) is not null).ShouldBe([true, false, true]);
        _log.Errors.ShouldHaveSingleItem();
        vault.Sweep();
        _log.Errors.ShouldHaveSingleItem("once, not every ten seconds");
        VaultCheck.Run(vault).ShouldHaveSingleItem().ShouldContain("call 1: the sealed file cannot be read");
        _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(RetentionPeriod.DestroyMs(calls[0].Day, RetentionPeriod.Zone)) - _time.Wall + TimeSpan.FromSeconds(1));
        vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
        vault.Sweep().ShouldBe(3, "of none of them central had the records");
        calls.ShouldAllBe(call => vault.FileOf(call) == null);
        FaultTable.Tried("Places that cannot be read", "a copy that central has", "stays until its day is over; the others go in their time");
    }

    [Theory]
    [InlineData(nameof(Fault.NoSpace))]
    [InlineData(nameof(Fault.ReadOnly))]
    [InlineData(nameof(Fault.IoError))]
    public void A_disk_that_takes_nothing_at_the_start_stops_no_start_and_when_it_takes_again_all_is_made_up_for(string why)
    {
        var fault = Enum.Parse<Fault>(why);
        var (closed, _) = Life();
        using (var first = Open(new TrialDisk { Refuses = Writes, Fault = fault }))
            Should.Throw<VaultException>(() => first.Start(new(1), Direction.Incoming));
        // A day's receipt alone frees something: then there is room.
        var isFull = true;
        _disk.Fault = fault;
        _disk.Refuses = step => isFull && Writes(step);
        using var vault = Open(_disk);
        vault.Read(index => index.Calls.Count(c => !c.IsClosed)).ShouldBe(1);
        vault.KeepFor = TimeSpan.Zero;
        _time.Pass(TimeSpan.FromHours(1));
        _disk.Refuses = step =>
        {
            if (step.Act == Act.Delete && step.Path == closed) isFull = false;
            return isFull && Writes(step);
        };
        vault.Sweep();
        isFull.ShouldBeFalse("what central has goes first");
        vault.Read(index => index.Calls.All(c => c.IsClosed)).ShouldBeTrue();
        vault.Read(index => index.Calls.Count(c => c.Recording?.Closing == Closing.Salvaged)).ShouldBe(1);
        Record(vault);
        VaultCheck.Run(vault).ShouldBeEmpty();
        FaultTable.Tried("A disk that takes nothing", $"at the start, with a call left open: {fault switch { Fault.NoSpace => "ENOSPC", Fault.ReadOnly => "EROFS", _ => "EIO" }}", "the box starts; calls get no number: that is the alarm; with room again the call is closed and all goes on");

        static bool Writes(Step step) => step.Act is Act.Write or Act.Create or Act.SetLength or Act.Sync or Act.Rename or Act.Link or Act.CreateFolder or Act.SyncFolder;
    }

    [Fact]
    public void Check_names_what_it_cannot_read_and_looks_at_the_rest()
    {
        var (closed, _) = Life();
        string second;
        using (var vault = Open()) second = vault.FileOf(vault.Read(index => index.Find(Record(vault))!))!;
        _disk.Unreadable = (file, _) => file == closed;
        File.Delete(second);
        using var looked = CallVault.Open(_box.Data, _box.Identity, true, _time, _log, readOnly: true, _disk);
        var findings = VaultCheck.Run(looked);
        findings.Count(f => f.Contains("cannot be read", StringComparison.Ordinal)).ShouldBe(1);
        findings.Count(f => f.Contains("is gone", StringComparison.Ordinal)).ShouldBe(1);
    }

    // A call that central has, one missed, and one whose recording was under way when the power went; their index's state beside.
    private (string Closed, string Open) Life()
    {
        using var vault = Open();
        var closed = vault.Read(index => index.Find(Record(vault))!);
        Receipted(vault, closed);
        vault.End(vault.Start(new(1), Direction.Incoming), Ending.Missed, null, new RecordFacts());
        var ticket = vault.Start(new(1), Direction.Incoming);
        using (var recording = vault.BeginRecording(ticket, new() { PreSkip = 52, Source = "simulated" }))
            for (var i = 0; i < 6; i++) recording.Append(new(static _ => { }) { FirstSample = i * 4_000, Samples = 4_000, Length = 1_500 });
        vault.Sweep();                                                  // marks the day
        vault.Read(index =>
        {
            VaultState.Write(Flash.Real, _box.Data, index);
            return 0;
        });
        using (var heart = new Heartbeat(_box.Data)) heart.Beat(_time.Wall.ToUnixTimeMilliseconds());
        return (vault.FileOf(closed)!, CallVault.FileOf(Folder, ticket.Call));
    }

    private static CallId Record(CallVault vault)
    {
        var ticket = vault.Start(new(1), Direction.Incoming);
        using var recording = vault.BeginRecording(ticket, new() { PreSkip = 52, Source = "simulated" });
        for (var i = 0; i < 4; i++) recording.Append(new(static _ => { }) { FirstSample = i * 4_000, Samples = 4_000, Length = 1_500 });
        vault.End(ticket, Ending.Recorded, recording.Close(), new RecordFacts());
        return ticket.Call;
    }

    private void Receipted(CallVault vault, JournalCall call)
    {
        var receipt = new Receipt { Fleet = _box.Fleet, Appliance = _box.Appliance, Seq = ++_seq, Prev = new byte[32], StoreEpoch = 1, Call = call.Call, What = ReceiptSubject.Recording, Sha256 = call.Recording!.Sha256, Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = _time.Wall.ToUnixTimeMilliseconds() };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
    }
}
