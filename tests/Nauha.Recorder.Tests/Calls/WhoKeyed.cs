using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ports;
using Nauha.Simulation;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>The agent's code for masking, on lines that tell their sides apart: his keys count, a caller's never do.</summary>
public sealed class WhoKeyed
{
    private const int Rate = 8_000;

    private static readonly PortProfile InLine = PortProfile.Ata with { Tap = LineSides.Inline }, Handset = PortProfile.PbxExtension with { Tap = LineSides.Handset };
    private static readonly PortProfile Complex = InLine with { Wire = new() { Card = Impedance.European, Phone = Impedance.European } };

    public static TheoryData<string> Ports => ["in-line", "in-line, complex ends", "handset"];

    private static PortProfile Port(string name) => name switch { "in-line" => InLine, "handset" => Handset, _ => Complex };

    // The far side talks all the time, so that silence shows.
    private static CallScript Call(params Sound[] sounds) => new() { Kind = ScriptKind.Incoming, At = 1, Number = "0409990123", Talk = new([], Signals.Babble(9, -24)), Sounds = sounds };

    private static Sound Keys(Side side, double after, string digits, double dbm0) => new(Cue.Talk, after, side, Signals.Dtmf(digits, 80, 80, dbm0));

    private static async Task<(Account Account, short[] Samples, SealedEvent[] Marks)> RunAsync(PortProfile port, string? code, params Sound[] sounds)
    {
        using var box = new Box { MaskCode = code };
        var (calls, _) = await box.RunAsync(port, calls: Call(sounds));
        var account = calls.ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded);
        var (samples, _, frames) = box.Listen(account.File!);
        return (account, samples, [.. frames.SelectMany(f => f.Events).Concat(box.Ended).Where(e => e.What == "mask")]);
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task The_agents_code_masks_what_is_said_and_his_code_again_ends_it(string port)
    {
        var (account, samples, marks) = await RunAsync(Port(port), "*5", Keys(Side.Near, 2, "*5", -12), Keys(Side.Near, 5, "*5", -12));
        account.Facts.Announcement!.Score.ShouldBeGreaterThan(0.9);
        (samples.Length / (double)Rate).ShouldBe(9.2, 0.1, "its length is kept");
        var mark = marks.ShouldHaveSingleItem();
        (mark.Samples / (double)Rate).ShouldBe(3, 0.1);
        // Talk begins 0.2 s into what is kept; the code ends 0.24 s after its beginning.
        Level(samples, 2.6, 5.1).ShouldBeLessThan(-60);
        Level(samples, 0.3, 2.1).ShouldBeGreaterThan(-45);
        Level(samples, 5.7, 9.0).ShouldBeGreaterThan(-45);
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task A_callers_code_never_masks_be_it_10_dB_louder_than_the_agents_own_keys(string port)
    {
        var (_, samples, marks) = await RunAsync(Port(port), "*5", Keys(Side.Far, 2, "*5", -6), Keys(Side.Far, 4, "*5", -16));
        marks.ShouldBeEmpty();
        Level(samples, 2.8, 3.9).ShouldBeGreaterThan(-45);
        Level(samples, 4.8, 9.0).ShouldBeGreaterThan(-45);
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task A_digit_that_the_port_regenerates_louder_than_the_agents_own_is_the_callers_all_the_same(string port)
    {
        // RFC 4733 digits come out of the port at a fixed level, -7 dBm0 a tone; the agent's phone is weak.
        var (_, _, marks) = await RunAsync(Port(port), "*5", new Sound(Cue.Talk, 2, Side.Port, Signals.Dtmf("*5", 80, 80, -7)), Keys(Side.Near, 5, "*5", -20));
        var mark = marks.ShouldHaveSingleItem();
        (mark.Samples / (double)Rate).ShouldBe(9 - 5.25, 0.3, "the agent's weak code alone, until the call ends");
    }

    [Fact]
    public async Task Half_of_the_code_from_either_side_is_no_code_and_without_a_code_nothing_masks()
    {
        (await RunAsync(InLine, "*5", Keys(Side.Near, 2, "*", -12), Keys(Side.Far, 2.3, "5", -12))).Marks.ShouldBeEmpty();
        (await RunAsync(InLine, null, Keys(Side.Near, 2, "*5", -12))).Marks.ShouldBeEmpty();
        (await RunAsync(PortProfile.Ata, "*5", Keys(Side.Near, 2, "*5", -12))).Marks.ShouldBeEmpty("a line without sides never believes a key");
    }

    [Fact]
    public async Task A_handset_tap_presumes_no_volts_tells_the_caller_and_keeps_both_voices()
    {
        using var box = new Box();
        var talk = new Talk(Only(Signals.Babble(3, -20), 0, 6), Only(Signals.Babble(3, -30), 3, 6));
        var (calls, line) = await box.RunAsync(Handset, calls: Call() with { Talk = talk });
        var account = calls.ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded);
        account.Facts.Announcement!.Score.ShouldBeGreaterThan(0.9);
        account.Facts.Party.ShouldBeNull("no caller ID comes by a handset's wires");
        var (samples, _, _) = box.Listen(account.File!);
        Level(samples, 0.4, 3.0).ShouldBe(-20 - 6.5 - 3, 4, "the agent");
        Level(samples, 3.4, 6.0).ShouldBe(-30 - 6.5 - 3, 4, "the caller");
        line.Truths.Count(t => t.What == "announced").ShouldBe(1);
    }

    [Theory]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    [InlineData(false, false, 2)]
    public async Task An_agent_who_greets_over_the_announcement_spoils_it_unless_his_phone_is_off_meanwhile(bool muted, bool complex, int announced)
    {
        using var box = new Box();
        // He greets for 4 s, 10 dB louder than it, from its first word on; then it is quiet, so that it may be said again.
        var (calls, line) = await box.RunAsync((complex ? Complex : InLine) with { MutesPhone = muted }, calls: Call(new Sound(Cue.Announced, 0.1, Side.Near, Signals.Babble(4, -7))) with { PausesForAnnouncements = true, Talk = new([], [.. new float[4 * Rate], .. Signals.Babble(4, -24)]) });
        var account = calls.ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded);
        account.Facts.Announcement!.Score.ShouldBeGreaterThan(0.9);
        line.Truths.Count(t => t.What == "announced").ShouldBe(announced);
        // The caller hears the announcement alone, and nobody hears the agent while his phone is off.
        if (!muted) return;
        var from = (int)line.Truths.First(t => t.What == "announced").At;
        line.AgentEar.Skip(from).Take(Rate).ShouldAllBe(sample => sample == 0);
        line.AgentEar.Skip((int)line.InjectedUntil + Rate).Take(Rate).ShouldContain(sample => sample != 0, "and then it is back");
    }

    [Fact]
    public async Task Who_holds_a_phone_that_was_found_up_keeps_it_and_keys_112_while_he_is_told()
    {
        using var box = new Box();
        var call = Call(new Sound(Cue.Announced, 0.5, Side.Near, Signals.Dtmf("112", 80, 80, -8))) with { Kind = ScriptKind.FoundLifted, At = 0, Talk = Talk.Bundled.First(4) };
        var (calls, line) = await box.RunAsync(InLine with { MutesPhone = true }, calls: call);
        line.Truths.ShouldContain(t => t.What == "announced");
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Excluded(EndingCode.Emergency));
    }

    [Fact]
    public void Two_voices_in_turns_are_told_apart_by_their_sides_however_alike_and_a_single_one_never_takes_a_turn()
    {
        // Never the same block twice: what repeats itself is no voice.
        var talk = Array.ConvertAll(Signals.Babble(4, -20), sample => (short)(sample * 32_767));
        Turns(sides: true, agentAlone: false).ShouldBe(3);
        Turns(sides: true, agentAlone: true).ShouldBe(0);
        Turns(sides: false, agentAlone: false).ShouldBe(0, "equally loud, without sides: one voice");

        int Turns(bool sides, bool agentAlone)
        {
            var (flow, turns) = (new TalkFlow(), 0);
            for (var block = 0; block < 200; block++)
            {
                var loud = talk.AsSpan(block * 160, 160).ToArray();
                var leak = Array.ConvertAll(loud, sample => (short)(sample / 3));
                var near = agentAlone || block / 50 % 2 == 0;
                if (sides) flow.Take(loud, isSpeech: true, isKeyed: false, near ? loud : leak, near ? leak : loud);
                else flow.Take(loud, isSpeech: block % 50 < 40, isKeyed: false);
                if (flow.TurnTaken) turns++;
            }
            return turns;
        }
    }

    private static float[] Only(float[] voice, int from, int seconds)
    {
        var samples = new float[seconds * Rate];
        voice.CopyTo(samples, from * Rate);
        return samples;
    }

    private static double Level(short[] samples, double from, double until) =>
        10 * Math.Log10((samples.AsSpan((int)(from * Rate), (int)((until - from) * Rate)).ToArray().Average(sample => (double)sample * sample) / 32_768 / 32_768) + 1e-12);

    // The rule itself, block by block.
    [Theory]
    [InlineData(10, 10, 6.2, true)]
    [InlineData(10, 10, 5.8, false)]
    [InlineData(10, 8, 20.0, true)]
    [InlineData(10, 7, 20.0, false)]
    [InlineData(2, 2, 20.0, true)]
    [InlineData(2, 1, 20.0, false)]
    public void A_key_is_the_agents_where_it_is_6_dB_stronger_on_his_side_in_four_fifths_of_its_blocks(int blocks, int near, double margin, bool counts)
    {
        var code = new MaskCode("55");
        var at = Play(code, 8_000, blocks, near, margin);
        code.Take(new(at, '5', blocks * 160)).ShouldBeFalse("half a code is none");
        at = Play(code, at + (blocks * 160) + 800, blocks, near, margin);
        code.Take(new(at, '5', blocks * 160)).ShouldBe(counts);
    }

    [Theory]
    [InlineData(2.9, true)]
    [InlineData(3.1, false)]
    public void Between_two_keys_of_a_code_there_are_3_s_at_the_most(double seconds, bool counts)
    {
        var code = new MaskCode("55");
        code.Take(new(Play(code, 8_000, 4, 4, 20), '5', 640)).ShouldBeFalse();
        code.Take(new(Play(code, 8_640 + (long)(seconds * Rate), 4, 4, 20), '5', 640)).ShouldBe(counts);
    }

    [Fact]
    public void Other_keys_of_the_agent_before_his_code_do_not_hide_it_and_a_call_that_is_over_leaves_nothing()
    {
        var code = new MaskCode("1555");
        code.Take(Key('9')).ShouldBeFalse();
        code.Take(Key('1')).ShouldBeFalse();
        code.Take(Key('5')).ShouldBeFalse();
        code.Take(Key('5')).ShouldBeFalse();
        code.Take(Key('5')).ShouldBeTrue();
        foreach (var key in "155") code.Take(Key(key)).ShouldBeFalse();
        code.Forget();
        code.Take(Key('5')).ShouldBeFalse();

        DtmfTone Key(char digit) => new(Play(code, _at += 1_600, 4, 4, 20, digit), digit, 640);
    }

    private long _at = Rate;

    // A key of so many blocks: in the first of them the near side is so much stronger, in the rest the far one is.
    private static long Play(MaskCode code, long at, int blocks, int near, double marginDb, char digit = '5')
    {
        var tone = Array.ConvertAll(Signals.Dtmf($"{digit}", blocks * 20, 0, -6), sample => sample * 32_768);
        for (var block = 0; block < blocks; block++)
        {
            var (strong, weak) = (tone.Skip(block * 160).Take(160).Select(s => (short)s).ToArray(), tone.Skip(block * 160).Take(160).Select(s => (short)Math.Round(s / Math.Pow(10, marginDb / 20))).ToArray());
            code.Hear(at + (block * 160), block < near ? strong : weak, block < near ? weak : strong);
        }
        return at;
    }
}
