using System.Text;
using Microsoft.Extensions.Time.Testing;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Audit;

public sealed class TheLog : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("nauha-audit-").FullName;
    private readonly FakeTimeProvider _time = new(new(2026, 11, 24, 8, 0, 0, TimeSpan.Zero));
    private byte[] _key = [];

    private string LogFile => Path.Combine(_data, "audit", "log");

    private void WithLog(Action<AuditLog> act)
    {
        using var log = AuditLog.Open(_data, _time);
        using var keys = Keystore.Open(_data, null, log, _time);
        log.SignWith(keys.Receipts, keys.Fleet, keys.AuditMonth);
        _key = keys.Receipts.PublicKey;
        act(log);
    }

    private void Write(int entries) => WithLog(log =>
    {
        for (var i = 0; i < entries; i++) log.Append(new("someone", "listen", "done", CallId.Next(), "quality", new Dictionary<string, string> { ["reason"] = "caller-asked-for-0409990123" }));
    });

    private void Change(int line, Func<string, string> how)
    {
        var lines = File.ReadAllLines(LogFile);
        lines[line] = how(lines[line]);
        File.WriteAllText(LogFile, string.Join('\n', lines) + "\n");
    }

    [Fact]
    public void Entries_stand_as_they_were_written_and_are_counted_on_after_a_restart()
    {
        Write(3);
        Write(2);
        AuditLog.Verify(_data, _key).ShouldBe((null, 5ul));
        Encoding.UTF8.GetString(File.ReadAllBytes(LogFile)).ShouldNotContain("0409990123");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_changed_entry_is_named(int changed)
    {
        Write(5);
        Change(changed, line => line.Replace("\"listen\"", "\"search\"", StringComparison.Ordinal));
        AuditLog.Verify(_data, _key).Problem.ShouldBe($"entry {changed} was changed");
    }

    [Fact]
    public void A_log_that_was_changed_while_nobody_served_it_is_not_signed_anew()
    {
        Write(4);
        var checkpoint = File.ReadAllBytes(Path.Combine(_data, "audit", "checkpoint"));
        Change(1, line => line.Replace("\"listen\"", "\"search\"", StringComparison.Ordinal));
        Should.Throw<AuditBrokenException>(() => Write(1)).Problem.ShouldBe("entry 1 was changed");
        File.ReadAllBytes(Path.Combine(_data, "audit", "checkpoint")).ShouldBe(checkpoint);
    }

    [Fact]
    public void Entries_that_were_cut_off_and_a_checkpoint_that_is_gone_are_noticed_at_the_start()
    {
        Write(4);
        var lines = File.ReadAllLines(LogFile);
        File.WriteAllText(LogFile, string.Join('\n', lines[..2]) + "\n");
        Should.Throw<AuditBrokenException>(() => Write(1)).Problem.ShouldStartWith("entry 2 and what follows it are missing");
        File.WriteAllText(LogFile, string.Join('\n', lines) + "\n");
        Write(1);
        File.Delete(Path.Combine(_data, "audit", "checkpoint"));
        Should.Throw<AuditBrokenException>(() => Write(1)).Problem.ShouldStartWith("the checkpoint is missing");
    }

    [Fact]
    public void An_entry_torn_by_a_power_cut_is_cut_off_and_one_that_the_checkpoint_does_not_count_yet_stays()
    {
        Write(3);
        var checkpoint = File.ReadAllBytes(Path.Combine(_data, "audit", "checkpoint"));
        Write(1);
        File.WriteAllBytes(Path.Combine(_data, "audit", "checkpoint"), checkpoint);
        File.AppendAllText(LogFile, """{"i":4,"atMs":""");
        Write(1);
        AuditLog.Verify(_data, _key).ShouldBe((null, 5ul));
    }

    [Fact]
    public void The_months_key_lies_in_the_keystore_and_nowhere_beside_the_log()
    {
        var audit = Directory.CreateDirectory(Path.Combine(_data, "audit")).FullName;
        using var old = DaySecret.Create();
        File.WriteAllBytes(Path.Combine(audit, "month-2026-11.key"), old.Export());
        Write(1);
        Directory.GetFiles(audit, "*.key").ShouldBeEmpty();
        using var log = AuditLog.Open(_data, _time);
        using var keys = Keystore.Open(_data, null, log, _time);
        keys.AuditMonth("2026-11").ShouldBe(old.PublicKey);
    }

    private void Prune(DateTimeOffset before) => WithLog(log => log.Prune(before.ToUnixTimeMilliseconds(), "operator:0"));

    // Five entries, a day later five more; the first five pruned, which is an entry of its own.
    private void WritePruned()
    {
        Write(5);
        _time.Advance(TimeSpan.FromDays(1));
        Write(5);
        Prune(_time.GetUtcNow().AddHours(-1));
    }

    [Fact]
    public void A_pruned_log_still_verifies_counts_on_and_says_that_it_was_pruned()
    {
        WritePruned();
        AuditLog.Verify(_data, _key).ShouldBe((null, 11ul));
        File.ReadAllLines(LogFile).Length.ShouldBe(6);
        File.ReadAllLines(LogFile)[0].ShouldStartWith("{\"i\":5,");
        File.ReadAllLines(LogFile)[^1].ShouldContain("entries 0-4");
        Write(3);
        AuditLog.Verify(_data, _key).ShouldBe((null, 14ul));
        _time.Advance(TimeSpan.FromDays(1));
        Prune(_time.GetUtcNow());
        AuditLog.Verify(_data, _key).ShouldBe((null, 15ul));
        File.ReadAllLines(LogFile).ShouldHaveSingleItem("pruned twice, to the last entry");
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 8)]
    [InlineData(5, 10)]
    public void A_changed_entry_is_named_in_a_pruned_log_too(int line, int entry)
    {
        WritePruned();
        Change(line, text => text.Replace("\"done\"", "\"fine\"", StringComparison.Ordinal));
        AuditLog.Verify(_data, _key).Problem.ShouldBe($"entry {entry} was changed");
        Should.Throw<AuditBrokenException>(() => Write(1)).Problem.ShouldBe($"entry {entry} was changed");
    }

    [Fact]
    public void What_is_kept_of_pruned_entries_cannot_be_changed_forged_or_left_out()
    {
        WritePruned();
        var pruned = Path.Combine(_data, "audit", "pruned");
        var genuine = File.ReadAllText(pruned);
        File.WriteAllText(pruned, genuine.Replace("\"peaks\":[\"", "\"peaks\":[\"" + new string('0', 64), StringComparison.Ordinal));
        AuditLog.Verify(_data, _key).Problem.ShouldNotBeNull().ShouldStartWith("what is kept of pruned entries cannot be read");
        var peak = genuine.IndexOf("[\"", StringComparison.Ordinal) + 2;
        File.WriteAllText(pruned, genuine[..peak] + new string('0', 64) + genuine[(peak + 64)..]);
        AuditLog.Verify(_data, _key).Problem.ShouldBe("what is kept of pruned entries is not what was signed");
        File.Delete(pruned);
        AuditLog.Verify(_data, _key).Problem.ShouldNotBeNull().ShouldStartWith("entry 0 and what follows it are missing: the log begins with entry 5");
        Should.Throw<AuditBrokenException>(() => Write(1));
        File.WriteAllText(pruned, genuine);
        // Who cuts more than was pruned is found out.
        File.WriteAllLines(LogFile, File.ReadAllLines(LogFile)[1..]);
        AuditLog.Verify(_data, _key).Problem.ShouldNotBeNull().ShouldStartWith("entry 5 and what follows it are missing");
    }

    [Fact]
    public void A_pruning_that_was_cut_short_is_finished_at_the_next_start()
    {
        Write(5);
        _time.Advance(TimeSpan.FromDays(1));
        var early = File.ReadAllBytes(LogFile);
        Write(5);
        Prune(_time.GetUtcNow().AddHours(-1));
        // As if the power had gone between the signed start and the shorter log.
        File.WriteAllBytes(LogFile, [.. early, .. File.ReadAllBytes(LogFile)]);
        Write(1);
        AuditLog.Verify(_data, _key).ShouldBe((null, 12ul));
        File.ReadAllLines(LogFile).Length.ShouldBe(7);
    }

    [Fact]
    public void A_log_of_the_first_version_has_entries_without_subject_and_detail_and_reads_on()
    {
        Write(2);
        WithLog(log => log.Append(new("someone", "train", "done", Subject: "another", Detail: "seconds 0-1")));
        using var log = AuditLog.Open(_data, _time);
        log.Newest(1).Single().ShouldSatisfyAllConditions(l => l.Subject.ShouldBe("another"), l => l.Detail.ShouldBe("seconds 0-1"));
        AuditLeaf.TryRead("""{"i":0,"atMs":1,"before":"e3b0c44298fc1c14","actor":"a","act":"listen","outcome":"done","call":null,"purpose":null,"sealed":null}"""u8, 0, out var old, out _).ShouldBeTrue();
        old.Line.Subject.ShouldBeNull();
    }

    [Fact]
    public void Nothing_old_enough_leaves_the_log_as_it_is_but_for_the_entry_that_says_so()
    {
        Write(3);
        Prune(_time.GetUtcNow().AddDays(-1));
        AuditLog.Verify(_data, _key).ShouldBe((null, 4ul));
        File.Exists(Path.Combine(_data, "audit", "pruned")).ShouldBeFalse();
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);
}
