using CsCheck;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Announcements;

/// <summary>Lines on which the box cannot speak: what network or PBX say is heard to its end, or nothing of the call is kept.</summary>
public sealed class ToldByOthers
{
    private static readonly Announcement Known = Announcement.Bundled(["fi", "sv"]);

    // As loud on the pair as a PBX plays it, −18 dBV.
    private static float[] Said(float[] samples, double dbv = -18) =>
        Array.ConvertAll(samples, sample => (float)(sample * Math.Pow(10, (dbv - Known.ActiveLevelDb - ExchangeLine.DbvAtFullScale) / 20)));

    private static CallScript Incoming(float[]? announces, double after = 1.2) => new()
    {
        Kind = ScriptKind.Incoming,
        At = 1,
        Number = "0409990123",
        Talk = Talk.Bundled.First(6),
        Announces = announces is null ? null : new(after, announces),
    };

    private static async Task<(Box Box, Account Call, ExchangeLine Line)> RunAsync(CallScript call)
    {
        var box = new Box { Known = Known };
        var (calls, line) = await box.RunAsync(calls: call);
        return (box, calls.ShouldHaveSingleItem(), line);
    }

    [Theory]
    [InlineData(0.0, -18)]
    [InlineData(1.2, -24)]
    [InlineData(9.0, -12)]
    public async Task A_call_is_recorded_from_just_after_the_pbxs_announcement_whenever_that_comes(double after, double dbv)
    {
        var (box, call, line) = await RunAsync(Incoming(Said(Known.Samples, dbv), after));
        using var _ = box;
        call.Call.Ending.ShouldBe(Ending.Recorded);
        (call.Facts.Party?.Text, call.Facts.Announcement!.TextVersion).ShouldBe(("0409990123", "fi-1+sv-1"));
        call.Facts.Announcement.Proof.CutThrough.ShouldBeNull("nobody on the box's side can judge that");
        var (samples, first, _) = box.Listen(call.File!);
        StartsAt(line, first).ShouldBe(line.Truths.First(t => t.What == "said").At + 1, 8);
        (samples.Length / 8_000.0).ShouldBe(6.2, 0.1);
    }

    // Frames count from the edge as it was sensed: the first reading of the volts after the lift.
    private static double StartsAt(ExchangeLine line, long first) => (line.Truths.First(t => t.What == "lifted").At / 8 * 8) + 8 + first;

    public static TheoryData<string> Others => new() { "another voice", "half of it", "its second half", "without its last word", "talked over", "nothing", "by crosstalk", "another text" };

    [Theory]
    [MemberData(nameof(Others))]
    public async Task What_is_not_the_known_announcement_to_its_end_keeps_nothing_and_is_an_alarm(string what)
    {
        var whole = Said(Known.Samples);
        var call = what switch
        {
            // The same words, a third higher and faster: as another person would say them.
            "another voice" => Incoming(Said(Nauha.Audio.Resampler.Convert(Known.Samples, 10_000, 8_000))),
            "half of it" => Incoming(whole[..(whole.Length / 2)]),
            "its second half" => Incoming(whole[(whole.Length / 2)..]),
            "without its last word" => Incoming(whole[..^4_800]),
            "talked over" => Incoming(whole) with { TalkOverDb = 0 },
            "by crosstalk" => Incoming(Said(Known.Samples, -50)),
            "another text" => Incoming(Said(Announcement.Bundled(["en"]).Samples)),
            _ => Incoming(null),
        };
        var (box, account, line) = await RunAsync(call);
        using var _ = box;
        account.Call.Ending.ShouldBe(Ending.Failed(EndingCode.NotHeard));
        account.File.ShouldBeNull();
        account.Facts.Party.ShouldBeNull();
        line.InjectedUntil.ShouldBe(-1, "the box said nothing");
    }

    [Fact]
    public async Task Of_two_announcements_the_first_that_was_whole_counts_and_a_broken_one_before_it_does_not()
    {
        var whole = Said(Known.Samples);
        var (box, twice, line) = await RunAsync(Incoming([.. whole, .. new float[4_000], .. whole]));
        using var one = box;
        twice.Call.Ending.ShouldBe(Ending.Recorded);
        var (_, first, _) = box.Listen(twice.File!);
        StartsAt(line, first).ShouldBe(line.Truths.First(t => t.What == "said").At + 1 - 4_000 - whole.Length, 8);
        var (other, broken, there) = await RunAsync(Incoming([.. whole[..20_000], .. whole]));
        using var two = other;
        broken.Call.Ending.ShouldBe(Ending.Recorded);
        StartsAt(there, other.Listen(broken.File!).First).ShouldBe(there.Truths.First(t => t.What == "said").At + 1, 8);
    }

    [Fact]
    public async Task After_a_flash_nothing_is_kept_until_it_was_heard_again()
    {
        using var box = new Box { Known = Known };
        var again = Said(Known.Samples);
        var call = Incoming(again) with { Talk = Talk.Bundled.First(14), Flashes = [(2, 300)], Sounds = [new(Cue.Talk, 4, Side.Port, again)] };
        call = call with { Talk = new(new float[call.Talk.Length], call.Talk.Far.Select((s, i) => i is > 28_000 and < 80_000 ? 0 : s).ToArray()) };
        var (calls, line) = await box.RunAsync(calls: call);
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        var (_, _, frames) = box.Listen(calls[0].File!);
        var talk = line.Truths.First(t => t.What == "talk").At;
        var flash = line.Truths.First(t => t.What == "flash").At;
        foreach (var frame in frames)
        {
            var (from, until) = (StartsAt(line, (long)frame.FirstSample), StartsAt(line, (long)(frame.FirstSample + frame.Samples)));
            (until <= flash + 8 || from >= talk + 32_000 + again.Length - 8).ShouldBeTrue($"{from} to {until}: the flash was at {flash}, the announcement over at {talk + 32_000 + again.Length}");
        }
        frames.ShouldContain(f => StartsAt(line, (long)f.FirstSample) > flash, "after it was heard again it goes on");
    }

    [Fact]
    public async Task The_share_of_calls_that_were_not_told_is_learned_with_the_line()
    {
        using var box = new Box { Known = Known, Learns = true };
        await box.RunAsync(calls: [Incoming(Said(Known.Samples)), Incoming(null) with { At = 30 }, Incoming(null) with { At = 60 }]);
        var learned = Nauha.Recorder.Calls.LearnedLine.Load(box.Data, 1).ShouldNotBeNull();
        (learned.Calls, learned.Proven, learned.NotHeard).ShouldBe((3, 1, 2));
    }

    [Fact]
    public void Waiting_for_it_through_a_minute_of_talk_allocates_nothing_and_takes_talk_for_no_announcement()
    {
        var (near, far) = (Talk.Bundled.Near, Talk.Bundled.Far);
        var talk = Enumerable.Range(0, 60 * 8_000).Select(i => short.CreateSaturating((near[i % near.Length] + far[i % far.Length]) * 32_768)).ToArray();
        var (memory, listener) = (new LineMemory(), new AnnouncementListener(Known, ExchangeLine.DbvAtFullScale, null));
        listener.Anew(0);
        var (judged, quiet, blocks) = (0, 0, talk.Length / 160);
        for (var i = 0; i < blocks; i++)
        {
            memory.Write(i * 160, talk.AsSpan(i * 160, 160));
            var before = GC.GetAllocatedBytesForCurrentThread();
            if (listener.Feed(memory, isFed: true) is not null) judged++;
            if (GC.GetAllocatedBytesForCurrentThread() == before) quiet++;
        }
        judged.ShouldBe(0);
        // Now and then a vowel is like one of its windows, and the others are looked at.
        (quiet / (double)blocks).ShouldBeGreaterThan(0.98);
    }

    [Fact]
    public void However_it_is_said_nothing_is_proven_before_its_end_and_the_box_hears_it_if_anybody_could() =>
        Gen.Select(Gen.Int[0, 4_000], Gen.Double[-26, -8], Gen.Double[-150, 150], Gen.Int[-40, -15], Gen.Int[0, 6_000], Gen.Int[0, 30_000]).Sample((begins, dbv, ppm, noiseDb, cut, seed) =>
        {
            var random = new Random(seed);
            var said = Stretched(Said(Known.Samples, dbv), 1 + (ppm * 1e-6));
            var whole = cut < 3_000;   // half of the time its end is missing, 375 ms or more of it
            if (!whole) said = said[..^cut];
            var level = Math.Pow(10, (dbv + noiseDb - ExchangeLine.DbvAtFullScale) / 20);
            var heard = new short[(begins + said.Length + 16_000) / 160 * 160];
            for (var i = 0; i < heard.Length; i++) heard[i] = short.CreateSaturating(((i >= begins && i < begins + said.Length ? said[i - begins] : 0) + ((random.NextDouble() - 0.5) * 2 * level)) * 32_768);
            var (memory, listener) = (new LineMemory(), new AnnouncementListener(Known, ExchangeLine.DbvAtFullScale, null));
            listener.Anew(0);
            Proof? proof = null;
            for (var at = 0; at < heard.Length && proof is not { Holds: true }; at += 160)
            {
                memory.Write(at, heard.AsSpan(at, 160));
                proof = listener.Feed(memory, isFed: true) ?? proof;
            }
            if (!whole) proof?.Holds.ShouldBeFalse($"{cut} samples of it are missing");
            else proof.ShouldNotBeNull().Holds.ShouldBeTrue();
            if (proof is { Holds: true } held) held.EndsAt.ShouldBeInRange(begins + said.Length - 1, begins + said.Length + 8);
        }, iter: Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 300 : 30, threads: 1);

    // Two crystals: straight lines between samples do for a few samples in three seconds.
    private static float[] Stretched(float[] samples, double by)
    {
        var stretched = new float[(int)(samples.Length * by)];
        for (var i = 0; i < stretched.Length; i++)
        {
            var at = i / by;
            var before = Math.Min((int)at, samples.Length - 2);
            stretched[i] = (float)(samples[before] + ((at - before) * (samples[before + 1] - samples[before])));
        }
        return stretched;
    }
}
