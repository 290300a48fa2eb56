using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;
using Shouldly;

namespace Nauha.Recorder.Tests.Status;

public sealed class WhatTheLedsSay
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly LineSnapshot Resting = new(new(1), CallPhase.Idle, null, default, 0, 0, 0, false, false, false);

    private static readonly SoundLook Moved = new("hw:1,0", "hw:1,0", 48_000, 1, "S16", 0, 0, 0, null, null, null, null, "\"Auto Gain Control\" is on; it was set again");

    private static readonly BoxLook Good = new() { Lines = [Resting], Sync = new() { Connected = true, LastContact = Now }, Now = Now, UsedPercent = 10 };

    /// <summary>What is the matter with the box, and the state that its LED must show.</summary>
    public static TheoryData<string, int, string> Matters => new()
    {
        { "nothing", 1, "good" }, { "nothing", 2, "good" }, { "nothing", 3, "good" }, { "nothing", 4, "good" },
        { "it starts", 1, "starting" }, { "its clock is behind", 1, "clock" }, { "a slice failed", 1, "part-failed" }, { "a slice failed an hour ago", 1, "good" }, { "the self-test failed", 1, "part-failed" }, { "hot", 1, "hot-or-weak" }, { "a weak supply", 1, "hot-or-weak" }, { "a weak supply an hour ago", 1, "good" },
        { "no volts", 2, "no-volts" }, { "no source", 2, "no-device" }, { "not told", 2, "not-heard" }, { "left up", 2, "left-off-hook" }, { "a call", 2, "recording" }, { "telling", 2, "announcing" }, { "masked", 2, "masked" }, { "a new line", 2, "learning" }, { "a new line in a call", 2, "recording" }, { "lifted", 2, "not-recorded" }, { "a call that is excluded", 2, "not-recorded" }, { "a call that is excluded beside one that is recorded", 2, "recording" }, { "a new line that is lifted", 2, "not-recorded" }, { "a handset that is left up", 2, "left-off-hook" }, { "it rings", 2, "good" }, { "hum", 2, "hum-level" }, { "a mixer that was moved", 2, "no-device" }, { "a mixer that was moved, in a call", 2, "no-device" },
        { "revoked", 3, "certificate" }, { "no central", 3, "no-central" }, { "no cable", 3, "no-network" }, { "sending", 3, "sending" }, { "old recordings", 3, "backlog" },
        { "79 %", 4, "good" }, { "80 %", 4, "over-80" }, { "90 %", 4, "over-90" }, { "85 %", 4, "over-80" }, { "95 %", 4, "over-90" }, { "99 % and room", 4, "over-90" }, { "full", 4, "full" }, { "a write failed", 4, "failing" },
    };

    private static BoxLook Box(string matter) => matter switch
    {
        "it starts" => Good with { IsStarting = true },
        "its clock is behind" => Good with { ClockUnsure = true },
        "a slice failed" => Good with { LastFailure = Now.AddMinutes(-1) },
        "a slice failed an hour ago" => Good with { LastFailure = Now.AddHours(-1) },
        "the self-test failed" => Good with { SelfTestFailed = true },
        "hot" => Good with { Board = new(80, null, null, null) },
        "a weak supply" => Good with { Board = new(50, true, false, true) },
        "a weak supply an hour ago" => Good with { Board = new(50, false, false, true) },
        "masked" => Good with { Lines = [Resting with { Phase = CallPhase.Recording, Masked = true }] },
        "a new line" => Good with { Lines = [Resting with { Learning = true }] },
        "a new line in a call" => Good with { Lines = [Resting with { Learning = true, Phase = CallPhase.Recording }] },
        "lifted" => Good with { Lines = [Resting, Resting with { Phase = CallPhase.OffHook }] },
        "a call that is excluded" => Good with { Lines = [Resting with { Phase = CallPhase.Silent }] },
        "a call that is excluded beside one that is recorded" => Good with { Lines = [Resting with { Phase = CallPhase.Silent }, Resting with { Phase = CallPhase.Recording }] },
        "a new line that is lifted" => Good with { Lines = [Resting with { Learning = true, Phase = CallPhase.OffHook }] },
        "a handset that is left up" => Good with { Lines = [Resting with { Phase = CallPhase.LeftUp }, Resting with { Phase = CallPhase.OffHook }] },
        "it rings" => Good with { Lines = [Resting with { Phase = CallPhase.Ringing }] },
        "hum" => Good with { Lines = [Resting with { HumOrLevel = true }] },
        "a mixer that was moved" => Good with { Lines = [Resting, Resting with { Sound = Moved }] },
        "a mixer that was moved, in a call" => Good with { Lines = [Resting with { Sound = Moved, Phase = CallPhase.Recording }] },
        "no volts" => Good with { Lines = [Resting, Resting with { Phase = CallPhase.Fault }] },
        "no source" => Good with { Lines = [Resting with { Lost = true, Phase = CallPhase.Recording }] },
        "not told" => Good with { Lines = [Resting with { LastUnproven = true }] },
        "left up" => Good with { Lines = [Resting with { Phase = CallPhase.LeftUp }] },
        "a call" => Good with { Lines = [Resting with { Phase = CallPhase.Announcing }, Resting with { Phase = CallPhase.Recording }] },
        "telling" => Good with { Lines = [Resting with { Phase = CallPhase.Announcing }] },
        "revoked" => Good with { Sync = new() { Trouble = "revoked" } },
        "no central" => Good with { Sync = new() { Trouble = "network", LastContact = Now.AddMinutes(-6) } },
        "no cable" => Good with { Sync = new() { Trouble = "network" }, HasNetwork = false },
        "sending" => Good with { Sync = new() { Connected = true, Sending = true, LastContact = Now } },
        "old recordings" => Good with { OldestUnsent = Now.AddHours(-25) },
        "80 %" => Good with { UsedPercent = 80 },
        "79 %" => Good with { UsedPercent = 79 },
        "90 %" => Good with { UsedPercent = 90 },
        "85 %" => Good with { UsedPercent = 85 },
        "95 %" => Good with { UsedPercent = 95 },
        "99 % and room" => Good with { UsedPercent = 99 },
        "full" => Good with { UsedPercent = 99, IsFull = true },
        "a write failed" => Good with { Lines = [Resting with { WriteFailed = true }] },
        _ => Good,
    };

    [Theory]
    [MemberData(nameof(Matters))]
    public void Each_state_shows_as_the_legend_says(string matter, int led, string state)
    {
        var lamp = Lamps.Of(Box(matter)).Single(l => l.Led == led);
        lamp.Key.ShouldBe(state);
        LedLegend.States.ShouldContain(lamp);
    }

    [Fact]
    public void Within_an_LED_no_two_states_look_alike_and_what_counts_asks_for_somebody()
    {
        foreach (var led in LedLegend.States.GroupBy(l => l.Led))
        {
            led.Select(l => (l.Colour, l.Pattern, l.Count)).ShouldBeUnique();
            led.Count(l => l.Key == "good").ShouldBe(1);
            led.ShouldAllBe(l => l.Pattern == "count" == (l.Count >= 1 && l.Count <= 5) && (l.Colour == "amber" || l.Pattern != "count" || l.Key == "learning") && l.Colour != "red" && l.Colour != "green");
            led.ShouldAllBe(l => (l.Colour == "amber" || l.Key == "learning") == (l.Do != null), "who is called for is told what to do");
            led.SkipWhile(l => l.Colour == "amber").ShouldAllBe(l => l.Colour != "amber", "the worst stand first");
        }
        Lamps.Stopped.ShouldBe(LedLegend.States[0], "a box that has stopped is worse than anything");
    }

    [Fact]
    public void The_main_README_and_the_quick_cards_have_the_legends_table()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Appliance.sln"))) root = root.Parent;
        using var check = Process.Start(new ProcessStartInfo("python3", [Path.Combine(root.FullName, "hardware/led-table.py"), "--check"]) { RedirectStandardError = true })!;
        var error = check.StandardError.ReadToEnd();
        check.WaitForExit();
        check.ExitCode.ShouldBe(0, error);
        var readme = File.ReadAllText(Path.Combine(root.FullName, "README.md"));
        foreach (var state in LedLegend.States) readme.ShouldContain(state.Words.En);
        foreach (var language in new[] { "fi", "sv" })
        {
            var card = File.ReadAllText(Path.Combine(root.FullName, $"hardware/quick-card.{language}.md"));
            foreach (var state in LedLegend.States) card.ShouldContain(state.Words.In(language));
        }
    }

    [Fact]
    public async Task A_slice_that_fails_is_started_again_and_the_failure_stands_in_its_watch()
    {
        var time = new FakeTimeProvider(Now);
        var (runs, again) = (0, new TaskCompletionSource());
        using var watch = new SliceWatch("planted", async stop =>
        {
            if (++runs < 3) throw new InvalidOperationException("planted");
            again.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        }, time, NullLogger.Instance);
        await watch.StartAsync(CancellationToken.None);
        while (!again.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        (watch.Failures, watch.ExecuteTask!.IsCompleted).ShouldBe((2, false));
        watch.LastFailure.ShouldNotBeNull();
        await watch.StopAsync(CancellationToken.None);
        watch.ExecuteTask.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task A_service_that_dies_is_started_again_as_a_whole()
    {
        var time = new FakeTimeProvider(Now);
        using var service = new Dying();
        using var watch = SliceWatch.Over("dying", service, time, NullLogger.Instance);
        await watch.StartAsync(CancellationToken.None);
        while (!service.Lives.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        watch.Failures.ShouldBe(1);
        await watch.StopAsync(CancellationToken.None);
    }

    private sealed class Dying : BackgroundService
    {
        private int _starts;

        public TaskCompletionSource Lives { get; } = new();

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            if (++_starts == 1) throw new NotSupportedException("planted");
            Lives.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken);
        }
    }
}
