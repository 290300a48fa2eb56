using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

public sealed class CallsOnALine
{
    private static CallScript Incoming(double at = 1) => new() { Kind = ScriptKind.Incoming, At = at, Number = "0409990123", Talk = Talk.Bundled.First(8) };

    private static CallScript Outgoing(double at = 1) => new() { Kind = ScriptKind.Outgoing, At = at, Number = "0509990456", Talk = Talk.Bundled.First(8) };

    [Theory]
    [InlineData(CallerIdForm.Dtmf)]
    [InlineData(CallerIdForm.V23)]
    public async Task An_incoming_call_is_announced_and_recorded_with_number_agent_and_proof(CallerIdForm form)
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming() with { CallerId = form });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        call.Call.CallNumber.ShouldBe(1ul);
        (call.Facts.Party?.Text, call.Facts.Direction, call.Facts.Agent?.Text).ShouldBe(("0409990123", Direction.Incoming, "desk-1"));
        call.Facts.Announcement!.Score.ShouldBeGreaterThanOrEqualTo(0.9);
        call.AllFacts[0].Party.ShouldBeNull("the start knows no number");
        var (samples, _, _) = box.Listen(call.File!);
        // From the announcement's end: 200 ms and the talk.
        (samples.Length / 8_000.0).ShouldBe(8.2, 0.04);
    }

    [Fact]
    public async Task A_recording_carries_its_moment_with_source_and_uncertainty_and_the_count_that_nobody_can_set()
    {
        using var box = new Box();
        var (wall, counted) = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Environment.TickCount64);
        var (calls, _) = await box.RunAsync(calls: Incoming());
        var (header, stream) = box.Describe(calls[0].File!);
        header.Started.UnixMs.ShouldBeInRange(wall, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        (header.Started.Source, header.Started.UncertaintyMs).ShouldBe((calls[0].Call.Start.Started.Source, calls[0].Call.Start.Started.UncertaintyMs));
        header.Started.Source.ShouldNotBe(ClockSource.None);
        header.Started.UncertaintyMs.ShouldBeLessThan(uint.MaxValue);
        stream.MonotonicMs.ShouldBeInRange(counted, Environment.TickCount64);
    }

    [Fact]
    public async Task What_is_kept_is_what_was_said()
    {
        using var box = new Box();
        var (calls, _) = await box.RunAsync(calls: Incoming());
        var (samples, _, _) = box.Listen(calls[0].File!);
        var talk = Talk.Bundled.First(8);
        var said = Enumerable.Range(0, talk.Length).Select(i => short.CreateSaturating((talk.Near.ElementAtOrDefault(i) + talk.Far.ElementAtOrDefault(i)) * 32_768)).ToArray();
        var offset = BestOffset(samples, said);
        offset.ShouldBeInRange(1_600 - 320, 1_600 + 320);
        var mean = said.Average(s => (double)s * s);
        for (var at = 0; at + 800 <= said.Length; at += 800)
        {
            var segment = said.AsSpan(at, 800);
            if (segment.ToArray().Average(s => (double)s * s) < mean / 100) continue;
            Audio.Sound.Correlation(segment, samples.AsSpan(offset + at, Math.Min(800, samples.Length - offset - at))[..Math.Min(800, samples.Length - offset - at)]).ShouldBeGreaterThan(0.9, $"at {at / 8_000.0:F1} s");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_outgoing_call_is_recorded_once_the_far_end_has_answered(bool reversal)
    {
        using var box = new Box();
        var (calls, _) = await box.RunAsync(calls: Outgoing() with { Reversal = reversal });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        (call.Facts.Party?.Text, call.Facts.Direction).ShouldBe(("0509990456", Direction.Outgoing));
    }

    [Fact]
    public async Task Calls_of_which_nothing_is_kept_are_numbered_with_their_reason_and_no_number()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls:
        [
            new() { Kind = ScriptKind.Missed, At = 1, Number = "0409990123", Rings = 2 },
            new() { Kind = ScriptKind.LiftOnly, At = 22, Seconds = 2 },
            new() { Kind = ScriptKind.NotAnswered, At = 30, Number = "0509990456", Rings = 2 },
            new() { Kind = ScriptKind.Busy, At = 60, Number = "0509990456", Seconds = 3 },
            Outgoing(90) with { Number = "112" },
        ]);
        calls.Select(c => c.Call.Ending).ShouldBe([Ending.Missed, Ending.Excluded(EndingCode.NoCall), Ending.Excluded(EndingCode.NotAnswered), Ending.Excluded(EndingCode.NotAnswered), Ending.Excluded(EndingCode.Emergency)]);
        calls.Select(c => c.Call.CallNumber).ShouldBe([1ul, 2, 3, 4, 5]);
        calls.ShouldAllBe(c => c.File == null && c.AllFacts.All(f => f.Party == null));
    }

    [Theory]
    [InlineData(LineFault.NotHeard)]
    [InlineData(LineFault.LoopbackTrap)]
    public async Task A_call_whose_announcement_is_not_on_the_pair_keeps_no_audio(LineFault fault)
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Fault = fault });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Failed(EndingCode.NotHeard));
        call.File.ShouldBeNull();
        call.Facts.Party.ShouldBeNull();
    }

    [Theory]
    [InlineData(300, EndingKind.Recorded)]
    [InlineData(60_000, EndingKind.Failed)]
    public async Task A_loop_back_at_just_the_right_level_proves_nothing_while_nobody_feeds_the_pair(int deadMs, EndingKind ending)
    {
        using var box = new Box();
        // The pair is pulled out under the announcement, and the codec hears itself exactly as the pair would sound.
        var pulled = Incoming() with { PausesForAnnouncements = true, Fault = LineFault.LoopbackAtLevel, VoltsSteps = [new(Cue.Announced, 2.5, deadMs, 0)] };
        var (calls, line) = await box.RunAsync(until: 40, calls: pulled);
        calls[0].Call.Ending!.Value.What.ShouldBe(ending);
        if (ending == EndingKind.Failed)
        {
            calls.ShouldAllBe(c => c.File == null && c.Facts.Party == null);
            return;
        }
        // Plugged in again it is told once more: what counts is the second announcement, of which the first would have sufficed by its sound.
        var (_, first, _) = box.Listen(calls[0].File!);
        (first / 8_000.0).ShouldBeGreaterThan(1 + 0.25 + (2 * 3.4));
        calls[0].Facts.Announcement!.Proof.State.ShouldBe(true);
    }

    [Fact]
    public async Task When_the_port_says_that_the_far_end_has_hung_up_nothing_after_it_is_kept()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = Talk.Bundled.First(20), VoltsSteps = [new(Cue.Talk, 5, 300, 0)] });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        (box.Listen(call.File!).Samples.Length / 8_000.0).ShouldBe(5.2 + 0.3, 0.1);
    }

    [Theory]
    [InlineData(true, 5.2)]
    [InlineData(false, 10.2)]
    public async Task When_the_polarity_of_the_answer_turns_back_the_far_end_has_gone(bool atAnswer, double kept)
    {
        using var box = new Box();
        // Turned for good from 5 s of talk on. A port that has not turned it at the answer says nothing by turning it then.
        var turned = new VoltsStep(Cue.Talk, 5, 60_000, -PortProfile.Ata.OffHookVolts);
        var talk = Talk.OfFar(Signals.Babble(5, -22));
        var (calls, _) = await box.RunAsync(until: 60, calls: Outgoing() with { Reversal = atAnswer, Talk = Talk.OfFar([.. talk.Far, .. new float[5 * 8_000]]), VoltsSteps = [turned] });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        (box.Listen(call.File!).Samples.Length / 8_000.0).ShouldBe(kept, 0.3);
    }

    [Theory]
    [InlineData(0.03, 0)]
    [InlineData(0.5, 0.5)]
    [InlineData(1.5, 1.5)]
    [InlineData(5, 5)]      // a cut pair: from its first moment, not from when it was known
    public async Task While_nobody_fed_the_pair_the_box_was_blind_and_the_journal_says_so(double seconds, double said)
    {
        using var box = new Box();
        await box.RunAsync(until: 25, calls: new CallScript { Kind = ScriptKind.Cut, At = 2, Seconds = seconds });
        using var vault = box.OpenVault();
        var blind = vault.Read(index => index.Records.Select(r => r.Record).Where(r => r.Kind == RecordKind.Blind).ToList());
        if (said == 0)
        {
            blind.ShouldBeEmpty();
            return;
        }
        var record = blind.ShouldHaveSingleItem();
        record.BlindCode.ShouldBe(EndingCode.Unplugged);
        // Line time runs as fast as the machine can; within one block the clock stands still.
        if (seconds < 2) ((record.BlindUntilMs - record.BlindFromMs) / 1_000.0)!.Value.ShouldBe(said, 0.01);
        else (record.BlindUntilMs - record.BlindFromMs)!.Value.ShouldBeGreaterThanOrEqualTo(2_000);
    }

    [Fact]
    public async Task A_number_dialled_by_pulses_is_the_calls_number_and_112_by_pulses_is_not_talked_over()
    {
        using var box = new Box();
        CallScript Pulsed(string number, double at) => Outgoing(at) with { Number = null, VoltsSteps = Signals.Pulses(number, 0.8), Rings = 3 };
        var (calls, _) = await box.RunAsync(until: 120, calls: [Pulsed("0509990456", 1), Pulsed("112", 60)]);
        calls.Select(c => (c.Call.Ending, c.Facts.Party?.Text)).ShouldBe([(Ending.Recorded, "0509990456"), (Ending.Excluded(EndingCode.Emergency), null)]);
    }

    [Fact]
    public async Task After_a_flash_nothing_is_kept_until_the_announcement_is_proven_again()
    {
        using var box = new Box();
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = Talk.Bundled.First(20), Flashes = [(5, 400)] });
        var call = calls.ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        var (_, first, frames) = box.Listen(call.File!);
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        var flash = line.Truths.First(t => t.What == "flash").At - lifted;
        var gap = frames.Zip(frames.Skip(1), (a, b) => (End: (long)(a.FirstSample + a.Samples), Next: (long)b.FirstSample)).Single(p => p.Next > p.End);
        gap.End.ShouldBeInRange(flash - 40, flash + 40);
        // 400 ms down, a second's delay, lead-in, two texts: nothing of that was kept.
        (gap.Next - gap.End).ShouldBeGreaterThan((long)(8_000 * (0.4 + 1.0 + 0.25 + 3.5)));
    }

    [Fact]
    public async Task A_cut_pair_is_no_call_but_an_interval_that_nobody_can_account_for()
    {
        using var box = new Box();
        var (calls, _) = await box.RunAsync(calls: [new() { Kind = ScriptKind.Cut, At = 2, Seconds = 6 }, Incoming(15)]);
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Recorded);
        using var vault = box.OpenVault();
        vault.Read(index => index.Records.Where(r => r.Kind == RecordKind.Blind).Select(r => r.Record.BlindCode).ToList()).ShouldBe([EndingCode.Unplugged]);
    }

    [Fact]
    public async Task A_handset_that_is_up_at_start_up_is_numbered_told_and_then_recorded()
    {
        using var box = new Box();
        var (calls, _) = await box.RunAsync(calls: new CallScript { Kind = ScriptKind.FoundLifted, At = 0, Talk = Talk.Bundled.First(5) });
        var call = calls.ShouldHaveSingleItem();
        (call.Call.Ending, call.Facts.Direction).ShouldBe((Ending.Recorded, null));
    }

    [Fact]
    public async Task Talk_over_the_announcement_brings_one_replay_and_then_no_audio()
    {
        using var box = new Box();
        var (calls, _) = await box.RunAsync(calls: Incoming() with { TalkOverDb = 6 });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Failed(EndingCode.NotHeard));
    }

    [Theory]
    [InlineData(Side.Near, -6)]
    [InlineData(Side.Near, -20)]
    [InlineData(Side.Far, -6)]
    [InlineData(Side.Far, -20)]
    [InlineData(Side.Far, -40)]
    public async Task Keyed_digits_are_silence_in_the_recording_and_leave_a_mark_without_digits(Side side, double dbm0)
    {
        const string Card = "4929123456789012";
        using var box = new Box();
        // Eight digits a second.
        var (calls, _) = await box.RunAsync(calls: Incoming() with { Talk = new Talk(new float[8_000 * 8], []), Sounds = [new(Cue.Talk, 2, side, Signals.Dtmf(Card, 63, 62, dbm0))] });
        var (samples, first, frames) = box.Listen(calls[0].File!);
        var keys = frames.SelectMany(f => f.Events).Where(e => e.What == "key").ToList();
        keys.Count.ShouldBe(16);
        // Nothing of a tone: each stretch lies 60 dB under full scale, and nobody finds a digit in it however far it is turned up.
        foreach (var key in keys)
        {
            var stretch = samples.AsSpan((int)((long)key.At - first), (int)key.Samples).ToArray();
            (10 * Math.Log10(stretch.Average(s => (double)s * s / 32_768 / 32_768) + 1e-12)).ShouldBeLessThan(-60);
        }
        var (from, until) = ((int)((long)keys[0].At - first) - 800, (int)((long)(keys[^1].At + keys[^1].Samples) - first) + 800);
        foreach (var part in (short[][])[samples, samples[from..until]])
        {
            var loudest = Math.Max(1, part.Max(s => Math.Abs((int)s)));
            foreach (var heard in (short[][])[part, [.. part.Select(s => (short)(s * 32_000 / loudest))]])
            {
                Nauha.Telephony.LineAnalysis.Analyze(heard, onHook: false).OfType<Nauha.Telephony.Finding.Digit>().ShouldBeEmpty();
                (await OthersHearAsync(heard)).ShouldBeEmpty();
                SpandspHears(heard).ShouldBeOneOf("", null);
            }
        }
        // That they would is shown too.
        short[] keyed = [.. Signals.Dtmf(Card, 63, 62, -6).Select(s => (short)(s * 32_767))];
        (await OthersHearAsync(keyed)).ShouldBe(Card);
        SpandspHears(keyed).ShouldBeOneOf(Card, null);
    }

    /// <summary>The digits that spandsp hears; null where Debian's libspandsp2 is not installed.</summary>
    private static string? SpandspHears(short[] samples)
    {
        if (!System.Runtime.InteropServices.NativeLibrary.TryLoad("libspandsp.so.2", out var library))
        {
            TestContext.Current.SendDiagnosticMessage("libspandsp2 is not installed: its ears are left out");
            return null;
        }
        unsafe
        {
            var init = (delegate* unmanaged<nint, nint, nint, nint>)System.Runtime.InteropServices.NativeLibrary.GetExport(library, "dtmf_rx_init");
            var take = (delegate* unmanaged<nint, short*, int, int>)System.Runtime.InteropServices.NativeLibrary.GetExport(library, "dtmf_rx");
            var get = (delegate* unmanaged<nint, byte*, int, nint>)System.Runtime.InteropServices.NativeLibrary.GetExport(library, "dtmf_rx_get");
            var free = (delegate* unmanaged<nint, int>)System.Runtime.InteropServices.NativeLibrary.GetExport(library, "dtmf_rx_free");
            var state = init(0, 0, 0);
            var heard = "";
            short[] all = [.. samples, .. new short[800]];
            var digits = stackalloc byte[129];
            fixed (short* first = all)
            {
                for (var at = 0; at + 160 <= all.Length; at += 160)
                {
                    _ = take(state, first + at, 160);
                    heard += System.Text.Encoding.ASCII.GetString(digits, (int)get(state, digits, 128));
                }
            }
            _ = free(state);
            return heard;
        }
    }

    /// <summary>The digits that multimon-ng hears: it takes 16 bit at 22,050 Hz.</summary>
    private static async Task<string> OthersHearAsync(short[] samples)
    {
        var file = Path.GetTempFileName();
        var fast = Nauha.Audio.Resampler.Convert([.. samples.Select(s => s / 32_768f)], 8_000, 22_050);
        await File.WriteAllBytesAsync(file, System.Runtime.InteropServices.MemoryMarshal.AsBytes<short>(fast.Select(s => (short)Math.Clamp(s * 32_767, -32_768, 32_767)).ToArray()).ToArray());
        using var multimon = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("multimon-ng", ["-q", "-t", "raw", "-a", "DTMF", file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var heard = await multimon.StandardOutput.ReadToEndAsync();
        await multimon.WaitForExitAsync();
        File.Delete(file);
        return string.Concat(heard.Split('\n').Where(l => l.StartsWith("DTMF: ", StringComparison.Ordinal)).Select(l => l[6..].Trim()));
    }

    [Fact]
    public async Task What_is_keyed_while_the_proof_is_still_being_judged_is_silence_too()
    {
        using var box = new Box();
        var talk = new Talk(new float[8_000 * 6], []);
        // One begins under the announcement's last 20 ms, the others follow while nobody has judged yet.
        var keyed = new Sound(Cue.Told, -0.005, Side.Near, Signals.Dtmf("49291", 50, 50, -6));
        var (calls, line) = await box.RunAsync(calls: Incoming() with { Talk = talk, Sounds = [keyed] });
        calls[0].Call.Ending.ShouldBe(Ending.Recorded);
        var (samples, first, frames) = box.Listen(calls[0].File!);
        var lifted = line.Truths.First(t => t.What == "lifted").At;
        (lifted + first - line.InjectedUntil).ShouldBeLessThan(80, "it is kept from the announcement's end on, not from the proof's");
        Nauha.Telephony.LineAnalysis.Analyze(samples, onHook: false).OfType<Nauha.Telephony.Finding.Digit>().ShouldBeEmpty();
        samples.Max(s => Math.Abs((int)s)).ShouldBeLessThan(120, "no rest of a tone");
        frames.SelectMany(f => f.Events).Count(e => e.What == "key").ShouldBeGreaterThanOrEqualTo(4);
    }

    [Theory]
    [InlineData(ScriptKind.FoundLifted, Cue.Lifted, 0.5)]
    [InlineData(ScriptKind.FoundLifted, Cue.Announced, 0.4)]
    [InlineData(ScriptKind.Incoming, Cue.Announced, 1.0)]
    public async Task Help_dialled_on_a_handset_that_was_up_or_on_a_line_that_rang_is_not_talked_over(ScriptKind kind, Cue from, double after)
    {
        using var box = new Box();
        var dialled = new Sound(from, after, Side.Near, Signals.Dtmf("112", 80, 80, -4));
        var (calls, line) = await box.RunAsync(until: 25, calls: Incoming() with { Kind = kind, At = kind == ScriptKind.FoundLifted ? 0 : 1, Sounds = [dialled] });
        calls.ShouldHaveSingleItem().Call.Ending.ShouldBe(Ending.Excluded(EndingCode.Emergency));
        // Within 100 ms of the last digit the box is silent, and stays so.
        var cue = from == Cue.Announced ? line.FirstInjected : line.Truths.First(t => t.What == "lifted").At;
        (line.LastInjected - cue - (long)(after * 8_000)).ShouldBeLessThan((3 * 160 * 8) + 800);
    }

    [Fact]
    public async Task Help_dialled_after_a_flash_is_not_talked_over_whatever_was_dialled_before()
    {
        using var box = new Box();
        var dialled = new Sound(Cue.Talk, 3, Side.Near, Signals.Dtmf("112", 80, 80, -4));
        var (calls, _) = await box.RunAsync(calls: Outgoing() with { Talk = new(new float[8_000 * 12], []), Flashes = [(2, 400)], Sounds = [dialled] });
        var call = calls.ShouldHaveSingleItem();
        (call.Call.Ending, call.Facts.Party?.Text).ShouldBe((Ending.Recorded, "0509990456"));
        var (samples, _, _) = box.Listen(call.File!);
        (samples.Length / 8_000.0).ShouldBe(2.2, 0.1, "nothing of the call for help is kept");
    }

    internal static int BestOffset(short[] haystack, short[] needle)
    {
        var probe = Enumerable.Range(0, needle.Length - 8_000).Where(i => i % 800 == 0).MaxBy(i => needle.AsSpan(i, 8_000).ToArray().Sum(s => (double)s * s));
        var best = (Value: -1.0, At: 0);
        for (var offset = 0; offset + probe + 8_000 <= haystack.Length && offset < 4_000; offset++)
        {
            var value = Audio.Sound.Correlation(needle.AsSpan(probe, 8_000), haystack.AsSpan(offset + probe, 8_000));
            if (value > best.Value) best = (value, offset);
        }
        return best.At;
    }
}
