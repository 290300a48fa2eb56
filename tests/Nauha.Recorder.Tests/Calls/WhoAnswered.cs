using Microsoft.Extensions.Time.Testing;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>Which agent a call has, and how that is known.</summary>
public sealed class WhoAnswered : IDisposable
{
    private static readonly LineId[] One = [new(1)], Both = [new(1), new(2)];

    private readonly string _data = Directory.CreateTempSubdirectory("nauha-roster-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static AgentId Agent(string text) => AgentId.TryParse(text, out var agent) ? agent : throw new InvalidOperationException();

    private BadgeBook Book()
    {
        var book = BadgeBook.Load(_data);
        book.Take(1, new([("0004711", Agent("anna-7")), ("AB12", Agent("bert"))])).ShouldBeNull();
        return book;
    }

    [Fact]
    public void Neither_badge_nor_agent_lies_on_the_disk_and_each_badge_opens_its_own_entry()
    {
        Book();
        foreach (var file in Directory.EnumerateFiles(_data, "*", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            foreach (var secret in new[] { "4711", "AB12", "anna", "bert" }) text.ShouldNotContain(secret, customMessage: file);
        }
        var again = BadgeBook.Load(_data);
        again.Version.ShouldBe(1ul);
        (again.Of("0004711")?.Text, again.Of("ab12")?.Text, again.Of("0004712"), again.Of("4711"), again.Of("")).ShouldBe(("anna-7", "bert", null, null, null));
        again.Take(1, new([])).ShouldNotBeNull();
        again.Take(2, new([("AB12", Agent("carl"))])).ShouldBeNull();
        (again.Of("0004711"), again.Of("AB12")?.Text).ShouldBe((null, "carl"));
        // Changed by somebody: longer, no base64, another byte.
        var whole = File.ReadAllText(Path.Combine(_data, "roster.json"));
        var at = whole.IndexOf("\"agent\":\"", StringComparison.Ordinal) + 9;
        foreach (var changed in new[] { whole.Insert(at, "AAAA"), whole.Insert(at, "!"), whole[..at] + (whole[at] == 'A' ? 'B' : 'A') + whole[(at + 1)..] })
        {
            File.WriteAllText(Path.Combine(_data, "roster.json"), changed);
            BadgeBook.Load(_data).Of("AB12").ShouldBeNull();
        }
    }

    [Fact]
    public void One_signs_in_signs_out_is_replaced_and_is_signed_out_after_ten_hours()
    {
        var desk = new AgentDesk(Book(), _time);
        desk.Show("9999", One, "badge").ShouldBeFalse();
        desk.Of(new(1)).ShouldBeNull();
        desk.Show("0004711", Both, "badge").ShouldBeTrue();
        desk.Of(new(2)).ShouldBe((Agent("anna-7"), "badge"));
        desk.Show("AB12", One, "keypad").ShouldBeTrue();
        (desk.Of(new(1)), desk.Of(new(2))).ShouldBe(((Agent("bert"), "keypad"), (Agent("anna-7"), "badge")));
        desk.Show("AB12", One, "keypad");
        desk.Of(new(1)).ShouldBeNull("the same once more");
        _time.Advance(AgentDesk.Longest - TimeSpan.FromSeconds(1));
        desk.Of(new(2)).ShouldNotBeNull();
        _time.Advance(TimeSpan.FromSeconds(2));
        desk.Of(new(2)).ShouldBeNull("ten hours are over");
        desk.Show("0004711", Both, "badge");
        desk.Of(new(1)).ShouldNotBeNull("he comes again, and does not leave");
    }

    [Fact]
    public async Task A_call_has_who_was_signed_in_when_it_was_told_else_the_line_s_own()
    {
        var desk = new AgentDesk(Book(), _time);
        var step = 0;
        using var box = new Box
        {
            Desk = desk,
            EachBlock = (line, exchange) =>
            {
                if (step == 0 && exchange.Now > 30 * 8_000) step = desk.Show("0004711", One, "badge") ? 1 : -1;      // between the calls
                if (step == 1 && exchange.Now > 45 * 8_000 && line.Snapshot.Recorded.TotalSeconds > 2) step = desk.Show("AB12", One, "badge") ? 2 : -1;   // in the second
            },
        };
        var script = new CallScript { Kind = ScriptKind.Incoming, At = 1, Number = "0409990123", Talk = Talk.Bundled.First(6) };
        var (calls, _) = await box.RunAsync(calls: [script, script with { At = 40 }, script with { At = 80 }]);
        step.ShouldBe(2);
        calls.Select(c => (c.Facts.Agent?.Text, c.Facts.AgentKnownBy)).ShouldBe([("desk-1", "line"), ("anna-7", "badge"), ("bert", "badge")]);
    }
}
