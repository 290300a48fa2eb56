using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// Vaults that were restored, emptied, cloned or robbed of their index: with central's word no number and no place in the
/// chain is given to two records. What central does with it: Nauha.Central.Tests, OneChain.
/// </summary>
public sealed class NumberedOnce : IDisposable
{
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly string _copy = Directory.CreateTempSubdirectory("nauha-copy-").FullName;

    /// <summary>What central has got, by place in the chain, and the highest number of each line: what it says of it.</summary>
    private readonly Dictionary<ulong, string> _central = [];
    private readonly Dictionary<int, ulong> _numbers = [];

    public void Dispose()
    {
        _box.Dispose();
        Directory.Delete(_copy, recursive: true);
    }

    private CallVault Open(string? data = null) => CallVault.Open(data ?? _box.Data, _box.Identity, true, _time, NullLogger.Instance);

    private static void Call(CallVault vault, int line = 1) => vault.End(vault.Start(new(line), Direction.Incoming), Ending.Missed, null, new RecordFacts());

    // Central says how far it is, then takes what it has not: none may differ from what it has at that place.
    private void Meets(CallVault vault)
    {
        if (vault.Read(index => index.LastSeq) < _central.Keys.DefaultIfEmpty(0ul).Max())
        {
            var seq = _central.Keys.Max();
            Obeys(vault, new Order.Continue(seq, Convert.FromHexString(_central[seq]), new Dictionary<int, ulong>(_numbers))).ShouldBeNull();
        }
        vault.SayBlind();
        foreach (var record in vault.Read(index => index.Records.ToList()))
        {
            if (!_central.TryAdd(record.Seq, record.Hash)) _central[record.Seq].ShouldBe(record.Hash, $"record {record.Seq} is another");
            if (record.CallNumber is { } number) _numbers[record.Line.Number] = Math.Max(_numbers.GetValueOrDefault(record.Line.Number), number);
        }
    }

    private string? Obeys(CallVault vault, Order order) => vault.Obey(order, Envelope.Seal(PayloadTypes.Command, new SignedOrder(_box.Fleet, _box.Appliance, 1, 1, new byte[16], order, 60, null).ToPayload(), _box.Commands));

    private void Beat(string? data = null)
    {
        using var heartbeat = new Heartbeat(data ?? _box.Data);
        heartbeat.Beat(_time.Wall.ToUnixTimeMilliseconds());
        _time.Pass(TimeSpan.FromSeconds(30));
    }

    private void IsGoodAndGoesOn(string? data = null)
    {
        for (var start = 0; start < 2; start++)
        {
            using var vault = Open(data);
            VaultCheck.Run(vault).ShouldBeEmpty($"start {start}");
            Meets(vault);
            Call(vault);
            Call(vault, line: 2);
            Meets(vault);
            VaultCheck.Run(vault).ShouldBeEmpty($"start {start}");
            _central.Keys.Order().ShouldBe(Enumerable.Range(1, _central.Count).Select(i => (ulong)i), "the chain at central has no hole");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_data_folder_that_was_set_back_goes_on_where_central_says(bool emptied)
    {
        using (var vault = Open())
        {
            for (var i = 0; i < 3; i++) Call(vault);
            Meets(vault);
        }
        Beat();
        if (!emptied) Trial.Copy(_box.Data, _copy);
        using (var vault = Open())
        {
            Meets(vault);
            for (var i = 0; i < 2; i++) Call(vault);
            Call(vault, line: 2);
            Meets(vault);
        }
        Directory.Delete(CallVault.FolderOf(_box.Data), recursive: true);
        if (!emptied) Trial.Copy(Path.Combine(_copy, "vault"), Directory.CreateDirectory(CallVault.FolderOf(_box.Data)).FullName);
        using (var vault = Open())
        {
            Meets(vault);
            Call(vault);
            vault.Read(index => (index.NextNumber(new(1)), index.NextNumber(new(2)))).ShouldBe((7ul, 2ul));
            Meets(vault);
            VaultCheck.Run(vault).ShouldBeEmpty();
        }
        IsGoodAndGoesOn();
        FaultTable.Tried("State and numbers", "the data folder set back or emptied", "goes on where central says; no number twice");
    }

    [Fact]
    public void A_clone_goes_on_after_what_the_other_has_said_each_time_it_meets_central()
    {
        using (var vault = Open()) Call(vault);
        Trial.Copy(_box.Data, _copy);
        for (var i = 0; i < 3; i++)
            foreach (var data in new[] { _box.Data, _copy })
            {
                using var vault = Open(data);
                Meets(vault);
                Call(vault);
                Meets(vault);
                VaultCheck.Run(vault).ShouldBeEmpty();
            }
        _numbers[1].ShouldBe(7ul);
        IsGoodAndGoesOn();
        IsGoodAndGoesOn(_copy);
        FaultTable.Tried("State and numbers", "a cloned box", "each goes on after what the other has said");
    }

    // Central refuses the second record of a place in its chain, keeps it aside and says so: `clone`.
    private List<ulong> Clones(CallVault vault) => vault.Read(index => index.Records.Where(r => _central.TryGetValue(r.Seq, out var hash) && hash != r.Hash).Select(r => r.Seq).ToList());

    private static CallTicket Recorded(CallVault vault)
    {
        var ticket = vault.Start(new(1), Direction.Incoming);
        using var recording = vault.BeginRecording(ticket, new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" });
        recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
        vault.End(ticket, Ending.Recorded, recording.Close(), new());
        return ticket;
    }

    [Fact]
    public void A_journal_that_was_set_back_by_itself_gives_no_number_that_a_sealed_file_on_the_flash_bears_also_while_central_is_away()
    {
        CallTicket first, second;
        string journal;
        using (var vault = Open())
        {
            first = Recorded(vault);
            Meets(vault);
            journal = Path.Combine(first.Folder, "records");
            Trial.Copy(first.Folder, _copy);
            second = Recorded(vault);
            Meets(vault);
        }
        File.Copy(Path.Combine(_copy, "records"), journal, overwrite: true);
        CallTicket third;
        using (var vault = Open())
        {
            third = Recorded(vault);
            third.CallNumber.ShouldBe(3ul, "2 stands in a head on this flash");
            foreach (var ticket in new[] { first, second, third }) File.Exists(CallVault.FileOf(ticket.Folder, ticket.Call)).ShouldBeTrue("every recording is kept");
            Clones(vault).ShouldBe([3ul, 4], "the places in the chain are taken: only central can know that");
            var found = VaultCheck.Run(vault);
            found.Count.ShouldBe(2);
            found.ShouldContain(f => f.Contains("the sealed file of line 1, call 2 is here, and its records are not", StringComparison.Ordinal));
            found.ShouldContain("Line 1: numbers 2 to 2 are missing.");
        }
        SealedFile.HeadOf(File.OpenRead(CallVault.FileOf(second.Folder, second.Call)))!.CallNumber.ShouldBe(2ul);
        FaultTable.Tried("State and numbers", "the journal alone set back, central away", "no number that a sealed file on the flash bears is given again");
    }

    [Fact]
    public void A_box_set_back_altogether_while_central_is_away_numbers_again_and_central_keeps_both_calls_and_says_where_to_go_on()
    {
        using (var vault = Open())
        {
            Recorded(vault);
            Meets(vault);
        }
        Trial.Copy(_box.Data, _copy);
        CallTicket lost, again;
        using (var vault = Open())
        {
            lost = Recorded(vault);
            Meets(vault);
        }
        using (var vault = Open(_copy))
        {
            again = Recorded(vault);
            (again.CallNumber, again.Call == lost.Call).ShouldBe((lost.CallNumber, false), "nothing on this flash knows better");
            Clones(vault).ShouldBe([3ul, 4]);
            File.Exists(CallVault.FileOf(again.Folder, again.Call)).ShouldBeTrue("its recording goes to central by itself, under an id of its own");
            vault.Read(index => index.UnsentRecordings().Select(c => c.Call).ToList()).ShouldContain(again.Call);
            Call(vault);
            // Central has four records, this box five: it is asked for nothing, and what central has not got follows its own branch.
            Obeys(vault, new Order.Continue(9, new byte[32], new Dictionary<int, ulong> { [1] = 7 })).ShouldBeNull();
            Recorded(vault).CallNumber.ShouldBe(8ul);
            VaultCheck.Run(vault).ShouldBeEmpty();
        }
        using var later = Open(_copy);
        VaultCheck.Run(later).ShouldBeEmpty("also after a restart");
        FaultTable.Tried("State and numbers", "all of it set back, central away", "numbers again; central keeps both calls, with an alarm");
    }

    [Fact]
    public void A_deleted_or_older_index_gives_no_number_again_for_numbers_come_from_the_journal()
    {
        void Run()
        {
            using var vault = Open();
            using var ledger = CallLedger.Open(_box.Data, vault, NullLogger.Instance);
            Call(vault);
            Meets(vault);
        }
        Run();
        File.Copy(CallLedger.PathOf(_box.Data), Path.Combine(_copy, "ledger.db"));
        Run();
        File.Delete(CallLedger.PathOf(_box.Data));
        Run();
        File.Copy(Path.Combine(_copy, "ledger.db"), CallLedger.PathOf(_box.Data), overwrite: true);
        Run();
        _numbers[1].ShouldBe(4ul);
        IsGoodAndGoesOn();
    }

    [Fact]
    public void An_order_to_go_on_is_refused_by_a_box_that_is_further_and_a_missing_record_is_still_found()
    {
        using (var vault = Open())
        {
            Call(vault);
            Call(vault);
            Obeys(vault, new Order.Continue(3, new byte[32], new Dictionary<int, ulong> { [1] = 9 })).ShouldNotBeNull();
            vault.Read(index => index.NextNumber(new(1))).ShouldBe(3ul);
            Obeys(vault, new Order.Continue(9, new byte[32], new Dictionary<int, ulong> { [1] = 9 })).ShouldBeNull();
            Call(vault);
            Call(vault);
            VaultCheck.Run(vault).ShouldBeEmpty();
        }
        // The record after the order is cut out: what follows does not follow what central named.
        var journal = Directory.EnumerateFiles(CallVault.FolderOf(_box.Data), "records", SearchOption.AllDirectories).Single();
        var entries = new List<byte[]>();
        JournalCodec.ReadAll(File.ReadAllBytes(journal), entry => entries.Add(entry.ToArray()));
        File.WriteAllBytes(journal, [.. entries.Where((_, i) => i != 4).SelectMany(e => JournalCodec.Entry(e))]);
        using var looked = CallVault.Open(_box.Data, _box.Identity, true, _time, NullLogger.Instance, readOnly: true);
        VaultCheck.Run(looked).ShouldContain(f => f.Contains("Records 5 to 10 are missing", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_left_after_a_day_was_destroyed_has_no_gap_where_calls_ran_over_midnight()
    {
        CallTicket late;
        using (var vault = Open())
        {
            late = vault.Start(new(1), Direction.Incoming);
            _time.Pass(TimeSpan.FromDays(1));
            var early = vault.Start(new(2), Direction.Incoming);
            vault.End(late, Ending.Missed, null, new RecordFacts());
            vault.End(early, Ending.Missed, null, new RecordFacts());
            Call(vault);
        }
        _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(late.Day.DestroyMs) - _time.Wall + TimeSpan.FromSeconds(1));
        using (var vault = Open())
        {
            vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
            vault.Sweep();
            Directory.Exists(late.Folder).ShouldBeFalse();
            VaultCheck.Run(vault).ShouldBeEmpty();
        }
        using var again = Open();
        VaultCheck.Run(again).ShouldBeEmpty("also after a restart");
        again.Read(index => index.NextNumber(new(1))).ShouldBe(3ul);
    }
}
