using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Announcements;

public sealed class ToldBeforeRecorded
{
    private static CallScript Incoming => new() { Kind = ScriptKind.Incoming, At = 1, Number = "0409990123", Talk = Talk.Bundled.First(3) };

    public static TheoryData<string, int> CutThroughs
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var profile in new[] { LineProfile.Ata, LineProfile.MobileGateway })
                for (var ms = 0; ms <= (int)profile.AnnouncementDelay.TotalMilliseconds; ms += 250) data.Add(profile.Name, ms);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(CutThroughs))]
    public async Task The_first_word_is_whole_at_the_far_ear_however_late_the_network_opens(string profile, int cutThroughMs)
    {
        using var box = new Box { KeepsStems = true };
        var port = PortProfile.All.Single(p => p.Name == profile) with { CutThroughMs = cutThroughMs };
        var (_, line) = await box.RunAsync(port, until: 30, LineProfile.Named(profile), Incoming);
        var said = Announcement.Bundled(["fi", "sv"]).Samples;
        // 250 ms of lead-in, then the first word; it comes to the far ear after the network's delay.
        var at = (int)line.FirstInjected + 2_000 + (port.DelayMs * 8);
        var word = said[..5_600];
        var heard = line.Stems![CapturePoint.FarEar, Stem.Announcement].Skip(at).Take(word.Length).ToArray();
        Audio.Sound.Correlation(Array.ConvertAll(word, s => (short)(s * 30_000)), heard).ShouldBeGreaterThan(0.95);
    }

    public static TheoryData<string, double, int> FarEars
    {
        get
        {
            var data = new TheoryData<string, double, int>();
            foreach (var profile in PortProfile.All)
                foreach (var callerDbv in new double[] { -38, -29, -20 })
                    for (var seed = 1; seed <= 2; seed++) data.Add(profile.Name, callerDbv, seed);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(FarEars))]
    public async Task The_far_party_can_follow_it_through_hybrids_codecs_and_voice_detectors(string profile, double callerDbv, int seed)
    {
        using var box = new Box { KeepsStems = true };
        var delay = (int)LineProfile.Named(profile)!.AnnouncementDelay.TotalMilliseconds;
        var typical = PortProfile.All.Single(p => p.Name == profile).Typical();
        var drawn = PortProfile.All.Single(p => p.Name == profile).Drawn(seed);
        // The network is open in time; what it then loses for good nobody here can help, and is tried where losses are counted.
        var port = drawn with { Network = drawn.Network with { LossPercent = 0, JitterMs = 0, Codec = typical.Network.Codec }, CutThroughMs = Math.Min(drawn.CutThroughMs, delay), Levels = new() { CallerDbv = callerDbv }, Noises = typical.Noises, Converter = new(), ComfortNoiseDbv = typical.ComfortNoiseDbv };
        // The caller mumbles on while he is told, ten decibels under the announcement and more.
        var (calls, line) = await box.RunAsync(port, until: 40, LineProfile.Named(profile), Incoming with { Sounds = [new(Cue.Announced, 0, Side.Far, Signals.Babble(6, callerDbv - 8))] });
        var said = Announcement.Bundled(["fi", "sv"]).Samples;
        var found = FarEarCheck.Judge(line.Stems!, said, line.Truths.First(t => t.What == "announced").At + 2_000 + (port.DelayMs * 8));
        found.IsHeard.ShouldBeTrue($"{found}");
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Nauha.Format.Ending.Recorded);
    }

    [Fact]
    public async Task Not_one_sample_from_before_the_announcements_end_is_in_the_recording()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming);
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        var (samples, first, _) = box.Listen(calls[0].File!);
        (lifted + first).ShouldBeGreaterThan(line.LastInjected, "the first sample kept comes after the last one played");
        // Nothing is said for 200 ms after it: had anything of the announcement been kept, it would be heard here.
        samples.Take(1_300).Max(s => Math.Abs((int)s)).ShouldBeLessThan(120);
    }

    [Fact]
    public async Task While_the_announcement_is_not_proven_nothing_of_the_call_is_on_the_disk_but_its_number()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming with { Fault = LineFault.NotHeard });
        calls.ShouldHaveSingleItem().File.ShouldBeNull();
        Directory.EnumerateFiles(box.Data, "*", SearchOption.AllDirectories).Where(f => !f.Contains("identity", StringComparison.Ordinal)).Select(Path.GetFileName).ShouldBe(["records"]);
    }

    public static TheoryData<string, double[]> Traps => new() { { "single tone", [1_000] }, { "record", [1_400] }, { "ced", [2_100] }, { "digit 5", [770, 1_336] } };

    [Theory]
    [MemberData(nameof(Traps))]
    public void An_announcement_that_would_trip_a_detector_is_refused_and_what_it_is_is_named(string named, double[] hertz)
    {
        var samples = Announcement.Bundled(["fi"]).Samples.ToArray();
        Nauha.Simulation.Signals.Tones(0.5, 0.5, 0, -3, hertz).CopyTo(samples, 4_000);
        Should.Throw<ArgumentException>(() => Announcement.From(samples, "x-1")).Message.ShouldContain(named);
        foreach (var language in new[] { "fi", "sv", "en" }) AnnouncementCheck.Finds(Announcement.Bundled([language]).Samples).ShouldBeNull();
    }

    [Fact]
    public void Bundled_announcements_are_short_and_named_and_an_unknown_language_is_refused_by_name()
    {
        foreach (var language in new[] { "fi", "sv", "en" }) Announcement.Bundled([language]).Samples.Length.ShouldBeLessThan(3 * 8_000);
        Announcement.Bundled(["fi", "sv"]).TextVersion.ShouldBe("fi-1+sv-1");
        Should.Throw<ArgumentException>(() => Announcement.Bundled(["xx"])).Message.ShouldContain("'xx'");
        Should.Throw<ArgumentException>(() => Announcement.Bundled(["fi", "sv", "en", "fi", "sv", "en"])).Message.ShouldContain("at most 8 s");
    }
}
