using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Display;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;
using Shouldly;

namespace Nauha.Recorder.Tests.Status;

public sealed class AliveAndShown
{
    private static readonly LineSnapshot Line1 = new(new(1), CallPhase.Idle, null, default, 0, 0, 0, false, false, false), Line2 = Line1 with { Line = new(2) };

    [Fact]
    public async Task The_watchdog_is_fed_while_every_line_moves_and_no_more_once_one_hangs()
    {
        var time = new FakeTimeProvider();
        var (one, two) = (Line1, Line2);
        var hangs = new List<int>();
        using var dog = new CountingDog();
        using var feeder = new WatchdogFeeder(dog, new CaptureWatch(() => [one, two], time), time, hangs.Add);
        await feeder.StartAsync(CancellationToken.None);

        await PassAsync(20, moves: true);
        dog.Fed.ShouldBeGreaterThanOrEqualTo(4);
        hangs.ShouldBeEmpty();

        two = two with { Lost = true };            // unplugged: known, and tried again by itself
        await PassAsync(60, moves: true);
        var fed = dog.Fed;
        fed.ShouldBeGreaterThanOrEqualTo(16);

        two = two with { Lost = false };
        await PassAsync(60, moves: false);         // its loop hangs
        hangs.ShouldBe([2]);
        (dog.Fed - fed).ShouldBeLessThanOrEqualTo(4, "nothing once ten seconds have passed");
        await feeder.StopAsync(CancellationToken.None);

        async Task PassAsync(int seconds, bool moves)
        {
            for (var i = 0; i < seconds; i++)
            {
                one = one with { Heard = one.Heard + 8_000 };
                if (moves && !two.Lost) two = two with { Heard = two.Heard + 8_000 };
                var (before, due) = (dog.Fed + hangs.Count, i % 4 == 3);
                time.Advance(TimeSpan.FromSeconds(1));
                for (var spin = 0; due && spin < (moves ? 2_000 : 200) && dog.Fed + hangs.Count == before; spin++) await Task.Delay(1, CancellationToken.None);
            }
        }
    }

    private sealed class CountingDog : IWatchdog
    {
        public int Fed { get; private set; }

        public string Name => "counting";

        public TimeSpan Timeout => TimeSpan.FromSeconds(12);

        public void Feed() => Fed++;

        public void Dispose()
        {
            // nothing is held
        }
    }

    [Fact]
    public void The_display_has_a_page_for_each_LED_that_asks_and_one_word_where_none_does()
    {
        var good = LedLegend.Worst("health", "good");
        DisplayPages.Pages([good, LedLegend.Worst("line", "good")], 21, "en").ShouldHaveSingleItem().ShouldBe(["Nauha", "", "working"]);
        var pages = DisplayPages.Pages([good, LedLegend.Worst("line", "no-volts"), LedLegend.Worst("storage", "full")], 21, "en");
        pages.Count.ShouldBe(2);
        pages[0].ShouldBe(["LED 2: 1", "no line voltage:", "wrong socket or loose", "plug", "", "> move the plug"]);
        DisplayPages.Pages([LedLegend.Worst("line", "not-heard")], 21, "fi")[0].ShouldBe(["LED 2: 3", "äänitiedote ei", "kuulunut viime", "puhelussa", "", "> tarkista liitin,", "soita koepuhelu"]);
        DisplayPages.Pages([good], 21, "sv")[0][2].ShouldBe("fungerar");
    }

    public static TheoryData<string> Languages => [.. Wording.Languages];

    [Theory]
    [MemberData(nameof(Languages))]
    public void Every_state_has_words_in_each_language_and_they_fit_the_display_and_its_font(string language)
    {
        using var chip = new SimulatedSsd1306();
        using var display = new Ssd1306(chip);
        foreach (var state in LedLegend.States)
        {
            (state.Words.In(language).Length > 0 && state.Do?.In(language).Length != 0).ShouldBeTrue(state.Key);
            LedLegend.Called(state.Name).In(language).ShouldNotBeEmpty();
            LedLegend.Colour(state).In(language).ShouldNotBeEmpty();
            LedLegend.Pattern(state).In(language).ShouldNotBeEmpty();
            // Its own page, and the one that says only this.
            foreach (var page in DisplayPages.Pages([state], display.Columns, language).Append(DisplayPages.Pages([state with { Do = null, Name = "health" }], display.Columns, language)[0]))
            {
                page.Count.ShouldBeLessThanOrEqualTo(display.Rows, state.Key);
                page.ShouldAllBe(row => row.Length <= display.Columns, state.Key);
                page.ShouldAllBe(row => row.All(DotFont.Has), state.Key);
            }
        }
    }
}
