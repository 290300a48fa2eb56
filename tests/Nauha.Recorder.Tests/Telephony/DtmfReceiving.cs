using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>ITU-T Q.24 and what a call adds: noise, echo, a dial tone, talk. Hundreds of digits a point, seeded.</summary>
public sealed class DtmfReceiving
{
    private static (int Right, int Sent, int Spurious) Hear(Func<Sounding, string, Sounding> make, int digits = 200, Func<string, string>? choose = null)
    {
        var (right, sent, spurious) = (0, 0, 0);
        for (var seed = 0; sent < digits; seed++)
        {
            var sounding = new Sounding(seed + 1).Silence(100 + (seed % 37 * 0.61));
            var keys = sounding.RandomKeys(20);
            keys = choose?.Invoke(keys) ?? keys;
            var heard = Digits(make(sounding, keys).Samples());
            var matched = LongestCommon(keys, heard);
            (right, sent, spurious) = (right + matched, sent + keys.Length, spurious + heard.Length - matched);
        }
        return (right, sent, spurious);
    }

    private static string Digits(ReadOnlySpan<short> samples)
    {
        var (detector, tones) = (new DtmfDetector(), new List<DtmfTone>());
        detector.Process(samples, tones);
        detector.Process(new short[800], tones);
        detector.Finish(tones);
        return string.Concat(tones.Select(t => t.Digit));
    }

    private static int LongestCommon(string a, string b)
    {
        var best = new int[a.Length + 1, b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
                best[i, j] = a[i - 1] == b[j - 1] ? best[i - 1, j - 1] + 1 : Math.Max(best[i - 1, j], best[i, j - 1]);
        return best[a.Length, b.Length];
    }

    private static void AllRight(Func<Sounding, string, Sounding> make, Func<string, string>? choose = null)
    {
        var (right, sent, spurious) = Hear(make, choose: choose);
        (right, spurious).ShouldBe((sent, 0));
    }

    private static void NoneHeard(Func<Sounding, string, Sounding> make)
    {
        var (right, _, spurious) = Hear(make);
        (right + spurious).ShouldBe(0);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(50)]
    [InlineData(70)]
    public void Tones_of_40_ms_and_more_are_always_heard(double ms) => AllRight((s, keys) => s.Keyed(keys, ms, ms));

    [Fact]
    public void Tones_of_30_ms_are_nearly_always_heard()
    {
        var (right, sent, spurious) = Hear((s, keys) => s.Keyed(keys, 30, 30).Noise(20, -7));
        right.ShouldBeGreaterThanOrEqualTo(sent * 9 / 10);
        spurious.ShouldBe(0);
    }

    [Theory]
    [InlineData(15, 99)]
    [InlineData(20, 99)]
    [InlineData(20, 15)]
    [InlineData(20, 10)]
    public void Bursts_of_20_ms_are_never_heard(double ms, double noiseDb) => NoneHeard((s, keys) => s.Keyed(keys, ms, 60).Noise(noiseDb, -7));

    [Theory]
    [InlineData(10)]
    [InlineData(15)]
    [InlineData(20)]
    public void Two_different_digits_are_two_however_short_the_pause_between_them(double pauseMs)
    {
        const string Keys = "123A456B789C*0#D";
        // The same digit twice with so little between is one broken tone (Q.24): the next key stands for it.
        AllRight((s, keys) => s.Keyed(keys, 50, pauseMs).Noise(20, -7), keys => keys.Aggregate("", (chosen, k) => chosen + (chosen.EndsWith(k) ? Keys[(Keys.IndexOf(k) + 1) % 16] : k)));
    }

    [Theory]
    [InlineData(10, 100)]
    [InlineData(6, 100)]
    [InlineData(4, 99)]
    [InlineData(2, 99)]
    [InlineData(0, 90)]
    public void Noise_as_loud_as_2_dB_under_the_tones_takes_no_digit(double db, int percent)
    {
        var (right, sent, spurious) = Hear((s, keys) => s.Keyed(keys, 50, 50).Silence(100).Noise(db, -7), 500);
        right.ShouldBeGreaterThanOrEqualTo(sent * percent / 100);
        spurious.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bursts_as_long_as_their_pauses_are_never_heard(int times) => NoneHeard((s, keys) => s.Keyed(string.Concat(keys.Select(k => new string(k, times))), 15, 15).Noise(20, -7));

    [Theory]
    [InlineData(50, 99)]
    [InlineData(40, 20)]
    [InlineData(50, 20)]
    [InlineData(100, 20)]
    [InlineData(50, 10)]
    public void A_tone_that_breaks_off_for_10_ms_is_one_digit(double ms, double noiseDb)
    {
        // Q.24. With a bad contact the tone goes on behind the break; a generator begins it anew.
        EachKey((s, key) => s.Keyed($"{key}", (2 * ms) + 10, 100).Broken((s.Count / 8.0) - 100 - ms - 10, 10).Noise(noiseDb, -7), key => $"{key}");
        EachKey((s, key) => s.Keyed($"{key}", ms, 10).Keyed($"{key}", ms).Noise(noiseDb, -7), key => $"{key}");
    }

    [Theory]
    [InlineData(50, 99)]
    [InlineData(40, 20)]
    [InlineData(50, 20)]
    [InlineData(100, 20)]
    public void A_key_pressed_again_after_15_ms_is_two_digits(double ms, double noiseDb) => EachKey((s, key) => s.Keyed($"{key}", ms, 15).Keyed($"{key}", ms).Noise(noiseDb, -7), key => $"{key}{key}");

    private static void EachKey(Func<Sounding, char, Sounding> make, Func<char, string> wanted)
    {
        for (var seed = 1; seed <= 8; seed++)
            foreach (var key in "123A456B789C*0#D")
                Digits(make(new Sounding((seed * 100) + key).Silence(100 + (seed * 0.61)), key).Samples()).ShouldBe(wanted(key));
    }

    [Theory]
    [InlineData(-8)]
    [InlineData(-4)]
    [InlineData(4)]
    public void Twist_from_minus_8_to_plus_4_dB_is_taken(double db) => AllRight((s, keys) => s.Keyed(keys, 50, 50, -12, db).Noise(20, -12));

    [Theory]
    [InlineData(0.015)]
    [InlineData(-0.015)]
    public void A_frequency_off_by_1_5_percent_and_2_Hz_is_taken(double off)
    {
        AllRight((s, keys) => s.Keyed(keys, 40, 40, lowOff: off, highOff: off, hertzOff: Math.Sign(off) * 2).Noise(20, -7));
        AllRight((s, keys) => s.Keyed(keys, 40, 40, lowOff: off, highOff: -off).Noise(20, -7));
    }

    [Theory]
    [InlineData(0.035, 0)]
    [InlineData(-0.035, 0)]
    [InlineData(0, 0.035)]
    [InlineData(0, -0.035)]
    [InlineData(0.035, 0.035)]
    [InlineData(-0.035, -0.035)]
    public void A_frequency_off_by_3_5_percent_is_refused(double low, double high)
    {
        NoneHeard((s, keys) => s.Keyed(keys, 50, 50, lowOff: low, highOff: high));
        NoneHeard((s, keys) => s.Keyed(keys, 200, 50, lowOff: low, highOff: high).Noise(15, -7));
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(-20)]
    [InlineData(-36)]
    [InlineData(-44)]
    public void Levels_from_minus_4_to_minus_44_dBm0_a_tone_are_taken(double dbm0) => AllRight((s, keys) => s.Keyed(keys, 40, 40, dbm0));

    [Theory]
    [InlineData(-18)]
    [InlineData(-10)]
    public void A_dial_tone_under_the_digits_takes_none(double dbm0) => AllRight((s, keys) => s.Keyed(keys, 60, 60, -10).OverTone(dbm0, 425));

    [Theory]
    [InlineData(50)]
    [InlineData(100)]
    public void Hum_louder_than_the_digits_takes_none(double hertz) => AllRight((s, keys) => s.Keyed(keys, 60, 60, -20).OverTone(-14, hertz));

    [Theory]
    [InlineData(3, -9)]
    [InlineData(8, -9)]
    [InlineData(12, -10)]
    [InlineData(25, -14)]
    public void An_echo_takes_no_digit_and_adds_none(double ms, double db) => AllRight((s, keys) => s.Keyed(keys, 60, 60).Silence(60).Echo(ms, db));

    [Fact]
    public void Talk_24_dB_under_the_digits_takes_none()
    {
        var speech = TestVectors.Samples("v115_negative.wav");
        var gain = -34 - Levels.Of(speech).RmsDbm0!.Value;
        AllRight((s, keys) => s.Keyed(keys, 70, 70, -10).Over(speech, gain));
    }

    [Fact]
    public void A_held_key_is_one_digit_of_its_length_where_it_began()
    {
        var tones = new List<DtmfTone>();
        var detector = new DtmfDetector();
        detector.Process(new Sounding().Silence(300).Keyed("5", 2_000, 200).Samples(), tones);
        var tone = tones.ShouldHaveSingleItem();
        tone.Digit.ShouldBe('5');
        tone.At.ShouldBeInRange((300 * 8) - 80, (300 * 8) + 80);
        tone.Samples.ShouldBeInRange(1_980 * 8, 2_020 * 8);
    }

    [Fact]
    public void A_held_key_with_a_bad_contact_is_one_digit_of_its_length()
    {
        var (tones, detector, held) = (new List<DtmfTone>(), new DtmfDetector(), new Sounding().Silence(300).Keyed("5", 2_000, 200));
        for (var ms = 400.0; ms < 2_250; ms += 83.7) held.Broken(ms, 10);
        detector.Process(held.Noise(20, -7).Samples(), tones);
        var tone = tones.ShouldHaveSingleItem();
        tone.Digit.ShouldBe('5');
        tone.Samples.ShouldBeInRange(1_980 * 8, 2_020 * 8);
    }

    [Fact]
    public void A_tone_is_suspected_before_24_ms_of_it_are_over()
    {
        var detector = new DtmfDetector();
        var samples = new Sounding().Silence(300).Keyed("5", 100, 100).Samples();
        var tones = new List<DtmfTone>();
        var heard = Enumerable.Range(0, samples.Length / 8).First(ms =>
        {
            detector.Process(samples.AsSpan(ms * 8, 8), tones);
            return detector.ToneSuspected;
        });
        (heard - 300).ShouldBeInRange(0, 24);
        detector.SuspectedSince.ShouldBeLessThanOrEqualTo((300 * 8) + 8);
    }

    [Theory]
    [InlineData("v115_negative.wav")]
    [InlineData("v117_negative.wav")]
    [InlineData("v119_negative.wav")]
    [InlineData("v121_negative.wav")]
    public void Talk_at_any_level_is_no_digit(string file)
    {
        foreach (var gain in (double[])[0.25, 1, 2, 4])
            Digits([.. TestVectors.Samples(file).Select(s => short.CreateSaturating(s * gain))]).ShouldBe("");
    }
}
