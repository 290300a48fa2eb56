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
            foreach (var secret in new[] { "0004711", "\"AB12\"", "anna-7", "\"bert\"" }) text.ShouldNotContain(secret, customMessage: file);     // whole words: sealed bytes may hold four letters by chance
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

    [Fact]
    public async Task A_lift_that_is_a_sign_in_alone_is_numbered_so_and_the_next_call_has_who_signed_in_until_he_leaves()
    {
        var desk = new AgentDesk(Book(), _time);
        using var box = new Box { Desk = desk, SignIn = new() { In = "88", Out = "89" } };
        CallScript Keys(double at, string keys) => new() { Kind = ScriptKind.LiftOnly, At = at, Seconds = 7, Sounds = [new(Cue.Lifted, 1, Side.Near, Signals.Dtmf(keys, 80, 80, -6))] };
        var call = new CallScript { Kind = ScriptKind.Incoming, At = 1, Number = "0409990123", Talk = Talk.Bundled.First(4) };
        var (calls, line) = await box.RunAsync(calls: [Keys(1, "880004711#"), call with { At = 12 }, Keys(50, "880004711#"), Keys(62, "889999#"), call with { At = 74 }, Keys(110, "89#"), call with { At = 122 }, Keys(160, "8800"), Keys(172, "880004711*")]);
        calls.Select(c => c.Call.Ending).ShouldBe([
            Ending.Excluded(EndingCode.SignIn), Ending.Recorded,
            Ending.Excluded(EndingCode.SignIn), Ending.Excluded(EndingCode.SignIn), Ending.Recorded,    // once more changes nothing, nor does nobody's badge
            Ending.Excluded(EndingCode.SignIn), Ending.Recorded,
            Ending.Excluded(EndingCode.AnswerUncertain), Ending.Excluded(EndingCode.AnswerUncertain)]);  // a number, as far as anybody can tell
        calls.Where(c => c.File is not null).Select(c => (c.Facts.Agent?.Text, c.Facts.AgentKnownBy)).ShouldBe([("anna-7", "telephone"), ("anna-7", "telephone"), ("desk-1", "line")]);
        calls.ShouldAllBe(c => c.File != null || c.AllFacts.All(f => f.Party == null));
        line.Truths.Count(t => t.What == "announced").ShouldBe(3);
    }

    [Fact]
    public async Task What_is_dialled_after_a_sign_in_in_the_same_lift_is_a_call_like_any_other()
    {
        using var box = new Box { Desk = new(Book(), _time), SignIn = new() { In = "88" } };
        // The port gives a new dial tone after the flash.
        var script = new CallScript
        {
            Kind = ScriptKind.Outgoing,
            At = 1,
            OwnTones = true,
            AnswersAfter = 10,
            Reversal = true,
            Talk = Talk.Bundled.First(4),
            VoltsSteps = [new(Cue.Lifted, 3.5, 300, 48)],
            Sounds = [new(Cue.Lifted, 0.8, Side.Near, Signals.Dtmf("880004711#", 80, 80, -6)), new(Cue.Lifted, 5, Side.Near, Signals.Dtmf("0509990456", 80, 80, -6)), new(Cue.Lifted, 12, Side.Far, Signals.Babble(4, -22))],
        };
        var call = (await box.RunAsync(until: 40, calls: script)).Calls.ShouldHaveSingleItem();
        (call.Call.Ending, call.Facts.Party?.Text, call.Facts.Agent?.Text).ShouldBe((Ending.Recorded, "0509990456", "anna-7"));
    }

    [Fact]
    public async Task Without_codes_what_is_keyed_is_a_number_and_help_is_help_whatever_the_codes()
    {
        CallScript Keys(string keys) => new() { Kind = ScriptKind.LiftOnly, At = 1, Seconds = 7, Sounds = [new(Cue.Lifted, 1, Side.Near, Signals.Dtmf(keys, 80, 80, -6))] };
        var desk = new AgentDesk(Book(), _time);
        using var box = new Box { Desk = desk };
        (await box.RunAsync(calls: Keys("880004711#"))).Calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Excluded(EndingCode.AnswerUncertain));
        using var other = new Box { Desk = desk, SignIn = new() { In = "88" } };
        (await other.RunAsync(calls: Keys("112"))).Calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Excluded(EndingCode.Emergency));
    }

    [Theory]
    [InlineData("*77", null, false, "do not disturb")]
    [InlineData("88", "#78", false, "do not disturb")]
    [InlineData("112", null, false, "emergency")]
    [InlineData("1123", null, true, "emergency")]
    [InlineData("88", "88", false, "signing in")]
    [InlineData("8", null, false, "two to six")]
    [InlineData("*77", "*78", true, null)]
    [InlineData("88", "89", false, null)]
    public void Codes_that_a_port_may_act_on_are_refused_until_a_technician_has_tried_them(string entering, string? leaving, bool tried, string? why)
    {
        var options = new SignInOptions { In = entering, Out = leaving, PortIgnoresThem = tried };
        var found = new List<System.ComponentModel.DataAnnotations.ValidationResult>();
        System.ComponentModel.DataAnnotations.Validator.TryValidateObject(options, new(options), found, validateAllProperties: true).ShouldBe(why is null);
        if (why is not null) found[0].ErrorMessage!.ShouldContain(why);
    }
}
