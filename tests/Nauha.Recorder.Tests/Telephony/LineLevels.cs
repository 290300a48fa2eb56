using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>What the analysis says of a line's levels.</summary>
public sealed class LineLevels
{
    [Theory]
    [InlineData(-10)]
    [InlineData(-26)]
    [InlineData(-40)]
    public void Speech_that_pauses_is_as_loud_as_while_it_lasts(double dbm0)
    {
        // P.56: 2 s of a steady sound, 6 s of silence. Active are the sound and 200 ms of hangover.
        var sounding = new Sounding();
        for (var i = 0; i < 5; i++) sounding.Tone(2_000, dbm0, 700).Silence(6_000);
        var levels = Levels.Of(sounding.Samples());
        levels.ActiveSpeechDbm0!.Value.ShouldBe(dbm0 - (10 * Math.Log10(2.2 / 2)), 0.3);
        levels.Activity!.Value.ShouldBe(2.2 / 8, 0.02);
        levels.RmsDbm0!.Value.ShouldBe(dbm0 - (10 * Math.Log10(4)), 0.02);
    }

    [Fact]
    public void Twice_the_speech_is_6_dB_more_and_pauses_change_nothing()
    {
        var speech = TestVectors.Samples("v115_negative.wav");
        var level = Levels.Of(speech).ActiveSpeechDbm0!.Value;
        Levels.Of([.. speech.Select(s => (short)(s / 2))]).ActiveSpeechDbm0!.Value.ShouldBe(level - 6.02, 0.1);
        Levels.Of([.. speech, .. new short[80_000]]).ActiveSpeechDbm0!.Value.ShouldBe(level, 0.3);
    }

    [Theory]
    [InlineData(-50)]
    [InlineData(-65)]
    public void The_noise_floor_is_what_the_pauses_hold(double dbm0)
    {
        var sounding = new Sounding();
        for (var i = 0; i < 5; i++) sounding.Tone(1_000, -15, 700).Silence(1_000);
        Levels.Of(sounding.Noise(-20 - dbm0, -20).Samples()).NoiseFloorDbm0!.Value.ShouldBe(dbm0, 1.5);
    }

    [Fact]
    public void Hum_is_named_by_its_lines_and_talk_over_it_hides_none()
    {
        var hum = new Sounding().Silence(6_000).OverTone(-35, 50).OverTone(-45, 150).OverTone(-50, 250).Samples();
        foreach (var samples in (short[][])[hum, new Sounding().Over(TestVectors.Samples("v115_negative.wav")).Raw(hum.Select(s => (double)s)).Over(TestVectors.Samples("v115_negative.wav"), -6).Samples()])
        {
            var levels = Levels.Of(samples);
            levels.Hum.ShouldNotBeNull().Select(l => l.Hertz).ShouldBe([50, 150, 250]);
            levels.Hum![0].Dbm0.ShouldBe(-35, 1);
            levels.Hum[1].Dbm0.ShouldBe(-45, 1.5);
            levels.HumDbm0!.Value.ShouldBe(-34.5, 1);
            levels.GsmBuzzDbm0.ShouldBeNull();
        }
        Levels.Of(new Sounding().Silence(4_000).OverTone(-40, 60).OverTone(-45, 120).Samples()).Hum!.Select(l => l.Hertz).ShouldBe([60, 120]);
    }

    [Fact]
    public void A_telephone_beside_the_cable_buzzes_217_times_a_second()
    {
        // TDMA: 577 µs of every 4.615 ms.
        var buzz = Enumerable.Range(0, 40_000).Select(n => n / 8.0 % 4.615384 < 0.577 ? 300.0 : 0).ToList();
        var levels = Levels.Of(new Sounding().Raw(buzz).Noise(30, -30).Samples());
        levels.GsmBuzzDbm0.ShouldNotBeNull().ShouldBeInRange(-45, -25);
        levels.Hum.ShouldBeNull();
    }

    [Fact]
    public void Talk_and_tones_neither_hum_nor_buzz()
    {
        foreach (var samples in (short[][])[TestVectors.Samples("v115_negative.wav"), TestVectors.Samples("v119_negative.wav"), new Sounding().Tone(4_000, -10, 425).Samples(), new Sounding().Tone(4_000, -10, 400, 450).Samples(), new Sounding().Silence(4_000).Noise(10, -20).Samples()])
            (Levels.Of(samples).Hum, Levels.Of(samples).GsmBuzzDbm0).ShouldBe((null, null));
    }

    [Fact]
    public void Flat_tops_are_counted_and_crests_are_not()
    {
        Levels.Of(new Sounding().Tone(2_000, 3.14, 1_000).Samples()).ClippedSamples.ShouldBe(0);
        Levels.Of(new Sounding().Tone(2_000, 9, 300).Samples()).ClippedSamples.ShouldBeGreaterThan(4_000);
    }

    [Fact]
    public void A_constant_part_is_an_offset()
    {
        var levels = Levels.Of(new Sounding().Tone(2_000, -20, 1_000).Raw([]).Samples().Select(s => (short)(s + 328)).ToArray());
        levels.DcOffsetDbm0!.Value.ShouldBe(3.14 + 3.01 - 40, 0.1);
        Levels.Of(new Sounding().Tone(2_000, -20, 1_000).Samples()).DcOffsetDbm0.ShouldBeNull();
    }
}
