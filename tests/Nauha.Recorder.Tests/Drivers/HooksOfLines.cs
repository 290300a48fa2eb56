using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Board;
using Nauha.Drivers.Hook;
using Nauha.Drivers.Inline;
using Nauha.Recorder.Ports;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>From the board's pins and converter to what a line reads beside its sound.</summary>
public sealed class HooksOfLines : IDisposable
{
    private const int Relay1 = 22, Hook2 = 9, Ring2 = 8;
    private static readonly BoardProfile Board = BoardProfile.All.Single(b => b.Name == "pi-4") with { Pins = new Dictionary<string, int> { ["relay1"] = Relay1, ["hook2"] = Hook2, ["ring2"] = Ring2 } };

    private readonly SimulatedGpio _gpio = new();
    private readonly SimulatedMcp3208 _chip = new();

    public void Dispose()
    {
        _chip.Dispose();
        _gpio.Dispose();
    }

    private LineHooks Open(params (int Line, HookOptions Options)[] lines) =>
        new(lines.ToDictionary(l => l.Line, l => l.Options), BoardPins.On(_gpio, Board), _ => _chip, new FakeTimeProvider(), starts: false);

    private static SampleBlock Block(LineHooks hooks, int line)
    {
        for (var i = 0; i < SampleBlock.VoltsLength; i++) hooks.Sample();
        var block = new SampleBlock();
        hooks.HookOf(line)!.Sense(block);
        return block;
    }

    [Fact]
    public void A_line_on_the_converter_reads_the_pairs_volts_and_its_relay_follows_what_is_said()
    {
        var pair = 48.0;
        _chip.Wire(0, () => 1.65 + (pair / -121.2));
        using (var hooks = Open((1, new() { Source = "volts", ZeroVolts = 1 })))
        {
            hooks.HookOf(1)!.Source.ShouldBe(HookSource.Volts);
            Block(hooks, 1).Volts.ShouldAllBe(v => Math.Abs(v - 47) < 0.2);
            pair = -8;
            Block(hooks, 1).ShouldSatisfyAllConditions(b => b.Volts.ShouldAllBe(v => Math.Abs(v + 9) < 0.2), b => b.HandsetUp.ShouldBeNull());
            hooks.RelayOf(1)!.Close();
            _gpio[Relay1].ShouldBeTrue();
        }
        _gpio[Relay1].ShouldBeFalse("it opens when the program ends");
    }

    [Fact]
    public void While_the_box_speaks_a_muting_relay_takes_the_phone_off_and_a_dead_box_leaves_it_on()
    {
        var pins = Board with { Pins = new Dictionary<string, int> { ["relay1"] = Relay1, ["mute1"] = 12 } };
        var driven = new List<(int, bool)>();
        _gpio.Driven += (line, high) => driven.Add((line, high));
        using (var hooks = new LineHooks(new Dictionary<int, HookOptions> { [1] = new() { MutePhone = true } }, BoardPins.On(_gpio, pins), _ => _chip, TimeProvider.System, starts: false))
        {
            driven.ShouldBeEmpty("at rest both are without current: the phone is on");
            hooks.RelayOf(1)!.Close();
            hooks.RelayOf(1)!.Open();
            driven.ShouldBe([(12, true), (Relay1, true), (Relay1, false), (12, false)], "the phone goes first and comes back last");
            hooks.RelayOf(1)!.Close();
        }
        (_gpio[12], _gpio[Relay1]).ShouldBe((false, false), "the phone is back when the program ends");
        using (var hooks = new LineHooks(new Dictionary<int, HookOptions> { [1] = new() }, BoardPins.On(_gpio, pins), _ => _chip, TimeProvider.System, starts: false))
        {
            hooks.RelayOf(1)!.Close();
            _gpio[12].ShouldBeFalse("it is off unless it is asked for");
        }
        Should.Throw<BoardException>(() => Open((1, new() { MutePhone = true }))).Message.ShouldContain("board:pins:mute1");
        Should.Throw<BoardException>(() => Open((2, new() { MutePhone = true }))).Message.ShouldContain("board:pins:relay2");
    }

    [Fact]
    public void A_relay_that_fails_gives_the_phone_back()
    {
        var (injection, mute) = (new Loose(), new Loose());
        var both = new MutingRelay(injection, mute);
        injection.Fails = true;
        Should.Throw<IOException>(both.Close);
        mute.Closed.ShouldBeFalse();
        injection.Fails = false;
        both.Close();
        injection.Fails = true;
        Should.Throw<IOException>(both.Open);
        mute.Closed.ShouldBeFalse();
        injection.Fails = false;
        both.LeavesPhoneOn = true;
        both.Close();
        (injection.Closed, mute.Closed).ShouldBe((true, false), "whoever may be about to dial keeps his phone");
    }

    private sealed class Loose : IInjectionSwitch
    {
        public bool Fails { get; set; }

        public bool Closed { get; private set; }

        public void Close() => Closed = Fails ? throw new IOException("a loose wire") : true;

        public void Open() => Closed = Fails ? throw new IOException("a loose wire") : false;
    }

    // 40 mA on the pair are 1 V at the converter, about 1.65 V.
    [Fact]
    public void A_line_on_its_loops_current_sees_lift_answer_flash_hang_up_and_ring_and_a_cut_pair_as_one_that_rests()
    {
        var milliamps = 0.0;
        _chip.Wire(0, () => 1.65 + (milliamps / 40));
        using var hooks = Open((1, new() { Source = "current" }));
        hooks.HookOf(1)!.Source.ShouldBe(HookSource.Current);
        var sensor = new Nauha.Recorder.Line.HookSensor(Nauha.Recorder.Line.LineProfile.Ata);
        var (events, at, block) = (new List<Nauha.Recorder.Line.HookEvent>(), 0L, new SampleBlock());
        Flow(1_000, _ => 0.06);                             // a telephone at rest
        Flow(1_000, ms => 6 * Math.Sin(2 * Math.PI * 25 * ms / 1_000));     // a ring through its bell
        Flow(2_000, _ => 0);
        Flow(1_000, _ => 24);
        Flow(1_000, _ => -24);                              // the far end answers
        Flow(200, _ => 0);                                  // a flash
        Flow(1_000, _ => -24);
        Flow(60, _ => 0);                                   // a pulse of a dial
        Flow(940, _ => -24);
        Flow(10_000, _ => 0);
        events.Select(e => e.Change).ShouldBe([
            Nauha.Recorder.Line.HookChange.RingStarted, Nauha.Recorder.Line.HookChange.RingStopped, Nauha.Recorder.Line.HookChange.OffHook, Nauha.Recorder.Line.HookChange.Reversal,
            Nauha.Recorder.Line.HookChange.OnHook, Nauha.Recorder.Line.HookChange.OffHook, Nauha.Recorder.Line.HookChange.OnHook, Nauha.Recorder.Line.HookChange.Pulse, Nauha.Recorder.Line.HookChange.OnHook]);
        (events[2].At / 8.0).ShouldBe(4_000, 45, "dated to the lift, less the half-cycle that a ring could have been");
        block.HandsetUp.ShouldBeNull();

        void Flow(int milliseconds, Func<int, double> current)
        {
            for (var ms = 0; ms < milliseconds; ms += SampleBlock.VoltsLength, at += SampleBlock.Length)
            {
                for (var i = 0; i < SampleBlock.VoltsLength; i++)
                {
                    milliamps = current(ms + i);
                    hooks.Sample();
                }
                hooks.HookOf(1)!.Sense(block);
                sensor.Process(block.Volts, at, events);
            }
        }
    }

    [Fact]
    public void A_line_on_contacts_says_up_and_rings_and_no_volts()
    {
        using var hooks = Open((2, new() { Source = "contact" }));
        hooks.HookOf(2)!.Source.ShouldBe(HookSource.Contact);
        Block(hooks, 2).ShouldSatisfyAllConditions(b => b.HandsetUp.ShouldBe(false), b => b.Ringing.ShouldBeFalse());
        _gpio[Hook2] = false;
        Block(hooks, 2).HandsetUp.ShouldBe(true);
        _gpio[Hook2] = true;
        // 25 Hz for half a second: the opto conducts in each positive half-cycle.
        var rang = false;
        for (var block = 0; block < 25; block++)
        {
            for (var ms = 0; ms < 20; ms++)
            {
                _gpio[Ring2] = ms >= 10 == (block % 2 == 0);
                hooks.Sample();
            }
            var heard = new SampleBlock();
            hooks.HookOf(2)!.Sense(heard);
            rang |= heard.Ringing;
            heard.HandsetUp.ShouldBe(false);
        }
        rang.ShouldBeTrue();
        hooks.RelayOf(2).ShouldBeNull();
    }

    [Fact]
    public void A_line_without_either_has_the_sound_alone_and_one_that_the_board_lacks_is_told()
    {
        using (var hooks = Open((3, new()))) hooks.HookOf(3).ShouldBeNull();
        Should.Throw<BoardException>(() => Open((3, new() { Source = "contact" }))).Message.ShouldContain("hook3");
        Should.Throw<BoardException>(() => new LineHooks(new Dictionary<int, HookOptions> { [1] = new() { Source = "volts" } }, BoardPins.None, _ => _chip, TimeProvider.System)).Message.ShouldContain("board:profile");
    }
}
