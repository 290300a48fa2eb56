using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Drivers.Capture;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ports;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>What real devices do that the exchange's own tap does not: lose samples, and show no volts.</summary>
public sealed class LinesOnDevices
{
    private static CallScript Incoming() => new() { Kind = ScriptKind.Incoming, At = 1, Number = "0409990123", Talk = Talk.Bundled.First(8) };

    /// <summary>Line 1 of the exchange as another device would give it.</summary>
    private sealed class Tap(SimulatedLine line, IHookSense? hook = null) : ILineSource
    {
        private int _idle;

        /// <summary>Blocks to lose once this line time is reached, each time once.</summary>
        public Queue<(Func<long, bool> When, int Blocks)> Losses { get; } = new();

        public LineId Line => line.Line;

        public HookSource HookSource => hook?.Source ?? line.HookSource;

        public double DbvAtFullScale => line.DbvAtFullScale;

        public double InjectionDbvAtFullScale => line.InjectionDbvAtFullScale;

        public string Profile => line.Profile;

        public bool Simulated => true;

        public int InjectionPending => line.InjectionPending;

        public SoundLook? Sound { get; set; }

        public async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
        {
            _idle = line.Exchange.IsOver ? _idle + 1 : 0;
            if (_idle > 50 * 32) return false;
            var lost = 0;
            if (Losses.TryPeek(out var loss) && loss.When(line.Exchange.Now))
            {
                Losses.Dequeue();
                for (; lost < loss.Blocks; lost++) await line.ReadAsync(block, cancel);
            }
            await line.ReadAsync(block, cancel);
            block.LostBefore = lost * SampleBlock.Length;
            if (hook is null) return true;
            Array.Clear(block.Volts);
            hook.Sense(block);
            return true;
        }

        public int Inject(ReadOnlySpan<short> samples) => line.Inject(samples);

        public void StopInjection() => line.StopInjection();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static async Task<(List<Account> Calls, ExchangeLine Line)> RunAsync(Box box, CallScript[] calls, IHookSense? hook = null, Action<Tap, ExchangeLine>? with = null, ILogger? log = null)
    {
        using var vault = box.OpenVault();
        var exchange = new ExchangeLine(PortProfile.Ata, calls, seed: 7) { KeepsEars = true };
        var tap = new Tap(new SimulatedLine(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 0)), hook);
        with?.Invoke(tap, exchange);
        using var conductor = new LineConductor(tap, box.Settings(), vault, log ?? NullLogger.Instance);
        await conductor.RunAsync(CancellationToken.None);
        return (box.Accounts(vault), exchange);
    }

    [Fact]
    public async Task What_a_device_loses_in_a_call_is_a_gap_of_its_length_at_its_place_and_the_rest_stays_where_it_was()
    {
        using var whole = new Box();
        var (before, _) = await RunAsync(whole, [Incoming()]);
        using var box = new Box();
        long lostAt = 0;
        var (calls, line) = await RunAsync(box, [Incoming()], with: (tap, exchange) => tap.Losses.Enqueue((at =>
        {
            if (exchange.Truths.FirstOrDefault(t => t.What == "talk") is not { } talk || at < talk.At + 16_000) return false;
            lostAt = at;
            return true;
        }, 50)));
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        var (samples, first, frames) = box.Listen(calls[0].File!);
        var gap = frames.SelectMany(f => f.Events).Single(e => e.What == "gap");
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        ((double)gap.At).ShouldBe(lostAt - lifted, 400, "at its place: the lift is known to within a bounce");
        gap.Samples.ShouldBe(8_000ul);
        // The second that is missing is silence, and what comes after it stands where it does without the loss.
        var (there, _, _) = whole.Listen(before[0].File!);
        samples.Length.ShouldBe(there.Length);
        var at = (int)((long)gap.At - first);
        samples.AsSpan(at + 400, 7_200).ToArray().Average(s => (double)s * s).ShouldBeLessThan(1_000);
        Audio.Sound.Correlation(there.AsSpan(at + 9_000, 16_000), samples.AsSpan(at + 9_000, 16_000)).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public async Task What_is_lost_and_a_mixer_that_was_moved_are_logged_once_and_shown()
    {
        using var box = new Box();
        var words = new Words();
        await RunAsync(box, [Incoming()], log: words, with: (tap, exchange) => tap.Losses.Enqueue((at =>
        {
            if (at < 8_000 * 3) return false;
            tap.Sound = new("near", "near", 8_000, 1, "S16", 1, 0, 160, null, null, null, null, "\"Auto Gain Control\" is on; it was set again");
            return true;
        }, 1)));
        words.Said.Count(line => line.Contains("lost 160 samples", StringComparison.Ordinal)).ShouldBe(1);
        words.Said.Count(line => line.Contains("mixer was moved: \"Auto Gain Control\" is on", StringComparison.Ordinal)).ShouldBe(1);
    }

    private sealed class Words : ILogger
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Said) Said.Add(formatter(state, exception));
        }
    }

    [Fact]
    public async Task An_announcement_that_lost_samples_is_not_proven_and_is_said_again()
    {
        using var box = new Box();
        var (calls, line) = await RunAsync(box, [Incoming()], with: (tap, exchange) => tap.Losses.Enqueue((at => exchange.Truths.FirstOrDefault(t => t.What == "announced") is { } begun && at > begun.At + 8_000, 100)));
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        calls[0].Facts.Announcement!.Score.ShouldBeGreaterThan(0.9);
        line.Truths.Count(t => t.What == "announced").ShouldBe(2);
    }

    [Fact]
    public async Task On_a_tap_without_a_hook_talk_is_a_call_it_is_told_and_kept()
    {
        using var box = new Box();
        // Who talks is told: so there must be talk before the announcement.
        var (calls, _) = await RunAsync(box, [Incoming() with { Talk = Talk.Bundled.First(12), Sounds = [new(Cue.Lifted, 0.5, Side.Near, Talk.Bundled.First(12).Near[..(8_000 * 6)])] }], new VoiceHook(ExchangeLine.DbvAtFullScale));
        calls.ShouldContain(c => c.Call.Ending == Ending.Recorded, string.Join(", ", calls.Select(c => $"{c.Call.Ending}")));
        calls.Where(c => c.Call.Ending == Ending.Recorded).ShouldAllBe(c => c.Facts.Direction == null);
    }

    [Theory]
    [InlineData(ScriptKind.LiftOnly)]
    [InlineData(ScriptKind.Busy)]
    [InlineData(ScriptKind.NotAnswered)]
    public async Task On_a_tap_without_a_hook_tones_alone_are_told_nothing_and_are_no_failure(ScriptKind kind)
    {
        using var box = new Box();
        var (calls, line) = await RunAsync(box, [new() { Kind = kind, At = 1, Number = "0509990456", Seconds = 8, Rings = 3 }], new VoiceHook(ExchangeLine.DbvAtFullScale));
        line.Truths.ShouldNotContain(t => t.What == "announced");
        calls.ShouldNotBeEmpty();
        calls.ShouldAllBe(c => c.Call.Ending!.Value.What == EndingKind.Excluded);
    }

    [Fact]
    public void A_line_that_rests_with_its_noise_and_a_click_is_no_call()
    {
        var (hook, random, block) = (new VoiceHook(6.5), new Random(3), new SampleBlock());
        for (var i = 0; i < 50 * 120; i++)
        {
            for (var k = 0; k < 160; k++) block.Samples[k] = (short)(20 * (random.NextDouble() - 0.5));
            if (i % 500 == 100) block.Samples[10] = 20_000;
            hook.Sense(block);
            block.HandsetUp.ShouldBe(false);
        }
        for (var i = 0; i < 10; i++)
        {
            for (var k = 0; k < 160; k++) block.Samples[k] = (short)(2_000 * Math.Sin(k * 0.3));
            hook.Sense(block);
        }
        block.HandsetUp.ShouldBe(true);
        Array.Clear(block.Samples);
        for (var i = 0; i < 50 * 19; i++) hook.Sense(block);
        block.HandsetUp.ShouldBe(true, "people pause");
        for (var i = 0; i < 50 * 2; i++) hook.Sense(block);
        block.HandsetUp.ShouldBe(false);
    }
}
