using Microsoft.EntityFrameworkCore;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Ingest;

public sealed class Receiving : IAsyncLifetime
{
    private RunningCentral _central = null!;
    private FakeAppliance _box = null!;

    public async ValueTask InitializeAsync()
    {
        _central = await RunningCentral.OpenAsync();
        _box = await FakeAppliance.EnrolledAsync(_central);
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _central.DisposeAsync();
    }

    private Task<List<(TopicKind Kind, byte[] Payload)>> Says(TopicKind kind, byte[] payload) => _central.HearsAsync(_box.Id, kind, payload);

    private async Task<long> SaysPart(Part part) => Have.TryParse((await Says(TopicKind.Part, part.ToBytes())).Single().Payload, out var have, out var error) ? have.Holds.Single().Bytes : throw new Xunit.Sdk.XunitException(error);

    private string[] Aside => [.. Directory.GetFiles(Path.Combine(_central.Data, "aside")).Select(f => Path.GetFileName(f)!)];

    [Fact]
    public async Task A_whole_call_is_stored_byte_for_byte_and_receipted()
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1);
        var receipt = await _box.DeliverAsync(call, 1, file, facts);
        (receipt.Result, receipt.What, receipt.Call, receipt.Bytes).ShouldBe((ReceiptResult.Stored, ReceiptSubject.Recording, call, file.Length));
        receipt.Sha256.ShouldBe(facts.Sha256);
        Checkpoint.TryVerify(receipt.Checkpoint, _central.Keys.Receipts.PublicKey, out _).ShouldBeTrue();
        (await File.ReadAllBytesAsync(Directory.GetFiles(Path.Combine(_central.Data, "blobs"), "*.nauha", SearchOption.AllDirectories).Single())).ShouldBe(file);
        (await _central.AlarmsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Receipts_are_one_chain_without_a_hole()
    {
        byte[] prev = new byte[32];
        for (ulong n = 1; n <= 4; n++)
        {
            var reply = (await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), n))).Single();
            var receipt = _central.ReadReceipt(reply);
            (receipt.Seq, Convert.ToHexString(receipt.Prev)).ShouldBe((n, Convert.ToHexString(prev)));
            prev = CallRecord.HashOf(receipt.ToPayload());
        }
    }

    [Fact]
    public async Task Parts_that_come_twice_out_of_turn_or_damaged_change_nothing_and_the_upload_goes_on_where_it_was()
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1);
        foreach (var record in new[] { _box.Record(RecordKind.Start, call, 1), _box.Record(RecordKind.End, call, 1, file: facts) }) await Says(TopicKind.Record, record);
        var parts = FakeAppliance.Parts(call, file).ToList();
        parts.Count.ShouldBeGreaterThan(3);
        (await SaysPart(parts[0])).ShouldBe(Part.Longest);
        (await SaysPart(parts[0])).ShouldBe(Part.Longest);
        (await SaysPart(parts[2])).ShouldBe(Part.Longest);
        var damaged = parts[1].ToBytes();
        damaged[^1] ^= 1;
        Have.TryParse((await Says(TopicKind.Part, damaged)).Single().Payload, out var have, out _).ShouldBeTrue();
        have!.Holds.Single().Bytes.ShouldBe(Part.Longest);
        await _central.RestartAsync();
        var birth = await Says(TopicKind.Birth, new Birth(_box.Id, 2, "1.0", true, 1, 0, 0, 2, new byte[16]).ToJson());
        birth.Select(b => b.Kind).ShouldBe([TopicKind.Time, TopicKind.Document, TopicKind.Document, TopicKind.Have]);
        Have.TryParse(birth[^1].Payload, out have, out _).ShouldBeTrue();
        have!.Holds.ShouldBe([new(call, Part.Longest)]);
        foreach (var part in parts[1..^1]) await SaysPart(part);
        _central.ReadReceipt((await Says(TopicKind.Part, parts[^1].ToBytes())).Single()).Result.ShouldBe(ReceiptResult.Stored);
    }

    [Fact]
    public async Task A_receipt_that_got_lost_is_given_again_after_a_restart_and_nothing_is_stored_twice()
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1);
        await _box.DeliverAsync(call, 1, file, facts);
        await _central.RestartAsync();
        var again = _central.ReadReceipt((await Says(TopicKind.Part, FakeAppliance.Parts(call, file).Last().ToBytes())).Single());
        (again.Result, Convert.ToHexString(again.Sha256)).ShouldBe((ReceiptResult.Stored, Convert.ToHexString(facts.Sha256)));
        Directory.GetFiles(Path.Combine(_central.Data, "blobs"), "*", SearchOption.AllDirectories).Length.ShouldBe(1);
        Directory.GetFiles(Path.Combine(_central.Data, "incoming"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_recording_moved_but_not_yet_in_the_catalogue_when_the_power_went_is_taken_again()
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1);
        await _box.DeliverAsync(call, 1, file, facts);
        await _central.DatabaseAsync(db => db.Calls.ExecuteUpdateAsync(s => s.SetProperty(c => c.BlobState, (string?)null).SetProperty(c => c.Blob, (string?)null).SetProperty(c => c.ReceiptMs, (long?)null)));
        List<(TopicKind Kind, byte[] Payload)> answer = [];
        foreach (var part in FakeAppliance.Parts(call, file)) answer = await Says(TopicKind.Part, part.ToBytes());
        _central.ReadReceipt(answer.Single()).Result.ShouldBe(ReceiptResult.Stored);
        Directory.GetFiles(Path.Combine(_central.Data, "blobs"), "*", SearchOption.AllDirectories).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_sealed_to_a_key_that_is_not_ours_is_held_aside_with_an_alarm()
    {
        using var strange = DaySecret.Create();
        var day = DayKeyEntry.For(_box.Today.Day, strange.PublicKey);
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1, day: day);
        var receipt = await _box.DeliverAsync(call, 1, file, facts, day);
        (receipt.Result, receipt.FreesFlash).ShouldBe((ReceiptResult.Held, false));
        Aside.ShouldBe([$"{call}.held"]);
        (await _central.AlarmsAsync()).ShouldContain("recording-held");
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public async Task A_file_with_one_changed_byte_is_refused_aside_with_an_alarm(double where)
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1, frames: 20);
        file[(int)(where * file.Length)] ^= 1;
        var receipt = await _box.DeliverAsync(call, 1, file, facts);
        (receipt.Result, receipt.FreesFlash).ShouldBe((ReceiptResult.Refused, false));
        Aside.ShouldBe([$"{call}.refused"]);
        (await _central.AlarmsAsync()).ShouldContain("recording-refused");
    }

    [Fact]
    public async Task A_whole_file_other_than_the_one_the_end_record_vouches_for_is_refused()
    {
        var call = CallId.Next();
        var (_, facts) = _box.Recording(call, 1, frames: 20);
        var (other, _) = _box.Recording(call, 1, frames: 20);
        (await _box.DeliverAsync(call, 1, other, facts)).Result.ShouldBe(ReceiptResult.Refused);
    }

    [Fact]
    public async Task A_record_signed_by_another_or_of_another_appliance_is_not_taken()
    {
        using var other = await FakeAppliance.EnrolledAsync(_central);
        (await _central.HearsAsync(_box.Id, TopicKind.Record, other.Record(RecordKind.Start, CallId.Next(), 1))).ShouldBeEmpty();
        (await Says(TopicKind.Record, _box.Record(RecordKind.Start, CallId.Next(), 1, change: r => r with { Appliance = other.Id }))).ShouldBeEmpty();
        (await _central.DatabaseAsync(db => db.Records.CountAsync())).ShouldBe(0);
        (await _central.AlarmsAsync()).ShouldBe(["record-refused", "record-foreign"]);
    }

    [Fact]
    public async Task A_call_of_another_appliance_cannot_be_added_to()
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1, frames: 20);
        await _box.DeliverAsync(call, 1, file, facts);
        using var other = await FakeAppliance.EnrolledAsync(_central);
        var answer = await _central.HearsAsync(other.Id, TopicKind.Record, other.Record(RecordKind.None, call, 99));
        _central.ReadReceipt(answer.Single()).Result.ShouldBe(ReceiptResult.Refused);
        var row = await _central.DatabaseAsync(db => db.Calls.SingleAsync());
        (row.Appliance, row.CallNumber, row.Outcome).ShouldBe((_box.Id.Text, 1, "recorded"));
        (await _central.AlarmsAsync()).ShouldBe(["record-foreign"]);
        Aside.ShouldHaveSingleItem().ShouldEndWith(".record");
    }

    [Fact]
    public async Task What_is_said_of_a_stored_recording_later_does_not_change_it()
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1, frames: 20);
        await _box.DeliverAsync(call, 1, file, facts);
        await Says(TopicKind.Record, _box.Record(RecordKind.End, call, 1, file: facts with { Sha256 = new byte[32] }));
        (await _central.DatabaseAsync(db => db.Calls.SingleAsync())).FileSha256.ShouldBe(Convert.ToHexStringLower(facts.Sha256));
        (await _central.AlarmsAsync()).ShouldBe(["contradicted"]);
    }

    [Fact]
    public async Task The_same_record_again_gets_its_receipt_again_and_another_under_its_number_is_a_clone()
    {
        var record = _box.Record(RecordKind.None, CallId.Next(), 1);
        var first = _central.ReadReceipt((await Says(TopicKind.Record, record)).Single());
        var again = _central.ReadReceipt((await Says(TopicKind.Record, record)).Single());
        (again.Result, Convert.ToHexString(again.Sha256)).ShouldBe((ReceiptResult.Stored, Convert.ToHexString(first.Sha256)));
        var clone = _box.Record(RecordKind.None, CallId.Next(), 1, change: r => r with { Seq = 1, Prev = new byte[32] });
        _central.ReadReceipt((await Says(TopicKind.Record, clone)).Single()).Result.ShouldBe(ReceiptResult.Refused);
        (await _central.AlarmsAsync()).ShouldBe(["clone"]);
        Aside.ShouldHaveSingleItem().ShouldEndWith(".record");
    }

    [Fact]
    public async Task Missing_records_missing_numbers_broken_chains_and_wrong_days_are_alarms_and_the_record_is_kept()
    {
        await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 1));
        _ = _box.Record(RecordKind.None, CallId.Next(), 2);
        await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 3));
        (await _central.AlarmsAsync()).ShouldBe(["gap", "number-missing"]);
        await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 4, change: r => r with { Prev = new byte[32] }));
        await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 4));
        await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 5, change: r => r with { Started = new(_box.NowMs - 3 * 86_400_000L, ClockSource.Rtc, 1_000) }));
        (await _central.AlarmsAsync()).ShouldBe(["gap", "number-missing", "chain", "number-twice", "wrong-day"]);
        (await _central.DatabaseAsync(db => db.Records.CountAsync())).ShouldBe(5);
    }

    [Fact]
    public async Task When_a_box_was_blind_and_why_is_told_line_by_line_newest_first()
    {
        byte[] Blind(int line, long from, long until, EndingCode why) => _box.Record(RecordKind.Blind, CallId.Next(), 0, change: r => r with { Call = null, CallNumber = null, Ending = null, Sealed = [], Line = new(line), BlindFromMs = from, BlindUntilMs = until, BlindCode = why });
        var now = _box.NowMs;
        await Says(TopicKind.Record, Blind(1, now - 90_000, now - 30_000, EndingCode.Power));
        await Says(TopicKind.Record, Blind(2, now - 20_000, now - 19_500, EndingCode.Unplugged));
        await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 1));
        var reports = _central.Reports;
        (await reports.BlindAsync(null, CancellationToken.None)).Select(b => (b.Appliance, b.Line, b.FromUtc.ToUnixTimeMilliseconds() - now, b.UntilUtc.ToUnixTimeMilliseconds() - now, b.Why))
            .ShouldBe([(_box.Id.Text, 2, -20_000, -19_500, "unplugged"), (_box.Id.Text, 1, -90_000, -30_000, "power")]);
        (await reports.NumbersAsync(CancellationToken.None)).Lines.Single(l => l.Line == 1).BlindIntervals.ShouldBe(1);
    }

    [Theory]
    [InlineData(TopicKind.Birth)]
    [InlineData(TopicKind.Status)]
    [InlineData(TopicKind.Progress)]
    [InlineData(TopicKind.Record)]
    [InlineData(TopicKind.Part)]
    [InlineData(TopicKind.Answer)]
    public async Task Bytes_that_mean_nothing_are_survived(TopicKind kind)
    {
        var random = new Random(5);
        foreach (var length in new[] { 0, 1, 63, 64, 65, 500, 140_000 })
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            await Says(kind, bytes);
        }
        _central.ReadReceipt((await Says(TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 1))).Single()).Result.ShouldBe(ReceiptResult.Stored);
    }

    [Fact]
    public async Task A_will_of_an_older_session_does_not_end_a_newer_one()
    {
        await Says(TopicKind.Birth, new Birth(_box.Id, 7, "1.0", true, 1, 9, 9, 0, new byte[16]).ToJson());
        await Says(TopicKind.Status, new ApplianceStatus(6, false, _box.NowMs, 1, 0, 0, 1, 0, []).ToJson());
        (await _central.Register.ListAsync(CancellationToken.None)).Single().Online.ShouldBeTrue();
        await Says(TopicKind.Status, new ApplianceStatus(7, false, _box.NowMs, 1, 0, 0, 1, 0, []).ToJson());
        (await _central.Register.ListAsync(CancellationToken.None)).Single().Online.ShouldBeFalse();
    }

    [Fact]
    public async Task No_number_and_no_agent_stands_in_clear_in_any_file_of_central()
    {
        var call = CallId.Next();
        var (file, facts) = _box.Recording(call, 1);
        await _box.DeliverAsync(call, 1, file, facts);
        var files = 0;
        foreach (var path in Directory.GetFiles(_central.Data, "*", SearchOption.AllDirectories).Where(p => !p.EndsWith(".sock", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes);
            foreach (var secret in new[] { "0409990123", "409990123", "desk-1" }) bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, path);
            files++;
        }
        files.ShouldBeGreaterThan(10);
    }
}
