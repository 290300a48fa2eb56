using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// <c>check</c> against a vault from which something was taken: from its beginning, its end, a whole day, the records of a
/// file, or a file's head. Green is only what law 9 or central accounts for.
/// </summary>
public sealed class NumbersAreProven : IDisposable
{
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly Alarms _log = new();

    public void Dispose() => _box.Dispose();

    private CallVault Open(bool readOnly = false) => CallVault.Open(_box.Data, _box.Identity, true, _time, _log, readOnly);

    private static CallTicket Missed(CallVault vault, int line = 1)
    {
        var ticket = vault.Start(new(line), Direction.Incoming);
        vault.End(ticket, Ending.Missed, null, new RecordFacts());
        return ticket;
    }

    private static CallTicket Recorded(CallVault vault, int line = 1)
    {
        var ticket = vault.Start(new(line), Direction.Incoming);
        using var recording = vault.BeginRecording(ticket, new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" });
        recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
        vault.End(ticket, Ending.Recorded, recording.Close(), new());
        return ticket;
    }

    private List<string> Journals => [.. Directory.EnumerateFiles(CallVault.FolderOf(_box.Data), "records", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private void Keep(Func<int, bool> which)
    {
        var entries = new List<byte[]>();
        JournalCodec.ReadAll(File.ReadAllBytes(Journals[0]), entry => entries.Add(entry.ToArray()));
        File.WriteAllBytes(Journals[0], [.. entries.Where((_, i) => which(i)).SelectMany(e => JournalCodec.Entry(e))]);
    }

    private IReadOnlyList<string> Check()
    {
        using var vault = Open(readOnly: true);
        return VaultCheck.Run(vault);
    }

    [Fact]
    public void What_is_cut_from_the_beginning_of_the_journal_is_found_in_the_chain_and_on_the_line()
    {
        using (var vault = Open())
            for (var i = 0; i < 3; i++) Missed(vault);
        Check().ShouldBeEmpty();
        Keep(i => i >= 2);
        Check().ShouldBe(["Records 1 to 2 are missing.", "Line 1: numbers 1 to 1 are missing."]);
        using (Open())
        {
            // A start changes nothing about it.
        }
        Check().Count.ShouldBe(2);
        FaultTable.Tried("State and numbers", "the journal cut at its beginning", "found by check");
    }

    [Fact]
    public void What_is_cut_from_the_end_is_found_by_what_lies_beside_it_and_its_number_is_not_given_again()
    {
        using (var vault = Open())
        {
            Missed(vault);
            Recorded(vault);
        }
        Keep(i => i < 2);
        Check().ShouldHaveSingleItem().ShouldContain("the sealed file of line 1, call 2 is here, and its records are not");
        using (var vault = Open())
        {
            _log.Errors.ShouldContain(e => e.Contains("Call 2 of line 1", StringComparison.Ordinal));
            Missed(vault).CallNumber.ShouldBe(3ul);
            Missed(vault, line: 2).CallNumber.ShouldBe(1ul);
        }
        var after = Check();
        after.Count.ShouldBe(2);
        after.ShouldContain("Line 1: numbers 2 to 2 are missing.");
        FaultTable.Tried("State and numbers", "the journal cut at its end, a sealed file left", "found by check; the number is not given again");
    }

    [Fact]
    public void A_record_that_central_has_receipted_and_that_is_not_here_is_found_whatever_else_was_cut_with_it()
    {
        using (var vault = Open())
        {
            Missed(vault);
            var last = Missed(vault);
            foreach (var record in vault.Read(index => index.UnsentRecords().ToList())) Receipted(vault, last.Call, Convert.FromHexString(record.Hash));
            VaultCheck.Run(vault).ShouldBeEmpty();
        }
        Check().ShouldBeEmpty();
        Keep(i => i < 2);
        Check().ShouldHaveSingleItem().ShouldContain("2 records of");
    }

    [Fact]
    public void A_receipt_lies_with_its_record_so_that_law_9_takes_both()
    {
        CallTicket first;
        using (var vault = Open())
        {
            first = Missed(vault);
            vault.Blind(new(0), 1, 2, EndingCode.Crash);
            _time.Pass(TimeSpan.FromDays(1));
            Missed(vault);
            foreach (var record in vault.Read(index => index.UnsentRecords().ToList())) Receipted(vault, record.Call, Convert.FromHexString(record.Hash));
            Receipted(vault, null, new byte[32]);
        }
        Check().ShouldBeEmpty("a receipt for what was never here is not kept");
        _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(first.Day.DestroyMs) - _time.Wall + TimeSpan.FromSeconds(1));
        using (var vault = Open())
        {
            vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
            vault.Sweep().ShouldBe(0);
        }
        Check().ShouldBeEmpty();
    }

    private ulong _receipts;

    private void Receipted(CallVault vault, CallId? call, byte[] hash)
    {
        var receipt = new Receipt { Fleet = _box.Fleet, Appliance = _box.Appliance, Seq = ++_receipts, Prev = new byte[32], StoreEpoch = 1, Call = call, What = ReceiptSubject.Record, Sha256 = hash, Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = _time.Wall.ToUnixTimeMilliseconds() };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
    }

    [Fact]
    public void A_journal_that_is_shorter_than_this_box_has_signed_is_found_also_after_the_next_start_has_marked_it_anew()
    {
        using (var vault = Open())
        {
            Missed(vault);
            Missed(vault);
            vault.Sweep();
        }
        Check().ShouldBeEmpty();
        Keep(i => i < 2);
        Check().ShouldHaveSingleItem().ShouldContain("its journals are shorter");
        using (var vault = Open()) vault.Sweep();
        Check().ShouldHaveSingleItem().ShouldContain("checked.damaged-");
    }

    [Fact]
    public void The_oldest_day_deleted_by_hand_is_found_and_taken_by_law_9_it_is_not()
    {
        CallTicket first;
        using (var vault = Open())
        {
            first = Missed(vault);
            Recorded(vault, line: 2);
            _time.Pass(TimeSpan.FromDays(1));
            for (var i = 0; i < 2; i++) Missed(vault);
        }
        var copy = Directory.CreateTempSubdirectory("nauha-day-").FullName;
        Trial.Copy(first.Folder, copy);
        Directory.Delete(first.Folder, recursive: true);
        Check().ShouldBe(["Records 1 to 4 are missing.", "Line 1: numbers 1 to 1 are missing."]);
        Directory.Move(copy, first.Folder);
        _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(first.Day.DestroyMs) - _time.Wall + TimeSpan.FromSeconds(1));
        using (var vault = Open())
        {
            vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
            vault.Sweep().ShouldBe(2);
            Directory.Exists(first.Folder).ShouldBeFalse();
            VaultCheck.Run(vault).ShouldBeEmpty();
        }
        Check().ShouldBeEmpty();
        using (var vault = Open()) Missed(vault, line: 2).CallNumber.ShouldBe(2ul);
        Check().ShouldBeEmpty("line 2 has nothing left of that day, and goes on");
        File.Delete(Path.Combine(_box.Data, "state.json"));
        File.Delete(Path.Combine(_box.Data, "state.json.copy"));
        Check().ShouldContain(f => f.StartsWith("Records 1 to 4 are missing", StringComparison.Ordinal), "now nobody vouches for what is gone");
        FaultTable.Tried("State and numbers", "the oldest day deleted by hand", "found by check; gone by law 9, it is no finding");
    }

    [Fact]
    public void Day_after_day_may_go_by_law_9_until_nothing_is_left_and_the_chain_is_proven_every_time()
    {
        var tickets = new List<CallTicket>();
        using (var vault = Open())
            for (var day = 0; day < 4; day++)
            {
                tickets.Add(Missed(vault));
                if (day % 2 == 0) Missed(vault, line: 2);
                _time.Pass(TimeSpan.FromDays(1));
            }
        foreach (var ticket in tickets)
        {
            _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(ticket.Day.DestroyMs) - _time.Wall + TimeSpan.FromSeconds(1));
            using (var vault = Open())
            {
                vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
                vault.Sweep();
                Directory.Exists(ticket.Folder).ShouldBeFalse();
                VaultCheck.Run(vault).ShouldBeEmpty();
            }
            Check().ShouldBeEmpty();
        }
        using (var vault = Open())
        {
            Missed(vault).CallNumber.ShouldBe(5ul);
            Missed(vault, line: 2).CallNumber.ShouldBe(3ul);
        }
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void A_file_without_its_records_a_damaged_file_and_a_damaged_journal_are_named()
    {
        CallTicket kept;
        using (var vault = Open())
        {
            kept = Recorded(vault);
            Recorded(vault);
        }
        var path = CallVault.FileOf(kept.Folder, kept.Call);
        var other = CallVault.FileOf(kept.Folder, CallId.Next());
        File.Copy(path, other);
        Check().ShouldHaveSingleItem().ShouldContain($"{Path.GetFileName(other)}: the sealed file of line 1, call 1");
        File.Move(other, path + ".damaged");
        Check().ShouldHaveSingleItem().ShouldContain($"{Path.GetFileName(path)}.damaged: the damaged sealed file of line 1, call 1");
        var bytes = File.ReadAllBytes(path + ".damaged");
        bytes[12] ^= 1;
        File.WriteAllBytes(path + ".damaged", bytes);
        Check().ShouldHaveSingleItem().ShouldContain("cannot be read any more");
        File.Delete(path + ".damaged");
        File.Copy(Journals[0], Journals[0] + ".damaged-01234567");
        Check().ShouldHaveSingleItem().ShouldContain("records.damaged-01234567");
    }

    [Fact]
    public void A_number_in_a_head_that_no_checksum_covers_raises_no_line()
    {
        CallTicket ticket;
        using (var vault = Open()) ticket = Recorded(vault);
        var bytes = File.ReadAllBytes(CallVault.FileOf(ticket.Folder, ticket.Call));
        bytes[64 + 8] = 0x7F;   // the call's number, its highest byte
        File.WriteAllBytes(CallVault.FileOf(ticket.Folder, CallId.Next()), bytes);
        using (var vault = Open()) Missed(vault).CallNumber.ShouldBe(2ul);
        Check().ShouldHaveSingleItem().ShouldContain("cannot be read any more");
    }

    [Fact]
    public void A_running_recorder_writes_on_while_check_looks_and_nothing_of_it_is_a_finding()
    {
        using var running = Open();
        Missed(running);
        using var looked = Open(readOnly: true);
        Recorded(running);
        VaultCheck.Run(looked).ShouldBeEmpty("the record was on the disk before the file was");
    }
}
