using Microsoft.Extensions.Time.Testing;
using Nauha.Drivers.Mixer;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>The mixer is set, read back, and read again every minute.</summary>
public sealed class MixersWithAWill
{
    private static readonly Dictionary<string, string> Wishes = new() { ["Auto Gain Control"] = "off", ["Mic Playback"] = "off", ["Mic Capture"] = "80" };

    private static TrialMixer Fob() => new()
    {
        Controls =
        {
            ["Auto Gain Control"] = new(true, null, 0),
            ["Mic Playback"] = new(true, 31, 31),
            ["Mic Capture"] = new(false, 5, 35),
        },
    };

    [Fact]
    public void Gain_control_and_loopback_are_off_and_the_gain_is_fixed_when_a_line_is_opened()
    {
        var mixer = Fob();
        using var watch = new MixerWatch(mixer, Wishes, new FakeTimeProvider());
        mixer.Controls.ShouldBe(new Dictionary<string, ControlState> { ["Auto Gain Control"] = new(false, null, 0), ["Mic Playback"] = new(false, 31, 31), ["Mic Capture"] = new(true, 28, 35) });
        watch.Fault.ShouldBeNull();
    }

    [Fact]
    public void What_has_no_switch_is_turned_down_instead()
    {
        var mixer = new TrialMixer { Controls = { ["Mic Playback"] = new(null, 20, 31) } };
        using var watch = new MixerWatch(mixer, new Dictionary<string, string> { ["Mic Playback"] = "off" }, new FakeTimeProvider());
        mixer.Controls["Mic Playback"].Step.ShouldBe(0);
    }

    [Fact]
    public void What_was_changed_behind_our_back_is_found_within_a_minute_set_again_and_said_until_the_next_look()
    {
        var (mixer, time) = (Fob(), new FakeTimeProvider());
        using var watch = new MixerWatch(mixer, Wishes, time);
        mixer.Controls["Auto Gain Control"] = new(true, null, 0);
        time.Advance(TimeSpan.FromSeconds(59));
        watch.Check();
        watch.Fault.ShouldBeNull();
        time.Advance(TimeSpan.FromSeconds(1));
        watch.Check();
        watch.Fault.ShouldBe("\"Auto Gain Control\" is on; it was set again");
        mixer.Controls["Auto Gain Control"].On.ShouldBe(false);
        mixer.Controls["Mic Capture"] = new(true, 7, 35);
        time.Advance(TimeSpan.FromMinutes(1));
        watch.Check();
        watch.Fault.ShouldBe("\"Mic Capture\" is at 20 instead of 80; it was set again");
        time.Advance(TimeSpan.FromMinutes(1));
        watch.Check();
        watch.Fault.ShouldBeNull();
        watch.Deviations.ShouldBe(2);
    }

    [Theory]
    [InlineData("Auto Gain Control")]
    [InlineData("Mic Playback")]
    [InlineData("Mic Capture")]
    public void A_control_that_does_not_stay_ends_the_line_at_once_and_later(string control)
    {
        var mixer = Fob();
        mixer.Stuck.Add(control);
        Should.Throw<IOException>(() => new MixerWatch(mixer, Wishes, new FakeTimeProvider())).Message.ShouldContain(control);
        mixer.Stuck.Clear();
        var time = new FakeTimeProvider();
        using var watch = new MixerWatch(mixer, Wishes, time);
        mixer.Controls[control] = control == "Mic Capture" ? new(true, 1, 35) : new(true, null, 0);
        mixer.Stuck.Add(control);
        time.Advance(TimeSpan.FromMinutes(2));
        Should.Throw<IOException>(watch.Check).Message.ShouldContain("does not stay as it is set");
    }

    [Fact]
    public void What_the_configuration_does_not_name_and_spoils_levels_or_plays_what_is_heard_is_off_or_ends_the_line()
    {
        TrialMixer Card() => new()
        {
            Controls =
            {
                ["Auto Gain Control"] = new(true, null, 0),
                ["Mic Boost (+20dB)"] = new(true, null, 0),
                ["Front Mic Boost"] = new(null, 3, 3),
                ["Mic Playback"] = new(true, 31, 31),
                ["Line Playback"] = new(true, 31, 31),
                ["Line Capture"] = new(true, 20, 31),
                ["Line Out Playback"] = new(true, 31, 31),
                ["Speaker"] = new(true, 20, 31),
                ["Mic Capture"] = new(true, 20, 31),
            },
        };
        var mixer = Card();
        using var watch = new MixerWatch(mixer, new Dictionary<string, string>(), new FakeTimeProvider());
        mixer.Controls.Where(c => c.Value.On == false || c.Value.Step == 0).Select(c => c.Key).ShouldBe(["Auto Gain Control", "Mic Boost (+20dB)", "Front Mic Boost", "Mic Playback", "Line Playback"], ignoreOrder: true);
        // Who names one has his way with it.
        var asked = Card();
        using var other = new MixerWatch(asked, new Dictionary<string, string> { ["Mic Boost (+20dB)"] = "on" }, new FakeTimeProvider());
        (asked.Controls["Mic Boost (+20dB)"].On, asked.Controls["Auto Gain Control"].On).ShouldBe((true, false));
        var stuck = Card();
        stuck.Stuck.Add("Auto Gain Control");
        Should.Throw<IOException>(() => new MixerWatch(stuck, new Dictionary<string, string>(), new FakeTimeProvider())).Message.ShouldContain("\"Auto Gain Control\" is on");
    }

    [Fact]
    public void A_control_that_is_not_there_is_named()
    {
        var mixer = new TrialMixer();
        Should.Throw<IOException>(() => new MixerWatch(mixer, Wishes, new FakeTimeProvider())).Message.ShouldContain("has no control \"Auto Gain Control\"");
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("off", true)]
    [InlineData("0", true)]
    [InlineData("100", true)]
    [InlineData("101", false)]
    [InlineData("-1", false)]
    [InlineData("loud", false)]
    [InlineData("", false)]
    public void A_value_is_on_off_or_a_share_of_the_range(string value, bool does) => MixerWatch.IsWish(value).ShouldBe(does);
}
