using Nauha.Recorder.Announcements;
using Shouldly;

namespace Nauha.Recorder.Tests.Announcements;

/// <summary>What reaches the pair, measured by arithmetic of its own: as loud as asked, and never louder than a line allows.</summary>
public sealed class HowLoud
{
    public static TheoryData<string, double, double> Everything
    {
        get
        {
            var data = new TheoryData<string, double, double>();
            foreach (var texts in (string[])["fi", "sv", "en", "fi+sv", "en+fi+sv"])
                foreach (var level in (double[])[-24, -20, -17, -14, -12])
                    foreach (var reach in (double[])[6.5, -3.5, -9.1]) data.Add(texts, level, reach);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Whatever_level_is_asked_for_no_peak_and_no_ten_seconds_are_over_what_the_line_allows(string texts, double level, double reach)
    {
        var pair = new FakePair(reach);
        var player = new AnnouncementPlayer(pair, Announcement.Bundled(texts.Split('+')), level);
        var proof = pair.Play(player);
        proof.Holds.ShouldBeTrue("the proof asks for what was said");
        // Volts: a full-scale sine of 0 dBV has a mean square of one half of the scale's.
        var volts = pair.Said.Select(s => s * Math.Pow(10, reach / 20)).ToArray();
        (20 * Math.Log10(volts.Max(Math.Abs))).ShouldBeLessThanOrEqualTo(Math.Min(-3, reach) + 0.01, "peak");
        volts.Max(Math.Abs).ShouldBeGreaterThan(0);
        // The worst ten seconds, were it said again and again.
        double[] again = [.. volts, .. volts, .. volts];
        var sum = 0.0;
        var worst = 0.0;
        for (var i = 0; i < again.Length; i++)
        {
            sum += again[i] * again[i];
            if (i >= 80_000) sum -= again[i - 80_000] * again[i - 80_000];
            worst = Math.Max(worst, sum / 80_000);
        }
        (10 * Math.Log10(2 * worst)).ShouldBeLessThanOrEqualTo(-9.7, "mean of 10 s");
        var active = Active(volts, Announcement.Bundled(texts.Split('+')).Samples.Length);
        active.ShouldBe(player.LevelDbv, 0.5, "what is said is what is believed");
        player.MissingDb.ShouldBe(level - player.LevelDbv, 0.001);
        // A device that reaches −3.5 dBV, or more, is loud enough for every level; one of −9.1 dBV for what is asked by default.
        if (reach > -4 || level <= -17) active.ShouldBe(level, 0.5);
        else player.MissingDb.ShouldBeLessThan(5.5);
    }

    [Fact]
    public void Nothing_is_changed_where_no_peak_stands_out()
    {
        var announcement = Announcement.Bundled(["fi", "sv"]);
        var pair = new FakePair(6.5);
        pair.Play(new AnnouncementPlayer(pair, announcement, -24));
        var gain = Math.Pow(10, (-24 - 6.5 - announcement.ActiveLevelDb) / 20);
        var said = pair.Said.Skip(pair.Said.FindIndex(s => s != 0) + 2_000).Take(announcement.Samples.Length).ToArray();
        for (var i = 0; i < said.Length; i++) ((double)said[i]).ShouldBe(announcement.Samples[i] * gain, 2.1 / 32_768);
    }

    // Speech is what lies within 20 dB of the loudest quarter of a second, counted from the announcement's first sample: the lead-in comes before it.
    private static double Active(double[] volts, int length)
    {
        var start = Array.FindIndex(volts, v => Math.Abs(v) > 1e-9) + 2_000;
        var powers = Enumerable.Range(0, length / 2_000).Select(i => volts.Skip(start + (i * 2_000)).Take(2_000).Average(v => v * v)).ToList();
        return 10 * Math.Log10(2 * powers.Where(p => p >= powers.Max() / 100).Average());
    }
}
