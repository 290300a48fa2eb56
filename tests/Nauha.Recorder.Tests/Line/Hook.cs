using CsCheck;
using Nauha.Recorder.Line;
using Shouldly;

namespace Nauha.Recorder.Tests.Line;

public sealed class Hook
{
    private static List<HookEvent> Sense(LineProfile profile, params (double Volts, int Ms)[] stretches)
    {
        var sensor = new HookSensor(profile);
        var events = new List<HookEvent>();
        var at = 0L;
        foreach (var (volts, ms) in stretches)
            for (var i = 0; i < ms; i++, at += 8) sensor.Process([(float)volts], at, events);
        return events;
    }

    [Fact]
    public void A_lift_is_dated_back_to_its_edge_and_so_is_the_hang_up()
    {
        var events = Sense(LineProfile.Ata, (48, 500), (7.5, 1_000), (48, 500));
        events.Select(e => (e.Change, e.At / 8)).ShouldBe([(HookChange.OffHook, 500), (HookChange.OnHook, 1_500)]);
    }

    [Theory]
    [InlineData(24, 6)]
    [InlineData(48, 7.5)]
    [InlineData(56, 40)]
    [InlineData(-48, -7.5)]
    public void Ports_of_any_voltage_and_polarity_are_understood_once_learned(double onHook, double offHook) =>
        Sense(LineProfile.Ata with { OnHookVolts = Math.Abs(onHook) }, (onHook, 2_000), (offHook, 500), (onHook, 500)).Select(e => e.Change).ShouldBe([HookChange.OffHook, HookChange.OnHook]);

    [Theory]
    [InlineData(37, 26)]
    [InlineData(38.5, 9)]
    [InlineData(36.2, 6)]
    public void A_port_that_rests_just_above_where_a_lift_would_begin_is_at_rest_and_learned(double onHook, double offHook) =>
        Sense(LineProfile.Ata, (onHook, 12_000), (offHook, 500), (onHook, 500), (offHook, 300)).Select(e => e.Change).ShouldBe([HookChange.OffHook, HookChange.OnHook, HookChange.OffHook]);

    [Fact]
    public void A_cut_pair_is_a_fault_and_never_a_lift() =>
        Sense(LineProfile.Ata, (48, 500), (0, 3_000), (48, 2_000)).Select(e => e.Change).ShouldBe([HookChange.Cut, HookChange.Restored]);

    [Fact]
    public void A_handset_that_is_up_at_start_up_is_found_so() => Sense(LineProfile.Ata, (7.5, 500)).ShouldHaveSingleItem().AtStartUp.ShouldBeTrue();

    [Theory]
    [InlineData(16.7, 50)]
    [InlineData(25, 75)]
    [InlineData(50, 127)]
    public void Ringing_is_ringing_and_no_lift_and_a_lift_in_it_is_seen(double hertz, double peak)
    {
        var sensor = new HookSensor(LineProfile.Ata);
        var events = new List<HookEvent>();
        for (var ms = 0; ms < 3_000; ms++)
        {
            var volts = ms < 500 ? 48 : ms < 1_500 ? 48 + (peak * Math.Sin(2 * Math.PI * hertz * (ms - 500) / 1_000)) : ms < 2_000 ? 48 : 7.5;
            sensor.Process([(float)volts], ms * 8L, events);
        }
        events.Select(e => e.Change).ShouldBe([HookChange.RingStarted, HookChange.RingStopped, HookChange.OffHook]);
    }

    [Fact]
    public void A_reversal_in_a_call_is_one_event_and_no_ring() => Sense(LineProfile.Ata, (48, 500), (7.5, 500), (-7.5, 500)).Select(e => e.Change).ShouldBe([HookChange.OffHook, HookChange.Reversal]);

    [Theory]
    [InlineData(8, 66.7, 33.3)]
    [InlineData(10, 60, 40)]
    [InlineData(12, 50, 33)]
    public void Pulses_of_a_dial_are_counted_and_are_neither_hang_up_nor_flash(int perSecond, double breakMs, double makeMs)
    {
        var stretches = new List<(double, int)> { (48, 500), (7.5, 700) };
        for (var pulse = 0; pulse < 7; pulse++) stretches.AddRange([(48, (int)breakMs), (7.5, (int)makeMs)]);
        stretches.Add((7.5, 700));
        perSecond.ShouldBeInRange(8, 12);
        var events = Sense(LineProfile.Ata, [.. stretches]);
        events.Count(e => e.Change == HookChange.Pulse).ShouldBe(7);
        events.Count(e => e.Change == HookChange.OffHook).ShouldBe(1);
    }

    [Fact]
    public void A_flash_is_no_pulse() => Sense(LineProfile.Ata, (48, 500), (7.5, 700), (48, 120), (7.5, 500)).Select(e => e.Change).ShouldBe([HookChange.OffHook, HookChange.OnHook, HookChange.OffHook]);

    [Theory]
    [InlineData(100, false)]
    [InlineData(300, true)]
    [InlineData(900, true)]
    [InlineData(1_500, false)]
    public void No_volts_for_a_moment_with_the_handset_up_are_said_at_once_and_are_the_far_ends_hang_up_only_within_bounds(int ms, bool farEnded)
    {
        var events = Sense(LineProfile.Ata, (48, 500), (7.5, 700), (0, ms), (7.5, 500));
        events.Select(e => e.Change).ShouldBe([HookChange.OffHook, HookChange.FeedLost, .. farEnded ? [HookChange.OpenLoop] : ms > 1_000 ? new[] { HookChange.BrownOut } : []]);
        (events[1].At / 8).ShouldBe(1_200);
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(60, true)]
    [InlineData(1_900, true)]
    [InlineData(2_100, false)]      // a cut pair
    public void No_volts_for_a_moment_with_the_handset_down_are_a_brown_out_of_that_length(int ms, bool brownOut)
    {
        var events = Sense(LineProfile.Ata, (48, 500), (0, ms), (48, 500), (7.5, 200));
        events.Where(e => e.Change == HookChange.BrownOut).Select(e => (e.At / 8, e.Until / 8)).ShouldBe(brownOut ? [(500L, 500L + ms)] : []);
        events.Count(e => e.Change == HookChange.OffHook).ShouldBe(ms < 2_000 ? 1 : 0);
    }

    [Fact]
    public void A_second_phone_is_a_step_of_the_volts_that_stays() =>
        Sense(LineProfile.Ata, (48, 500), (9, 700), (5.5, 1_000), (9, 1_000), (48, 500)).Select(e => e.Change).ShouldBe([HookChange.OffHook, HookChange.SecondPhone, HookChange.SecondPhone, HookChange.OnHook]);

    [Theory]
    [InlineData(15)]
    [InlineData(25)]
    [InlineData(70)]
    public void An_answer_in_the_middle_of_a_ring_burst_is_known_within_150_ms_and_a_reversal_alone_is_no_ring(int hertz)
    {
        var sensor = new HookSensor(LineProfile.Ata);
        var events = new List<HookEvent>();
        long? known = null;
        for (var ms = 0; ms < 2_000 && known is null; ms++)
        {
            sensor.Process([(float)(ms < 500 ? 48 : ms < 1_203 ? 48 + (75 * Math.Sin(2 * Math.PI * hertz * (ms - 500) / 1_000)) : 7.5)], ms * 8L, events);
            if (events.Any(e => e.Change == HookChange.OffHook)) known = ms;
        }
        known!.Value.ShouldBeLessThanOrEqualTo(1_203 + 150);
        Sense(LineProfile.Ata, (48, 1_000), (-48, 1_000)).ShouldNotContain(e => e.Change == HookChange.RingStarted);
    }

    [Fact]
    public void A_port_that_feeds_less_than_it_did_looks_like_a_lift_until_it_rings()
    {
        var sensor = new HookSensor(LineProfile.PbxExtension, learnedOnHook: 40);
        var events = new List<HookEvent>();
        for (var ms = 0; ms < 12_000; ms++)
        {
            var ring = ms is (>= 4_000 and < 5_000) or (>= 9_000 and < 9_800);
            sensor.Process([(float)(ms >= 11_000 ? 6 : 24 + (ring ? 75 * Math.Sin(2 * Math.PI * 25 * ms / 1_000) : 0))], ms * 8L, events);
        }
        events.Select(e => e.Change).ShouldBe([HookChange.OffHook, HookChange.OnHook, HookChange.RingStarted, HookChange.RingStopped, HookChange.RingStarted, HookChange.RingStopped, HookChange.OffHook]);
        sensor.OnHookVolts.ShouldBe(24, 3);
    }

    [Fact]
    public void No_volts_whatever_make_it_throw() => Gen.Float.Array[1, 3_000].Sample(volts =>
    {
        var sensor = new HookSensor(LineProfile.Ata);
        sensor.Process(volts, 0, []);
    }, iter: 200);
}
