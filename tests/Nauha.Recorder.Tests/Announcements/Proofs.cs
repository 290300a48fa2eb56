using Nauha.Recorder.Announcements;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Announcements;

/// <summary>The proof's conditions, one by one, at their edges; the ears beside the own voice.</summary>
public sealed class Proofs
{
    private const double Level = -17;
    private const int Delay = 700, Longest = 3_200;

    private static readonly float[] Played = Said("fi", "sv");

    private static float[] Said(params string[] languages)
    {
        var announcement = Announcement.Bundled(languages);
        var gain = (float)Math.Pow(10, (Level - announcement.ActiveLevelDb) / 20);
        return [.. announcement.Samples.Select(s => s * gain)];
    }

    // The pair hears something at 0 dBV full scale, so many dB off, from a clock that runs otherwise.
    private static float[] Pair(float[] said, double db = 0, double ppm = 0, Func<int, double>? others = null)
    {
        var gain = Math.Pow(10, db / 20);
        var random = new Random(5);
        return [.. Enumerable.Range(0, Played.Length + Delay + Longest).Select(n =>
        {
            var at = (n - Delay) * (1 + (ppm * 1e-6));
            return (float)((gain * Between(said, at)) + (others?.Invoke(n) ?? 0) + (1e-4 * ((2 * random.NextDouble()) - 1)));
        })];
    }

    // Between two samples by the sines of their distance, 16 each way.
    private static double Between(float[] samples, double at)
    {
        var (whole, sum) = ((int)Math.Floor(at), 0.0);
        for (var i = whole - 15; i <= whole + 16; i++)
        {
            if (i < 0 || i >= samples.Length) continue;
            var off = Math.PI * (at - i);
            sum += samples[i] * (Math.Abs(off) < 1e-9 ? 1 : Math.Sin(off) / off * (0.5 + (0.5 * Math.Cos(off / 17))));
        }
        return sum;
    }

    private static Proof Judge(float[] heard, ToneSet? tones = null, bool stateHeld = true, bool cutThrough = true) =>
        HeardProof.Judge(heard, Played, Longest, dbvAtFullScale: 0, Expected.OfOwn(Level), stateHeld, cutThrough, (tones ?? ToneSet.Finnish).Frequencies, heardFrom: 1_000);

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(-200)]
    public void A_two_clocks_that_drift_apart_by_200_ppm_are_no_matter(double ppm)
    {
        var proof = Judge(Pair(Played, ppm: ppm));
        proof.Holds.ShouldBeTrue();
        proof.LevelDbv.ShouldBe(Level, 0.3);
        proof.EndsAt.ShouldBeInRange(1_000 + Delay + Played.Length - 12, 1_000 + Delay + Played.Length + 12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(30)]
    public void A_box_that_was_busy_says_it_when_its_ears_are_at_the_present_again(int blocks)
    {
        var pair = new FakePair { Backlog = blocks };
        var proof = pair.Play(new AnnouncementPlayer(pair, Announcement.Bundled(["fi", "sv"]), Level));
        (proof.Holds, proof.Score).ShouldBe((true, 1));
    }

    [Fact]
    public void A_another_text_a_torn_one_or_half_of_it_is_not_the_announcement()
    {
        Judge(Pair(Said("en"))).Played.ShouldBeFalse();
        Judge(Pair([.. Played[..(Played.Length * 8 / 10)], .. new float[Played.Length / 5]])).Played.ShouldBeFalse();
        Judge(Pair([.. Played.Select((s, i) => i / 800 % 2 == 0 ? s : 0)])).Played.ShouldBeFalse("a tenth of a second, and a tenth of none");
        Judge(Pair(Played, others: n => 0.5 * Math.Sin(n * n * 1e-4))).Played.ShouldBeFalse("drowned");
        Judge(new float[Played.Length + Longest]).Holds.ShouldBeFalse();
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(-2, true)]
    [InlineData(3, false)]
    [InlineData(-3, false)]
    public void B_the_level_is_right_within_2_5_dB(double db, bool right)
    {
        var proof = Judge(Pair(Played, db));
        proof.LevelDbv.ShouldBe(Level + db, 0.3);
        (proof.Played, proof.Level, proof.Holds).ShouldBe((true, right, right));
    }

    [Fact]
    public void C_whatever_moved_the_pair_or_the_handset_takes_the_proof()
    {
        Judge(Pair(Played), stateHeld: false).ShouldSatisfyAllConditions(p => p.State.ShouldBeFalse(), p => p.Holds.ShouldBeFalse(), p => p.Played.ShouldBeTrue());
        var pair = new FakePair();
        var player = new AnnouncementPlayer(pair, Announcement.Bundled(["fi"]), Level);
        // Once, in its middle.
        var proof = pair.Play(player, each: at =>
        {
            if (at == 8_000) player.Disturbed(at);
        });
        (proof.State, proof.Holds, proof.Played).ShouldBe((false, false, true));
        pair.Play(player).Holds.ShouldBeTrue("and not for ever");
    }

    public static TheoryData<string, double[], double, double> Tones => new()
    {
        { "finnish", [425], 0.3, 0.3 },
        { "finnish", [425], 0.2, 0.2 },
        { "finnish", [425], 1, 4 },
        { "finnish", [425], 1, 0 },
        { "american", [350, 440], 1, 0 },
        { "american", [440, 480], 2, 4 },
        { "american", [480, 620], 0.5, 0.5 },
        { "british", [400, 450], 0.4, 0.2 },
        { "british", [400], 0.375, 0.375 },
        { "450", [450], 0.35, 0.35 },
        { "any", [440, 480], 2, 4 },
        { "any", [425], 0.3, 0.3 },
    };

    [Theory]
    [MemberData(nameof(Tones))]
    public void D_a_progress_tone_under_it_says_that_nobody_is_there(string set, double[] hertz, double on, double off)
    {
        // 12 dB under the announcement.
        var amplitude = Math.Pow(10, (Level - 12) / 20) / Math.Sqrt(hertz.Length);
        double Tone(int n) => n / 8_000.0 % (on + off) < on ? hertz.Sum(h => amplitude * Math.Sin(2 * Math.PI * h * n / 8_000)) : 0;
        var proof = Judge(Pair(Played, others: Tone), ToneSet.Named(set)!);
        (proof.ToneUnder, proof.State, proof.Holds).ShouldBe((true, false, false));
        Judge(Pair(Played), ToneSet.Named(set)!).ToneUnder.ShouldBeFalse("it is not the announcement itself");
    }

    [Theory]
    [InlineData(-7, 1, false)]
    [InlineData(-5, 1, true)]
    [InlineData(-5, 0.2, false)]
    [InlineData(-5, 0.5, true)]
    public void E_talk_over_it_counts_from_6_dB_under_it_and_three_tenths_of_it_on(double db, double share, bool talkedOver)
    {
        var random = new Random(3);
        // As loud all the time, so that no window has less of it: a sine of that level has this power.
        var deviation = Math.Pow(10, (Level + db) / 20) / Math.Sqrt(2);
        var talk = Enumerable.Range(0, Played.Length + Delay + Longest).Select(_ => deviation * Math.Sqrt(3) * ((2 * random.NextDouble()) - 1)).ToArray();
        Judge(Pair(Played, others: n => n < Delay + (Played.Length * share) ? talk[n] : 0)).TalkedOver.ShouldBe(talkedOver);
    }

    [Fact]
    public void F_what_began_before_the_line_carried_audio_proves_nothing()
    {
        var pair = new FakePair();
        var proof = pair.Play(new AnnouncementPlayer(pair, Announcement.Bundled(["fi"]), Level), cutThrough: false);
        (proof.Played, proof.Level, proof.CutThrough, proof.Holds).ShouldBe((true, true, false, false));
    }

    [Theory]
    [InlineData(160, new[] { 1f })]
    [InlineData(1_900, new[] { 0.8f, -0.3f, 0.15f, 0.05f })]
    public void While_it_speaks_the_box_hears_the_others_and_not_itself(int delay, float[] response)
    {
        var alone = new FakePair(0, delay) { Response = response };
        alone.Play(new AnnouncementPlayer(alone, Announcement.Bundled(["fi", "sv"]), Level));
        // From when the lead-in has come back.
        var from = 2_000 + delay + 1_000;
        static double Power(IEnumerable<short> samples) => samples.Average(s => (double)s * s);
        (10 * Math.Log10(Power(alone.Heard.Skip(from)) / Power(alone.Cleaned.Skip(from)))).ShouldBeGreaterThan(20);

        // Digits keyed under it, as loud as it is.
        var keyed = Nauha.Simulation.Signals.Dtmf("112", 80, 80, Level + 3.14);
        var under = new FakePair(0, delay) { Response = response, Others = n => n - 12_000 is >= 0 and var i && i < keyed.Length ? keyed[i] : 0 };
        under.Play(new AnnouncementPlayer(under, Announcement.Bundled(["fi", "sv"]), Level));
        var (dtmf, digits) = (new DtmfDetector(), new List<DtmfTone>());
        dtmf.Process([.. under.Cleaned], digits);
        string.Concat(digits.Select(d => d.Digit)).ShouldBe("112");
    }

    [Theory]
    [InlineData(0, 20)]
    [InlineData(100, 20)]
    [InlineData(-100, 20)]
    [InlineData(200, 15)]
    [InlineData(-200, 15)]
    public void Where_playback_and_capture_have_a_crystal_each_the_others_are_heard_to_the_announcements_end(double ppm, double leastDb)
    {
        var texts = Announcement.Bundled(["fi", "sv"]);
        var alone = new FakePair(0, 480) { Ppm = ppm };
        alone.Play(new AnnouncementPlayer(alone, texts, Level)).Holds.ShouldBeTrue();
        // Its last second and a half, when 100 ppm have become three samples.
        var from = 2_000 + 480 + texts.Samples.Length - 12_000;
        static double Power(IEnumerable<short> samples) => samples.Average(s => (double)s * s);
        (10 * Math.Log10(Power(alone.Heard.Skip(from).Take(12_000)) / Power(alone.Cleaned.Skip(from).Take(12_000)))).ShouldBeGreaterThan(leastDb);

        // 112, keyed under that, 6 dB less loud than it is.
        var keyed = Nauha.Simulation.Signals.Dtmf("112", 80, 80, Level + 3.14 - 6);
        var under = new FakePair(0, 480) { Ppm = ppm, Others = n => n - from - 4_000 is >= 0 and var i && i < keyed.Length ? keyed[i] : 0 };
        under.Play(new AnnouncementPlayer(under, texts, Level));
        var (dtmf, digits) = (new DtmfDetector(), new List<DtmfTone>());
        dtmf.Process([.. under.Cleaned], digits);
        string.Concat(digits.Select(d => d.Digit)).ShouldBe("112");
    }

    // The line's delay is looked for again and again, and the announcement has begun when it is found: what hums in its pauses must
    // not be learned as an answer to it.
    [Theory]
    [InlineData(160)]
    [InlineData(490)]
    [InlineData(504)]
    [InlineData(540)]
    [InlineData(1_000)]
    [InlineData(1_900)]
    [InlineData(2_700)]
    public void On_a_line_that_hums_a_fax_is_heard_under_the_announcement_however_late_that_comes_back(int delay)
    {
        var cng = Nauha.Simulation.Signals.Tones(12, 0.5, 3, Level - 1, 1_100);
        double Hum(long n) => Enumerable.Range(1, 20).Sum(h => 0.012 * Math.Sin((2 * Math.PI * 50 * h * n / 8_000) + h) / h);
        var pair = new FakePair(0, delay) { Others = n => Hum(n) + (n < cng.Length ? cng[n] : 0) };
        pair.Play(new AnnouncementPlayer(pair, Announcement.Bundled(["fi", "sv"]), Level));
        var (detector, tones) = (new ToneDetector(), new List<ToneEvent>());
        // The second and later bursts, all under it.
        detector.Process([.. pair.Cleaned.Skip(20_000)], tones);
        tones.ShouldHaveSingleItem().Name.ShouldBe("cng");
    }

    [Theory]
    [InlineData(640)]
    [InlineData(1_000)]
    [InlineData(1_012.5)]
    [InlineData(1_306)]
    [InlineData(2_000)]
    public void A_single_tone_of_45_ms_is_refused_and_one_of_35_ms_is_not(double hertz)
    {
        var announcement = Announcement.Bundled(["fi"]).Samples;
        for (var offset = 0; offset < 80; offset += 9)
        {
            With(45, offset).ShouldNotBeNull().ShouldContain("single tone");
            With(35, offset).ShouldBeNull();
        }

        string? With(double ms, int offset)
        {
            var samples = announcement.ToArray();
            var amplitude = samples.Max() * 0.7f;
            for (var i = 0; i < ms * 8; i++) samples[4_000 + offset + i] = amplitude * (float)Math.Sin(2 * Math.PI * hertz * i / 8_000);
            return AnnouncementCheck.Finds(samples);
        }
    }
}
