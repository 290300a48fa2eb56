using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>Each tone by its name, once a run, at its first burst; not by any other.</summary>
public sealed class SignalTones
{
    private static List<ToneEvent> Hear(Sounding sounding)
    {
        var (detector, tones) = (new ToneDetector(), new List<ToneEvent>());
        detector.Process(sounding.Silence(1_000).Samples(), tones);
        return tones;
    }

    private static Sounding Cadence(double dbm0, int times, double factor, params (double OnMs, double OffMs, double Hertz)[] parts)
    {
        var sounding = new Sounding().Silence(500);
        for (var i = 0; i < times; i++)
            foreach (var (on, off, hertz) in parts) sounding.Tone(on * factor, dbm0, hertz).Silence(off * factor);
        return sounding;
    }

    public static TheoryData<string, int, (double, double, double)[]> Cadences => new()
    {
        { "dial", 1, [(3_000, 0, 425)] },
        { "stutterDial", 4, [(650, 25, 425)] },
        { "busy", 6, [(300, 300, 425)] },
        { "congestion", 8, [(200, 200, 425)] },
        { "ringback", 3, [(1_000, 4_000, 425)] },
        { "callWaiting", 3, [(150, 150, 425), (150, 8_000, 425)] },
        { "sit", 4, [(330, 20, 950), (330, 20, 1_400), (330, 1_000, 1_800)] },
        { "sit", 2, [(650, 325, 950), (325, 30, 950), (1_300, 2_600, 1_400)] },
        { "record", 2, [(500, 15_000, 1_400)] },
        { "cng", 3, [(500, 3_000, 1_100)] },
        { "ced", 1, [(3_000, 0, 2_100)] },
        { "contactId", 2, [(100, 100, 1_400), (100, 1_000, 2_300)] },
    };

    [Theory]
    [MemberData(nameof(Cadences))]
    public void Each_is_named_once_where_it_began(string name, int times, (double, double, double)[] parts)
    {
        foreach (var (dbm0, hertz) in ((double, double)[])[(-10, 1), (-24, 1.01), (-35, 0.99)])
        {
            var tone = Hear(Cadence(dbm0, times, 1, [.. parts.Select(p => (p.Item1, p.Item2, p.Item3 * hertz))])).ShouldHaveSingleItem($"{name} at {dbm0}");
            tone.Name.ShouldBe(name);
            (tone.At / 8.0).ShouldBeInRange(470, 530);
        }
    }

    [Theory]
    [InlineData("busy", 6, 300, 0.88)]
    [InlineData("busy", 6, 300, 1.12)]
    [InlineData("ringback", 2, 1_000, 0.85)]
    [InlineData("ringback", 2, 1_000, 1.15)]
    public void A_cadence_may_be_a_little_off(string name, int times, double onMs, double factor) =>
        Hear(Cadence(-12, times, factor, (onMs, name == "busy" ? onMs : 4 * onMs, 425))).ShouldHaveSingleItem().Name.ShouldBe(name);

    [Theory]
    [InlineData(0.8, 410)]
    [InlineData(0.8, 440)]
    [InlineData(1, 410)]
    [InlineData(1.2, 410)]
    [InlineData(1.2, 440)]
    public void A_cadence_may_be_off_by_a_fifth_and_its_tone_by_15_Hz(double factor, double hertz)
    {
        foreach (var dbm0 in (double[])[-10, -33])
        {
            List<ToneEvent> All(int times, params (double, double)[] parts) => Hear(Cadence(dbm0, times, factor, [.. parts.Select(p => (p.Item1, p.Item2, hertz))]));
            string Of(int times, params (double, double)[] parts) => All(times, parts).ShouldHaveSingleItem($"{parts[0]} at {dbm0}").Name;
            Of(3, (1_000, 4_000)).ShouldBe("ringback");
            // At the edges a slow congestion is as long as a quick busy: both say that nobody is there.
            Of(6, (300, 300)).ShouldBeOneOf("busy", "congestion");
            // And a quick one begins as a call waiting does.
            All(8, (200, 200))[^1].Name.ShouldBeOneOf("busy", "congestion");
            Of(3, (150, 150), (150, 8_000)).ShouldBe("callWaiting");
        }
    }

    public static TheoryData<string, string, int, (double, double, double, double)[]> Sets => new()
    {
        { "american", "dial", 1, [(3_000, 0, 350, 440)] },
        { "american", "stutterDial", 10, [(100, 100, 350, 440)] },
        { "american", "ringback", 2, [(2_000, 4_000, 440, 480)] },
        { "american", "busy", 6, [(500, 500, 480, 620)] },
        { "american", "congestion", 8, [(250, 250, 480, 620)] },
        { "american", "callWaiting", 2, [(300, 8_000, 440, 0)] },
        { "british", "dial", 1, [(3_000, 0, 350, 440)] },
        { "british", "ringback", 3, [(400, 200, 400, 450), (400, 2_000, 400, 450)] },
        { "british", "busy", 6, [(375, 375, 400, 0)] },
        { "british", "congestion", 6, [(400, 350, 400, 0), (225, 525, 400, 0)] },
        { "400", "busy", 6, [(500, 500, 400, 0)] },
        { "440", "ringback", 2, [(1_000, 4_000, 440, 0)] },
        { "440", "dial", 1, [(3_000, 0, 440, 0)] },
        { "450", "dial", 1, [(3_000, 0, 450, 0)] },
        { "450", "busy", 6, [(350, 350, 450, 0)] },
        { "450", "ringback", 2, [(1_000, 4_000, 450, 0)] },
        { "450", "congestion", 8, [(250, 250, 450, 0)] },
    };

    private static ToneSet Set(string name) => name switch { "american" => ToneSet.American, "british" => ToneSet.British, "any" => ToneSet.Any, _ => ToneSet.Of(double.Parse(name, System.Globalization.CultureInfo.InvariantCulture)) };

    [Theory]
    [MemberData(nameof(Sets))]
    public void Each_tone_of_a_set_is_named_once_where_it_began(string set, string name, int times, (double, double, double, double)[] parts)
    {
        // Who does not know the line hears a single 400 Hz in the cadences of E.180 alone.
        string[] ears = set == "british" && parts[0].Item4 == 0 && name == "congestion" || name == "callWaiting" ? [set] : [set, "any"];
        foreach (var ear in ears)
        {
            foreach (var (dbm0, hertz) in ((double, double)[])[(-10, 1), (-22, 1.01), (-33, 0.99)])
            {
                var sounding = new Sounding().Silence(500);
                for (var i = 0; i < times; i++)
                    foreach (var (on, off, one, two) in parts)
                    {
                        if (two == 0) sounding.Tone(on, dbm0, one * hertz);
                        else sounding.Tone(on, dbm0, one * hertz, two * hertz);
                        sounding.Silence(off);
                    }
                var (detector, tones) = (new ToneDetector(Set(ear)), new List<ToneEvent>());
                detector.Process(sounding.Silence(1_000).Noise(25, dbm0).Samples(), tones);
                var tone = tones.ShouldHaveSingleItem($"{name} of {ear} at {dbm0}");
                tone.Name.ShouldBe(name);
                (tone.At / 8.0).ShouldBeInRange(470, 530, $"{ear} at {dbm0}");
            }
        }
    }

    [Fact]
    public void Finnish_tones_are_the_same_to_who_does_not_know_the_line()
    {
        foreach (var row in Cadences)
        {
            var (name, times, parts) = row.Data;
            var tones = new List<ToneEvent>();
            new ToneDetector(ToneSet.Any).Process(Cadence(-20, times, 1, parts).Silence(1_000).Samples(), tones);
            tones.ShouldHaveSingleItem(name).Name.ShouldBe(name);
        }
    }

    [Fact]
    public void A_textphone_and_an_alarm_dialler_are_known()
    {
        // 1.2 s of random bits, a second of rest; the tones of V.21's lower channel, of five-bit textphones, of Bell 103 both ways.
        Bits(980, 1_180, 300).ShouldBe("v18");
        Bits(980, 1_180, 110).ShouldBe("v18");
        Bits(1_400, 1_800, 45.45).ShouldBe("v18");
        Bits(1_400, 1_800, 50).ShouldBe("v18");
        Bits(1_270, 1_070, 300).ShouldBe("sia");
        Bits(1_270, 1_070, 110).ShouldBe("sia");
        Hear(new Sounding().Silence(500).Tone(800, -15, 2_225)).ShouldHaveSingleItem().Name.ShouldBe("sia");

        static string Bits(double mark, double space, double baud)
        {
            var (random, phase, samples, bit) = (new Random(5), 0.0, new List<double>(), -1);
            var isMark = true;
            for (var n = 0; n < 9_600; n++)
            {
                if ((int)(n * baud / 8_000) != bit) (bit, isMark) = (bit + 1, random.Next(2) == 0);
                phase += 2 * Math.PI * (isMark ? mark : space) / 8_000;
                samples.Add(Sounding.Amplitude(-15) * Math.Sin(phase));
            }
            var tone = Hear(new Sounding().Silence(500).Raw(samples).Silence(200).Noise(25, -15)).ShouldHaveSingleItem($"{mark}/{space} at {baud}");
            (tone.At / 8.0).ShouldBeInRange(470, 530);
            return tone.Name;
        }
    }

    [Theory]
    [InlineData(85, 1)]
    [InlineData(100, 1)]
    [InlineData(300, 0)]
    public void An_alerting_signal_is_counted(double ms, int alerts)
    {
        var (detector, tones) = (new ToneDetector(), new List<ToneEvent>());
        detector.Process(new Sounding().Silence(500).Tone(ms, -20, 2_130, 2_750).Silence(500).Noise(20, -20).Samples(), tones);
        (detector.Alerts, tones.Count).ShouldBe((alerts, 0));
    }

    [Fact]
    public void Noise_20_dB_under_it_hides_no_tone()
    {
        Hear(Cadence(-12, 5, 1, (300, 300, 425)).Noise(20, -12)).ShouldHaveSingleItem().Name.ShouldBe("busy");
        Hear(Cadence(-12, 1, 1, (330, 20, 950), (330, 20, 1_400), (330, 500, 1_800)).Noise(20, -12)).ShouldHaveSingleItem().Name.ShouldBe("sit");
    }

    [Fact]
    public void Hum_as_loud_as_the_tone_hides_none() =>
        Hear(Cadence(-20, 5, 1, (300, 300, 425)).OverTone(-20, 50)).ShouldHaveSingleItem().Name.ShouldBe("busy");

    [Fact]
    public void A_howler_is_four_tones_at_once()
    {
        Hear(new Sounding().Silence(500).Tone(2_000, -8, 1_400, 2_060, 2_450, 2_600)).ShouldHaveSingleItem().Name.ShouldBe("howler");
        var bursts = new Sounding().Silence(500);
        for (var i = 0; i < 10; i++) bursts.Tone(100, -8, 1_400, 2_060, 2_450, 2_600).Silence(100);
        var tone = Hear(bursts).ShouldHaveSingleItem();
        (tone.Name, tone.At is > 470 * 8 and < 530 * 8).ShouldBe(("howler", true));
    }

    [Fact]
    public void V21_flags_are_known()
    {
        var flags = new Sounding().Silence(500);
        var (phase, samples) = (0.0, new List<double>());
        for (var n = 0; n < 8_000; n++)
        {
            var bit = (int)(n * 300 / 8_000.0) % 8;
            phase += 2 * Math.PI * (bit is 0 or 7 ? 1_850 : 1_650) / 8_000;
            samples.Add(Sounding.Amplitude(-12) * Math.Sin(phase));
        }
        var tone = Hear(flags.Raw(samples)).ShouldHaveSingleItem();
        (tone.Name, tone.At is > 470 * 8 and < 530 * 8).ShouldBe(("v21", true));
    }

    [Theory]
    [InlineData("v115_negative.wav")]
    [InlineData("v117_negative.wav")]
    [InlineData("v119_negative.wav")]
    [InlineData("v121_negative.wav")]
    [InlineData("v129_negative.wav")]
    public void Talk_and_noise_are_no_tones(string file)
    {
        var tones = new List<ToneEvent>();
        new ToneDetector().Process(TestVectors.Samples(file), tones);
        tones.ShouldBeEmpty();
    }

    [Fact]
    public void Keyed_digits_and_caller_ids_are_no_tones()
    {
        Hear(new Sounding().Silence(300).Keyed("0123456789*#ABCD", 70, 70)).ShouldBeEmpty();
        Hear(new Sounding().Silence(300).Fsk([0x80, 5, 2, 3, .. "112"u8])).ShouldBeEmpty();
        Hear(new Sounding().Silence(300).Fsk([0x80, 5, 2, 3, .. "112"u8], 1_200, 2_200)).ShouldBeEmpty();
    }
}
