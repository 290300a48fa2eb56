using Nauha.Recorder.Calls;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

public sealed class ALineAtRest
{
    private const double FullScaleDbv = 6.5;

    private static RestingLevel Rest(double humDbv, double noiseDbv, bool rests = true, int seconds = 15)
    {
        var level = new RestingLevel(FullScaleDbv);
        var random = new Random(1);
        var (hum, noise) = (Amplitude(humDbv), Amplitude(noiseDbv));
        var block = new short[160];
        for (var at = 0; at < seconds * 8_000; at += 160)
        {
            for (var i = 0; i < 160; i++) block[i] = short.CreateSaturating((hum * Math.Sin(2 * Math.PI * 50 * (at + i) / 8_000)) + (noise * Math.Sqrt(1.5) * ((2 * random.NextDouble()) - 1)));
            level.Take(block, rests);
        }
        return level;
    }

    // A full-scale sine is FullScaleDbv.
    private static double Amplitude(double dbv) => Math.Pow(10, (dbv - FullScaleDbv) / 20) * 32_768;

    [Theory]
    [InlineData(-60, -70, false)]
    [InlineData(-45, -70, false)]
    [InlineData(-35, -70, true)]
    [InlineData(-100, -35, true)]
    [InlineData(-100, -50, false)]
    public void It_hums_or_is_too_loud_from_minus_40_dBV_on(double humDbv, double noiseDbv, bool isBad) => Rest(humDbv, noiseDbv).IsBad.ShouldBe(isBad);

    [Fact]
    public void Hum_is_named_in_dBV() => Rest(-30, -70).HumDbv!.Value.ShouldBe(-30, 0.5);

    [Fact]
    public void Nothing_is_said_before_it_was_measured_nor_of_a_line_that_is_used()
    {
        Rest(-30, -30, seconds: 11).IsBad.ShouldBeFalse();
        Rest(-30, -30, rests: false).IsBad.ShouldBeFalse();
    }
}
