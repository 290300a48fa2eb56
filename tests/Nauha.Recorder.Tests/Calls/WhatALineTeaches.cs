using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

public sealed class WhatALineTeaches
{
    private static CallScript Incoming(double at = 1) => new() { Kind = ScriptKind.Incoming, At = at, Number = "0409990123", Talk = Talk.Bundled.First(2) };

    [Fact]
    public async Task What_the_port_does_is_learned_kept_and_a_change_is_said()
    {
        using var box = new Box { Learns = true };
        await box.RunAsync(PortProfile.PbxExtension, calls: [Incoming(), new() { Kind = ScriptKind.Outgoing, At = 30, Number = "0509990456", Reversal = true, Talk = Talk.Bundled.First(4) }]);
        var learned = LearnedLine.Load(box.Data, 1)!;
        learned.OnHookVolts.ShouldBe(40, 1);
        learned.OffHookVolts!.Value.ShouldBe(9, 0.5);
        (learned.Calls, learned.CallerId, learned.ReversalOnAnswer, learned.Changed).ShouldBe((2, "dtmf", true, null));
        learned.AnnouncementDbv!.Value.ShouldBe(-17, 0.3);
        // After its firmware was updated the port feeds 24 V.
        // 24 V look like a handset that is up, until the port rings: then it is known better, and the call is heard.
        var (calls, _) = await box.RunAsync(PortProfile.MobileGateway, profile: LineProfile.PbxExtension, calls: [Incoming(12) with { Rings = 2, CallerId = CallerIdForm.V23 }]);
        calls.Skip(2).Select(c => c.Call.Ending).ShouldBe([Ending.Failed(EndingCode.NotHeard), Ending.Recorded]);
        var changed = LearnedLine.Load(box.Data, 1)!;
        changed.Changed.ShouldNotBeNull();
        changed.ChangedMs.ShouldNotBeNull();
        changed.Calls.ShouldBe(4);
        changed.OnHookVolts.ShouldBe(24, 2);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_learned_anew()
    {
        using var box = new Box();
        var learned = new LearnedLine { Line = 1, Profile = "ata", Calls = 5, OnHookVolts = 47.9, OffHookVolts = null, CallerId = "v23" };
        learned.Save(box.Data);
        LearnedLine.Load(box.Data, 1).ShouldBe(learned);
        File.WriteAllText(Path.Combine(LearnedLine.FolderOf(box.Data), "1.json"), "{");
        LearnedLine.Load(box.Data, 1).ShouldBeNull();
    }

    [Theory]
    [InlineData(150)]
    [InlineData(600)]
    [InlineData(1_400)]
    [InlineData(2_000)]
    [InlineData(2_500)]
    public async Task When_the_network_opens_is_learned_and_from_then_on_the_first_word_is_whole(int cutThroughMs)
    {
        using var box = new Box { Learns = true, KeepsStems = true };
        var port = PortProfile.Ata with { CutThroughMs = cutThroughMs };
        for (var call = 0; call < 3; call++)
        {
            // The agent greets at once; that is louder than what the network sounds of itself.
            var (_, line) = await box.RunAsync(port, calls: Incoming() with { Sounds = [new(Cue.Lifted, 0.4 + (0.5 * call), Side.Near, Signals.Babble(0.7, -20))] });
            FirstWord(line, port).ShouldBeGreaterThan(0.95, $"learning call {call + 1}");
        }
        var learned = LearnedLine.Load(box.Data, 1)!;
        ((double)learned.CutThrough!.Ms!.Value).ShouldBe(cutThroughMs, 60);
        var (_, known) = await box.RunAsync(port, calls: Incoming());
        FirstWord(known, port).ShouldBeGreaterThan(0.95);
        var waited = (known.FirstInjected - known.Truths.First(t => t.What == "lifted").At) / 8.0;
        waited.ShouldBeInRange(Math.Max(1_000, cutThroughMs), Math.Max(1_000, cutThroughMs + 260) + 120, "no longer than it takes");
    }

    private static double FirstWord(ExchangeLine line, PortProfile port)
    {
        var word = Nauha.Recorder.Announcements.Announcement.Bundled(["fi", "sv"]).Samples[..5_600];
        return Audio.Sound.Correlation(Array.ConvertAll(word, s => (short)(s * 30_000)), line.Stems![CapturePoint.FarEar, Stem.Announcement].Skip((int)line.FirstInjected + 2_000 + (port.DelayMs * 8)).Take(word.Length).ToArray());
    }

    [Fact]
    public async Task A_port_that_shows_no_opening_is_not_waited_for_longer_than_three_calls_and_one_that_changed_is_learned_anew()
    {
        using var box = new Box { Learns = true };
        var silent = PortProfile.Ata with { ComfortNoiseDbv = -100 };
        for (var call = 0; call < 3; call++) await box.RunAsync(silent, calls: Incoming());
        LearnedLine.Load(box.Data, 1)!.CutThrough.ShouldBe(new LearnedOpening(Missed: 3));
        var (_, line) = await box.RunAsync(silent, calls: Incoming());
        ((line.FirstInjected - line.Truths.First(t => t.What == "lifted").At) / 8.0).ShouldBeLessThan(1_150, "the profile's delay");

        static LearnedOpening After(LearnedOpening opening, params int[] ms) => ms.Aggregate(opening, (o, seen) => o.After(seen < 0 ? null : TimeSpan.FromMilliseconds(seen)));
        After(new(), 400, 900, 600).ShouldBe(new LearnedOpening(900), "the latest: an agent's greeting makes it look earlier, nothing later");
        After(new(700), 1_900).Ms.ShouldBe(1_900, "at once");
        After(new(1_900), 700, 710, 690, 700, 700, 700, 700, 700, 700, 700).Ms.ShouldBe(710, "ten calls later");
        After(new(700), -1, -1).Ms.ShouldBe(700);
        After(new(700), -1, -1, -1).ShouldBe(new LearnedOpening(), "it opens later than can be seen: learned anew");
        After(new(), 500, -1, -1, -1).ShouldBe(new LearnedOpening(500));
    }

    [Theory]
    [InlineData("1/4", "425", "finnish")]
    [InlineData("2/4", "350+440", "any")]
    [InlineData("0.4/0.2/0.4/2", "450", "450 Hz")]
    public async Task How_the_port_rings_and_sounds_is_learned_and_its_tones_with_it(string ring, string dial, string tones)
    {
        using var box = new Box { Learns = true };
        var seconds = ring.Split('/').Select(s => double.Parse(s, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var port = PortProfile.Ata with { Ring = [.. seconds.Chunk(2).Select(pair => (pair[0], pair[1]))], DialTone = [.. dial.Split('+').Select(h => double.Parse(h, System.Globalization.CultureInfo.InvariantCulture) + 3)] };
        await box.RunAsync(port, calls: [Incoming(12) with { Rings = 3 }, new() { Kind = ScriptKind.LiftOnly, At = 60, Seconds = 3 }]);
        var learned = LearnedLine.Load(box.Data, 1)!;
        (learned.Ring, learned.DialTone).ShouldBe((ring, dial));
        Nauha.Telephony.DialTone.Named(learned.DialTone)!.Value.Set.Name.ShouldBe(tones);
        learned.NoiseDbv!.Value.ShouldBeLessThan(-60);
    }

    [Fact]
    public void What_differs_is_said_in_words_and_what_strays_a_little_is_not()
    {
        var known = new LearnedLine { Line = 1, Profile = "ata", Calls = 9, Ring = "1/4", DialTone = "425", NoiseDbv = -66, CutThrough = new(600) };
        LearnedLine.Difference(known, known with { Ring = "1.1/4.1", NoiseDbv = -61, CutThrough = new(700) }).ShouldBeNull();
        LearnedLine.Difference(known, known with { NoiseDbv = -58 }).ShouldBe("noise at rest -58 dBV instead of -66 dBV");
        LearnedLine.Difference(known, known with { Ring = "2/4" }).ShouldBe("it rings 2/4 s instead of 1/4 s");
        LearnedLine.Difference(known, known with { DialTone = "350+440" }).ShouldBe("dial tone of 350+440 Hz instead of 425 Hz");
        LearnedLine.Difference(known, known with { CutThrough = new(1_900) }).ShouldBe("the network opens after 1900 ms instead of 600 ms");
    }
}
