using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.TheExchange;

public sealed class TheNetworkBetween
{
    private static short[] Far(ExchangeLine line, double from, double seconds) => line.FarEar.From(from, seconds);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 4)]
    [InlineData(5, 2)]
    public void As_many_packets_are_lost_as_said_in_bursts_as_long_as_said_and_the_one_before_stands_in(double percent, double burst)
    {
        var leg = new NetworkLeg(new() { LossPercent = percent, LossBurst = burst }, delay: 160, 1, 1, steps: false, signals: 1, seed: 99);
        var random = new Random(5);
        var (packets, lost, bursts, inBurst) = (50_000, 0, 0, 0);
        var (before, now, wrong) = (new double[160], new double[160], 0);
        var one = new double[1];
        for (long at = 0; at < packets * 160L; at++)
        {
            one[0] = (float)((random.NextDouble() * 2) - 1);
            leg.Step(at, one);
            now[at % 160] = one[0];
            if (at % 160 != 159) continue;
            // Of noise, no packet is a share of the one before it: what is has been made up.
            var share = before[7] == 0 ? 0 : now[7] / before[7];
            var madeUp = at > 400 && (now.All(s => s == 0) || Enumerable.Range(0, 160).All(i => Math.Abs(now[i] - (share * before[i])) < 1e-6));
            if (madeUp && inBurst == 0) wrong += Math.Abs(share - 0.8) < 1e-6 ? 0 : 1;
            (lost, bursts, inBurst) = madeUp ? (lost + 1, bursts + (inBurst == 0 ? 1 : 0), inBurst + 1) : (lost, bursts, 0);
            now.CopyTo(before, 0);
        }
        (100.0 * lost / packets).ShouldBe(percent, percent * 0.15);
        ((double)lost / bursts).ShouldBe(burst, burst * 0.1);
        wrong.ShouldBe(0);
        leg.Lost.ShouldBe(lost);
    }

    [Fact]
    public void Nobody_hears_the_other_before_the_network_is_open_and_one_way_may_open_later()
    {
        var port = Tried.Silent with { CutThroughMs = 700, DelayMs = 100, Network = new() { InwardLagMs = 900 } };
        var line = Tried.Run(port, 3, Tried.Up(new Sound(Cue.Lifted, 0, Side.Near, Tried.Sine(1_000, 3, -20)), new Sound(Cue.Lifted, 0, Side.Far, Tried.Sine(600, 3, -20))));
        line.FarEar.FindIndex(s => Math.Abs((int)s) > 300).ShouldBeInRange(8 * 800, (8 * 800) + 8);
        line.Stems![CapturePoint.Pair, Stem.Caller].FindIndex(s => Math.Abs((int)s) > 300).ShouldBeInRange(8 * 1_600, (8 * 1_600) + 16);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(80)]
    public void A_voice_detector_swallows_the_beginning_of_what_is_said_after_silence_and_nothing_of_what_follows_soon(double clipMs)
    {
        var port = Tried.Silent with { Network = new() { ClipMs = clipMs } };
        float[] said = [.. Tried.Sine(1_000, 0.5, -20), .. new float[8 * 150], .. Tried.Sine(1_000, 0.5, -20), .. new float[8 * 600], .. Tried.Sine(1_000, 0.5, -20)];
        var line = Tried.Run(port, 4, Tried.Up(new Sound(Cue.Lifted, 0.5, Side.Near, said)));
        int Swallowed(double at) => line.FarEar.FindIndex((int)((at + 0.02) * 8_000), s => Math.Abs((int)s) > 100) - (int)((at + 0.02) * 8_000);
        Swallowed(0.5).ShouldBeInRange((int)(clipMs * 8) - 16, (int)(clipMs * 8) + 24);
        Swallowed(1.15).ShouldBeLessThan(8);
        Swallowed(2.25).ShouldBeInRange((int)(clipMs * 8) - 16, (int)(clipMs * 8) + 24);
    }

    [Theory]
    [InlineData(15, 60)]
    [InlineData(30, 400)]
    [InlineData(45, 600)]
    public void What_is_said_comes_back_from_the_far_end_as_low_and_as_late_as_said(double db, double ms)
    {
        var port = Tried.Silent with { Network = new() { FarEchoDb = db, FarEchoMs = ms } };
        var line = Tried.Run(port, 2, Tried.Up(new Sound(Cue.Lifted, 0.1, Side.Near, Tried.Hiss(0.05, -10))));
        var back = line.Stems![CapturePoint.Pair, Stem.Agent].From(0.1 + (ms / 1_000), 0.05);
        var said = line.Pair.From(0.1, 0.05);
        (said.Dbv() - back.Dbv()).ShouldBe(db, 0.5);
        Audio.Sound.Correlation(said, back).ShouldBeGreaterThan(0.95);
    }

    [Theory]
    [InlineData("linear", 0, 0.1, 65)]
    [InlineData("alaw", 0, 0.1, 33)]
    [InlineData("narrow", 25, 0.3, 60)]
    [InlineData("g729", 10, 0.5, 11)]
    [InlineData("amr-12.2", 10, 0.5, 15)]
    [InlineData("amr-4.75", 20, 0.5, 6)]
    public void A_codec_has_its_band_and_its_error(string codec, double above, double at1000, double leastSnr)
    {
        var port = Port(codec);
        double Through(double hertz) => Far(Tried.Run(port, 1, Tried.Up(new Sound(Cue.Lifted, 0, Side.Near, Tried.Sine(hertz, 1, -20)))), 0.4, 0.5).Dbv(hertz);
        Through(1_010).ShouldBe(-20, at1000);
        (-20 - Through(3_900)).ShouldBeGreaterThanOrEqualTo(above - 0.5);
        var tone = Far(Tried.Run(port, 1, Tried.Up(new Sound(Cue.Lifted, 0, Side.Near, Tried.Sine(1_010, 1, -20)))), 0.4, 0.5);
        var error = 10 * Math.Log10(Math.Max(1e-12, Math.Pow(10, tone.Dbv() / 10) - Math.Pow(10, tone.Dbv(1_010) / 10)));
        (tone.Dbv(1_010) - error).ShouldBeGreaterThan(leastSnr);
        if (codec is not ("linear" or "narrow")) (tone.Dbv(1_010) - error).ShouldBeLessThan(leastSnr + 9);
    }

    private static PortProfile Port(string codec) => Tried.Silent with { Network = new() { Codec = codec switch { "alaw" => Codec.ALaw, "narrow" => Codec.Narrow, "g729" => Codec.G729, "amr-12.2" => Codec.Amr122, "amr-4.75" => Codec.Amr475, _ => Codec.Linear } } };

    [Fact]
    public void The_far_level_steps_within_its_range_and_so_does_the_comfort_noise()
    {
        var port = Tried.Silent with { Network = new() { AgcDb = 8 } };
        var line = Tried.Run(port, 60, Tried.Up(new Sound(Cue.Lifted, 0, Side.Far, Tried.Sine(1_000, 60, -25))));
        var levels = Enumerable.Range(1, 58).Select(s => line.Pair.From(s, 0.2).Dbv(1_000)).ToList();
        levels.Min().ShouldBeInRange(-33.2, -28);
        levels.Max().ShouldBeInRange(-22, -16.8);
        var comfort = Tried.Run(Tried.Silent with { ComfortNoiseDbv = -55, Network = new() { ComfortStepDb = 6 } }, 60, Tried.Up());
        var noises = Enumerable.Range(1, 58).Select(s => comfort.Pair.From(s, 0.5).Dbv()).ToList();
        noises.Min().ShouldBeInRange(-61.5, -57);
        noises.Max().ShouldBeInRange(-53, -48.5);
    }

    [Fact]
    public void The_far_clock_is_off_by_as_many_millionths_as_said()
    {
        // A second at 100 ppm turns a tone of 1 kHz by a tenth of a turn.
        var line = Tried.Run(Tried.Silent with { Network = new() { ClockPpm = 100 } }, 10, Tried.Up(new Sound(Cue.Lifted, 0, Side.Near, Tried.Sine(1_000, 10, -20))));
        double Turn(double at) => Phase(line.FarEar.From(at, 0.1)) / (2 * Math.PI);
        var turned = Turn(6) - Turn(1);
        Math.Abs(turned - Math.Round(turned)).ShouldBe(0.5, 0.03);
    }

    [Fact]
    public void Jitter_moves_what_is_heard_by_no_more_than_said()
    {
        var line = Tried.Run(Tried.Silent with { DelayMs = 60, Network = new() { JitterMs = 15 } }, 40, Tried.Up(new Sound(Cue.Lifted, 0, Side.Near, Tried.Hiss(40, -20))));
        var lags = Enumerable.Range(1, 38).Select(s => Tried.Lag(line.Pair.From(s, 0.2), line.FarEar.From(s, 0.2), 640)).ToList();
        lags.Min().ShouldBeInRange((60 - 15) * 8, 58 * 8);
        lags.Max().ShouldBeInRange(62 * 8, (60 + 15) * 8);
        lags.Distinct().Count().ShouldBeGreaterThan(4);
    }

    private static double Phase(short[] samples)
    {
        var (re, im) = (0.0, 0.0);
        for (var i = 0; i < samples.Length; i++) (re, im) = (re + (samples[i] * Math.Cos(2 * Math.PI * 1_000 * i / 8_000)), im + (samples[i] * Math.Sin(2 * Math.PI * 1_000 * i / 8_000)));
        return Math.Atan2(im, re);
    }
}
