using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// A mark beside a day's journals spares the next start their signatures, and nothing else: with it, without it and with a
/// wrong one the vault is the same, and what somebody changed is found.
/// </summary>
public sealed class MarksOfDays : IDisposable
{
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private ulong _receipts;

    public void Dispose() => _box.Dispose();

    private CallVault Open(IDisk? disk = null, bool readOnly = false) => CallVault.Open(_box.Data, _box.Identity, true, _time, NullLogger.Instance, readOnly, disk ?? Flash.Real);

    private string Journal(string name = "records") => Directory.EnumerateFiles(CallVault.FolderOf(_box.Data), name, SearchOption.AllDirectories).Single();

    private string Mark => Path.Combine(Path.GetDirectoryName(Journal())!, "checked");

    private void Call(CallVault vault)
    {
        var ticket = vault.Start(new(1), Direction.Incoming);
        vault.End(ticket, Ending.Missed, null, new RecordFacts());
        var record = vault.Read(index => index.UnsentRecords().First());
        var receipt = new Receipt { Fleet = _box.Fleet, Appliance = _box.Appliance, Seq = ++_receipts, Prev = new byte[32], StoreEpoch = 1, Call = ticket.Call, What = ReceiptSubject.Record, Sha256 = Convert.FromHexString(record.Hash), Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = _time.Wall.ToUnixTimeMilliseconds() };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
    }

    // Some calls, and a mark over them.
    private void MakeAndMark()
    {
        using var vault = Open();
        for (var i = 0; i < 5; i++) Call(vault);
        vault.Sweep();
    }

    // What a start makes of the journals; a record is as one line.
    private Found Look()
    {
        using var vault = Open(readOnly: true);
        return new(vault.Read(index => index.Records.Select(r => $"{r.Seq} {r.Kind} {r.CallNumber} {r.Hash} {r.Where.At} {r.Where.Length}").ToList()), vault.Read(index => index.UnsentRecords().Count()), vault.Foreign, vault.Vouched);
    }

    private sealed record Found(List<string> Records, int Unsent, int Foreign, long Vouched);

    [Fact]
    public void With_and_without_a_mark_a_start_finds_the_same_and_with_it_no_signature_is_checked_again()
    {
        MakeAndMark();
        var with = Look();
        with.Vouched.ShouldBe(new FileInfo(Journal()).Length + new FileInfo(Journal("receipts")).Length);
        (with.Records.Count, with.Foreign).ShouldBe((10, 0));
        File.Delete(Mark);
        Look().ShouldBeEquivalentTo(with with { Vouched = 0 });
    }

    [Fact]
    public void What_comes_after_a_mark_is_checked_and_a_later_mark_has_it_too()
    {
        MakeAndMark();
        var marked = Look().Vouched;
        using var vault = Open();
        Call(vault);
        Look().Vouched.ShouldBe(marked, "a mark of an older length holds for that length");
        vault.Sweep();
        var later = Look().Vouched;
        later.ShouldBeGreaterThan(marked);
        Call(vault);
        vault.Sweep();
        Look().Vouched.ShouldBe(later, "not every ten seconds");
        _time.Pass(TimeSpan.FromHours(6));
        vault.Sweep();
        Look().Vouched.ShouldBeGreaterThan(later);
        Look().Records.Count.ShouldBe(14);
    }

    [Fact]
    public void A_byte_flipped_anywhere_in_a_marked_journal_is_found_as_without_a_mark()
    {
        MakeAndMark();
        foreach (var name in new[] { "records", "receipts" })
        {
            var whole = File.ReadAllBytes(Journal(name));
            var mark = File.ReadAllBytes(Mark);
            for (var at = 0; at < whole.Length; at += 31)
            {
                var changed = whole.ToArray();
                changed[at] ^= 0x10;
                IsTheSameWithoutTheMark(name, changed, mark);
            }
            File.WriteAllBytes(Journal(name), whole);
        }
    }

    [Fact]
    public void An_entry_changed_with_a_right_checksum_is_foreign_also_where_a_mark_lies()
    {
        MakeAndMark();
        var entries = new List<byte[]>();
        JournalCodec.ReadAll(File.ReadAllBytes(Journal()), e => entries.Add(e.ToArray()));
        using var stranger = ApplianceSigner.Create();
        Envelope.TryOpen(entries[3], PayloadTypes.Record, new Anybody(_box.Signer), out var opened, out _).ShouldBeTrue();
        entries[3] = Envelope.Seal(PayloadTypes.Record, opened.Payload, stranger);
        IsTheSameWithoutTheMark("records", [.. entries.SelectMany(e => JournalCodec.Entry(e))], File.ReadAllBytes(Mark)).Foreign.ShouldBe(1);
        // And what lies behind it gets no mark, however often the recorder starts.
        using (var vault = Open()) vault.Sweep();
        Look().Vouched.ShouldBeLessThan(new FileInfo(Journal()).Length);
        Look().Foreign.ShouldBe(1);
    }

    // The same bytes with their mark and without it, as a start and as check sees them.
    private Found IsTheSameWithoutTheMark(string name, byte[] journal, byte[] mark)
    {
        File.WriteAllBytes(Journal(name), journal);
        File.WriteAllBytes(Mark, mark);
        var with = Look();
        File.Delete(Mark);
        var without = Look();
        with.ShouldBeEquivalentTo(without with { Vouched = with.Vouched });
        File.WriteAllBytes(Mark, mark);
        return with;
    }

    [Fact]
    public void A_mark_that_is_torn_changed_or_gone_means_that_everything_is_checked_and_marked_anew()
    {
        MakeAndMark();
        var good = Look();
        var whole = File.ReadAllBytes(Mark);
        byte[][] wrong = [[], .. Enumerable.Range(0, whole.Length / 7).Select(i => whole[..(i * 7)]), .. Enumerable.Range(0, whole.Length).Select(i => Flipped(whole, i)), new byte[Envelope.LongestBytes + 1]];
        foreach (var mark in wrong)
        {
            File.WriteAllBytes(Mark, mark);
            Look().ShouldBeEquivalentTo(good with { Vouched = 0 });
        }
        using (var vault = Open()) vault.Sweep();
        Look().ShouldBeEquivalentTo(good);
    }

    [Fact]
    public void A_mark_of_another_box_another_day_another_key_or_other_trust_is_not_believed()
    {
        MakeAndMark();
        var good = Look();
        var day = DateOnly.ParseExact(Path.GetFileName(Path.GetDirectoryName(Mark)!), "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var (records, receipts) = (Part("records"), Part("receipts"));
        var trust = DayMark.TrustOf(_box.Identity);
        Write(new(day, records, receipts), _box.Identity, trust);
        Look().ShouldBeEquivalentTo(good, "so far it is the very mark");
        using var other = new Box();
        Write(new(day, records, receipts), other.Identity, trust);
        Look().Vouched.ShouldBe(0, "another box's key");
        Write(new(day.AddDays(1), records, receipts), _box.Identity, trust);
        Look().Vouched.ShouldBe(0, "another day");
        Write(new(day, records, receipts), _box.Identity, DayMark.TrustOf(other.Identity));
        Look().Vouched.ShouldBe(0, "under other keys it may not be good");
        Write(new(day, records with { Bytes = records.Bytes - 1 }, receipts), _box.Identity, trust);
        Look().Vouched.ShouldBe(receipts.Bytes, "each journal by itself");
        Write(new(day, records with { Bytes = records.Bytes + 1 }, receipts), _box.Identity, trust);
        Look().Vouched.ShouldBe(receipts.Bytes);

        JournalPart Part(string name) => new(new FileInfo(Journal(name)).Length, System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Journal(name))));
        void Write(DayMark mark, BoxIdentity identity, byte[] under) => mark.Write(Flash.Real, Path.GetDirectoryName(Mark)!, identity, under);
    }

    [Fact]
    public void Check_takes_no_marks_word_for_it()
    {
        MakeAndMark();
        using var stranger = CentralSigner.Create();
        var receipt = new Receipt { Fleet = _box.Fleet, Appliance = _box.Appliance, Seq = 9, Prev = new byte[32], StoreEpoch = 1, Call = null, What = ReceiptSubject.Record, Sha256 = new byte[32], Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = 1 };
        File.WriteAllBytes(Journal("receipts"), JournalCodec.Entry(Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), new Disguised(stranger, _box.Receipts.Id))));
        // As whoever has the box's own key could: a mark over a forged receipt.
        var day = DateOnly.ParseExact(Path.GetFileName(Path.GetDirectoryName(Mark)!), "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var forged = File.ReadAllBytes(Journal("receipts"));
        new DayMark(day, JournalPart.Nothing, new(forged.Length, System.Security.Cryptography.SHA256.HashData(forged))).Write(Flash.Real, Path.GetDirectoryName(Mark)!, _box.Identity, DayMark.TrustOf(_box.Identity));
        using var vault = Open(readOnly: true);
        (vault.Foreign, vault.Vouched).ShouldBe((0, forged.Length));
        VaultCheck.Run(vault).ShouldHaveSingleItem().ShouldBe("1 journal entries are not signed as they must be.");
    }

    [Fact]
    public void Whatever_step_of_marking_fails_or_is_the_last_the_next_start_is_as_if_there_were_no_mark()
    {
        MakeAndMark();
        var good = Look();
        var all = new TrialDisk();
        File.Delete(Mark);
        using (var vault = Open(all)) vault.Sweep();
        all.Count.ShouldBeGreaterThan(4);
        foreach (var fault in Enum.GetValues<Fault>())
            for (var n = 0; n < all.Count; n++)
            {
                File.Delete(Mark);
                var disk = new TrialDisk { FailAt = n, Fault = fault, FailsOn = true };
                using (var vault = Open(disk)) vault.Sweep();
                var after = Look();
                after.ShouldBeEquivalentTo(good with { Vouched = after.Vouched }, $"{fault} at step {n}");
                after.Vouched.ShouldBeOneOf(0, good.Vouched);
            }
        using (var vault = Open()) vault.Sweep();
        Look().ShouldBeEquivalentTo(good);
    }

    [Fact]
    public void What_lies_in_a_marks_place_and_is_no_file_stops_neither_start_nor_sweep()
    {
        MakeAndMark();
        var good = Look();
        File.Delete(Mark);
        Directory.CreateDirectory(Mark);
        File.WriteAllText(Path.Combine(Mark, "something"), "");
        using (var vault = Open()) vault.Sweep();
        Look().ShouldBeEquivalentTo(good with { Vouched = 0 });
    }

    [Fact]
    public void A_mark_dies_with_its_day()
    {
        MakeAndMark();
        var folder = Path.GetDirectoryName(Mark)!;
        using var vault = Open();
        _time.Pass(TimeSpan.FromDays(200));
        vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
        vault.Sweep();
        Directory.Exists(folder).ShouldBeFalse();
        _time.Pass(TimeSpan.FromHours(6));
        vault.Sweep();
        Directory.Exists(folder).ShouldBeFalse();
        VaultCheck.Run(vault).ShouldBeEmpty();
    }

    private static byte[] Flipped(byte[] bytes, int at)
    {
        var changed = bytes.ToArray();
        changed[at] ^= 1;
        return changed;
    }

    private sealed class Anybody(ApplianceSigner signer) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VerificationKey? key)
        {
            key = new VerificationKey.Appliance(signer.PublicPoint);
            return true;
        }
    }

    // Signs with a key of its own in another's name.
    private sealed class Disguised(ISigner signer, KeyId name) : ISigner
    {
        public KeyId Id => name;

        public byte[] Sign(string type, ReadOnlySpan<byte> payload) => signer.Sign(type, payload);
    }
}
