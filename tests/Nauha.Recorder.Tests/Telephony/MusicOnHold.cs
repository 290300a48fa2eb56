using Nauha.Simulation;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>Music is known while one waits; talk never is music, whoever talks and whatever hums, hisses or plays beside it.</summary>
public sealed class MusicOnHold
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";

    // Seconds until it was known, null: never; and for how much of the rest it was.
    private static (double? Known, double Share) Hear(ReadOnlySpan<short> samples, int block = 160)
    {
        var music = new MusicDetector();
        double? known = null;
        var (held, rest) = (0, 0);
        for (var at = 0; at + block <= samples.Length; at += block)
        {
            music.Process(samples.Slice(at, block));
            if (music.IsMusic) known ??= at / 8_000.0;
            if (known is null) continue;
            rest++;
            if (music.IsMusic) held++;
        }
        return (known, rest == 0 ? 0 : held / (double)rest);
    }

    private static short[] Pcm(IEnumerable<float> sound) => [.. sound.Select(s => short.CreateSaturating(s * 32_767))];

    public static TheoryData<MusicKind> Kinds => [MusicKind.Chords, MusicKind.LongChord, MusicKind.Plucked, MusicKind.Piano, MusicKind.Beat, MusicKind.Beeps];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Music_is_known_within_some_12_s_and_until_it_ends(MusicKind kind)
    {
        var tunes = Enumerable.Range(1, Long ? 100 : 12).Select(seed => Hear(Pcm(Signals.Music(kind, 60, seed)))).ToList();
        TestContext.Current.SendDiagnosticMessage($"{kind}: known after {tunes.Min(t => t.Known):F1} to {tunes.Max(t => t.Known):F1} s, for {tunes.Average(t => t.Share):P1} of the rest");
        tunes.Count(t => t.Known < 12.5).ShouldBeGreaterThanOrEqualTo((int)Math.Ceiling(0.95 * tunes.Count));
        tunes.ShouldAllBe(t => t.Known < 30);
        tunes.Average(t => t.Share).ShouldBeGreaterThan(0.93);
    }

    [Fact]
    public void A_queue_that_speaks_between_its_tunes_is_known_after_each()
    {
        var queue = new List<float>();
        var voice = TestVectors.Samples("v115_negative.wav").Select(s => s / 32_768f * 0.4f).ToArray();
        for (var i = 0; i < 4; i++) queue.AddRange([.. Signals.Music(i % 2 == 0 ? MusicKind.Plucked : MusicKind.Beat, 22, i + 1), .. voice[(i * 40_000)..((i + 1) * 40_000)]]);
        var (music, known, spoken) = (new MusicDetector(), new List<double>(), new List<double>());
        var (before, samples) = (false, Pcm(queue));
        for (var at = 0; at + 160 <= samples.Length; at += 160)
        {
            music.Process(samples.AsSpan(at, 160));
            if (music.IsMusic != before) (before ? spoken : known).Add(at / 8_000.0);
            before = music.IsMusic;
        }
        known.Count.ShouldBe(4);
        spoken.Count.ShouldBe(4);
        for (var i = 0; i < 4; i++)
        {
            (known[i] - (i * 27)).ShouldBeInRange(7, 13, "music");
            (spoken[i] - (i * 27) - 22).ShouldBeInRange(0.6, 3.5, "talk");
        }
    }

    public static TheoryData<string> People => [.. Talkers.All];

    [Theory]
    [MemberData(nameof(People))]
    public void Talk_is_never_music_nor_with_a_car_a_hum_or_a_radio_beside_it(string who)
    {
        var seconds = Long ? 300 : 60;
        var talk = Talkers.Speak(who, seconds)[..(seconds * 8_000)];
        foreach (var dbm0 in (double[])[-26, -12])
        {
            var gain = Math.Pow(10, (dbm0 - Levels.Of(talk).RmsDbm0!.Value) / 20);
            short[] With(double db, Func<int, double> beside) => [.. talk.Select((s, i) => short.CreateSaturating((s * gain) + (Sounding.Amplitude(dbm0 + db) * beside(i))))];
            var noise = new Sounding(3);
            Hear(With(-200, _ => 0)).Known.ShouldBeNull($"{who} at {dbm0}");
            Hear(With(-10, _ => noise.Gauss() / Math.Sqrt(2))).Known.ShouldBeNull($"{who} at {dbm0} in a car");
            Hear(With(-10, i => Enumerable.Range(1, 9).Sum(h => Math.Sin(2 * Math.PI * 50 * h * i / 8_000) / h))).Known.ShouldBeNull($"{who} at {dbm0} on a line that hums");
            foreach (var kind in (MusicKind[])[MusicKind.Piano, MusicKind.Beat])
            {
                var radio = Signals.Music(kind, seconds, 5, 0);
                var loud = Math.Sqrt(2 * radio.Average(s => (double)s * s));
                Hear(With(-15, i => radio[i] / loud)).Known.ShouldBeNull($"{who} at {dbm0} beside a radio that plays {kind}");
            }
        }
    }

    [Theory]
    [InlineData("v115_negative.wav")]
    [InlineData("v117_negative.wav")]
    [InlineData("v119_negative.wav")]
    [InlineData("v121_negative.wav")]
    [InlineData("v129_negative.wav")]
    public void Neither_the_vectors_of_talk_nor_noise_are_music(string file)
    {
        foreach (var gain in (double[])[0.25, 1, 4])
            Hear([.. TestVectors.Samples(file).Select(s => short.CreateSaturating(s * gain))]).Known.ShouldBeNull();
    }

    [Fact]
    public void Neither_a_dialogue_nor_babble_nor_a_line_that_hums_for_itself_is_music()
    {
        var (near, far) = (Talk.Bundled.Near, Talk.Bundled.Far);
        Hear(Pcm(near.Zip(far, (a, b) => a + b))).Known.ShouldBeNull();
        Hear(Pcm(near)).Known.ShouldBeNull();
        Hear(Pcm(far)).Known.ShouldBeNull();
        Hear(Pcm(Signals.Babble(60, -22))).Known.ShouldBeNull();
        var hum = new Sounding().Silence(60_000);
        foreach (var harmonic in (double[])[1, 2, 3, 5, 7, 11]) hum.OverTone(-24, 50 * harmonic);
        Hear(hum.Samples()).Known.ShouldBeNull();
    }

    [Fact]
    public void The_size_of_blocks_changes_nothing()
    {
        var samples = Pcm([.. Signals.Music(MusicKind.Plucked, 14, 1), .. Signals.Babble(4, -22), .. Signals.Music(MusicKind.Beeps, 20, 1)]);
        var whole = new MusicDetector();
        var turns = new List<int>();
        for (var at = 0; at < samples.Length; at++)
        {
            var before = whole.IsMusic;
            whole.Process(samples.AsSpan(at, 1));
            if (whole.IsMusic != before) turns.Add(at);
        }
        turns.Count.ShouldBe(3);
        foreach (var block in (int[])[7, 160, 701])
        {
            var (parts, i) = (new MusicDetector(), 0);
            for (var at = 0; at + block <= samples.Length; at += block)
            {
                var before = parts.IsMusic;
                parts.Process(samples.AsSpan(at, block));
                if (parts.IsMusic != before) turns[i++].ShouldBeInRange(at, at + block - 1);
            }
        }
    }
}
