using CsCheck;
using Nauha.Format.Tests.Sealing;
using Shouldly;

namespace Nauha.Format.Tests.Records;

public sealed class Documents
{
    private static readonly FleetId Fleet = SealedFiles.Fleet;
    private static readonly ApplianceId Appliance = SealedFiles.Appliance;

    private sealed class OneKey(KeyId id, VerificationKey key) : IKeyring
    {
        public bool TryFind(KeyId wanted, string type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VerificationKey? found)
        {
            found = wanted == id ? key : null;
            return found is not null;
        }
    }

    private static CallRecord Record(ApplianceSigner signer, DaySecret day, CallId call, byte[] facts) => new()
    {
        Fleet = Fleet,
        Appliance = Appliance,
        Seq = 3,
        Prev = new byte[32],
        Kind = RecordKind.End,
        Call = call,
        Line = new(2),
        CallNumber = 5,
        Started = new(1_790_000_000_000, ClockSource.Ntp, 10),
        DayKid = day.Id,
        Ending = Ending.Recorded,
        Recording = new(new byte[32], 12_345, 9, Closing.Closed),
        Simulated = true,
        Sealed = facts,
    };

    [Fact]
    public void A_record_goes_round_and_its_sealed_facts_open_for_the_day_alone()
    {
        using var signer = ApplianceSigner.Create();
        using var day = DaySecret.Create();
        var call = CallId.Next();
        PhoneNumber.TryParse("040 999 0123", out var party).ShouldBeTrue();
        AgentId.TryParse("desk-1", out var agent).ShouldBeTrue();
        var facts = new RecordFacts { Party = party, Direction = Direction.Incoming, Agent = agent, AgentKnownBy = "line", Announcement = new("fi-1", new byte[32], 0.98, new(true, true, true, null, null)), NoticeVersion = "1" };
        var record = Record(signer, day, call, facts.Seal(day.PublicKey, Fleet, Appliance, call, RecordKind.End, 3));
        var envelope = Envelope.Seal(PayloadTypes.Record, record.ToPayload(), signer);
        Envelope.TryOpen(envelope, PayloadTypes.Record, new OneKey(signer.Id, new VerificationKey.Appliance(signer.PublicPoint)), out var opened, out var error).ShouldBeTrue(error);
        CallRecord.TryParse(opened!.Payload, out var read, out error).ShouldBeTrue(error);
        read!.ToPayload().ShouldBe(record.ToPayload());
        var plain = Hpke.Open(day, RecordFacts.Info(read), read.Sealed).ShouldNotBeNull();
        RecordFacts.TryParse(plain, out var again, out error).ShouldBeTrue(error);
        again.ShouldBeEquivalentTo(facts);
        System.Text.Encoding.UTF8.GetString(envelope).ShouldNotContain("0409990123");
    }

    [Fact]
    public void An_envelope_of_another_type_signer_or_with_a_changed_byte_stays_shut()
    {
        using var signer = ApplianceSigner.Create();
        using var other = ApplianceSigner.Create();
        var ring = new OneKey(signer.Id, new VerificationKey.Appliance(signer.PublicPoint));
        var envelope = Envelope.Seal(PayloadTypes.Record, "{}"u8, signer);
        Envelope.TryOpen(envelope, PayloadTypes.Receipt, ring, out _, out _).ShouldBeFalse();
        Envelope.TryOpen(Envelope.Seal(PayloadTypes.Record, "{}"u8, other), PayloadTypes.Record, ring, out _, out _).ShouldBeFalse();
        Envelope.TryOpen(Envelope.Seal(PayloadTypes.Record, "{}"u8, signer, other), PayloadTypes.Record, ring, out _, out _).ShouldBeFalse();
        for (var i = 0; i < envelope.Length; i++)
        {
            var changed = envelope.ToArray();
            changed[i] ^= 1;
            Envelope.TryOpen(changed, PayloadTypes.Record, ring, out _, out _).ShouldBeFalse($"byte {i}");
        }
    }

    [Theory]
    [InlineData("""{"a":1,"a":1}""", "twice")]
    [InlineData("""{"b":1}""", "missing")]
    [InlineData("""{"a":1,"b":2}""", "not known")]
    [InlineData("""{"a":1.0}""", "whole")]
    [InlineData("""{"a":"1"}""", "whole")]
    [InlineData("""[1]""", "object")]
    [InlineData("\ufeff{\"a\":1}", "byte order mark")]
    public void Strict_json_names_what_is_wrong(string json, string finding)
    {
        StrictJson.TryRead(System.Text.Encoding.UTF8.GetBytes(json), m => m.Whole("a"), out _, out var error).ShouldBeFalse();
        error.ShouldContain(finding);
    }

    [Fact]
    public void Hostile_bytes_are_never_a_record_a_receipt_or_an_envelope() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        CallRecord.TryParse(bytes, out _, out _).ShouldBeFalse();
        Receipt.TryParse(bytes, out _, out _).ShouldBeFalse();
        DayKeyBundle.TryParse(bytes, out _, out _).ShouldBeFalse();
        Birth.TryParse(bytes, out _, out _).ShouldBeFalse();
        Have.TryParse(bytes, out _, out _).ShouldBeFalse();
    }, iter: 500);

    [Fact]
    public void The_journal_cuts_a_torn_entry_and_keeps_what_is_before_it()
    {
        var entries = Enumerable.Range(1, 4).Select(i => Enumerable.Repeat((byte)i, i * 50).ToArray()).ToList();
        var journal = entries.SelectMany(e => JournalCodec.Entry(e)).ToArray();
        var borders = entries.Select((_, i) => entries.Take(i + 1).Sum(e => e.Length + 8)).Prepend(0).ToList();
        for (var cut = 0; cut <= journal.Length; cut++)
        {
            var read = new List<byte[]>();
            var good = JournalCodec.ReadAll(journal.AsMemory(0, cut), entry => read.Add(entry.ToArray()));
            good.ShouldBe(borders.Last(b => b <= cut));
            read.Count.ShouldBe(borders.Count(b => b <= cut) - 1);
        }
    }

    [Fact]
    public void A_bundle_goes_round_and_finds_the_day_or_flags_the_last()
    {
        using var a = DaySecret.Create();
        using var b = DaySecret.Create();
        var day = new DateOnly(2026, 10, 24);   // the night of the 25th has 25 hours
        var bundle = new DayKeyBundle(Fleet, 4, 1_790_000_000_000, [DayKeyEntry.For(day, a.PublicKey), DayKeyEntry.For(day.AddDays(1), b.PublicKey)]);
        DayKeyBundle.TryParse(bundle.ToPayload(), out var read, out var error).ShouldBeTrue(error);
        (read!.Keys[1].UntilMs - read.Keys[1].FromMs).ShouldBe(25 * 3_600_000);
        read.EntryFor(bundle.Keys[1].FromMs).ShouldSatisfyAllConditions(e => e.Entry.Kid.ShouldBe(b.Id), e => e.Flagged.ShouldBeFalse());
        read.EntryFor(bundle.Keys[1].UntilMs).Flagged.ShouldBeTrue();
        read.EntryFor(0).Flagged.ShouldBeTrue();
    }

    [Fact]
    public void A_trust_document_is_believed_by_its_root_and_never_goes_back()
    {
        using var root = CentralSigner.Create();
        using var thief = CentralSigner.Create();
        using var receipts = CentralSigner.Create();
        TrustDocument Make(ulong version, CentralSigner by) => new(Fleet, version, [by.PublicKey], 1,
            new Dictionary<string, IReadOnlyList<TrustedKey>> { ["receipts"] = [new(receipts.Id, receipts.PublicKey, 0, long.MaxValue, true)] }, []);
        byte[] Signed(TrustDocument trust, CentralSigner by) => Envelope.Seal(PayloadTypes.Trust, trust.ToPayload(), by);
        var name = Make(1, root).RootName;
        TrustDocument.TryOpen(Signed(Make(1, root), root), null, name, out var first, out var error).ShouldBeTrue(error);
        TrustDocument.TryOpen(Signed(Make(1, thief), thief), null, name, out _, out error).ShouldBeFalse();
        error.ShouldContain("not your central");
        TrustDocument.TryOpen(Signed(Make(2, thief), thief), first, null, out _, out _).ShouldBeFalse();
        TrustDocument.TryOpen(Signed(Make(1, root), thief), null, name, out _, out _).ShouldBeFalse();
        TrustDocument.TryOpen(Signed(Make(2, root), root), first, null, out var second, out _).ShouldBeTrue();
        TrustDocument.TryOpen(Signed(Make(1, root), root), second, null, out _, out _).ShouldBeFalse();
        var ring = new TrustKeyring(second!);
        ring.TryFind(receipts.Id, PayloadTypes.Receipt, out _).ShouldBeTrue();
        ring.TryFind(receipts.Id, PayloadTypes.DayKeys, out _).ShouldBeFalse();
    }

    [Fact]
    public void Parts_say_when_they_were_damaged_or_lie_outside()
    {
        var part = new Part(CallId.Next(), 100, 1_000, new byte[] { 1, 2, 3 });
        Part.TryParse(part.ToBytes(), out var read, out _, out _).ShouldBeTrue();
        read.Offset.ShouldBe(100);
        var damaged = part.ToBytes();
        damaged[^1] ^= 1;
        Part.TryParse(damaged, out _, out var call, out _).ShouldBeFalse();
        call.ShouldBe(part.Call);
        Part.TryParse((part with { Offset = 998 }).ToBytes(), out _, out _, out _).ShouldBeFalse();
        Part.TryParse(new byte[10], out _, out _, out _).ShouldBeFalse();
    }
}
