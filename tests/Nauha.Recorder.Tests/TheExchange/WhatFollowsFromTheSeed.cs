using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.TheExchange;

public sealed class WhatFollowsFromTheSeed
{
    private static CallScript Call => new()
    {
        Kind = ScriptKind.Incoming,
        At = 0.5,
        Number = "0409990123",
        AnswersInBurst = true,
        Talk = Talk.Bundled.First(4),
        SecondPhones = [new(Cue.Talk, 1, 500)],
        Flashes = [(2, 300)],
        Keyed = [(1, "12")],
        Clear = new(1, 300, true, ClearTone.Busy),
        Sounds = [new(Cue.Lifted, 0.4, Side.Near, Signals.Babble(1, -20)), new(Cue.Talk, 0.5, Side.Far, Signals.Music(1))],
    };

    private static (short[] Heard, float[] Volts, ExchangeLine Line) Run(PortProfile port, int seed, int block)
    {
        var line = new ExchangeLine(port, [Call], seed) { KeepsEars = true, Stems = new() };
        var (samples, volts, heard, read) = (new short[block], new float[block / 8], new List<short>(), new List<float>());
        var announcement = Array.ConvertAll(Tried.Hiss(3, -17), s => short.CreateSaturating(s * 32_768));
        var told = false;
        while (line.Now < 25 * 8_000)
        {
            // Two seconds after the lift, on a moment that all these sizes of block meet.
            if (!told && line.Now == 9 * 8_000) told = line.Inject(announcement.AsSpan(0, 15_000)) > 0;
            line.Fill(samples, volts);
            heard.AddRange(samples);
            read.AddRange(volts);
        }
        told.ShouldBeTrue();
        return ([.. heard.Take(25 * 8_000)], [.. read.Take(25 * 1_000)], line);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void The_same_seed_gives_the_same_samples_in_blocks_of_any_size_and_another_seed_gives_others(int seed)
    {
        var port = PortProfile.All[seed % 4].Drawn(seed);
        PortProfile.All[seed % 4].Drawn(seed).ToString().ShouldBe(port.ToString());
        var one = Run(port, seed, 160);
        foreach (var block in new[] { 8, 800, 4_000 })
        {
            var other = Run(port, seed, block);
            other.Heard.ShouldBe(one.Heard);
            other.Volts.ShouldBe(one.Volts);
            other.Line.FarEar.Take(one.Heard.Length).ShouldBe(one.Line.FarEar.Take(one.Heard.Length));
        }
        Run(port, seed + 1, 160).Heard.ShouldNotBe(one.Heard);
        PortProfile.All[seed % 4].Drawn(seed + 100).ToString().ShouldNotBe(port.ToString());
    }

    [Fact]
    public void Every_parameter_is_drawn_within_its_range_and_over_all_of_it()
    {
        var ports = Enumerable.Range(0, 400).Select(seed => PortProfile.All[seed % 4].Drawn(seed)).ToList();
        foreach (var key in PortKeys.All)
        {
            var values = ports.Select(key.Get).ToList();
            values.ShouldAllBe(v => v >= key.Low && v <= key.High, key.Name);
            if (key.From < key.To && key.Name is not "offHookVolts") (values.Max() - values.Min()).ShouldBeGreaterThan((key.To - key.From) * 0.8, key.Name);
        }
        ports.ShouldAllBe(p => p.OffHookVolts <= p.OnHookVolts * 0.71);
        ports.Select(p => p.Network.Codec).Distinct().Count().ShouldBe(Enum.GetValues<Codec>().Length);
        ports.Count(p => p.Feed.Swapped).ShouldBeInRange(120, 280);
    }

    [Theory]
    [InlineData(CapturePoint.Pair)]
    [InlineData(CapturePoint.FarEar)]
    public void The_stems_of_a_point_add_up_to_what_is_heard_there(CapturePoint point)
    {
        var (_, _, line) = Run(PortProfile.MobileGateway.Typical() with { CutThroughMs = 0, Network = new() { LossPercent = 3, JitterMs = 10, AgcDb = 5, FarEchoDb = 20, ClipMs = 30, Codec = Codec.ALaw } }, 3, 160);
        var heard = point == CapturePoint.Pair ? line.Pair : line.FarEar;
        var stems = Enum.GetValues<Stem>().Select(stem => line.Stems![point, stem]).ToList();
        for (var i = 0; i < heard.Count; i++) Math.Abs(heard[i] - stems.Sum(s => s[i])).ShouldBeLessThanOrEqualTo(3, $"sample {i}");
        stems.ShouldAllBe(s => s.Any(v => Math.Abs((int)v) > 100), "none of them is empty");
    }

    [Fact]
    public void A_block_allocates_nothing_whatever_the_port_does()
    {
        foreach (var seed in new[] { 1, 2, 3, 4 })
        {
            var port = PortProfile.All[seed % 4].Drawn(seed);
            var line = new ExchangeLine(port, [Tried.Up(new Sound(Cue.Lifted, 0, Side.Far, Tried.Hiss(20, -25)), new Sound(Cue.Lifted, 0, Side.Near, Tried.Hiss(20, -20)))], seed);
            var (samples, volts) = (new short[160], new float[20]);
            for (var i = 0; i < 100; i++) line.Fill(samples, volts);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 500; i++) line.Fill(samples, volts);
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0, $"seed {seed}");
        }
    }

    [Fact]
    public void The_far_ear_is_judged_by_what_came_of_the_announcement_and_by_who_talked_over_it()
    {
        var said = Nauha.Recorder.Announcements.Announcement.Bundled(["fi"]).Samples;
        // What is played at half full scale; somebody talks over it at so many decibels against it, or the network is still closed.
        FarEarFinding Judge(double? over, int cutThroughMs = 0, double clipMs = 0)
        {
            var played = Array.ConvertAll(said, s => short.CreateSaturating(s * 16_384));
            var at = 0;
            var loud = new Levels(played);
            var talk = over is { } db ? new Sound[] { new(Cue.Lifted, 1, Side.Near, Signals.Babble(4, loud.Dbv + db)) } : [];
            var line = Tried.Run(Tried.Silent with { CutThroughMs = cutThroughMs, Network = new() { ClipMs = clipMs } }, 6, Tried.Up(talk), each: l =>
            {
                if (l.Now >= 8_000 && at < played.Length) at += l.Inject(played.AsSpan(at, Math.Min(160, played.Length - at)));
            });
            return FarEarCheck.Judge(line.Stems!, said, 8_000 + ((Tried.Silent.InjectionLatencyMs + Tried.Silent.DelayMs) * 8));
        }
        Judge(null).ShouldSatisfyAllConditions(f => f.IsHeard.ShouldBeTrue($"{f}"), f => f.SegmentalSnrDb.ShouldBeGreaterThan(30), f => f.FirstWord.ShouldBeGreaterThan(0.99));
        Judge(-14).IsHeard.ShouldBeTrue();
        Judge(0).SegmentalSnrDb.ShouldBeLessThan(6);
        Judge(0).IsHeard.ShouldBeFalse();
        Judge(null, cutThroughMs: 1_300).IsHeard.ShouldBeFalse("its first word was said to a closed network");
        Judge(null, clipMs: 80).WeakestDb.ShouldBeLessThan(Judge(null).WeakestDb, "no lead-in here: its first syllable is swallowed");
    }

    private sealed record Levels(short[] Played)
    {
        public double Dbv => Played.Where(s => Math.Abs((int)s) > 300).ToArray().Dbv() - ExchangeLine.DbvAtFullScale + ExchangeLine.InjectionDbvAtFullScale;
    }
}
