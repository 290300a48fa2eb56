using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>What goes from the box, when, and what never does.</summary>
public sealed class WhatFreesFlash : IDisposable
{
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly Alarms _log = new();
    private CallVault _vault;
    private ulong _seq;

    public WhatFreesFlash() => _vault = Open();

    public void Dispose()
    {
        _vault.Dispose();
        _box.Dispose();
    }

    private CallVault Open() => CallVault.Open(_box.Data, _box.Identity, true, _time, _log);

    private void Restart()
    {
        _vault.Dispose();
        _vault = Open();
    }

    private (CallTicket Ticket, SealedFileFacts Facts, string Path) Recorded()
    {
        var ticket = _vault.Start(new(1), Direction.Incoming);
        using var recording = _vault.BeginRecording(ticket, new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" });
        recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
        var facts = recording.Close();
        _vault.End(ticket, Ending.Recorded, facts, new());
        return (ticket, facts, CallVault.FileOf(ticket.Folder, ticket.Call));
    }

    private void Answered(CallId call, byte[] hash, ReceiptResult result = ReceiptResult.Stored, ReceiptSubject what = ReceiptSubject.Recording, ulong epoch = 1)
    {
        var receipt = new Receipt
        {
            Fleet = _box.Fleet,
            Appliance = _box.Appliance,
            Seq = ++_seq,
            Prev = new byte[32],
            StoreEpoch = epoch,
            Call = call,
            What = what,
            Sha256 = hash,
            Bytes = 1,
            Result = result,
            Checkpoint = "",
            AtMs = _time.Wall.ToUnixTimeMilliseconds(),
        };
        _vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
    }

    [Fact]
    public void A_receipted_recording_goes_after_seven_days_and_not_before()
    {
        var (ticket, facts, path) = Recorded();
        Answered(ticket.Call, facts.Sha256);
        _time.Pass(CallVault.KeepAfterReceipt);
        _vault.Sweep().ShouldBe(0);
        File.Exists(path).ShouldBeTrue();
        _time.Pass(TimeSpan.FromSeconds(1));
        _vault.Sweep().ShouldBe(0);
        File.Exists(path).ShouldBeFalse();
        VaultCheck.Run(_vault).ShouldBeEmpty();
        _vault.Read(index => index.Find(ticket.Call)!.Ending).ShouldBe(Ending.Recorded, "its number stays");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ReceiptResult.Held)]
    [InlineData(ReceiptResult.Refused)]
    public void Without_a_receipt_that_says_stored_nothing_goes_however_long_it_takes(ReceiptResult? result)
    {
        var (ticket, facts, path) = Recorded();
        if (result is { } answer) Answered(ticket.Call, facts.Sha256, answer);
        _time.Pass(TimeSpan.FromDays(100));
        _vault.Sweep().ShouldBe(0);
        File.Exists(path).ShouldBeTrue();
    }

    [Fact]
    public void A_file_that_is_another_than_the_receipt_names_is_not_freed()
    {
        var (ticket, facts, path) = Recorded();
        Answered(ticket.Call, facts.Sha256);
        var bytes = File.ReadAllBytes(path);
        bytes[^200] ^= 1;
        File.WriteAllBytes(path, bytes);
        _time.Pass(TimeSpan.FromDays(8));
        _vault.Sweep().ShouldBe(0);
        File.ReadAllBytes(path).ShouldBe(bytes);
        VaultCheck.Run(_vault).ShouldNotBeEmpty();
    }

    [Fact]
    public void At_the_end_of_its_time_what_was_never_sent_ends_as_expired_unsent_with_an_alarm()
    {
        var (ticket, _, path) = Recorded();
        PassToTheEndOf(ticket, TimeSpan.FromSeconds(-1));
        _vault.Sweep().ShouldBe(0);
        File.Exists(path).ShouldBeTrue();
        _time.Pass(TimeSpan.FromSeconds(2));
        _vault.Sweep().ShouldBe(1);
        Directory.Exists(ticket.Folder).ShouldBeFalse();
        _log.Errors.ShouldHaveSingleItem().ShouldContain("without a receipt");
        Amended().ShouldBe((RecordKind.Amend, ticket.Call, ticket.CallNumber, Ending.ExpiredUnsent));
        _vault.Sweep().ShouldBe(0, "once");
        Restart();
        Amended().ShouldBe((RecordKind.Amend, ticket.Call, ticket.CallNumber, Ending.ExpiredUnsent), "it was on flash, and is still to be sent");
        VaultCheck.Run(_vault).ShouldBeEmpty();
        _vault.Start(new(1), Direction.Incoming).CallNumber.ShouldBe(2ul);
        FaultTable.Tried("End of time", "six months over, never sent", "destroyed, expired-unsent, an alarm");
    }

    [Fact]
    public void What_central_has_goes_at_the_same_moment_without_a_word()
    {
        var (ticket, facts, _) = Recorded();
        Answered(ticket.Call, facts.Sha256);
        foreach (var record in _vault.Read(index => index.Records.ToList())) Answered(ticket.Call, Convert.FromHexString(record.Hash), what: ReceiptSubject.Record);
        PassToTheEndOf(ticket, TimeSpan.FromSeconds(1));
        _vault.Sweep().ShouldBe(0);
        Directory.Exists(ticket.Folder).ShouldBeFalse();
        _log.Errors.ShouldBeEmpty();
    }

    [Fact]
    public void A_doubtful_clock_destroys_nothing()
    {
        var (ticket, facts, path) = Recorded();
        Answered(ticket.Call, facts.Sha256);
        var (_, _, unsent) = Recorded();
        _time.Wall = _time.Wall.AddYears(10);
        _vault.Clock.IsDoubtful.ShouldBeTrue();
        _vault.Sweep().ShouldBe(0);
        File.Exists(path).ShouldBeTrue();
        Restart();
        _vault.Clock.IsDoubtful.ShouldBeTrue("also after a restart");
        _vault.Sweep().ShouldBe(0);
        (File.Exists(path), File.Exists(unsent)).ShouldBe((true, true));
        _vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
        _vault.Sweep().ShouldBe(2, "central says that it is so late, and has not all of either call");
        (File.Exists(path), File.Exists(unsent)).ShouldBe((false, false));
        FaultTable.Tried("End of time", "the same by a doubtful clock", "nothing is destroyed");
    }

    [Fact]
    public void A_newer_store_epoch_voids_the_receipts_of_an_older_one_and_all_that_is_here_is_offered_again()
    {
        var (first, facts, path) = Recorded();
        Answered(first.Call, facts.Sha256, epoch: 1);
        foreach (var record in _vault.Read(index => index.Records.ToList())) Answered(first.Call, Convert.FromHexString(record.Hash), what: ReceiptSubject.Record, epoch: 1);
        Unsent().ShouldBe((0, 0));
        var order = new SignedOrder(_box.Fleet, _box.Appliance, 1, 1, new byte[16], new Order.Offer(2), 60, null);
        _vault.Obey(order.Order, Envelope.Seal(PayloadTypes.Command, order.ToPayload(), _box.Commands)).ShouldBeNull();
        Unsent().ShouldBe((1, 2));
        Answered(first.Call, facts.Sha256, epoch: 1);
        Unsent().ShouldBe((1, 2), "a receipt of the store as it was before says nothing");
        _time.Pass(TimeSpan.FromDays(8));
        _vault.Sweep();
        File.Exists(path).ShouldBeTrue();
        Restart();
        Unsent().ShouldBe((1, 2), "the order was on flash");
        _vault.Read(index => index.StoreEpoch).ShouldBe(2ul);
        Answered(first.Call, facts.Sha256, epoch: 2);
        Unsent().Recordings.ShouldBe(0);
        Answered(CallId.Next(), new byte[32], epoch: 3);
        Unsent().ShouldBe((1, 2), "a receipt of a newer store says the same as the order");
    }

    private (int Recordings, int Records) Unsent() => _vault.Read(index => (index.UnsentRecordings().Count(), index.UnsentRecords().Count(r => r.Kind != RecordKind.Blind)));

    private (RecordKind, CallId?, ulong?, Ending?) Amended() => _vault.Read(index => index.UnsentRecords().Select(r => (r.Kind, r.Call, r.CallNumber, r.Record.Ending)).Last());

    private void PassToTheEndOf(CallTicket ticket, TimeSpan after) => _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(ticket.Day.DestroyMs) + after - _time.Wall);
}
