using Nauha.Format;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

public sealed class JournalOnFlash
{
    private static readonly LineId One = new(1);
    private static readonly LineId Two = new(2);

    [Fact]
    public void Numbers_run_over_a_line_and_the_chain_over_the_box_also_after_a_restart()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        {
            Missed(vault, One).CallNumber.ShouldBe(1ul);
            Missed(vault, Two).CallNumber.ShouldBe(1ul);
            Missed(vault, One).CallNumber.ShouldBe(2ul);
        }
        using var again = box.OpenVault();
        Missed(again, One).CallNumber.ShouldBe(3ul);
        Missed(again, Two).CallNumber.ShouldBe(2ul);
        var records = again.Read(index => index.Records.ToList());
        records.Select(r => r.Seq).ShouldBe(Enumerable.Range(1, 10).Select(i => (ulong)i));
        VaultCheck.Run(again).ShouldBeEmpty();
    }

    [Fact]
    public void A_torn_last_entry_is_cut_wherever_the_power_went_and_the_number_is_given_again()
    {
        using var box = new Box();
        using (var vault = box.OpenVault()) Missed(vault, One);
        var journal = Journal(box);
        var whole = File.ReadAllBytes(journal);
        using (var vault = box.OpenVault()) vault.Start(One, Direction.Incoming);
        var longer = File.ReadAllBytes(journal);
        for (var length = whole.Length; length < longer.Length; length += 97)
        {
            File.WriteAllBytes(journal, longer[..length]);
            using var vault = box.OpenVault();
            new FileInfo(journal).Length.ShouldBe(whole.Length);
            vault.Read(index => index.NextNumber(One)).ShouldBe(2ul);
            vault.Foreign.ShouldBe(0);
        }
        FaultTable.Tried("Journal", "its last entry torn at any byte", "cut; the number is given again");
    }

    [Fact]
    public void A_journal_that_is_broken_in_its_middle_is_kept_beside_and_a_torn_end_is_not()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
            for (var i = 0; i < 3; i++) Missed(vault, One);
        var journal = Journal(box);
        var whole = File.ReadAllBytes(journal);
        whole[whole.Length / 2] ^= 1;
        File.WriteAllBytes(journal, whole);
        using (var vault = box.OpenVault()) VaultCheck.Run(vault).ShouldHaveSingleItem().ShouldContain("records.damaged-");
        var aside = Directory.EnumerateFiles(Path.GetDirectoryName(journal)!, "records.damaged-*").ShouldHaveSingleItem();
        File.ReadAllBytes(aside).ShouldBe(whole);
        File.WriteAllBytes(journal, File.ReadAllBytes(journal)[..^5]);
        using (var vault = box.OpenVault()) VaultCheck.Run(vault);
        Directory.EnumerateFiles(Path.GetDirectoryName(journal)!, "records.damaged-*").ShouldBe([aside]);
        FaultTable.Tried("Journal", "broken in its middle", "kept beside, found by check");
    }

    [Fact]
    public void A_file_that_a_receipt_calls_closed_is_never_salvaged()
    {
        using var box = new Box();
        CallTicket ticket;
        SealedFileFacts facts;
        using (var vault = box.OpenVault())
        {
            ticket = vault.Start(One, Direction.Incoming);
            using var recording = vault.BeginRecording(ticket, Stream);
            recording.Append(Frame(0));
            facts = recording.Close();
            Answer(box, vault, ticket.Call, facts, ReceiptResult.Stored, facts.Sha256);
        }
        // Its end never reached the journal. Whole, it is what the receipt says; without its trailer it is damaged.
        var path = CallVault.FileOf(ticket.Folder, ticket.Call);
        var whole = File.ReadAllBytes(path);
        var journal = File.ReadAllBytes(Journal(box));
        using (var vault = box.OpenVault())
        {
            var call = vault.Read(index => index.Find(ticket.Call)!);
            (call.Ending, call.Recording!.Closing, call.Result).ShouldBe((Ending.Recorded, Closing.Closed, ReceiptResult.Stored));
        }
        File.WriteAllBytes(Journal(box), journal);
        File.WriteAllBytes(path, whole[..^128]);
        using (var vault = box.OpenVault()) vault.Read(index => index.Find(ticket.Call)!.Ending).ShouldBe(Ending.Failed(EndingCode.AudioLost));
        File.Exists(path).ShouldBeFalse();
        File.ReadAllBytes(path + ".damaged").ShouldBe(whole[..^128]);
        FaultTable.Tried("Journal", "a closed file that looks open", "never salvaged: record or receipt say that it is closed");
    }

    [Fact]
    public void A_file_that_the_journal_calls_closed_is_left_as_it_lies_and_found_by_check()
    {
        using var box = new Box();
        CallTicket ticket;
        using (var vault = box.OpenVault())
        {
            ticket = vault.Start(One, Direction.Incoming);
            using var recording = vault.BeginRecording(ticket, Stream);
            recording.Append(Frame(0));
            vault.End(ticket, Ending.Recorded, recording.Close(), new RecordFacts());
        }
        var path = CallVault.FileOf(ticket.Folder, ticket.Call);
        var cut = File.ReadAllBytes(path)[..^128];
        File.WriteAllBytes(path, cut);
        using var again = box.OpenVault();
        File.ReadAllBytes(path).ShouldBe(cut);
        VaultCheck.Run(again).ShouldHaveSingleItem().ShouldContain("ends too early");
    }

    [Fact]
    public void A_record_that_somebody_changed_is_found_by_check()
    {
        using var box = new Box();
        using (var vault = box.OpenVault())
        {
            Missed(vault, One);
            Missed(vault, One);
        }
        var journal = Journal(box);
        var entries = new List<byte[]>();
        JournalCodec.ReadAll(File.ReadAllBytes(journal), entry => entries.Add(entry.ToArray()));
        File.WriteAllBytes(journal, [.. entries.Where((_, i) => i != 1).SelectMany(e => JournalCodec.Entry(e))]);
        using var identity = BoxIdentity.Load(box.Data);
        using var looked = CallVault.Open(box.Data, identity, true, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, readOnly: true);
        VaultCheck.Run(looked).ShouldContain(f => f.Contains("are missing", StringComparison.Ordinal));
    }

    [Fact]
    public void A_call_cut_off_after_some_frames_is_closed_as_salvaged_with_what_was_on_flash()
    {
        using var box = new Box();
        CallId call;
        using (var vault = box.OpenVault())
        {
            var ticket = vault.Start(One, Direction.Incoming);
            call = ticket.Call;
            var recording = vault.BeginRecording(ticket, Stream);
            for (var i = 0; i < 3; i++) recording.Append(Frame(i));
        }
        var path = Directory.EnumerateFiles(Path.Combine(box.Data, "vault"), "*.nauha", SearchOption.AllDirectories).Single();
        using (var file = new FileStream(path, FileMode.Open)) file.SetLength(232 + (3 * 2_080) - 5);   // within the third frame
        using var again = box.OpenVault();
        var known = again.Read(index => index.Find(call)).ShouldNotBeNull();
        known.Ending.ShouldBe(Ending.Recorded);
        (known.Recording!.Frames, (int)known.Recording.Closing).ShouldBe((2u, 2));
        VaultCheck.Run(again).ShouldBeEmpty();
        using var third = box.OpenVault();
        third.Read(index => index.Records.Count).ShouldBe(again.Read(index => index.Records.Count), "a second start closes nothing twice");
    }

    [Fact]
    public void A_call_cut_off_before_any_file_ends_as_failed_and_keeps_its_number()
    {
        using var box = new Box();
        using (var vault = box.OpenVault()) vault.Start(One, Direction.Incoming);
        using var again = box.OpenVault();
        again.Read(index => index.Calls.Single().Ending).ShouldBe(Ending.Failed(EndingCode.AudioLost));
        Missed(again, One).CallNumber.ShouldBe(2ul);
    }

    [Theory]
    [InlineData(ReceiptResult.Stored, true)]
    [InlineData(ReceiptResult.Expired, true)]
    [InlineData(ReceiptResult.Held, false)]
    [InlineData(ReceiptResult.Refused, false)]
    public void Only_a_receipt_for_the_very_file_frees_flash(ReceiptResult result, bool frees)
    {
        using var box = new Box();
        using var vault = box.OpenVault();
        var ticket = vault.Start(One, Direction.Incoming);
        var recording = vault.BeginRecording(ticket, Stream);
        recording.Append(Frame(0));
        var facts = recording.Close();
        vault.End(ticket, Ending.Recorded, facts, new RecordFacts());
        Answer(box, vault, ticket.Call, facts, result, new byte[32]);
        vault.Read(index => index.Find(ticket.Call)!.Receipted).ShouldBeNull("it names another file");
        Answer(box, vault, ticket.Call, facts, result, facts.Sha256);
        (vault.Read(index => index.Find(ticket.Call)!.Receipted) is not null).ShouldBe(frees);
        using var again = box.OpenVault();
        (again.Read(index => index.Find(ticket.Call)!.Receipted) is not null).ShouldBe(frees, "the receipts were on flash");
    }

    private static void Answer(Box box, CallVault vault, CallId call, SealedFileFacts facts, ReceiptResult result, byte[] hash)
    {
        var receipt = new Receipt
        {
            Fleet = box.Fleet,
            Appliance = box.Appliance,
            Seq = 1,
            Prev = new byte[32],
            StoreEpoch = 1,
            Call = call,
            What = ReceiptSubject.Recording,
            Sha256 = hash,
            Bytes = facts.Bytes,
            Result = result,
            Checkpoint = "",
            AtMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), box.Receipts));
    }

    private static StreamInfo Stream { get; } = new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" };

    private static CallTicket Missed(CallVault vault, LineId line)
    {
        var ticket = vault.Start(line, Direction.Incoming);
        vault.End(ticket, Ending.Missed, null, new RecordFacts { Direction = Direction.Incoming });
        return ticket;
    }

    private static RecordedFrame Frame(int index) => new(static _ => { }) { FirstSample = index * 4_000, Samples = 4_000, Length = 1_500 };

    private static string Journal(Box box) => Directory.EnumerateFiles(Path.Combine(box.Data, "vault"), "records", SearchOption.AllDirectories).Single();
}
