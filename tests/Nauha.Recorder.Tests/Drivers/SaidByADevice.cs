using Nauha.Drivers.Capture;
using Nauha.Drivers.Playback;
using Nauha.Recorder.Ports;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>The playback side without a card.</summary>
public sealed class SaidByADevice
{
    private static readonly PcmShape Narrow = new(8_000, 1, SampleFormat.S16, 160, 960);

    private sealed class Relay : IInjectionSwitch
    {
        public List<string> Moves { get; } = [];

        public void Close() => Moves.Add("close");

        public void Open() => Moves.Add("open");
    }

    private static short[] Ramp(int count) => [.. Enumerable.Range(1, count).Select(i => (short)i)];

    [Fact]
    public void What_is_said_sounds_once_behind_120_ms_of_silence_and_the_relay_is_closed_for_just_that()
    {
        var (pcm, relay) = (new TrialPlayback(Narrow), new Relay());
        using var speaker = new Speaker(pcm, 0, relay);
        var clock = 0.0;
        Pass(5);
        relay.Moves.ShouldBeEmpty();
        speaker.Inject(Ramp(1_000)).ShouldBe(1_000);
        speaker.Pending.ShouldBe(1_000);
        relay.Moves.ShouldBe(["close"]);
        Pass(20);
        speaker.Pending.ShouldBe(0);
        relay.Moves.ShouldBe(["close", "open"]);
        var sounded = pcm.Sounded;
        var first = Array.IndexOf(sounded, (short)1);
        first.ShouldBeInRange((5 * 160) + 800, (5 * 160) + 960);
        sounded[first..(first + 1_000)].ShouldBe(Ramp(1_000));
        sounded.Count(s => s != 0).ShouldBe(1_000);
        speaker.Underruns.ShouldBe(0);

        void Pass(int periods)
        {
            for (var i = 0; i < periods; i++)
            {
                speaker.Feed(clock += 0.02);
                pcm.Sound(160);
            }
        }
    }

    [Fact]
    public void A_full_queue_takes_fewer_and_stopping_opens_the_relay_at_once_and_clears_the_device_within_a_period()
    {
        var (pcm, relay) = (new TrialPlayback(Narrow), new Relay());
        using var speaker = new Speaker(pcm, 0, relay);
        speaker.Feed(0);
        speaker.Inject(Ramp(10_000)).ShouldBe(4_000);
        speaker.Inject(Ramp(1)).ShouldBe(0);
        for (var i = 0; i < 10; i++)
        {
            speaker.Feed(i * 0.02);
            pcm.Sound(160);
        }
        pcm.Sounded[^1].ShouldBeGreaterThan((short)0, "it speaks");
        speaker.Stop();
        relay.Moves.ShouldBe(["close", "open"]);
        speaker.Pending.ShouldBe(0);
        var before = pcm.Sounded.Length;
        speaker.Feed(0.3);
        pcm.Calls.ShouldContain("drop");
        pcm.Sound(960);
        pcm.Sounded[before..].ShouldAllBe(s => s == 0);
        // And it can speak again.
        speaker.Inject([7, 8, 9]).ShouldBe(3);
        for (var i = 0; i < 10; i++)
        {
            speaker.Feed(0.4 + (i * 0.02));
            pcm.Sound(160);
        }
        pcm.Sounded.Where(s => s is 7 or 8 or 9).TakeLast(3).ShouldBe(new short[] { 7, 8, 9 });
    }

    [Theory]
    [InlineData(480)]
    [InlineData(960)]
    [InlineData(1_920)]
    public void Whoever_keeps_200_ms_ahead_is_never_torn_however_much_the_device_holds(int bufferFrames)
    {
        var pcm = new TrialPlayback(Narrow with { BufferFrames = bufferFrames });
        using var speaker = new Speaker(pcm, 0, null);
        var said = Ramp(12_000);
        var handed = 0;
        for (var i = 0; i < 120; i++)
        {
            var room = 1_600 - speaker.Pending;
            if (i > 5 && room > 0) handed += speaker.Inject(said.AsSpan(handed, Math.Min(room, said.Length - handed)));
            speaker.Feed(i * 0.02);
            pcm.Sound(160);
        }
        var sounded = pcm.Sounded;
        sounded[Array.IndexOf(sounded, (short)1)..][..said.Length].ShouldBe(said);
    }

    [Fact]
    public void While_the_relay_is_held_open_nothing_that_is_said_closes_it()
    {
        var (pcm, relay) = (new TrialPlayback(Narrow), new Relay());
        using var speaker = new Speaker(pcm, 0, relay);
        speaker.HoldOpen(true).ShouldBeTrue();
        relay.Moves.Clear();
        speaker.Inject(Ramp(100));
        relay.Moves.ShouldBeEmpty();
        speaker.HoldOpen(false);
        relay.Moves.Count.ShouldBe(1);
        using var without = new Speaker(new TrialPlayback(Narrow), 0, null);
        without.HoldOpen(true).ShouldBeFalse();
    }

    [Fact]
    public void A_device_that_runs_dry_begins_again_and_counts_only_where_something_was_being_said()
    {
        var pcm = new TrialPlayback(Narrow);
        using var speaker = new Speaker(pcm, 0, null);
        speaker.Feed(0);
        pcm.Sound(2_000);
        speaker.Feed(1);
        speaker.Underruns.ShouldBe(0, "nobody misses silence");
        speaker.Inject(Ramp(3_000));
        speaker.Feed(1.02);
        pcm.Sound(960 + 160);
        speaker.Feed(2);
        speaker.Underruns.ShouldBe(1);
        pcm.Fail(LibAsound.NoDevice);
        Should.Throw<IOException>(() => speaker.Feed(3)).Message.ShouldContain("is lost");
    }

    [Fact]
    public void A_device_at_48_kHz_says_it_at_48_kHz_on_its_channel_alone()
    {
        var pcm = new TrialPlayback(new(48_000, 2, SampleFormat.S16, 960, 5_760));
        using var speaker = new Speaker(pcm, 1, null);
        speaker.Feed(0);
        speaker.Inject([.. Enumerable.Range(0, 4_000).Select(i => (short)(8_000 * Math.Sin(2 * Math.PI * 500 * i / 8_000)))]);
        for (var i = 0; i < 60; i++)
        {
            pcm.Sound(960);
            speaker.Feed(i * 0.02);
        }
        speaker.Pending.ShouldBe(0);
        var right = pcm.Sounded.Where((_, i) => i % 2 == 1).ToArray();
        pcm.Sounded.Where((_, i) => i % 2 == 0).ShouldAllBe(s => s == 0);
        var first = Array.FindIndex(right, s => Math.Abs((int)s) > 200);
        var middle = right[(first + 6_000)..(first + 18_000)];
        Math.Sqrt(middle.Average(s => (double)s * s)).ShouldBe(8_000 / Math.Sqrt(2), 30);
        middle.Zip(middle.Skip(1)).Count(pair => pair.First < 0 && pair.Second >= 0).ShouldBeInRange(124, 126, "500 Hz for a quarter of a second");
    }
}
