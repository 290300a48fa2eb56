using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>Who is told, when, and of whom nothing is kept: answers, joiners, machines, handsets left up.</summary>
public sealed class WhoWasTold
{
    private static CallScript Incoming(double at = 1) => new() { Kind = ScriptKind.Incoming, At = at, Number = "0409990123", Talk = Talk.Bundled.First(8), PausesForAnnouncements = true };

    private static float[] Ringback(double seconds) => Signals.Tones(seconds, 1, 4, -15, 425);

    private static CallScript Outgoing(double answersAfter, params Sound[] sounds) => new()
    {
        Kind = ScriptKind.Outgoing,
        At = 1,
        Number = "0509990456",
        Reversal = false,
        OwnTones = true,
        AnswersAfter = answersAfter,
        Sounds = sounds,
        Talk = Talk.Bundled.First(12),
        PausesForAnnouncements = true,
    };

    // The bundled dialogue, eight seconds from each of these on.
    private static Talk Say(params double[] at)
    {
        var (near, far) = (new float[(int)((at.Max() + 8) * 8_000)], new float[(int)((at.Max() + 8) * 8_000)]);
        foreach (var second in at)
        {
            Talk.Bundled.First(8).Near.CopyTo(near, (int)(second * 8_000));
            Talk.Bundled.First(8).Far.CopyTo(far, (int)(second * 8_000));
        }
        return new(near, far);
    }

    // Seconds of line time after the lift at which announcements began.
    private static List<double> Announcements(ExchangeLine line)
    {
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        return [.. line.Truths.Where(t => t.What == "announced").Select(t => (t.At - lifted) / 8_000.0)];
    }

    [Fact]
    public async Task Talk_over_the_announcement_is_not_told_and_the_replay_waits_for_it_to_stop()
    {
        using var box = new Box();
        // 4 dB under the announcement: every window still correlates, and yet nobody could follow it.
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = Say(8, 16), Sounds = [new(Cue.Announced, 0, Side.Near, Signals.Babble(8, -18))] });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        call.Facts.Announcement!.Proof.ShouldBe(new(true, true, true, TalkedOver: false, CutThrough: true));
        var told = Announcements(line);
        told.Count.ShouldBe(2);
        (told[1] - told[0]).ShouldBeInRange(8.4, 10);
    }

    [Theory]
    [InlineData(-30)]
    [InlineData(-26)]
    public async Task Talk_well_under_the_announcement_does_not_matter(double dbv)
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Sounds = [new(Cue.Announced, 0, Side.Near, Signals.Babble(3, dbv))] });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        Announcements(line).Count.ShouldBe(1);
    }

    [Fact]
    public async Task When_ringback_comes_again_what_waited_in_memory_is_dropped_and_the_next_answer_is_told_afresh()
    {
        using var box = new Box();
        // "Please wait, you are being connected": a voice long after the ringback, and then it rings on.
        var (calls, line) = await box.RunAsync(until: 120, calls: Outgoing(52,
            new(Cue.Lifted, 4, Side.Port, Ringback(6)), new(Cue.Lifted, 17, Side.Port, Signals.Babble(4, -25)), new(Cue.Lifted, 29, Side.Port, Ringback(11)), new(Cue.Lifted, 50, Side.Far, [])));
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        var told = Announcements(line);
        told.Count.ShouldBe(2, "once to the voice, once to the one who answered");
        told[0].ShouldBeInRange(17, 20);
        told[1].ShouldBeGreaterThan(52);
        var (_, first, frames) = box.Listen(call.File!);
        (first / 8_000.0).ShouldBeGreaterThan(told[1] + 3, "nothing of the first, false answer is kept");
    }

    [Fact]
    public async Task Ringback_alone_or_a_voice_of_the_network_alone_is_no_answer()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(until: 100, calls:
        [
            Outgoing(1_000, new Sound(Cue.Lifted, 4, Side.Port, Ringback(11))) with { Kind = ScriptKind.NotAnswered, AnswersAfter = 20 },
            Outgoing(1_000, new Sound(Cue.Lifted, 5, Side.Port, Signals.Babble(6, -25))) with { Kind = ScriptKind.NotAnswered, AnswersAfter = 15, At = 40 },
        ]);
        calls.Select(c => c.Call.Ending).ShouldBe([Ending.Excluded(EndingCode.NotAnswered), Ending.Excluded(EndingCode.AnswerUncertain)]);
        calls.ShouldAllBe(c => c.File == null && c.AllFacts.All(f => f.Party == null));
        Announcements(line).ShouldBeEmpty("never over ringback, and not to a machine of the network");
    }

    [Theory]
    [InlineData("american", 440, 480, 2, 4)]
    [InlineData("british", 400, 450, 0.4, 0.2)]
    [InlineData("450", 450, 450, 1, 4)]
    [InlineData("any", 440, 480, 2, 4)]
    public async Task Ringback_is_that_of_the_port_and_the_announcement_waits_for_the_answer(string set, double low, double high, double on, double off)
    {
        using var box = new Box { Tones = Nauha.Telephony.ToneSet.Named(set)! };
        var ring = set == "british" ? Twice(Pair(0.4, 0.4, 0.2, low, high), 3) : Pair(13, on, off, low, high);
        var rings = new Sound(Cue.Lifted, 4, Side.Port, ring);
        var (calls, line) = await box.RunAsync(until: 150, calls:
        [
            Outgoing(1_000, rings) with { Kind = ScriptKind.NotAnswered, AnswersAfter = 20 },
            Outgoing(4 + (ring.Length / 8_000.0) + 1, rings, new Sound(Cue.Answered, 0.5, Side.Far, Signals.Babble(2, -25))) with { At = 50 },
        ]);
        calls.Select(c => c.Call.Ending!.Value.What).ShouldBe([EndingKind.Excluded, EndingKind.Recorded]);
        line.Truths.Where(t => t.What == "announced").ShouldAllBe(t => t.At > line.Truths.Last(l => l.What == "lifted").At + (long)((4 + (ring.Length / 8_000.0)) * 8_000));
    }

    // What the far network sounds is its own, whatever this port's tones are; and a port may begin with its own burst.
    [Theory]
    [InlineData(440, 480, 2, 4, false)]
    [InlineData(440, 480, 2, 4, true)]
    [InlineData(400, 450, 0.4, 0.2, false)]
    [InlineData(400, 450, 0.4, 0.2, true)]
    [InlineData(400, 450, 1, 2, true)]
    [InlineData(400, 400, 1, 4, true)]
    [InlineData(440, 440, 1.5, 3.5, true)]
    [InlineData(450, 450, 1, 4, true)]
    [InlineData(425, 425, 0.8, 3.2, false)]
    [InlineData(420, 620, 1, 3, true)]
    public async Task Nobody_is_told_over_the_ringback_of_any_country_on_a_port_with_Finnish_tones(double low, double high, double on, double off, bool ownFirst)
    {
        using var box = new Box { Tones = Nauha.Telephony.ToneSet.Finnish };
        var far = off < 1 ? Twice(Pair(0.4, 0.4, 0.2, low, high), 13) : Pair(40, on, off, low, high);
        Sound[] sounds = ownFirst ? [new(Cue.Lifted, 4, Side.Port, Ringback(1)), new(Cue.Lifted, 9, Side.Port, far)] : [new(Cue.Lifted, 4, Side.Port, far)];
        var (calls, line) = await box.RunAsync(until: 100, calls: Outgoing(1_000, sounds) with { Kind = ScriptKind.NotAnswered, AnswersAfter = 52 });
        Announcements(line).ShouldBeEmpty();
        calls.ShouldHaveSingleItem().Call.Ending!.Value.What.ShouldBe(EndingKind.Excluded);
        calls[0].File.ShouldBeNull();
    }

    [Fact]
    public async Task Music_instead_of_ringback_and_a_voice_before_any_ringback_are_no_answer()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(until: 150, calls:
        [
            Outgoing(1_000, new Sound(Cue.Lifted, 4, Side.Port, Ringback(1)), new Sound(Cue.Lifted, 9, Side.Port, Signals.Music(MusicKind.Piano, 40, 3))) with { Kind = ScriptKind.NotAnswered, AnswersAfter = 52 },
            Outgoing(1_000, new Sound(Cue.Lifted, 4, Side.Port, Signals.Babble(6, -25)), new Sound(Cue.Lifted, 12, Side.Port, Ringback(36))) with { Kind = ScriptKind.NotAnswered, AnswersAfter = 50, At = 70 },
        ]);
        Announcements(line).ShouldBeEmpty();
        calls.Select(c => c.Call.Ending!.Value.What).ShouldBe([EndingKind.Excluded, EndingKind.Excluded]);
    }

    [Theory]
    [InlineData(1, 0, 1, 1)]        // a voicemail: one second of 425 Hz, and one speaks
    [InlineData(6, 4, 1, 2)]        // ringback: the far end was put through to another
    [InlineData(0.9, 0.3, 0.3, 1)]  // two bursts of a busy tone's length
    [InlineData(4, 0.3, 0.3, 2)]    // a busy tone
    public async Task A_beep_ends_no_talk_and_a_cadence_does(double seconds, double off, double on, int told)
    {
        using var box = new Box();
        // Somebody talks on afterwards, long enough to be told again.
        var (calls, line) = await box.RunAsync(until: 120, calls: Incoming() with { Talk = Say(0, 17), Sounds = [new(Cue.Talk, 9, Side.Port, Signals.Tones(seconds, on, off, -15, 425))] });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        Announcements(line).Count.ShouldBe(told);
    }

    private static float[] Pair(double seconds, double on, double off, double low, double high) =>
        low == high ? Signals.Tones(seconds, on, off, -15, low) : [.. Signals.Tones(seconds, on, off, -18, low).Zip(Signals.Tones(seconds, on, off, -18, high), (a, b) => a + b)];

    // Two bursts of 0.4 s, 0.2 s between them, then two seconds of rest.
    private static float[] Twice(float[] burst, int times) => [.. Enumerable.Repeat<float[]>([.. burst, .. new float[1_600], .. burst, .. new float[16_000]], times).SelectMany(r => r)];

    [Fact]
    public async Task A_port_that_shows_its_answers_is_believed_at_once_the_next_time()
    {
        using var box = new Box();
        CallScript Call(double at) => new() { Kind = ScriptKind.Outgoing, At = at, Number = "0509990456", Reversal = true, Talk = Talk.Bundled.First(5) };
        var (calls, _) = await box.RunAsync(calls: [Call(1), Call(40)]);
        calls.Select(c => c.Call.Ending).ShouldBe([Ending.Recorded, Ending.Recorded]);
    }

    [Fact]
    public async Task After_music_on_hold_whoever_speaks_is_told_first()
    {
        using var box = new Box();
        var talk = Say(0, 26, 36);
        Signals.Music(16).CopyTo(talk.Far, 8_000 * 9);
        var (calls, line) = await box.RunAsync(until: 120, calls: Incoming() with { Talk = talk });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        Announcements(line).Count.ShouldBe(2);
        var (_, _, frames) = box.Listen(call.File!);
        var gap = frames.Zip(frames.Skip(1), (a, b) => (End: (long)(a.FirstSample + a.Samples), Next: (long)b.FirstSample)).Single(p => p.Next > p.End);
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        var talkAt = line.Truths.First(t => t.What == "talk").At - lifted;
        gap.End.ShouldBeLessThan(talkAt + (8_000 * 25), "the music has been known before it ended");
        gap.Next.ShouldBeGreaterThan(talkAt + (8_000 * (26 + 2 + 3)), "the other voice was told first");
    }

    [Theory]
    [InlineData(MusicKind.LongChord)]
    [InlineData(MusicKind.Plucked)]
    [InlineData(MusicKind.Beat)]
    [InlineData(MusicKind.Beeps)]
    public async Task After_any_kind_of_music_or_the_beeps_of_a_queue_whoever_speaks_is_told_once(MusicKind kind)
    {
        using var box = new Box();
        var talk = Say(0, 33, 43);
        Signals.Music(kind, 23, 2).CopyTo(talk.Far, 8_000 * 9);
        var (calls, line) = await box.RunAsync(until: 120, calls: Incoming() with { Talk = talk });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        var talkAt = (line.Truths.First(t => t.What == "talk").At - lifted) / 8_000.0;
        var told = Announcements(line);
        told.Count.ShouldBe(2, "not once over the music");
        told[1].ShouldBeInRange(talkAt + 33 + 1.5, talkAt + 33 + 7);
        var (_, _, frames) = box.Listen(calls[0].File!);
        var gap = frames.Zip(frames.Skip(1), (a, b) => (End: (long)(a.FirstSample + a.Samples), Next: (long)b.FirstSample)).Single(p => p.Next > p.End);
        (gap.End / 8_000.0).ShouldBeLessThan(talkAt + 9 + 15, "the music was known within some 12 s");
        (gap.Next / 8_000.0).ShouldBeGreaterThan(told[1] + 3);
    }

    [Fact]
    public async Task A_number_that_is_keyed_slowly_is_no_music()
    {
        using var box = new Box();
        var keyed = new Sound(Cue.Talk, 2, Side.Far, Signals.Dtmf("3333333333777777777755555555", 350, 350, -14));
        var (calls, line) = await box.RunAsync(until: 60, calls: Incoming() with { Talk = new(new float[8_000 * 26], Talk.Bundled.First(2).Far), Sounds = [keyed] });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        var (_, _, frames) = box.Listen(calls[0].File!);
        frames.SelectMany(f => f.Events).Count(e => e.What == "key").ShouldBe(28);
        frames.Zip(frames.Skip(1), (a, b) => a.FirstSample + a.Samples == b.FirstSample).ShouldAllBe(joined => joined);
        Announcements(line).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Talk_without_music_is_never_taken_for_hold()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = Talk.Bundled });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        Announcements(line).Count.ShouldBe(1);
    }

    [Fact]
    public async Task After_a_flash_nobody_is_told_over_dial_tone_and_ringback_but_once_there_is_talk()
    {
        using var box = new Box();
        var consult = new Sound[] { new(Cue.Talk, 9, Side.Port, Signals.Tones(2.2, 2.2, 0, -15, 425)), new(Cue.Talk, 11.3, Side.Near, Signals.Dtmf("0509990456", 80, 80, -6)), new(Cue.Talk, 13.5, Side.Port, Ringback(10)) };
        var (calls, line) = await box.RunAsync(until: 120, calls: Incoming() with { Talk = Say(0, 24, 32), Flashes = [(8.5, 300)], Sounds = consult });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        var told = Announcements(line);
        told.Count.ShouldBe(2);
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        var talkAt = (line.Truths.First(t => t.What == "talk").At - lifted) / 8_000.0;
        told[1].ShouldBeInRange(talkAt + 24 + 2, talkAt + 24 + 6);
    }

    public static TheoryData<string, double, double> Machines => new() { { "cng", 0.3, 0.5 }, { "ced", 0.2, 0.5 }, { "v21", 0.3, 0.5 }, { "contactId", 0.2, 0.4 }, { "sia", 0.3, 0.5 }, { "v18", 0.1, 0.6 } };

    private static float[] Machine(string name) => name switch
    {
        "cng" => Signals.Tones(1.5, 1.5, 0, -15, 1_100),
        "ced" => Signals.Tones(3, 3, 0, -15, 2_100),
        "v21" => Signals.V21Flags(2),
        "sia" => Signals.Tones(1.5, 1.5, 0, -15, 2_225),
        "v18" => Signals.Textphone(2),
        _ => [.. Signals.Tones(0.1, 0.1, 0, -10, 1_400), .. new float[800], .. Signals.Tones(0.1, 0.1, 0, -10, 2_300), .. new float[8_000]],
    };

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task A_machine_before_the_announcement_is_not_talked_to(string name, double after, double _)
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(until: 20, calls: Incoming() with { Sounds = [new(Cue.Lifted, after, Side.Port, Machine(name))] });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Excluded(EndingCode.DataCall));
        Announcements(line).ShouldBeEmpty();
        calls[0].File.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task A_machine_under_the_announcement_stops_it_within_100_ms_of_being_known(string name, double _, double known)
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(until: 20, calls: Incoming() with { Sounds = [new(Cue.Announced, 1, Side.Port, Machine(name))] });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Excluded(EndingCode.DataCall));
        calls[0].File.ShouldBeNull();
        ((line.LastInjected - line.Truths.Single(t => t.What == "announced").At) / 8_000.0).ShouldBeLessThan(1 + known + 0.1);
    }

    [Theory]
    [InlineData("cng", 100, 0.5)]
    [InlineData("cng", 350, 0.5)]
    [InlineData("contactId", 200, 0.4)]
    public async Task A_machine_under_the_announcement_is_known_through_a_slow_sound_device_too(string name, int latencyMs, double known)
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(PortProfile.Ata with { InjectionLatencyMs = latencyMs }, until: 20, calls: Incoming() with { Sounds = [new(Cue.Announced, 1, Side.Port, Machine(name))] });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Excluded(EndingCode.DataCall));
        ((line.LastInjected - line.Truths.Single(t => t.What == "announced").At) / 8_000.0).ShouldBeLessThan(1 + known + 0.1);
    }

    [Fact]
    public async Task A_handset_that_is_left_up_ends_its_call_so_and_the_next_call_has_its_own_number()
    {
        using var box = new Box();
        var howler = Signals.Tones(30, 30, 0, -8, 1_400, 2_060, 2_450, 2_600);
        var (calls, line) = await box.RunAsync(until: 160, calls:
        [
            Incoming() with { Talk = new(Talk.Bundled.First(8).Near, new float[8_000 * 50]), Sounds = [new(Cue.Talk, 15, Side.Port, howler)] },
            new() { Kind = ScriptKind.LiftOnly, At = 80, Seconds = 30, Sounds = [new(Cue.Lifted, 12, Side.Port, howler)], OwnTones = true },
            Incoming(120),
        ]);
        calls.Select(c => c.Call.Ending).ShouldBe([new Ending(EndingKind.Recorded, EndingCode.LeftOffHook), Ending.Excluded(EndingCode.NoCall), Ending.Recorded]);
        var (samples, _, _) = box.Listen(calls[0].File!);
        (samples.Length / 8_000.0).ShouldBeInRange(15, 16.5);
    }
}
