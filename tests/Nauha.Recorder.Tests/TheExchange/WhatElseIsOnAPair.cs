using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.TheExchange;

/// <summary>Noise by its spectrum, volts by their numbers, and what the recorder's own converters add.</summary>
public sealed class WhatElseIsOnAPair
{
    private static short[] Noise(Noises noises, double seconds = 12) => Tried.Run(Tried.Silent with { Noises = noises with { WhiteDbv = noises.WhiteDbv < -90 ? -100 : noises.WhiteDbv } }, seconds, Tried.Up()).Pair.From(0, seconds);

    private static Noises None => new() { WhiteDbv = -100 };

    public static TheoryData<string, double> Lines => new() { { "hum", 50 }, { "gsm", 650 / 3.0 }, { "lte", 100 }, { "whine", 1_000 } };

    [Theory]
    [MemberData(nameof(Lines))]
    public void What_repeats_has_the_level_asked_and_nothing_between_its_lines(string what, double apart)
    {
        var noises = what switch { "hum" => None with { HumDbv = -40 }, "gsm" => None with { GsmDbv = -40 }, "lte" => None with { LteDbv = -40 }, _ => None with { WhineDbv = -40 } };
        var heard = Noise(noises);
        heard.Dbv().ShouldBe(-40, 0.3);
        var lines = Enumerable.Range(1, (int)(3_999 / apart)).Sum(i => Math.Pow(10, heard.Dbv(i * apart) / 10));
        (10 * Math.Log10(lines)).ShouldBe(-40, 1, "all of it lies in its lines");
        heard.Dbv(apart * 1.5).ShouldBeLessThan(-70);
        heard.Dbv(apart).ShouldBeGreaterThan(what == "gsm" ? -56 : -46);
    }

    [Theory]
    [InlineData(-75)]
    [InlineData(-50)]
    public void White_noise_has_its_level_and_is_as_loud_in_each_band(double dbv)
    {
        var heard = Noise(new() { WhiteDbv = dbv });
        heard.Dbv().ShouldBe(dbv, 0.4);
        var bands = Enumerable.Range(0, 4).Select(band => Enumerable.Range(0, 60).Average(i => Math.Pow(10, heard.Dbv((band * 1_000) + 20 + (i * 16)) / 10))).ToList();
        (10 * Math.Log10(bands.Max() / bands.Min())).ShouldBeLessThan(3);
    }

    [Fact]
    public void Talk_and_radio_and_ring_of_others_have_their_levels_and_clicks_their_number()
    {
        Noise(None with { RadioDbv = -55 }).Dbv().ShouldBe(-55, 1);
        Noise(None with { CrosstalkDbv = -60 }, 44).Dbv().ShouldBe(-60, 1);
        var ring = Noise(None with { RingLeakDbv = -45 }, 70);
        ring[..8_000].Dbv().ShouldBe(-45, 0.5);
        ring.AsSpan(8_000, 32_000).ToArray().ShouldAllBe(s => s == 0);
        ring.AsSpan(25 * 8_000, 35 * 8_000).ToArray().ShouldAllBe(s => s == 0);
        ring.AsSpan(60 * 8_000, 8_000).ToArray().Dbv().ShouldBe(-45, 0.5);
        var clicks = Noise(None with { Clicks = 30, ClickDbv = -20 }, 600);
        var count = Enumerable.Range(1, clicks.Length - 1).Count(i => clicks[i] != 0 && clicks[i - 1] == 0);
        count.ShouldBeInRange(240, 360);
    }

    [Theory]
    [InlineData(25, 53, 0)]
    [InlineData(16.7, 90, 1.2)]
    [InlineData(50, 35, 1.6)]
    public void A_ring_has_its_frequency_its_volts_and_its_crest(double hertz, double vrms, double crest)
    {
        var port = PortProfile.Ata with { Wave = new() { Hertz = hertz, Vrms = vrms, Crest = crest, BiasPercent = 0 }, Feed = new() { RippleMillivolts = 0 }, Ring = [(1, 4)] };
        var volts = Tried.Volts(port, 4, new() { Kind = ScriptKind.Missed, At = 0, CallerId = CallerIdForm.None });
        var start = Array.FindIndex(volts, v => Math.Abs(v) < 40);
        var burst = volts[start..(start + 990)];
        Math.Sqrt(burst.Average(v => (double)v * v)).ShouldBe(vrms, vrms * 0.03);
        (burst.Max() / Math.Sqrt(burst.Average(v => (double)v * v))).ShouldBe(crest == 0 ? Math.Sqrt(2) : crest, 0.06);
        Enumerable.Range(1, burst.Length - 1).Count(i => burst[i] >= 0 && burst[i - 1] < 0).ShouldBeInRange((int)(hertz * 0.99) - 1, (int)hertz + 1);
    }

    [Fact]
    public void The_feed_is_swapped_droops_bounces_and_turns_as_slowly_as_said()
    {
        var feed = new Feed { RippleMillivolts = 0 };
        var port = PortProfile.Ata with { Feed = feed with { Swapped = true, DroopPercent = 20 } };
        var rest = Tried.Volts(port, 14, new() { Kind = ScriptKind.LiftOnly, At = 30 });
        rest[5_000].ShouldBe(-48);
        rest[13_000].ShouldBe(-48 * 0.8f, 0.01f);
        var lift = Tried.Volts(PortProfile.Ata with { Feed = feed with { BounceMs = 10 } }, 5, new() { Kind = ScriptKind.LiftOnly, At = 1, Seconds = 2 });
        Enumerable.Range(1, lift.Length - 1).Where(i => Math.Abs(lift[i] - lift[i - 1]) > 30).ShouldBe([.. Enumerable.Range(1_002, 9), .. Enumerable.Range(3_002, 9)], ignoreOrder: false, "for ten milliseconds at the lift and at the hang-up");
        var turn = Tried.Volts(PortProfile.Ata with { Feed = feed with { ReversalMs = 40 } }, 6, new() { Kind = ScriptKind.Outgoing, At = 0, Number = "1", AnswersAfter = 3 });
        turn[2_990].ShouldBe(7.5f);
        var crossed = Array.FindIndex(turn, 2_990, v => v < 0);
        crossed.ShouldBeInRange(3_015, 3_025);
        turn[3_200].ShouldBe(-7.5f, 0.01f);
        turn[3_040..3_050].Min().ShouldBeLessThan(-8, "it rings out");
    }

    [Theory]
    [InlineData(800, 20, 20)]
    [InlineData(1_600, 35, 25.3)]
    public void The_loop_carries_what_its_resistance_lets_through_and_no_more_than_the_limit(double ohms, double limit, double milliamps)
    {
        var port = Tried.Silent with { Feed = new() { Ohms = ohms, LimitMilliamps = limit, Swapped = true } };
        var line = Tried.Run(port, 1, new() { Kind = ScriptKind.LiftOnly, At = 0.5, Seconds = 2 });
        line.LoopMilliamps.ShouldBe(-milliamps, 0.1);
        Tried.Run(port, 0.4, new() { Kind = ScriptKind.LiftOnly, At = 0.5 }).LoopMilliamps.ShouldBe(0);
    }

    [Fact]
    public void A_ring_goes_on_into_a_lifted_handset_until_the_port_has_seen_it()
    {
        var port = PortProfile.Ata with { Feed = new() { RippleMillivolts = 0 }, Wave = new() { TripMs = 120 } };
        var script = new CallScript { Kind = ScriptKind.Incoming, At = 0, CallerId = CallerIdForm.None, AnswersInBurst = true };
        var lifted = (int)(Tried.Run(port, 4, script).Truths.First(t => t.What == "lifted").At / 8);
        var volts = Tried.Volts(port, 4, script);
        (volts[(lifted + 5)..(lifted + 115)].Max() - volts[(lifted + 5)..(lifted + 115)].Min()).ShouldBeGreaterThan(40);
        volts[(lifted + 125)..(lifted + 500)].ShouldAllBe(v => Math.Abs(v - 7.5) < 0.01);
    }

    [Fact]
    public void A_far_side_that_hangs_up_first_shows_it_as_the_port_does()
    {
        var port = Tried.Silent with { Feed = new() { RippleMillivolts = 0 } };
        var script = new CallScript { Kind = ScriptKind.FoundLifted, At = 0, Talk = new(new float[4_000], []), Longer = 0.5, Clear = new(4, OpenLoopMs: 400, Reversal: true, Tone: ClearTone.Busy) };
        var line = Tried.Run(port, 30, script);
        var ended = line.Truths.Single(t => t.What == "far ended").At / 8_000.0;
        (ended - (line.Truths.Single(t => t.What == "talk").At / 8_000.0)).ShouldBe(1, 0.01);
        var volts = Tried.Volts(port, 30, script);
        volts.Count(v => v == 0).ShouldBeInRange(399, 401);
        volts[(int)((ended + 1) * 1_000)].ShouldBe(-7.5f);
        line.Pair.From(ended + 0.625, 0.2).Dbv(425).ShouldBe(-15 - 3.14 + ExchangeLine.DbvAtFullScale, 0.3);
        line.Truths.Single(t => t.What == "lowered").At.ShouldBeInRange((long)((ended + 4) * 8_000) - 1, (long)((ended + 4) * 8_000) + 1);
    }

    [Fact]
    public void The_converter_adds_its_offset_its_gain_and_its_clipping()
    {
        short[] Heard(Converter converter, double dbv, double seconds = 1, LineFault fault = LineFault.None)
        {
            var line = new ExchangeLine(Tried.Silent with { Converter = converter }, [Tried.Up(new Sound(Cue.Lifted, 0, Side.Far, Tried.Sine(1_000, seconds, dbv))) with { Fault = fault }], seed: 7);
            var all = new short[(int)(seconds * 8_000)];
            line.Fill(all, []);
            return all[4_000..];
        }
        Heard(new() { OffsetPercent = 5 }, -20).Average(s => s).ShouldBe(0.05 * 32_768, 2.0);
        Heard(new() { GainDb = 3 }, -20).Dbv(1_000).ShouldBe(-17, 0.05);
        Heard(new() { ClipPercent = 25 }, 0).Max().ShouldBe((short)8_192);
        var drift = Heard(new() { DriftDbPerHour = 1 }, -20, 360);
        (drift[^8_000..].Dbv(1_000) - drift[..8_000].Dbv(1_000)).ShouldBe(0.1, 0.01);
        Heard(new(), -45, 10, LineFault.AutomaticGain)[^8_000..].Dbv(1_000).ShouldBeGreaterThan(-30, "it lifts what is soft");
        Heard(new(), -20, 1, LineFault.ReceiveOpen).Dbv().ShouldBeLessThan(-75);
        Math.Abs(Heard(new(), -20, 1, LineFault.OtherPair).Dbv(1_000) + 20).ShouldBeGreaterThan(6, "another pair's talk, not this one's tone");
    }

    [Fact]
    public void Playback_by_another_crystal_ends_as_much_earlier_as_it_is_faster()
    {
        long Last(double ppm)
        {
            // 20 s, so that 200 ppm are 32 samples.
            var line = Tried.Run(Tried.Silent with { Converter = new() { PlaybackPpm = ppm } }, 24, Tried.Up(), each: Feed(20));
            return line.LastInjected - line.FirstInjected;
        }
        (Last(0) - Last(200)).ShouldBeInRange(31, 33);
        (Last(-200) - Last(0)).ShouldBeInRange(31, 33);
    }

    private static Action<ExchangeLine> Feed(int seconds)
    {
        var (sent, block) = (0, Enumerable.Repeat((short)5_000, 160).ToArray());
        return line =>
        {
            for (; sent < seconds * 8_000 && line.InjectionPending < 1_600; sent += 160) line.Inject(block);
        };
    }
}
