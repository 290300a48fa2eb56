using Nauha.Drivers.Board;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

public sealed class BoardsAndPins
{
    // Broadcom numbers: I2C, I2S (stereo), and on a Pi 5 the lanes of lines 3 to 6; SPI but where a one-bit hook stands in its place.
    private static readonly int[] Taken = [0, 1, 2, 3, 10, 11, 18, 19, 20, 21];

    [Fact]
    public void No_two_pins_of_a_board_share_a_line_and_none_takes_the_sound_s_or_the_clock_s()
    {
        foreach (var board in BoardProfile.All)
        {
            board.Pins.Values.ShouldBeUnique(board.Name);
            board.Pins.Values.ShouldNotContain(line => Taken.Contains(line), board.Name);
            board.Pins.Values.ShouldAllBe(line => line < 28, "the header ends there");
            if (board.Name is "pi-5" or "cm5") board.Pins.Values.ShouldNotContain(line => line >= 22 && line <= 25, "the lanes of lines 3 to 6");
        }
        BoardProfile.All.Count.ShouldBe(7);
        foreach (var pin in BoardProfile.All.SelectMany(board => board.Pins.Keys)) BoardProfile.PinNames.ShouldContain(pin);
    }

    [Theory]
    [InlineData("Raspberry Pi 4 Model B Rev 1.5", "pi-4")]
    [InlineData("Raspberry Pi 400 Rev 1.0", "pi-4")]
    [InlineData("Raspberry Pi Compute Module 4 Rev 1.1", "cm4")]
    [InlineData("Raspberry Pi 5 Model B Rev 1.0", "pi-5")]
    [InlineData("Raspberry Pi Compute Module 5 Rev 1.0", "cm5")]
    [InlineData("Raspberry Pi Zero 2 W Rev 1.0", "pi-zero-2")]
    [InlineData("Raspberry Pi 3 Model B Plus Rev 1.3", "pi-3")]
    [InlineData("Radxa ROCK 4C+", null)]
    public void A_board_is_known_by_its_model(string model, string? name) => BoardProfile.OfModel(model)?.Name.ShouldBe(name);

    [Fact]
    public void A_Pi_5_has_its_header_on_another_chip_and_more_lanes()
    {
        Named("pi-5").ShouldSatisfyAllConditions(b => b.Chip.ShouldBe("pinctrl-rp1"), b => b.I2sLines.ShouldBe(8));
        Named("pi-4").ShouldSatisfyAllConditions(b => b.Chip.ShouldBe("pinctrl-bcm2711"), b => b.I2sLines.ShouldBe(2));
    }

    [Fact]
    public void The_configuration_moves_pins_takes_them_away_and_is_told_what_is_wrong()
    {
        var board = Named("pi-4").With(new() { Pins = { ["ALIVE"] = 25, ["mask"] = -1 } });
        board.Pins["alive"].ShouldBe(25);
        board.Pins.ShouldNotContainKey("mask");
        Should.Throw<BoardException>(() => Named("pi-4").With(new() { Pins = { ["led9Blue"] = 1 } })).Message.ShouldContain("board:pins:led9Blue");
        Should.Throw<BoardException>(() => Named("pi-4").With(new() { Pins = { ["button"] = 5 } })).Message.ShouldContain("line 5 to led1Blue and button");
        Should.Throw<BoardException>(() => Named("generic").With(new())).Message.ShouldContain("board:chip");
        Named("generic").With(new() { Chip = "gpio-sim.0-node0", Pins = { ["button"] = 0 } }).Pins.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_chip_that_is_not_there_is_named_by_its_label_and_something_is_to_be_done() =>
        Should.Throw<BoardException>(() => BoardPins.Open(Named("generic") with { Chip = "no-such-chip" })).Message.ShouldSatisfyAllConditions(m => m.ShouldMatch("no-such-chip|libgpiod is missing"), m => m.ShouldContain("board:profile"));

    [Fact]
    public void Without_a_board_there_is_no_pin_and_nothing_throws()
    {
        BoardPins.None.Output("led1Blue").ShouldBeNull();
        BoardPins.None.Input("button").ShouldBeNull();
        using var panel = new Nauha.Drivers.Leds.LedPins(BoardPins.None, null);
        panel.Any.ShouldBeFalse();
        panel.Show([Nauha.Recorder.Ports.LedColour.White, default, default, default]);
        panel.Beat();
        panel.IsDown(Nauha.Recorder.Ports.PanelContact.Button).ShouldBeFalse();
    }

    internal static BoardProfile Named(string name) => BoardProfile.All.Single(board => board.Name == name);
}
