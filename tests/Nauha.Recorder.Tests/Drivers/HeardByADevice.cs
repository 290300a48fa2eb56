using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Playback;
using Nauha.Recorder.Ports;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>The capture side without a card: what a device gives, loses and does becomes blocks at their own line time.</summary>
public sealed class HeardByADevice
{
    internal static readonly PcmShape Narrow = new(8_000, 1, SampleFormat.S16, 160, 4_000);
    // Of each test, and from its start: one for all of them would run out for the last.
    private readonly CancellationToken _patient = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    internal static AlsaLine Line(TrialCapture capture, FakeTimeProvider? time = null, SoundOptions? options = null, IHookSense? hook = null) =>
        new(new(1), "ata", options ?? new(), capture, new Speaker(new TrialPlayback(Narrow with { BufferFrames = 960 }), 0, null), hook ?? new VoiceHook(6.5), null, time ?? new());

    private static short[] Ramp(int from, int count) => [.. Enumerable.Range(from, count).Select(i => (short)(i % 20_000))];

    [Fact]
    public async Task At_8_kHz_the_samples_are_those_of_the_device_bit_for_bit()
    {
        var capture = new TrialCapture(Narrow);
        await using var line = Line(capture);
        capture.Give(Ramp(0, 500));
        capture.Give(Ramp(500, 140));
        var block = new SampleBlock();
        for (var i = 0; i < 4; i++)
        {
            (await line.ReadAsync(block, _patient)).ShouldBeTrue();
            block.FirstSample.ShouldBe(i * 160);
            block.LostBefore.ShouldBe(0);
            block.Samples.ShouldBe(Ramp(i * 160, 160));
        }
    }

    [Theory]
    [InlineData(8_000, SampleFormat.S32, 2)]
    [InlineData(44_100, SampleFormat.S16, 1)]
    [InlineData(48_000, SampleFormat.S24In3, 2)]
    public async Task Rate_width_and_channel_are_taken_as_the_device_gives_them(int rate, SampleFormat format, int channel)
    {
        var shape = new PcmShape(rate, 2, format, rate / 50, rate / 2);
        var capture = new TrialCapture(shape);
        await using var line = Line(capture, options: new() { Channel = channel });
        // 400 Hz on the line's channel, 1,500 Hz on the other.
        capture.Give(Frames(shape, rate, (i, c) => 0.5 * Math.Sin(2 * Math.PI * (c == channel - 1 ? 400 : 1_500) * i / rate)));
        var block = new SampleBlock();
        var heard = new List<short>();
        while (heard.Count < 7_200)
        {
            await line.ReadAsync(block, _patient);
            heard.AddRange(block.Samples);
        }
        var wrong = heard.Skip(400).Select((sample, i) => Math.Abs(sample - (16_384 * Math.Sin(2 * Math.PI * 400 * (i + 400) / 8_000)))).Max();
        wrong.ShouldBeLessThan(30, "0.2 % of the sine");
        line.Sound.ShouldNotBeNull().RateHz.ShouldBe(rate);
    }

    [Theory]
    [InlineData(8_000, SampleFormat.S16, false)]
    [InlineData(8_000, SampleFormat.S16, true)]
    [InlineData(48_000, SampleFormat.S24In3, false)]
    public async Task Volts_and_current_of_an_in_line_tap_give_agent_and_caller_beside_the_pair(int rate, SampleFormat format, bool reversed)
    {
        var shape = new PcmShape(rate, 2, format, rate / 50, rate / 2);
        var capture = new TrialCapture(shape);
        var options = new SoundOptions { Channel = 2, CurrentChannel = 1, CurrentReversed = reversed };
        await using var line = Line(capture, options: options);
        line.Sides.ShouldBe(LineSides.Inline);
        // The agent at 500 Hz, the caller at 1,100, each a tenth of full scale on a pair of 600 Ω ends.
        var ampere = Math.Pow(10, options.DbvAtFullScale / 20) / 600 / (options.MilliampsAtFullScale / 1_000) * (reversed ? -1 : 1);
        double Agent(double i) => 0.1 * Math.Sin(2 * Math.PI * 500 * i / rate);
        double Caller(double i) => 0.1 * Math.Sin(2 * Math.PI * 1_100 * i / rate);
        capture.Give(Frames(shape, rate, (i, c) => c == 1 ? Agent(i) + Caller(i) : (Caller(i) - Agent(i)) * ampere));
        var block = new SampleBlock();
        for (var heard = 0; heard < 7_200; heard += 160)
        {
            await line.ReadAsync(block, _patient);
            block.HasSides.ShouldBeTrue();
            if (heard < 480) continue;
            for (var i = 0; i < 160; i++)
            {
                var at = (block.FirstSample + i) * rate / 8_000.0;
                Math.Abs(block.Near[i] - (Agent(at) * 32_768)).ShouldBeLessThan(20);
                Math.Abs(block.Far[i] - (Caller(at) * 32_768)).ShouldBeLessThan(20);
                Math.Abs(block.Samples[i] - ((Agent(at) + Caller(at)) * 32_768)).ShouldBeLessThan(20);
            }
        }
    }

    [Fact]
    public async Task A_handsets_wires_are_agent_and_caller_and_the_line_is_their_sum_clipped_where_it_does_not_fit()
    {
        var shape = Narrow with { Channels = 2 };
        var capture = new TrialCapture(shape);
        await using var line = Line(capture, options: new() { NearChannel = 2, FarChannel = 1 });
        line.Sides.ShouldBe(LineSides.Handset);
        capture.Give([.. Enumerable.Range(0, 160).SelectMany(i => new[] { (short)(100 * i), (short)(50 * i) })]);
        capture.Give([.. Enumerable.Range(0, 160).SelectMany(i => new short[] { 20_000, 20_000 })]);
        var block = new SampleBlock();
        await line.ReadAsync(block, _patient);
        block.HasSides.ShouldBeTrue();
        block.Near.ShouldBe([.. Enumerable.Range(0, 160).Select(i => (short)(50 * i))]);
        block.Far.ShouldBe([.. Enumerable.Range(0, 160).Select(i => (short)(100 * i))]);
        block.Samples.ShouldBe([.. Enumerable.Range(0, 160).Select(i => (short)(150 * i))]);
        block.Clipped.ShouldBeFalse();
        await line.ReadAsync(block, _patient);
        block.Samples.ShouldAllBe(sample => sample == short.MaxValue);
        block.Clipped.ShouldBeTrue();
    }

    [Fact]
    public async Task A_line_of_one_channel_has_no_sides()
    {
        var capture = new TrialCapture(Narrow);
        await using var line = Line(capture);
        capture.Give(Ramp(0, 160));
        var block = new SampleBlock { HasSides = true };
        await line.ReadAsync(block, _patient);
        (line.Sides, block.HasSides).ShouldBe((LineSides.None, false));
    }

    [Theory]
    [InlineData(LibAsound.Pipe, 3.0)]
    [InlineData(LibAsound.Pipe, 0.7)]
    [InlineData(LibAsound.StreamPipe, 1.5)]
    public async Task An_overrun_or_a_suspend_is_a_gap_of_known_length_in_its_place(int error, double seconds)
    {
        var time = new FakeTimeProvider();
        var capture = new TrialCapture(Narrow) { BeforeStart = () => time.Advance(TimeSpan.FromSeconds(seconds)) };
        capture.Resumes.Enqueue(LibAsound.Again);
        await using var line = Line(capture, time);
        var block = new SampleBlock();
        await Give(100);
        capture.Fail(error);
        capture.Give(Ramp(0, 160));
        await line.ReadAsync(block, _patient);
        block.LostBefore.ShouldBeInRange((int)(seconds * 8_000) - 1, (int)(seconds * 8_000) + 1);
        (block.FirstSample - block.LostBefore).ShouldBe(100 * 160);
        block.Samples.ShouldBe(Ramp(0, 160), "and after it the samples are whole again");
        var lost = block.LostBefore;
        capture.BeforeStart = null;
        await Give(100);
        line.Sound.ShouldNotBeNull().ShouldSatisfyAllConditions(s => s.Overruns.ShouldBe(1), s => s.LostSamples.ShouldBe(lost));
        capture.Calls.Count(call => call == "resume").ShouldBe(error == LibAsound.StreamPipe ? 2 : 0);

        // A device in real time: each period comes 20 ms after the one before.
        async Task Give(int periods)
        {
            for (var i = 0; i < periods; i++)
            {
                time.Advance(TimeSpan.FromMilliseconds(20));
                capture.Give(Ramp(0, 160));
                await line.ReadAsync(block, _patient);
            }
        }
    }

    [Fact]
    public async Task A_block_begun_before_a_loss_is_lost_with_it_and_counted()
    {
        var time = new FakeTimeProvider();
        var capture = new TrialCapture(Narrow) { BeforeStart = () => time.Advance(TimeSpan.FromSeconds(1)) };
        await using var line = Line(capture, time);
        var block = new SampleBlock();
        capture.Give(Ramp(0, 160));
        await line.ReadAsync(block, _patient);
        capture.Give(Ramp(160, 100));
        capture.Fail(LibAsound.Pipe);
        capture.Give(Ramp(0, 160));
        await line.ReadAsync(block, _patient);
        (block.FirstSample - block.LostBefore).ShouldBe(160);
        block.LostBefore.ShouldBeInRange(8_000 - 160, 8_000 + 160);
        block.Samples.ShouldBe(Ramp(0, 160));
    }

    [Fact]
    public async Task What_the_line_does_not_take_in_time_waits_in_the_device()
    {
        var capture = new TrialCapture(Narrow);
        await using var line = Line(capture);
        for (var i = 0; i < 200; i++) capture.Give(Ramp(i * 160, 160));
        var block = new SampleBlock();
        for (var i = 0; i < 200; i++)
        {
            // The line is slow: one look of a second for the first blocks.
            if (i == 20) Thread.SpinWait(20_000_000);
            await line.ReadAsync(block, _patient);
            (block.FirstSample, block.LostBefore).ShouldBe((i * 160, 0));
            block.Samples.ShouldBe(Ramp(i * 160, 160));
        }
    }

    [Fact]
    public void What_finds_no_room_is_a_gap_of_known_length_before_what_does()
    {
        var (ring, block) = (new BlockRing(), new SampleBlock());
        for (var i = 0; i < 70; i++) ring.Push(i * 160, Ramp(i * 160, 160), 0, false);
        ring.IsNearlyFull.ShouldBeTrue();
        for (var i = 0; i < 64; i++)
        {
            ring.TryTake(block).ShouldBeTrue();
            (block.FirstSample, block.LostBefore).ShouldBe((i * 160, 0));
        }
        ring.TryTake(block).ShouldBeFalse();
        ring.Push(70 * 160, Ramp(0, 160), 0, false);
        ring.TryTake(block).ShouldBeTrue();
        (block.FirstSample, block.LostBefore).ShouldBe((70 * 160, 6 * 160));
        ring.Dropped.ShouldBe(6 * 160);
    }

    [Fact]
    public async Task An_unplugged_device_ends_the_source_by_name_after_what_it_still_heard()
    {
        var capture = new TrialCapture(Narrow);
        await using var line = Line(capture);
        capture.Give(Ramp(0, 160));
        capture.Fail(LibAsound.NoDevice);
        var block = new SampleBlock();
        (await line.ReadAsync(block, _patient)).ShouldBeTrue();
        var e = await Should.ThrowAsync<IOException>(async () => await line.ReadAsync(block, _patient));
        e.Message.ShouldContain("trial is lost");
        e.Message.ShouldContain("plug it in again");
    }

    [Fact]
    public async Task Whoever_reads_can_stop_though_nothing_comes()
    {
        var capture = new TrialCapture(Narrow);
        await using var line = Line(capture);
        using var stop = new CancellationTokenSource();
        var reading = line.ReadAsync(new(), stop.Token).AsTask();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(reading);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(150)]
    [InlineData(-120)]
    public void A_crystals_drift_is_measured_through_the_jitter_of_a_busy_machine(double ppm)
    {
        var (clock, random) = (new DeviceClock(48_000), new Random(1));
        long frames = 0;
        for (var i = 0; i < 50 * 300; i++)
        {
            frames += 960;
            var delay = 0.0005 * random.NextDouble() + (random.NextDouble() < 0.02 ? random.NextDouble() * 0.3 : 0);
            clock.Take(frames, 100 + (frames / (48_000 * (1 + (ppm / 1e6)))) + delay);
            if (i == 50 * 10) clock.Ppm.ShouldBeNull("ten seconds say nothing");
        }
        clock.Ppm.ShouldNotBeNull().ShouldBe(ppm, 2);
        ((double)clock.FramesAt(100 + 300 + 7)).ShouldBe((300 + 7) * 48_000 * (1 + (ppm / 1e6)), 96, "2 ms: that is how well a gap is known");
    }

    [Fact]
    public void A_device_that_ran_dry_unsaid_now_and_then_is_no_slow_crystal()
    {
        var clock = new DeviceClock(8_000);
        long frames = 0;
        for (var i = 0; i < 50 * 600; i++)
        {
            // A fifth of a second was never sounded, four times.
            if (i % 7_000 != 6_999) frames += 160;
            else frames -= 1_440;
            clock.Take(frames, i * 0.02);
        }
        clock.Ppm.ShouldNotBeNull().ShouldBe(0, 5);
    }

    private static byte[] Frames(PcmShape shape, int count, Func<int, int, double> value)
    {
        var bytes = new byte[count * shape.FrameBytes];
        for (var i = 0; i < count; i++)
            for (var channel = 0; channel < shape.Channels; channel++)
            {
                var wide = BitConverter.GetBytes((int)(value(i, channel) * int.MaxValue));
                wide.AsSpan(4 - shape.SampleBytes).CopyTo(bytes.AsSpan((i * shape.FrameBytes) + (channel * shape.SampleBytes)));
            }
        return bytes;
    }
}

/// <summary>The same, counting the memory of the whole process.</summary>
[Collection("real time")]
public sealed class HeardWithoutGarbage
{
    private readonly CancellationToken _patient = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task Nothing_is_allocated_per_block()
    {
        var capture = new TrialCapture(HeardByADevice.Narrow);
        await using var line = HeardByADevice.Line(capture);
        const int Passes = 50;
        var block = new SampleBlock();
        await Pass(60);
        var few = await Pass(20);
        var many = await Pass(60);
        // What a pass costs the test itself is in both; for people there is a look in 50 blocks.
        (many - few).ShouldBeLessThan(Passes * 40 * 8, "less than a word a block");

        async Task<long> Pass(int blocks)
        {
            var frames = new byte[blocks * 320];
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var pass = 0; pass < Passes; pass++)
            {
                capture.Give(frames);
                for (var i = 0; i < blocks; i++) await line.ReadAsync(block, _patient);
                block.LostBefore.ShouldBe(0);
            }
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }
    }
}
