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

    [Fact]
    public void No_volts_whatever_make_it_throw() => Gen.Float.Array[1, 3_000].Sample(volts =>
    {
        var sensor = new HookSensor(LineProfile.Ata);
        sensor.Process(volts, 0, []);
    }, iter: 200);
}
