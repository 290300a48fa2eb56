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

    public void Dispose() => Directory.Delete(_data, recursive: true);
}
