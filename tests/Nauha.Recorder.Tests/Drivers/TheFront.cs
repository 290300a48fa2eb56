using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Board;
using Nauha.Drivers.Leds;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>LEDs and button on the pins of a chip in memory, in the panel's own time.</summary>
public sealed class TheFront : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedGpio _chip = new();
    private readonly BoardProfile _board = BoardsAndPins.Named("pi-4");
    private readonly BoardPins _pins;
    private readonly LedPins _leds;
    private readonly FrontPanel _panel;
    private readonly SimulatedMonostable _monostable;
    private readonly List<PanelContact> _pressed = [];
    private IReadOnlyList<Lamp> _lamps = [Of("health", "good"), Of("line", "good"), Of("sync", "good"), Of("storage", "good")];
    private int _stops;

    public TheFront()
    {
        _pins = BoardPins.On(_chip, _board);
        _leds = new(_pins, null);
        _panel = new(_leds, () => _lamps, () => _stops++, _time, pressed: _pressed.Add);
        _monostable = new(_time);
        _chip.Driven += (line, level) =>
        {
            if (line == _board.Pins["alive"]) _monostable.Input(level);
        };
    }

    public void Dispose()
    {
        _panel.Dispose();
        _leds.Dispose();
        _pins.Dispose();
        _chip.Dispose();
    }

    private static Lamp Of(string name, string key) => LedLegend.Worst(name, key);

    private LedColour Seen(int led) => (_chip[_board.Pins[$"led{led}Blue"]], _chip[_board.Pins[$"led{led}Amber"]]) switch { (true, true) => LedColour.White, (true, _) => LedColour.Blue, (_, true) => LedColour.Amber, _ => LedColour.Dark };

    /// <summary>Lets time pass; what one LED showed, as colour and milliseconds.</summary>
    private List<(LedColour Colour, int Ms)> Watch(int led, double seconds)
    {
        var shown = new List<(LedColour Colour, int Ms)>();
        for (var i = 0; i < seconds * 50; i++)
        {
            _panel.Step();
            var colour = Seen(led);
            if (shown is [.., var last] && last.Colour == colour) shown[^1] = (colour, last.Ms + 20);
            else shown.Add((colour, 20));
            _time.Advance(Tick);
        }
        return shown;
    }

    private void Press(double seconds)
    {
        _chip[_board.Pins["button"]] = false;
        Watch(1, seconds);
        _chip[_board.Pins["button"]] = true;
        Watch(1, 0.1);
    }

    [Fact]
    public void A_good_state_winks_every_four_seconds_and_is_dark_in_between()
    {
        var shown = Watch(1, 13).Where(s => s.Colour != LedColour.Dark).ToList();
        shown.Count.ShouldBeInRange(3, 4);
        shown.ShouldAllBe(s => s.Colour == LedColour.Blue && s.Ms <= 100);
    }

    [Theory]
    [InlineData("health", "clock", 1, 2)]
    [InlineData("health", "hot-or-weak", 1, 3)]
    [InlineData("health", "part-failed", 1, 4)]
    [InlineData("health", "not-enrolled", 1, 5)]
    [InlineData("line", "no-volts", 2, 1)]
    public void A_count_is_so_many_blinks_of_a_quarter_second_and_then_a_pause(string name, string key, int led, int count)
    {
        _lamps = [Of(name, key)];
        var shown = Watch(led, 30).SkipWhile(s => s.Colour == LedColour.Dark).ToList();
        var groups = new List<int> { 0 };
        foreach (var (colour, ms) in shown.Take(shown.Count - 1))
        {
            if (colour == LedColour.Amber)
            {
                ms.ShouldBeInRange(240, 260);
                groups[^1]++;
            }
            else if (ms > 260)
            {
                ms.ShouldBeInRange(1_740, 1_760, "a quarter second of the last blink, and the pause");
                groups.Add(0);
            }
        }
        groups.SkipLast(1).ShouldAllBe(blinks => blinks == count);
        groups.Count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public void All_blink_together_and_never_faster_than_three_times_a_second()
    {
        _lamps = [Of("health", "clock"), Of("line", "left-off-hook"), Of("sync", "sending"), Of("storage", "full")];
        Watch(1, 1.3);
        _lamps = [Of("health", "part-failed"), Of("line", "no-volts"), Of("sync", "certificate"), Of("storage", "over-90")];
        var begins = new HashSet<int>();
        for (var i = 0; i < 50 * 20; i++)
        {
            var before = Enumerable.Range(1, 4).Select(Seen).ToList();
            _panel.Step();
            for (var led = 1; led <= 4; led++)
                if (before[led - 1] == LedColour.Dark && Seen(led) != LedColour.Dark) begins.Add((int)(_time.GetUtcNow() - _time.Start).TotalMilliseconds % 500);
            _time.Advance(Tick);
        }
        begins.Count.ShouldBe(1, "one grid for all four");
    }

    [Fact]
    public void Recording_is_white_and_steady_announcing_slow_masked_three_to_one()
    {
        _lamps = [Of("line", "recording")];
        Watch(2, 1);
        Watch(2, 10).ShouldHaveSingleItem().Colour.ShouldBe(LedColour.White);
        _lamps = [Of("line", "announcing")];
        Watch(2, 1);
        Watch(2, 20).Skip(1).SkipLast(1).ShouldAllBe(s => s.Ms >= 980 && s.Ms <= 1_020);
        _lamps = [Of("line", "masked")];
        Watch(2, 1);
        Watch(2, 20).Skip(1).SkipLast(1).ShouldAllBe(s => s.Colour == LedColour.White ? s.Ms >= 1_480 && s.Ms <= 1_520 : s.Ms >= 480 && s.Ms <= 520);
    }

    [Fact]
    public void A_fault_stays_shown_for_ten_seconds_and_gives_way_to_a_worse_one_at_once()
    {
        _lamps = [Of("line", "not-heard")];
        Watch(2, 1);
        _lamps = [Of("line", "good")];
        Watch(2, 8).ShouldContain(s => s.Colour == LedColour.Amber);
        Watch(2, 2);
        Watch(2, 10).ShouldNotContain(s => s.Colour == LedColour.Amber);
        _lamps = [Of("line", "not-heard")];
        Watch(2, 1);
        _lamps = [Of("line", "no-volts")];
        Watch(2, 0.6);
        Watch(2, 9).Count(s => s.Colour == LedColour.Amber).ShouldBeInRange(4, 5, "single blinks now, not three at a time");
    }

    [Fact]
    public void A_program_that_stops_turning_its_pin_shows_within_two_seconds_and_one_that_lives_never_does()
    {
        for (var i = 0; i < 50 * 20; i++)
        {
            _panel.Step();
            _monostable.LightsAmber.ShouldBeFalse();
            _time.Advance(Tick);
        }
        _time.Advance(SimulatedMonostable.Width + Tick);   // the program hangs, whatever its pins show
        _monostable.LightsAmber.ShouldBeTrue();
        FrontPanel.Stopped(_leds);                         // and this is what a crash leaves
        Enumerable.Range(1, 4).Select(Seen).ShouldBe([LedColour.Amber, LedColour.Dark, LedColour.Dark, LedColour.Dark]);
    }

    [Fact]
    public void A_short_press_lights_all_for_two_seconds_and_then_each_says_its_code_once_slowly()
    {
        _lamps = [Of("health", "clock"), Of("line", "good"), Of("sync", "certificate"), Of("storage", "good")];
        Watch(1, 1);
        _chip[_board.Pins["button"]] = false;
        Watch(1, 0.3);
        _chip[_board.Pins["button"]] = true;
        Watch(1, 0.06);
        Enumerable.Range(1, 4).Select(Seen).ShouldAllBe(c => c == LedColour.White);
        var lit = new List<(int Led, LedColour Colour)>();
        var before = new LedColour[4];
        for (var i = 0; i < 50 * 14; i++)
        {
            _panel.Step();
            for (var led = 1; led <= 4; led++)
            {
                if (before[led - 1] == LedColour.Dark && Seen(led) is var seen and not LedColour.Dark) lit.Add((led, seen));
                before[led - 1] = Seen(led);
            }
            _time.Advance(Tick);
        }
        lit.Where(l => l.Colour != LedColour.White).ShouldBe([(1, LedColour.Amber), (1, LedColour.Amber), (2, LedColour.Blue), (3, LedColour.Amber), (3, LedColour.Amber), (3, LedColour.Amber), (4, LedColour.Blue)]);
        _stops.ShouldBe(0);
    }

    [Fact]
    public async Task Five_seconds_stop_safely_all_white_until_it_is_done_then_four_slow_blue_winks()
    {
        Watch(1, 0.5);
        _chip[_board.Pins["button"]] = false;
        Watch(1, 4.8);
        _stops.ShouldBe(0);
        Watch(1, 0.4);
        _stops.ShouldBe(1);
        Enumerable.Range(1, 4).Select(Seen).ShouldAllBe(c => c == LedColour.White);
        Watch(1, 20).ShouldHaveSingleItem().Colour.ShouldBe(LedColour.White);
        _stops.ShouldBe(1, "once");

        var winks = new int[5];
        _chip.Driven += (line, level) =>
        {
            for (var led = 1; led <= 4; led++)
                if (level && line == _board.Pins[$"led{led}Blue"]) winks[led]++;
        };
        FrontPanel.Stopped(_leds);
        var done = FrontPanel.MayUnplugAsync(_leds, _time);
        while (!done.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }
        await done;
        winks.ShouldBe([0, 4, 4, 4, 4]);
        Seen(1).ShouldBe(LedColour.Amber);
    }

    [Theory]
    [InlineData(1.2)]
    [InlineData(4.8)]
    public void Between_a_press_and_the_safe_stop_nothing_happens(double seconds)
    {
        Watch(1, 0.2);
        Press(seconds);
        _stops.ShouldBe(0);
        Watch(1, 6).ShouldNotContain(s => s.Colour == LedColour.White);
    }

    [Fact]
    public void Held_at_power_on_means_nothing_and_a_bounce_is_no_press()
    {
        _chip[_board.Pins["button"]] = false;
        Watch(1, 20);
        _stops.ShouldBe(0);
        _chip[_board.Pins["button"]] = true;
        Watch(1, 6).ShouldNotContain(s => s.Colour == LedColour.White);
        for (var i = 0; i < 30; i++)
        {
            _chip[_board.Pins["button"]] = i % 2 == 1;   // never twice the same
            _panel.Step();
            _time.Advance(Tick);
        }
        _chip[_board.Pins["button"]] = true;
        Watch(1, 6).ShouldNotContain(s => s.Colour == LedColour.White);
        Press(0.3);
        Seen(1).ShouldBe(LedColour.White, "and a press still is one");
    }

    [Fact]
    public void A_foot_switch_acts_the_moment_it_is_pressed_and_once()
    {
        Watch(1, 0.2);
        _chip[_board.Pins["mask"]] = false;
        Watch(1, 0.1);
        _pressed.ShouldBe([PanelContact.Mask]);
        Watch(1, 3);
        _chip[_board.Pins["mask"]] = true;
        Watch(1, 0.2);
        _pressed.Count.ShouldBe(1);
    }

    [Fact]
    public void Night_dims_by_the_common_supply()
    {
        using var pwm = new SimulatedPwm();
        using var leds = new LedPins(BoardPins.None, pwm);
        leds.Dim(0.2);
        (pwm.DutyCycle, pwm.Runs).ShouldBe((0.2, true));
    }

    private sealed class SimulatedPwm : System.Device.Pwm.PwmChannel
    {
        public bool Runs { get; private set; }

        public override int Frequency { get; set; } = 1_000;

        public override double DutyCycle { get; set; } = 1;

        public override void Start() => Runs = true;

        public override void Stop() => Runs = false;
    }
}
