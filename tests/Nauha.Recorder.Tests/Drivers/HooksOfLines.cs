using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Board;
using Nauha.Drivers.Hook;
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
