using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>state.json on a bad place of the card: the box starts by itself, says so, and gives no number again.</summary>
public sealed class StateIsDamaged : IDisposable
{
    private readonly Box _box = new();
    private readonly TwoClocks _time = new(TimeProvider.System.GetUtcNow());
    private readonly Alarms _log = new();
    private readonly Dictionary<string, byte[]> _good = [];
    private readonly ulong _last;

    public void Dispose() => _box.Dispose();

    private CallVault Open(bool readOnly = false) => CallVault.Open(_box.Data, _box.Identity, true, _time, _log, readOnly);

    private static void Missed(CallVault vault, int line) => vault.End(vault.Start(new(line), Direction.Incoming), Ending.Missed, null, new RecordFacts());

    private void Receipted(CallVault vault, JournalEntry record)
    {
        var receipt = new Receipt { Fleet = _box.Fleet, Appliance = _box.Appliance, Seq = record.Seq, Prev = new byte[32], StoreEpoch = 1, Call = record.Call, What = ReceiptSubject.Record, Sha256 = Convert.FromHexString(record.Hash), Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = "", AtMs = _time.Wall.ToUnixTimeMilliseconds() };
        vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), _box.Receipts));
    }

    private string State => Path.Combine(_box.Data, "state.json");

    // Two lines of which law 9 has taken a day; what line 2 had is gone altogether, and stands in state.json alone.
    public StateIsDamaged()
    {
        using var vault = Open();
        for (var i = 0; i < 3; i++) Missed(vault, 2);
        Missed(vault, 1);
        // Central has it all: nothing of that day is left to be said.
        foreach (var record in vault.Read(index => index.UnsentRecords().ToList())) Receipted(vault, record);
        var day = vault.Read(index => index.Calls.First().Day);
        _time.Pass(TimeSpan.FromDays(1));
        Missed(vault, 1);
        _time.Pass(DateTimeOffset.FromUnixTimeMilliseconds(RetentionPeriod.DestroyMs(day, RetentionPeriod.Zone)) - _time.Wall + TimeSpan.FromSeconds(1));
        vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
        vault.Sweep();
        foreach (var path in Directory.EnumerateFiles(_box.Data, "*", SearchOption.AllDirectories).Where(p => p.StartsWith(State, StringComparison.Ordinal) || p.StartsWith(CallVault.FolderOf(_box.Data), StringComparison.Ordinal))) _good[path] = File.ReadAllBytes(path);
        _good.ShouldContainKey(State);
        _last = vault.Read(index => index.LastSeq);
    }

    private void PutBack()
    {
        foreach (var path in Directory.EnumerateFiles(_box.Data, "state.json*")) File.Delete(path);
        Directory.Delete(CallVault.FolderOf(_box.Data), recursive: true);
        foreach (var (path, bytes) in _good)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
        }
    }

    private static IEnumerable<byte[]> Wrong(byte[] whole)
    {
        for (var length = 0; length < whole.Length; length++) yield return whole[..length];
        for (var at = 0; at < whole.Length; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= (byte)(1 << (at % 8));
            yield return changed;
        }
        yield return new byte[4_096];
    }

    [Fact]
    public void Torn_at_any_length_or_with_any_byte_flipped_the_box_starts_and_every_line_counts_on()
    {
        foreach (var wrong in Wrong(_good[State]))
        {
            PutBack();
            File.WriteAllBytes(State, wrong);
            using (var looked = Open(readOnly: true)) VaultCheck.Run(looked).ShouldHaveSingleItem().ShouldStartWith("state.json ");
            File.Exists(State).ShouldBeTrue("who only looks changes nothing");
            using var vault = Open();
            vault.Read(index => (index.NextNumber(new(1)), index.NextNumber(new(2)), index.LastSeq)).ShouldBe((3ul, 4ul, _last));
            VaultCheck.Run(vault).ShouldHaveSingleItem().ShouldStartWith("state.json.damaged-");
            File.ReadAllBytes(Directory.EnumerateFiles(_box.Data, "state.json.damaged-*").ShouldHaveSingleItem()).ShouldBe(wrong);
        }
        _log.Errors.Count(e => e.StartsWith("state.json ", StringComparison.Ordinal)).ShouldBe(Wrong(_good[State]).Count());
        FaultTable.Tried("State and numbers", "state.json torn at any length, or any byte flipped", "set aside with an alarm; every line counts on");
    }

    [Fact]
    public void It_is_written_beside_synced_renamed_and_its_folder_synced_before_the_day_goes()
    {
        var disk = new TrialDisk();
        using var vault = CallVault.Open(_box.Data, _box.Identity, true, _time, _log, false, disk);
        Missed(vault, 1);
        _time.Pass(TimeSpan.FromDays(400));
        vault.Clock.Confirm(_time.Wall.ToUnixTimeMilliseconds());
        vault.Sweep();
        var steps = disk.Steps.SkipWhile(s => !s.Path.StartsWith(State, StringComparison.Ordinal)).Where(s => s.Act is not Act.SetLength and not Act.Close).ToList();
        steps.Select(s => s.Act).Take(12).ShouldBe([Act.Open, Act.Write, Act.Sync, Act.Rename, Act.SyncFolder, Act.Open, Act.Write, Act.Sync, Act.Rename, Act.SyncFolder, Act.Rename, Act.SyncFolder]);
        (steps[3].Path, steps[3].To, steps[4].Path).ShouldBe((State + ".copy.new", State + ".copy", _box.Data));
        (steps[8].Path, steps[8].To, steps[9].Path).ShouldBe((State + ".new", State, _box.Data));
        steps[10].To.ShouldBe(steps[10].Path + ".going");
    }

    [Fact]
    public void With_its_copy_damaged_too_the_journals_and_central_say_where_it_goes_on()
    {
        File.WriteAllBytes(State, []);
        File.WriteAllBytes(State + ".copy", [1, 2, 3]);
        using (var vault = Open())
        {
            vault.Read(index => (index.NextNumber(new(1)), index.NextNumber(new(2)))).ShouldBe((3ul, 1ul), "line 2 has nothing here that could say it");
            var order = new Order.Continue(vault.Read(index => index.LastSeq) + 2, new byte[32], new Dictionary<int, ulong> { [1] = 2, [2] = 3 });
            vault.Obey(order, Envelope.Seal(PayloadTypes.Command, new SignedOrder(_box.Fleet, _box.Appliance, 1, 1, new byte[16], order, 60, null).ToPayload(), _box.Commands)).ShouldBeNull();
            Missed(vault, 2);
            vault.Read(index => (index.NextNumber(new(1)), index.NextNumber(new(2)))).ShouldBe((3ul, 5ul));
        }
        using var looked = Open(readOnly: true);
        VaultCheck.Run(looked).ShouldContain(f => f.StartsWith("Records 1 to ", StringComparison.Ordinal), "what law 9 took, nobody can vouch for any more");
        FaultTable.Tried("State and numbers", "and its copy too", "journals, sealed files and central say where to go on");
    }
}
