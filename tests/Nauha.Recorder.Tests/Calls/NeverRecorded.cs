using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>Numbers on the list, calls that the agent does not want recorded, and what is masked.</summary>
public sealed class NeverRecorded : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("nauha-list-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private ExclusionList List(string[] numbers, string[] prefixes)
    {
        var list = ExclusionList.Load(_data);
        list.Take(list.Version + 1, new(numbers, prefixes)).ShouldBeNull();
        return list;
    }

    private static CallScript Incoming(string number = "0409990123") => new() { Kind = ScriptKind.Incoming, At = 1, Number = number, Talk = Talk.Bundled.First(8) };

    private static CallScript Outgoing(string number = "0509990456") => new() { Kind = ScriptKind.Outgoing, At = 1, Number = number, Talk = Talk.Bundled.First(6) };

    [Theory]
    [InlineData("incoming", "0409990123", true)]
    [InlineData("incoming", "0800123456", true)]
    [InlineData("incoming", "0409990124", false)]
    [InlineData("incoming", "04099901234", false)]
    [InlineData("outgoing", "0409990123", true)]
    [InlineData("outgoing", "080099", true)]
    [InlineData("outgoing", "00409990123", true)]      // with the PBX's outside line before it
    [InlineData("outgoing", "0409990125", false)]
    public async Task A_listed_number_is_neither_announced_to_nor_recorded_whoever_calls_whom(string way, string number, bool listed)
    {
        using var box = new Box { Excluded = List(["0409990123"], ["0800"]), Outside = "0" };
        var (calls, line) = await box.RunAsync(calls: way == "incoming" ? Incoming(number) : Outgoing(number));
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(listed ? Ending.Excluded(EndingCode.Listed) : Ending.Recorded);
        (line.InjectedUntil < 0).ShouldBe(listed, "nobody is told what does not happen");
        if (!listed) return;
        call.File.ShouldBeNull();
        call.AllFacts.ShouldAllBe(facts => facts.Party == null && facts.Agent == null);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(6, true)]
    [InlineData(7, true)]
    [InlineData(14, true)]
    [InlineData(14, false)]
    public async Task A_caller_is_who_was_announced_however_long_it_rings(int rings, bool listed)
    {
        using var box = new Box { Excluded = List(listed ? ["0409990123"] : ["0409990124"], []) };
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Rings = rings });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(listed ? Ending.Excluded(EndingCode.Listed) : Ending.Recorded);
        call.Facts.Party?.Text.ShouldBe(listed ? null : "0409990123");
        (line.InjectedUntil < 0).ShouldBe(listed);
    }

    [Theory]
    [InlineData(3.0, 1_300, 2_100)]
    [InlineData(3.0, 1_200, 2_200)]
    [InlineData(-1, 1_300, 2_100)]    // just after the announcement, before it is judged
    public async Task The_number_of_another_caller_who_waits_is_not_kept(double after, double mark, double space)
    {
        // Call waiting's tone, the alerting signal, the telephone's acknowledgement, the message.
        var told = new Telephony.Sounding().Tone(85, -12, 2_130, 2_750).Silence(60).Keyed("D", 60, 80).Fsk([0x80, 21, 1, 8, .. "01011200"u8, 2, 9, .. "050111222"u8], mark, space, seizure: 0, marks: 80).Silence(100).Samples();
        var port = Array.ConvertAll(told, sample => sample / 32_768f);
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = Talk.OfFar(Signals.Babble(10, -22)), Sounds = [new(after < 0 ? Cue.Told : Cue.Talk, after < 0 ? 0.05 : after, Side.Port, port)] });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        call.Facts.Party?.Text.ShouldBe("0409990123");
        var heard = new List<Nauha.Telephony.CallerIdMessage>();
        var onThePair = new Nauha.Telephony.FskCallerId();
        onThePair.Process([.. line.Pair.Skip((int)line.Truths.First(t => t.What == "lifted").At)], heard);
        onThePair.Finish(heard);
        heard.ShouldHaveSingleItem().Number.ShouldBe("050111222", "it is on the pair");
        heard.Clear();
        var (samples, first, frames) = box.Listen(call.File!);
        foreach (var gain in new[] { 1, 30 })
        {
            var kept = new Nauha.Telephony.FskCallerId();
            kept.Process(Array.ConvertAll(samples, sample => short.CreateSaturating(sample * gain)), heard);
            kept.Finish(heard);
        }
        heard.ShouldBeEmpty();
        (samples.Length / 8_000.0).ShouldBe(10.2, 0.05, "its length is kept");
        if (after < 0) return;
        var mark1 = frames.SelectMany(f => f.Events).Where(e => e.What == "tone").ShouldHaveSingleItem();
        var (from, until) = ((int)((long)mark1.At - first), (int)((long)mark1.At - first + (long)mark1.Samples));
        (from / 8_000.0).ShouldBe(0.2 + after + 0.085, 0.05);
        ((until - from) / 8_000.0).ShouldBeInRange(0.9, 1.5);
        Level(samples.AsSpan(from + 200, until - from - 400)).ShouldBeLessThan(-60);
        Level(samples.AsSpan(0, from - 800)).ShouldBeGreaterThan(-45);
        Level(samples.AsSpan(until + 400, 8_000)).ShouldBeGreaterThan(-45);
    }

    [Fact]
    public async Task A_call_after_a_listed_one_is_recorded()
    {
        using var box = new Box { Excluded = List(["0409990123"], []) };
        var (calls, _) = await box.RunAsync(calls: [Incoming(), Incoming() with { Number = null, CallerId = CallerIdForm.None, At = 30, Gap = 4 }, Outgoing() with { At = 60, Gap = 4 }]);
        calls.Select(c => c.Call.Ending).ShouldBe([Ending.Excluded(EndingCode.Listed), Ending.Recorded, Ending.Recorded]);
    }

    [Fact]
    public void The_list_lies_on_the_disk_without_a_number_and_is_there_after_a_restart()
    {
        List(["0409990123", "00358409990123"], ["0800"]);
        foreach (var file in Directory.EnumerateFiles(_data, "*", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            foreach (var digits in new[] { "409990123", "0800" }) text.ShouldNotContain(digits, customMessage: file);
        }
        var again = ExclusionList.Load(_data);
        again.Version.ShouldBe(1ul);
        foreach (var (number, holds) in new[] { ("0409990123", true), ("00358409990123", true), ("0800", true), ("08001", true), ("080", false), ("409990123", false), ("0409990122", false), ("", false) })
            again.Holds(number).ShouldBe(holds, number);
        again.Take(1, new([], [])).ShouldBe("version 1 is held already");
        again.Take(2, new([], [])).ShouldBeNull();
        again.IsEmpty.ShouldBeTrue();
        // Two boxes with the same list have nothing in common on their disks.
        var other = Directory.CreateTempSubdirectory("nauha-list-").FullName;
        try
        {
            List(["0409990123"], []);
            ExclusionList.Load(other).Take(1, new(["0409990123"], []));
            string[] Hashes(string data) => [.. System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(data, "exclusions.json"))).RootElement.GetProperty("numbers").EnumerateArray().Select(h => h.GetString()!)];
            Hashes(_data).Intersect(Hashes(other)).ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
        File.WriteAllText(Path.Combine(_data, "exclusions.json"), "{");
        ExclusionList.Load(_data).Version.ShouldBe(0ul, "unreadable: central sends it again");
    }

    [Theory]
    [InlineData("while it rings")]
    [InlineData("before the announcement")]
    [InlineData("during the announcement")]
    public async Task The_agent_says_that_this_call_is_not_recorded(string when)
    {
        var done = false;
        using var box = new Box
        {
            EachBlock = (line, exchange) =>
            {
                var phase = line.Snapshot.Phase;
                if (done || !(when switch { "while it rings" => phase == CallPhase.Ringing, "before the announcement" => phase == CallPhase.OffHook, _ => phase == CallPhase.Announcing && exchange.LastInjected > 0 })) return;
                done = true;
                line.Decline();
            },
        };
        var (calls, line) = await box.RunAsync(calls: [Incoming(), Incoming() with { At = 40, Gap = 4 }]);
        calls.Select(c => c.Call.Ending).ShouldBe([Ending.Excluded(EndingCode.AgentChoice), Ending.Recorded], "the next call is another");
        calls[0].File.ShouldBeNull();
        if (when != "during the announcement") line.Truths.Count(t => t.What == "announced").ShouldBe(1);
    }

    [Fact]
    public async Task What_was_recorded_before_the_agent_said_so_stays_and_nothing_more_is()
    {
        var from = 0L;
        using var box = new Box
        {
            EachBlock = (line, exchange) =>
            {
                if (from > 0 || line.Snapshot.Recorded.TotalSeconds < 3) return;
                from = exchange.Now;
                line.Decline();
            },
        };
        var (calls, exchange) = await box.RunAsync(calls: Incoming());
        calls[0].Call.Ending.ShouldBe(Ending.Recorded);
        var (samples, first, _) = box.Listen(calls[0].File!);
        samples.Length.ShouldBeGreaterThan(3 * 8_000);
        // Kept up to the moment at which he said so, and not 0.2 s longer.
        var kept = exchange.Truths.First(t => t.What == "lifted").At + first + samples.Length;
        ((kept - from) / 8_000.0).ShouldBeInRange(-0.1, 0.2);
    }

    private static double Level(ReadOnlySpan<short> samples)
    {
        double power = 0;
        foreach (var sample in samples) power += (double)sample * sample;
        return 10 * Math.Log10((power / samples.Length / 32_768 / 32_768) + 1e-12);
    }

    [Theory]
    [InlineData("switched off")]
    [InlineData("its time is over")]
    [InlineData("the call ends")]
    public async Task What_is_said_under_a_mask_is_silence_of_the_same_length_with_a_mark_and_the_mask_ends(string by)
    {
        long on = -1, off = -1;
        var shown = false;
        using var box = new Box
        {
            EachBlock = (line, exchange) =>
            {
                shown |= line.Snapshot.Masked;
                if (on < 0 && line.Snapshot.Recorded.TotalSeconds >= 2)
                {
                    on = exchange.Now;
                    if (by == "its time is over") line.Mask(3);
                    else line.ToggleMask();
                }
                if (by == "switched off" && on > 0 && off < 0 && exchange.Now >= on + 24_000)
                {
                    off = exchange.Now;
                    line.ToggleMask();
                }
            },
        };
        var (calls, line) = await box.RunAsync(calls: Incoming());
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        var (samples, first, frames) = box.Listen(call.File!);
        (samples.Length / 8_000.0).ShouldBe(8.2, 0.04, "its length is kept");
        shown.ShouldBeTrue("LED 2 shows it");

        var lifted = line.Truths.First(t => t.What == "lifted").At;
        var from = (int)(on - lifted - first);
        var until = by == "the call ends" ? samples.Length : from + 24_000;
        Level(samples.AsSpan(from + 400, until - from - 800)).ShouldBeLessThan(-60);
        Level(samples.AsSpan(0, from)).ShouldBeGreaterThan(-45);
        if (by != "the call ends") Level(samples.AsSpan(until)).ShouldBeGreaterThan(-45);
        var mark = frames.SelectMany(f => f.Events).Where(e => e.What == "mask").ShouldHaveSingleItem();
        ((long)mark.At - first).ShouldBeInRange(from - 160, from + 160);
        ((long)mark.Samples).ShouldBeInRange(until - from - 500, until - from + 500);
    }

    [Fact]
    public async Task A_mask_from_before_the_announcement_s_proof_covers_what_would_be_kept_first()
    {
        var pressed = false;
        using var box = new Box
        {
            EachBlock = (line, _) =>
            {
                if (pressed || line.Snapshot.Phase != CallPhase.Announcing) return;
                pressed = true;
                line.ToggleMask();
            },
        };
        var (calls, _) = await box.RunAsync(calls: Incoming() with { Talk = Talk.Bundled.First(4) });
        var call = calls.ShouldHaveSingleItem();
        call.Facts.Announcement!.Score.ShouldBeGreaterThan(0.9, "the proof hears what is masked");
        Level(box.Listen(call.File!).Samples).ShouldBeLessThan(-60);
    }

    [Theory]
    [InlineData("pressed again")]
    [InlineData("talk is resumed")]
    [InlineData("the call ends")]
    public async Task On_hold_by_the_key_what_sounds_is_silence_of_the_same_length_with_a_mark_until_talk_is_resumed(string by)
    {
        // Talk, a murmur in the room just after the press, quiet, and talk again 4 s after the press.
        long on = -1, off = -1;
        using var box = new Box
        {
            EachBlock = (line, exchange) =>
            {
                if (on < 0 && line.Snapshot.Recorded.TotalSeconds >= 2)
                {
                    on = exchange.Now;
                    line.Hold();
                }
                if (by == "pressed again" && on > 0 && off < 0 && exchange.Now >= on + 16_000)
                {
                    off = exchange.Now;
                    line.Hold();
                }
            },
        };
        var far = new float[8_000 * 10];
        foreach (var (from, seconds) in new[] { (0.0, 2.8), (by == "the call ends" ? 9.9 : 6.0, 0.1), (by == "the call ends" ? 9.9 : 6.1, by == "the call ends" ? 0.1 : 3.8) }) Signals.Babble(seconds, -22).CopyTo(far, (int)(from * 8_000));
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = Talk.OfFar(far) });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        var (samples, first, frames) = box.Listen(call.File!);
        (samples.Length / 8_000.0).ShouldBe(10.2, 0.05, "its length is kept");
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        var from0 = (int)(on - lifted - first);
        var mark = frames.SelectMany(f => f.Events).Where(e => e.What == "hold").ShouldHaveSingleItem();
        ((long)mark.At - first).ShouldBeInRange(from0 - 160, from0 + 160);
        var until = by switch { "pressed again" => (int)(off - lifted - first), "the call ends" => samples.Length, _ => 1_600 + (int)(6.0 * 8_000) };
        ((long)mark.Samples + from0).ShouldBeInRange(until - 500, until + (by == "talk is resumed" ? 8_000 : 500));
        Level(samples.AsSpan(from0 + 400, until - from0 - 800)).ShouldBeLessThan(-60);
        Level(samples.AsSpan(0, from0 - 400)).ShouldBeGreaterThan(-45);
        if (by == "talk is resumed") Level(samples.AsSpan(until + 8_000, 8_000)).ShouldBeGreaterThan(-45);
    }

    [Fact]
    public async Task Who_was_on_hold_for_longer_than_ten_seconds_is_told_anew_and_the_mark_says_how_long_it_was()
    {
        long on = -1;
        using var box = new Box
        {
            EachBlock = (line, exchange) =>
            {
                if (on >= 0 || line.Snapshot.Recorded.TotalSeconds < 2) return;
                on = exchange.Now;
                line.Hold();
            },
        };
        var far = new float[8_000 * 36];
        foreach (var (from, seconds) in new[] { (0.0, 3), (18.0, 17) }) Signals.Babble(seconds, -22).CopyTo(far, (int)(from * 8_000));
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = Talk.OfFar(far), PausesForAnnouncements = true });
        var (_, first, frames) = box.Listen(calls.ShouldHaveSingleItem().File!);
        line.Truths.Count(t => t.What == "announced").ShouldBe(2);
        var events = frames.SelectMany(f => f.Events).ToList();
        var hold = events.Where(e => e.What == "hold").ShouldHaveSingleItem();
        (hold.At + hold.Samples - (double)events.Last(e => e.What == "announcement").At).ShouldBe(0, 1, "until what is kept again");
        (hold.Samples / 8_000.0).ShouldBeGreaterThan(18);
    }

    [Fact]
    public async Task A_call_that_ends_on_hold_says_so_in_its_last_frame()
    {
        long on = -1;
        using var box = new Box
        {
            EachBlock = (line, exchange) =>
            {
                if (on >= 0 || line.Snapshot.Recorded.TotalSeconds < 2) return;
                on = exchange.Now;
                line.Hold();
            },
        };
        var far = new float[8_000 * 20];
        Signals.Babble(3, -22).CopyTo(far, 0);
        var (calls, _) = await box.RunAsync(calls: Incoming() with { Talk = Talk.OfFar(far) });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        box.Listen(call.File!);
        var hold = box.Ended.ShouldHaveSingleItem();
        hold.What.ShouldBe("hold");
        (hold.Samples / 8_000.0).ShouldBe(18, 0.5);
    }
}
