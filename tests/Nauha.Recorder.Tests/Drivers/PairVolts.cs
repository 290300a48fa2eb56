using System.Device.Gpio;
using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Board;
using Nauha.Drivers.Hook;
using Nauha.Drivers.Ring;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

public sealed class PairVolts
{
    private static readonly VoltsWiring Wiring = BoardsAndPins.Named("pi-4").Volts;

    // What the amplifier makes of the pair's volts: the twin's side of the wiring.
    private static double Amplified(double pair) => Wiring.MidVolts + (pair / Wiring.PairVoltsPerVolt);

    /// <summary>The line interface's simulated circuit (ngspice): volts on the pair, millivolts at the converter against its middle.</summary>
    [Theory]
    [InlineData(48, -396)]
    [InlineData(-48, 396)]
    [InlineData(24, -198)]
    [InlineData(40, -330)]
    [InlineData(7.5, -62)]
    [InlineData(0, 0)]
    public void The_converter_s_volts_are_the_pair_s(double pair, double millivolts)
    {
        using var chip = new SimulatedMcp3208();
        chip.Wire(3, () => Wiring.MidVolts + (millivolts / 1_000));
        new VoltsGauge(new(chip), 3, Wiring).Read().ShouldBe((float)pair, tolerance: 0.15f);
    }

    [Fact]
    public void Each_channel_is_asked_for_by_its_own_bits_and_all_codes_come_through()
    {
        using var chip = new SimulatedMcp3208();
        using var converter = new Mcp3208(chip);
        for (var channel = 0; channel < Mcp3208.Channels; channel++)
            for (var code = channel; code <= Mcp3208.FullScale; code += 97)
            {
                var volts = (code + 0.5) / 4_096 * 3.3;
                chip.Wire(channel, () => volts);
                converter.Read(channel).ShouldBe(code);
                // Start and single-ended bits and channel, before 12 bits, the null bit and one clock: as dotnet/iot's Mcp3xxx asks.
                chip.Asked.ShouldBe([(byte)((0b1_1000 | channel) << 14 >> 16), (byte)((0b1_1000 | channel) << 14 >> 8 & 0xFF), 0]);
            }
        chip.Wire(0, () => -1);
        converter.Read(0).ShouldBe(0);
        chip.Wire(0, () => 5);
        converter.Read(0).ShouldBe(Mcp3208.FullScale);
        Should.Throw<ArgumentOutOfRangeException>(() => converter.Read(8));
    }

    [Fact]
    public void A_step_is_a_tenth_of_a_volt_and_the_scale_reaches_200_V()
    {
        using var chip = new SimulatedMcp3208();
        var gauge = new VoltsGauge(new(chip), 0, Wiring);
        chip.Wire(0, () => 0.01);
        gauge.Read().ShouldBeGreaterThan(190);
        chip.Wire(0, () => 3.29);
        gauge.Read().ShouldBeLessThan(-190);
        chip.Wire(0, () => 1.65);
        var middle = gauge.Read();
        chip.Wire(0, () => 1.65 + (3.3 / 4_096));
        Math.Abs(gauge.Read() - middle).ShouldBeInRange(0.05f, 0.15f);
    }

    [Fact]
    public void What_a_pair_does_is_the_same_through_amplifier_converter_and_wire()
    {
        CallScript[] calls =
        [
            new() { Kind = ScriptKind.Incoming, At = 1, Number = "0401234567", Rings = 2, Talk = Talk.Bundled.First(3) },
            new() { Kind = ScriptKind.Outgoing, At = 40, Number = "0401234567", Talk = Talk.Bundled.First(2) },
            new() { Kind = ScriptKind.Cut, At = 70, Seconds = 4 },
        ];
        var exchange = new ExchangeLine(PortProfile.Ata, calls, seed: 7);
        using var chip = new SimulatedMcp3208();
        double now = 48;
        chip.Wire(5, () => Amplified(now));
        using var sampler = new VoltsSampler([new VoltsGauge(new(chip), 5, Wiring)], new FakeTimeProvider(), starts: false);
        var (direct, measured) = (new HookSensor(LineProfile.Ata), new HookSensor(LineProfile.Ata));
        var (truth, heard) = (new List<HookEvent>(), new List<HookEvent>());
        var (samples, volts, read) = (new short[160], new float[20], new float[20]);
        for (var at = 0L; at < 80 * 8_000; at += 160)
        {
            exchange.Fill(samples, volts);
            direct.Process(volts, at, truth);
            foreach (var reading in volts)
            {
                now = reading;
                sampler.Sample();
            }
            sampler[0].Read(read);
            measured.Process(read, at, heard);
        }
        truth.Select(e => e.Change).ShouldContain(HookChange.Cut);
        heard.Select(e => e.Change).ShouldBe(truth.Select(e => e.Change));
        for (var i = 0; i < truth.Count; i++) heard[i].At.ShouldBeInRange(truth[i].At - 16, truth[i].At + 16, "within two readings");
        sampler[0].Missing.ShouldBe(0);
        measured.OnHookVolts.ShouldBe(direct.OnHookVolts, 0.2);
    }

    [Fact]
    public void A_loose_wire_is_an_error_of_its_lines_and_they_read_again_when_it_is_back()
    {
        using var chip = new SimulatedMcp3208();
        using var converter = new Mcp3208(chip);
        chip.Wire(0, () => Amplified(48));
        chip.Unplugged = true;
        Should.Throw<IOException>(() => converter.Read(0)).Message.ShouldContain("MCP3208");
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        using var sampler = new VoltsSampler([new VoltsGauge(converter, 0, Wiring)], time);
        var read = new float[20];
        SpinUntil(() => Failed(sampler, read));
        chip.Unplugged = false;
        SpinUntil(() => !Failed(sampler, read) && read[^1] is > 47 and < 49);
    }

    private static bool Failed(VoltsSampler sampler, float[] read)
    {
        try
        {
            sampler[0].Read(read);
            return false;
        }
        catch (IOException e)
        {
            e.Message.ShouldContain("MCP3208");
            return true;
        }
    }

    private static void SpinUntil(Func<bool> seen) => SpinWait.SpinUntil(seen, TimeSpan.FromSeconds(60)).ShouldBeTrue();

    [Fact]
    public void Readings_that_nobody_took_are_skipped_those_that_are_not_there_are_the_last_again_and_both_are_counted()
    {
        var queue = new VoltsQueue(HookSource.Volts);
        var read = new float[20];
        for (var i = 1; i <= 20; i++) queue.Write(i);
        queue.Read(read);
        (read[0], read[19], queue.Missing).ShouldBe((1, 20, 0));
        queue.Write(21);
        queue.Read(read);
        (read[0], read[1], read[19], queue.Missing).ShouldBe((21, 21, 21, 19));
        for (var i = 22; i <= 221; i++) queue.Write(i);
        queue.Read(read);
        (read[0], read[19], queue.Skipped).ShouldBe((182, 201, 160));
    }

    [Fact]
    public void One_bit_sees_lifts_hang_ups_and_rings()
    {
        var heard = OneBit((bench, ms) =>
        {
            bench.Hook(up: ms is >= 6_000 and < 8_000);
            bench.Ring(lit: ms is >= 1_000 and < 2_000 or >= 5_000 and < 5_950 && (ms % 20) < 6);   // 25 Hz through an AC opto: 50 pulses a second
        }, 10_000);
        heard.Select(e => e.Change).ShouldBe([HookChange.RingStarted, HookChange.RingStopped, HookChange.RingStarted, HookChange.RingStopped, HookChange.OffHook, HookChange.OnHook]);
        (heard[4].At / 8).ShouldBeInRange(5_995, 6_005);
        (heard[5].At / 8).ShouldBeInRange(7_995, 8_005);
    }

    /// <summary>Why volts are wanted: whatever one bit says, it says of a lifted handset too, or of one that rests.</summary>
    [Theory]
    [InlineData(true, HookChange.OffHook)]
    [InlineData(false, null)]
    public void One_bit_is_blind_to_a_cut_pair(bool readsAsLifted, HookChange? instead)
    {
        var heard = OneBit((bench, ms) => bench.Hook(up: readsAsLifted && ms >= 1_000), 6_000);
        heard.ShouldNotContain(e => e.Change == HookChange.Cut);
        heard.Select(e => (HookChange?)e.Change).ShouldBe(instead is null ? [] : [instead]);
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(25, true)]
    [InlineData(50, true)]
    [InlineData(68, true)]
    [InlineData(5, false)]
    [InlineData(90, false)]
    public void A_ring_is_three_half_cycles_of_15_to_70_Hz(double hertz, bool rings)
    {
        var pulses = new RingPulses();
        for (var ms = 0; ms < 250; ms++) pulses.Take(Math.Abs(Math.Sin(2 * Math.PI * hertz * ms / 1_000)) > 0.6);
        pulses.IsRinging.ShouldBe(rings);
    }

    [Fact]
    public void A_polarity_that_turns_is_one_pulse_and_no_ring()
    {
        var pulses = new RingPulses();
        var low = 0;
        for (var ms = 0; ms < 1_000; ms++)
        {
            if (pulses.Take(ms is >= 100 and < 104 or >= 600 and < 604) < 0) low++;
            pulses.IsRinging.ShouldBeFalse();
        }
        low.ShouldBe(0, "a single pulse never looks like a lift");
    }

    private sealed class Bench(SimulatedGpio chip, BoardProfile board)
    {
        public void Hook(bool up) => chip[board.Pins["hook1"]] = !up;

        public void Ring(bool lit) => chip[board.Pins["ring1"]] = !lit;
    }

    private static List<HookEvent> OneBit(Action<Bench, int> happens, int until)
    {
        using var chip = new SimulatedGpio();
        var board = BoardsAndPins.Named("pi-3");
        using var pins = BoardPins.On(chip, board);
        var gauge = new ContactGauge(pins.Input("hook1")!, pins.Input("ring1"), 48);
        gauge.HookSource.ShouldBe(HookSource.Contact);
        var (bench, sensor, heard) = (new Bench(chip, board), new HookSensor(LineProfile.Ata), new List<HookEvent>());
        for (var ms = 0; ms < until; ms++)
        {
            happens(bench, ms);
            sensor.Process([gauge.Read()], ms * 8L, heard);
        }
        return heard;
    }
}
