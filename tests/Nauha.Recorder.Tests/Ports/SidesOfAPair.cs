using System.Numerics;
using CsCheck;
using Nauha.Recorder.Ports;
using Shouldly;

namespace Nauha.Recorder.Tests.Ports;

/// <summary>Who speaks, from volts and current: the arithmetic against sines through real and complex ends of a pair.</summary>
public sealed class SidesOfAPair
{
    private const double Dbv = 6.5, Milliamps = 5;
    private static readonly double Volt = 32_768 / (Math.Pow(10, Dbv / 20) * Math.Sqrt(2)), Ampere = 32_768 / (Milliamps / 1_000 * Math.Sqrt(2));

    public static TheoryData<int> Telephony => [300, 425, 697, 1_000, 1_633, 2_400, 3_400];

    private static Complex Finnish(double hertz) => 270 + (750 / (1 + new Complex(0, 2 * Math.PI * hertz * 750 * 150e-9)));

    /// <summary>How much of a source at one end is found on its own side over what is found on the other, dB.</summary>
    private static double Separation(double hertz, Complex phone, Complex port, bool speaksNear, double nearOhms = 600, double farOhms = 600, double sign = 1)
    {
        // One volt behind an end: the other one is quiet.
        var (volts, current) = speaksNear ? (port / (phone + port), -1 / (phone + port)) : (phone / (phone + port), 1 / (phone + port));
        var (v, i) = (Sine(hertz, volts * Volt), Sine(hertz, current * Ampere));
        var (near, far) = (new short[v.Length], new short[v.Length]);
        new InlineSides(Dbv, sign * Milliamps, nearOhms, farOhms).Split(v, i, near, far);
        return 10 * Math.Log10(speaksNear ? Power(near) / Power(far) : Power(far) / Power(near));
    }

    private static short[] Sine(double hertz, Complex amplitude) => [.. Enumerable.Range(0, 8_000).Select(n => (short)Math.Round((amplitude * Complex.Exp(new(0, 2 * Math.PI * hertz * n / 8_000))).Real))];

    private static double Power(short[] samples) => samples.Sum(sample => (double)sample * sample) + 1;

    [Theory]
    [MemberData(nameof(Telephony))]
    public void Ends_that_are_what_they_are_taken_for_leave_nothing_of_the_other_side(int hertz)
    {
        Separation(hertz, 600, 600, speaksNear: true).ShouldBeGreaterThan(70);
        Separation(hertz, 600, 600, speaksNear: false).ShouldBeGreaterThan(70);
    }

    [Theory]
    [MemberData(nameof(Telephony))]
    public void References_of_600_ohms_against_complex_ends_keep_the_sides_9_to_12_dB_apart(int hertz)
    {
        Separation(hertz, Finnish(hertz), Finnish(hertz), speaksNear: true).ShouldBeInRange(9, 12);
        Separation(hertz, Finnish(hertz), Finnish(hertz), speaksNear: false).ShouldBeInRange(9, 12);
    }

    [Theory]
    [MemberData(nameof(Telephony))]
    public void References_10_per_cent_off_keep_them_24_to_28_dB_apart(int hertz)
    {
        foreach (var off in new[] { 0.9, 1.1 })
        {
            Separation(hertz, 600, 600, speaksNear: true, farOhms: 600 * off).ShouldBeInRange(24, 28);
            Separation(hertz, 600, 600, speaksNear: false, nearOhms: 600 * off).ShouldBeInRange(24, 28);
        }
    }

    [Fact]
    public void A_voice_stands_in_its_own_side_as_loud_as_on_the_matched_pair_and_a_transformer_turned_round_swaps_them()
    {
        var (near, far) = (new short[4], new short[4]);
        // The phone drives 1 V onto the pair: the current flows out of it, 1 V through 600 Ω.
        short[] volts = [.. new[] { 0.0, 1, -1, 0.5 }.Select(v => (short)Math.Round(v * Volt))], current = [.. new[] { 0.0, -1, 1, -0.5 }.Select(v => (short)Math.Round(v / 600 * Ampere))];
        new InlineSides(Dbv, Milliamps).Split(volts, current, near, far);
        near.Zip(volts, (n, v) => Math.Abs(n - v)).Max().ShouldBeLessThan(3);
        far.Max(f => Math.Abs((int)f)).ShouldBeLessThan(3);
        new InlineSides(Dbv, -Milliamps).Split(volts, current, near, far);
        far.Zip(volts, (f, v) => Math.Abs(f - v)).Max().ShouldBeLessThan(3);
        Separation(1_000, 600, 600, speaksNear: true, sign: -1).ShouldBeLessThan(-60);
    }

    // Near plus far is the volts again where both references are one, and no input throws.
    [Fact]
    public void Both_sides_together_are_the_pair() => Gen.Select(Gen.Short.Array[160], Gen.Short.Array[160], Gen.Double[100, 2_000], Gen.Double[-100, 100]).Sample((volts, current, ohms, milliamps) =>
    {
        var (near, far) = (new short[160], new short[160]);
        new InlineSides(Dbv, milliamps, ohms, ohms).Split(volts, current, near, far);
        for (var i = 0; i < volts.Length; i++)
            if (Math.Abs((int)near[i]) < 32_000 && Math.Abs((int)far[i]) < 32_000) Math.Abs(near[i] + far[i] - volts[i]).ShouldBeLessThanOrEqualTo(1);
    }, iter: 500);
}
