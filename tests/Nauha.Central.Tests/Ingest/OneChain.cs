using Microsoft.EntityFrameworkCore;
using Nauha.Central.Catalogue;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Ingest;

/// <summary>An appliance that knows less of its chain than central: it is told where to go on, and somebody is told to look.</summary>
public sealed class OneChain : IAsyncLifetime
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

    private async Task<List<Order>> BornAsync(ulong lastSeq, ulong session = 1) =>
        [.. (await _central.HearsAsync(_box.Id, TopicKind.Birth, new Birth(_box.Id, session, "1.0", true, 1, 99, 99, lastSeq, new byte[16]).ToJson()))
            .Where(r => r.Kind == TopicKind.Command)
            .Select(r => Envelope.TryOpen(r.Payload, PayloadTypes.Command, new TrustKeyring(_central.Register.Trust), out var opened, out var error) && SignedOrder.TryParse(opened.Payload, out var order, out error) && order.Session == session ? order.Order : throw new Xunit.Sdk.XunitException(error))];

    [Fact]
    public async Task A_box_that_knows_all_of_its_chain_is_told_nothing()
    {
        (await BornAsync(0)).ShouldBeEmpty();
        await _central.HearsAsync(_box.Id, TopicKind.Record, _box.Record(RecordKind.None, CallId.Next(), 1));
        (await BornAsync(1)).ShouldBeEmpty();
        (await BornAsync(7)).ShouldBeEmpty("it has more to say");
        (await _central.AlarmsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_box_that_was_set_back_is_told_record_hash_and_numbers_under_the_commands_signature_and_there_is_an_alarm(ulong lastSeq)
    {
        byte[] last = [];
        foreach (var (number, line) in new[] { (1ul, 1), (1ul, 3), (2ul, 1) })
        {
            var record = _box.Record(RecordKind.None, CallId.Next(), number, change: r => r with { Line = new(line) });
            await _central.HearsAsync(_box.Id, TopicKind.Record, record);
            Envelope.TryOpen(record, PayloadTypes.Record, new Own(_box.Signer), out var opened, out _).ShouldBeTrue();
            last = CallRecord.HashOf(opened!.Payload);
        }
        var order = (await BornAsync(lastSeq)).ShouldHaveSingleItem().ShouldBeOfType<Order.Continue>();
        (order.Seq, Convert.ToHexString(order.Hash)).ShouldBe((3ul, Convert.ToHexString(last)));
        order.Numbers.OrderBy(n => n.Key).Select(n => (n.Key, n.Value)).ShouldBe([(1, 2ul), (3, 1ul)]);
        (await _central.AlarmsAsync()).ShouldBe(["rolled-back"]);
    }

    [Fact]
    public async Task What_is_destroyed_still_counts()
    {
        await _central.DatabaseAsync(async db =>
        {
            await Forgotten.AddAsync(db, _box.Id.Text, 40, new string('a', 64), CancellationToken.None);
            await Forgotten.NumberAsync(db, _box.Id.Text, 2, 11, CancellationToken.None);
            return await db.SaveChangesAsync();
        });
        var order = (await BornAsync(0)).ShouldHaveSingleItem().ShouldBeOfType<Order.Continue>();
        (order.Seq, Convert.ToHexStringLower(order.Hash), order.Numbers[2]).ShouldBe((40ul, new string('a', 64), 11ul));
    }

    [Fact]
    public async Task What_a_clone_numbered_before_it_met_central_is_refused_and_kept_aside_and_its_recording_is_taken()
    {
        var (first, second) = (CallId.Next(), CallId.Next());
        var (file, facts) = _box.Recording(first, 1, frames: 20);
        (await _box.DeliverAsync(first, 1, file, facts)).Result.ShouldBe(ReceiptResult.Stored);
        // The other of the two has never heard of that call, and has made its own under the same numbers.
        var (other, otherFacts) = _box.Recording(second, 1, frames: 20);
        foreach (var (kind, seq) in new[] { (RecordKind.Start, 1ul), (RecordKind.Amend, 2ul), (RecordKind.End, 3ul) })
        {
            var record = _box.Record(kind, second, 1, FakeAppliance.Facts("0409990124", "desk-1"), kind == RecordKind.End ? otherFacts : null, r => r with { Seq = seq, Prev = new byte[32] });
            _central.ReadReceipt((await _central.HearsAsync(_box.Id, TopicKind.Record, record)).Single()).Result.ShouldBe(ReceiptResult.Refused);
        }
        List<(TopicKind Kind, byte[] Payload)> answer = [];
        foreach (var part in FakeAppliance.Parts(second, other)) answer = await _central.HearsAsync(_box.Id, TopicKind.Part, part.ToBytes());
        _central.ReadReceipt(answer.Single()).Result.ShouldBe(ReceiptResult.Stored);
        (await _central.AlarmsAsync()).ShouldContain("clone");
        (await _central.DatabaseAsync(db => db.Records.CountAsync())).ShouldBe(3, "the first stays what it was");
        (await _central.DatabaseAsync(db => db.Calls.CountAsync(c => c.BlobState == "stored"))).ShouldBe(2);
    }

    [Fact]
    public async Task A_box_whose_flash_fills_up_is_an_alarm_nearly_full_a_louder_one_and_full_the_loudest()
    {
        async Task Says(params string[] notices) => await _central.HearsAsync(_box.Id, TopicKind.Status, new ApplianceStatus(1, true, _box.NowMs, 1, 0, 0, 95, 0, notices).ToJson());
        await Says();
        (await _central.AlarmsAsync()).ShouldBeEmpty();
        await Says("flash");
        (await _central.AlarmsAsync()).ShouldBe(["flash"]);
        await Says("flash-alarm");
        await Says("flash-full", "clock");
        (await _central.AlarmsAsync()).ShouldBe(["flash", "flash-alarm", "flash-full"]);
    }

    [Fact]
    public async Task A_box_with_day_keys_for_less_than_a_week_is_an_alarm_and_for_less_than_a_month_a_notice()
    {
        async Task Says(params string[] notices) => await _central.HearsAsync(_box.Id, TopicKind.Status, new ApplianceStatus(1, true, _box.NowMs, 1, 0, 0, 20, 0, notices).ToJson());
        await Says("day-keys");
        (await _central.AlarmsAsync()).ShouldBeEmpty();
        (await _central.DatabaseAsync(db => db.Appliances.Select(a => a.Notices).SingleAsync())).ShouldBe("day-keys");
        await Says("day-keys-alarm");
        (await _central.AlarmsAsync()).ShouldBe(["day-keys"]);
    }

    [Fact]
    public async Task A_record_that_was_only_late_is_taken_though_its_appliance_said_that_others_are_gone_for_ever()
    {
        var (old, lost, living) = (CallId.Next(), CallId.Next(), CallId.Next());
        async Task<ReceiptResult> Says(byte[] record) => _central.ReadReceipt((await _central.HearsAsync(_box.Id, TopicKind.Record, record)).Single()).Result;
        await Says(_box.Record(RecordKind.Start, old, 1));
        _box.Record(RecordKind.Start, lost, 2);                       // went with its day, unsent
        var late = _box.Record(RecordKind.Start, living, 3);          // on its way, and overtaken
        _box.Record(RecordKind.None, lost, 2);
        await Says(_box.Record(RecordKind.Amend, lost, 2, change: r => r with { Ending = Ending.ExpiredUnsent }));
        (await _central.AlarmsAsync()).ShouldContain("expired-unsent");
        (await Says(late)).ShouldBe(ReceiptResult.Stored);
        (await _central.DatabaseAsync(db => db.Calls.CountAsync(c => c.Call == living.ToString()))).ShouldBe(1);
        (await Says(late)).ShouldBe(ReceiptResult.Stored, "again the same");
        // What is truly gone is still no gap: 2 and 4 of five.
        (await _central.DatabaseAsync(db => db.Forgotten.OrderBy(f => f.FromSeq).Select(f => new { f.FromSeq, f.UntilSeq }).ToListAsync())).Select(f => (f.FromSeq, f.UntilSeq)).ShouldBe([(2L, 2L), (4L, 4L)]);
    }

    private sealed class Own(ApplianceSigner signer) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VerificationKey? key) => (key = id == signer.Id ? new VerificationKey.Appliance(signer.PublicPoint) : null) is not null;
    }
}
