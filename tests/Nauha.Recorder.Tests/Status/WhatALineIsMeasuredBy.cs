using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Board;
using Nauha.Drivers.Hook;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;
using Nauha.Recorder.Tests.Drivers;
using Shouldly;

namespace Nauha.Recorder.Tests.Status;

/// <summary>Calibration: a known sine on the pair, and a pair that nobody feeds.</summary>
public sealed class WhatALineIsMeasuredBy
{
    private const int Seconds = 3;

    private static short[] Sine(double hertz, double dbfs, Func<int, double>? beside = null) =>
        [.. Enumerable.Range(0, Seconds * 8_000).Select(i => short.CreateSaturating((32_768 * Math.Pow(10, dbfs / 20) * Math.Sin(2 * Math.PI * hertz * i / 8_000)) + (beside?.Invoke(i) ?? 0)))];

    [Theory]
    [InlineData(1_000, -16.5)]
    [InlineData(204.3, -3)]
    [InlineData(3_390, -40)]
    [InlineData(1_004.37, -16.5)]
    [InlineData(825, -20.25)]
    public void A_clean_sine_is_measured_to_a_tenth_of_a_decibel_whatever_its_frequency(double hertz, double dbfs)
    {
        var random = new Random(5);
        // An offset of the converter, and noise 40 dB under the sine.
        var noise = 32_768 * Math.Pow(10, (dbfs - 40) / 20);
        var tone = ReferenceTone.Measure(Sine(hertz, dbfs, _ => 300 + (noise * ((2 * random.NextDouble()) - 1))), clipped: false);
        tone.Refusal.ShouldBeNull($"{tone}");
        tone.Hertz.ShouldBe(hertz, 0.2);
        tone.Dbfs.ShouldBe(dbfs, 0.1);
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "silence", "silent" }, { "too loud", "clips" }, { "the device says that it clipped", "clips" }, { "speech", "not-clean" }, { "a dial tone beside it", "not-clean" }, { "hum", "not-clean" },
        { "a level that creeps", "unsteady" }, { "a hum alone", "frequency" }, { "a whine alone", "frequency" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Nothing_is_built_on_what_is_no_clean_steady_sine_of_the_telephone_band(string what, string refusal) => ReferenceTone.Measure(what switch
    {
        "silence" => Sine(1_000, -90),
        "too loud" => Sine(1_000, 1),
        "speech" => [.. Simulation.Talk.Bundled.Near.Skip(8_000).Take(Seconds * 8_000).Select(s => short.CreateSaturating(s * 32_768))],
        "a dial tone beside it" => Sine(1_000, -16, i => 1_000 * Math.Sin(2 * Math.PI * 425 * i / 8_000)),
        "hum" => Sine(1_000, -16, i => 400 * Math.Sin(2 * Math.PI * 50 * i / 8_000)),
        "a level that creeps" => [.. Sine(1_000, -16).Select((s, i) => (short)(s * (1 + (0.06 * i / (Seconds * 8_000)))))],
        "a hum alone" => Sine(150, -16),
        "a whine alone" => Sine(3_600, -16),
        _ => Sine(1_000, -16),
    }, clipped: what == "the device says that it clipped").Refusal.ShouldBe(refusal);

    [Theory]
    [InlineData(0.7, 0.1, null)]
    [InlineData(-2.4, 0.1, null)]
    [InlineData(-48, 0.1, "fed")]
    [InlineData(3.2, 0.1, "fed")]
    [InlineData(0.5, 4, "unsteady")]
    public void An_unplugged_pair_has_a_zero_and_a_fed_or_restless_one_has_none(double volts, double hum, string? refusal)
    {
        var zero = PairZero.Measure([.. Enumerable.Range(0, Seconds * 1_000).Select(i => (float)(volts + (hum * Math.Sin(2 * Math.PI * 50 * i / 1_000))))]);
        zero.Refusal.ShouldBe(refusal);
        zero.Volts.ShouldBe(volts, 0.05);
        PairZero.Measure([]).Refusal.ShouldBe("nothing");
    }

    [Fact]
    public void The_zero_that_was_measured_is_taken_off_what_the_converter_shows()
    {
        using var chip = new SimulatedMcp3208();
        chip.Wire(0, () => 1.65 + (1.1 / -121.2));                      // 1 % resistors and an amplifier's offset: 1.1 V of nothing
        var board = BoardProfile.All.Single(b => b.Name == "pi-4");
        float[] Read(HookOptions options)
        {
            using var gpio = new SimulatedGpio();
            using var hooks = new LineHooks(new Dictionary<int, HookOptions> { [1] = options }, BoardPins.On(gpio, board), _ => chip, new FakeTimeProvider(), starts: false);
            for (var i = 0; i < SampleBlock.VoltsLength; i++) hooks.Sample();
            var block = new SampleBlock();
            hooks.HookOf(1)!.Sense(block);
            return block.Volts;
        }
        var options = new HookOptions { Source = "volts" };
        var zero = PairZero.Measure(Read(options));
        zero.Refusal.ShouldBeNull();
        zero.Volts.ShouldBe(1.1, 0.1);
        Read(options.Measured(zero.Volts)).ShouldAllBe(volts => Math.Abs(volts) < 0.1);
    }

    [Fact]
    public void What_was_measured_is_kept_beside_what_was_learned_and_a_torn_file_is_nothing()
    {
        using var folder = new OnTheBus.Folder();
        LineCalibration.Load(folder.Path, 3).ShouldBeNull();
        var known = new LineCalibration { Line = 3, DbvAtFullScale = 6.83, DbvMs = 1, Ear = "usb:1-1.3 1" };
        known.Save(folder.Path);
        LineCalibration.Load(folder.Path, 3).ShouldBe(known);
        (known with { ZeroVolts = -0.42, ZeroMs = 2, Gauge = "volts 3" }).Save(folder.Path);
        LineCalibration.Load(folder.Path, 3).ShouldBe(known with { ZeroVolts = -0.42, ZeroMs = 2, Gauge = "volts 3" });
        Directory.EnumerateFiles(Path.Combine(folder.Path, "lines")).Select(Path.GetFileName).ShouldBe(["3.calibration.json"]);
        File.WriteAllText(Path.Combine(folder.Path, "lines/3.calibration.json"), "{");
        LineCalibration.Load(folder.Path, 3).ShouldBeNull();
    }
}
