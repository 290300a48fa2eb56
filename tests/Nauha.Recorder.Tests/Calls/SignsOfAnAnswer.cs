using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Telephony;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>What speaks for an answer a little, and decides nothing by itself: talk that has syllables, noise that becomes another.</summary>
public sealed class SignsOfAnAnswer
{
    // How often a second's five looks found syllables in it, of all looks.
    private static double Share(float[] sound)
    {
        var (syllables, found, looks) = (new Syllables(), 0, 0);
        for (var at = 0; at + 160 <= sound.Length; at += 160)
        {
            var power = sound.AsSpan(at, 160).ToArray().Average(s => 32_768.0 * 32_768 * s * s);
            if (syllables.Take(power + 5)) found++;
            if (at % 1_600 == 0) looks++;
        }
        return found / (double)looks;
    }

    [Theory]
    [InlineData("v115_negative.wav")]
    [InlineData("v117_negative.wav")]
    [InlineData("v119_negative.wav")]
    [InlineData("v121_negative.wav")]
    public void Talk_has_syllables_most_of_the_time(string vector) =>
        Share([.. TestVectors.Samples(vector).Select(s => s / 32_768f)]).ShouldBeGreaterThan(0.5);

    public static TheoryData<string> Others => ["dial", "ringback", "busy", "noise", "silence", "chords", "one chord", "piano", "drums and a melody"];

    [Theory]
    [MemberData(nameof(Others))]
    public void Tones_noise_and_most_music_have_none(string what)
    {
        var random = new Random(5);
        float[] Tunes(MusicKind kind) => [.. Enumerable.Range(1, 10).SelectMany(seed => Signals.Music(kind, 30, seed))];
        Share(what switch
        {
            "dial" => Signals.Tones(30, 30, 0, -15, 425),
            "ringback" => Signals.Tones(30, 1, 4, -15, 425),
            "busy" => Signals.Tones(30, 0.3, 0.3, -15, 425),
            "noise" => [.. Enumerable.Range(0, 240_000).Select(_ => (float)(0.1 * (random.NextDouble() - 0.5)))],
            "silence" => new float[240_000],
            "chords" => Tunes(MusicKind.Chords),
            "one chord" => Tunes(MusicKind.LongChord),
            "piano" => Tunes(MusicKind.Piano),
            _ => Tunes(MusicKind.Beat),
        }).ShouldBeLessThan(0.05);
    }

    // Blocks of silence at these levels, dB over a step of the samples, some of them talked over.
    private static int Steps(IEnumerable<(double Db, bool Silent)> blocks)
    {
        var step = new NoiseStep();
        return blocks.Count(block => step.Take(Math.Pow(10, block.Db / 10), block.Silent));
    }

    private static IEnumerable<(double Db, bool Silent)> For(double seconds, double db, bool silent = true) => Enumerable.Repeat((db, silent), (int)(seconds * 50));

    [Theory]
    [InlineData(14, 22)]
    [InlineData(22, 14)]
    public void Noise_that_becomes_another_and_stays_so_is_one_step_whoever_talks_in_between(double before, double after)
    {
        Steps([.. For(3, before), .. For(3, after)]).ShouldBe(1);
        Steps([.. For(3, before), .. For(2, 60, silent: false), .. For(3, after)]).ShouldBe(1);
    }

    [Fact]
    public void The_same_noise_less_than_6_dB_a_rustle_and_what_swells_slowly_are_no_step()
    {
        Steps(For(60, 14)).ShouldBe(0);
        Steps([.. For(3, 14), .. For(3, 19)]).ShouldBe(0);
        Steps([.. For(3, 14), .. For(0.3, 24), .. For(3, 14)]).ShouldBe(0);
        Steps(Enumerable.Range(0, 500).Select(i => (14 + (i * 0.03), true))).ShouldBe(0);
        Steps([.. For(0.5, 14), .. For(3, 22)]).ShouldBe(0, "half a second is too little to compare with");
        Steps([.. For(3, 60, silent: false), .. For(60, 14)]).ShouldBe(0, "talk is no noise");
    }

    [Fact]
    public void They_are_no_answer_together_and_change_what_is_known_only_beside_a_polarity_that_turned_for_the_first_time()
    {
        const long now = 8_000 * 60, gone = 8_000 * 7;
        var nothing = new AnswerEvidence { Syllables = true, Stepped = true };
        nothing.Judge(now, gone).ShouldBe(AnswerLevel.None);
        bool[] both = [false, true];
        foreach (var reversal in both)
            foreach (var known in both)
                foreach (var ringback in both)
                    foreach (var talk in both)
                        foreach (var turns in both)
                            foreach (var (syllables, stepped) in new[] { (true, false), (false, true), (true, true) })
                            {
                                var without = new AnswerEvidence { Reversal = reversal, ReversalIsKnown = known, Ringback = ringback, TalkSince = talk ? now - (8_000 * 5) : null, Turns = turns ? 2 : 0 };
                                var tips = reversal && !known && !turns && !talk && syllables && stepped;   // turns, and talk, make it certain by themselves
                                (without with { Syllables = syllables, Stepped = stepped }).Judge(now, gone).ShouldBe(tips ? AnswerLevel.Certain : without.Judge(now, gone), $"{without}");
                            }
        (nothing with { Reversal = true }).Tone(now, ringback: true).ShouldBe(new AnswerEvidence { QuietSince = now, Ringback = true }, "a tone speaks against them as well");
    }

    [Theory]
    [InlineData(-58, 12)]       // the far end's room is heard, where the network was silent before
    [InlineData(-100, 20)]      // nothing of it is: 20 s with nothing against it
    public async Task A_first_reversal_with_talk_in_syllables_and_another_noise_is_certain_and_what_waited_in_memory_is_written_at_once(double comfortNoiseDbv, double around)
    {
        var (told, written) = (-1L, -1L);
        using var box = new Box
        {
            EachBlock = (conductor, line) =>
            {
                if (conductor.Snapshot.Phase == CallPhase.Recording && told < 0) told = line.Now;
                if (conductor.Snapshot.OldestUnsynced > TimeSpan.Zero && written < 0) written = line.Now;
            },
        };
        // No ringback, which with talk after it would say it all. One voice, always as loud, so that no turns are taken; and pauses, so that what lies behind it is heard.
        float[] sentence = [.. Signals.Babble(3, -25), .. new float[8_000 * 2]];
        var talk = new Talk([], [.. Enumerable.Repeat(sentence, 6).SelectMany(s => s)]);
        var (calls, _) = await box.RunAsync(PortProfile.Ata with { ComfortNoiseDbv = comfortNoiseDbv }, calls: new CallScript { Kind = ScriptKind.Outgoing, At = 15, Number = "0409990123", Reversal = true, OwnTones = true, AnswersAfter = 8, Talk = talk });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Nauha.Format.Ending.Recorded);
        ((written - told) / 8_000.0).ShouldBeInRange(around == 20 ? 19 : 1, around == 20 ? 21.5 : 12);
    }
}
