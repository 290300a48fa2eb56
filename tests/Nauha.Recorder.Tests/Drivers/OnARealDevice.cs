using System.Text.Json;
using Nauha.Audio;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Leds;
using Nauha.Drivers.Mixer;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>The line through the real libasound, on a virtual pair. Far more than the default waits in its playback: a machine that builds beside them stalls for longer than a box does.</summary>
[Collection("real time")]
public sealed class OnARealDevice
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("near", 8_000, 1)]
    [InlineData("near48", 48_000, 2)]
    public async Task What_is_injected_comes_back_through_libasound_as_it_was_said(string device, int rateHz, int channel)
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync(rateHz, channel);
        await using var line = AlsaLine.Open(new(1), "ata", new SoundOptions { Device = device, Channel = channel, PlaybackBufferMs = 240 }, new SoundCards(), TimeProvider.System);
        using var patience = new CancellationTokenSource(Patience);
        var block = new SampleBlock();
        for (var i = 0; i < 50; i++) (await line.ReadAsync(block, patience.Token)).ShouldBeTrue();
        // At 48 kHz the two ends may be half a sample apart.
        var whole = rateHz == 8_000 ? 0.9999 : 0.98;
        var said = Noise(16_000);
        var best = (Delay: 0, Alike: 0.0);
        // A stall of this machine may tear it, as it would an announcement: that is said again too.
        for (var again = 0; again < 3 && best.Alike < whole; again++)
        {
            var (heard, handed) = (new List<short>(), 0);
            while (heard.Count < 24_000)
            {
                if (handed < said.Length && line.InjectionPending < 1_600) handed += line.Inject(said.AsSpan(handed, Math.Min(1_600, said.Length - handed)));
                await line.ReadAsync(block, patience.Token);
                block.LostBefore.ShouldBe(0);
                heard.AddRange(block.Samples);
            }
            var tried = Align([.. heard], said);
            if (tried.Alike > best.Alike) best = tried;
        }
        var (delay, alike) = best;
        line.Sound.ShouldNotBeNull().ShouldSatisfyAllConditions(s => s.RateHz.ShouldBe(rateHz), s => s.Channels.ShouldBe(channel), s => s.Overruns.ShouldBe(0));
        alike.ShouldBeGreaterThan(whole);
        delay.ShouldBeLessThan(3_200, "the proof reckons with 400 ms");
    }

    [Fact]
    public async Task The_recorder_takes_a_call_on_a_sound_device_the_far_end_hears_the_announcement_and_what_it_says_then_is_kept()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        using var box = new Box();
        // The far end: two sentences, silence in which it is told, and six seconds of talk, played in real time.
        var voice = WithoutPauses(Talk.Bundled.Far.Select(s => short.CreateSaturating(s * 32_767)).ToArray());
        var talk = voice[(4 * 8_000)..(10 * 8_000)];
        short[] call = [.. new short[8_000], .. voice[..(4 * 8_000)], .. new short[12 * 8_000], .. talk, .. new short[8_000]];
        Save(pair.PathOf("call.wav"), call);
        await File.WriteAllTextAsync(pair.PathOf("recorder.json"), """{"lines":{"1":{"source":"alsa","profile":"exchange","agent":"desk-1","sound":{"device":"near","injectionDbvAtFullScale":6.5,"playbackBufferMs":240}}}}""");

        using var recorder = pair.Start(Program, "run", "--data", box.Data, "--config", pair.PathOf("recorder.json"));
        var words = recorder.StandardOutput.ReadToEndAsync();
        var recorded = false;
        try
        {
            (await Until(() => Phase(box) == "Idle")).ShouldBeTrue();
            using var ear = pair.Start("/usr/bin/arecord", "-q", "-D", "far", "-f", "S16_LE", "-r", "8000", "-c", "1", "-d", "26", pair.PathOf("far.wav"));
            using var mouth = pair.Start("/usr/bin/aplay", "-q", "-D", "far", pair.PathOf("call.wav"));
            recorded = await Until(() => Phase(box) == "Recording");
            await mouth.WaitForExitAsync();
            await ear.WaitForExitAsync();
            mouth.ExitCode.ShouldBe(0, await mouth.StandardError.ReadToEndAsync());
        }
        finally
        {
            using var term = System.Diagnostics.Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync();
        }
        recorder.ExitCode.ShouldBe(0, await words);
        recorded.ShouldBeTrue(await words);

        using var vault = box.OpenVault();
        var account = box.Accounts(vault).ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded, await words);
        account.Facts.Announcement.ShouldNotBeNull().Score.ShouldBeGreaterThan(0.95);
        var announcement = Announcement.Bundled(["fi", "sv"]).Samples.Select(s => (short)(s * 20_000)).ToArray();
        var far = WavFile.Read(pair.PathOf("far.wav")).ToPcm(0);
        Align(far, announcement).Alike.ShouldBeGreaterThan(0.95, "the far end hears the whole announcement");
        var (kept, _, frames) = box.Listen(account.File!);
        Align(kept, talk).Alike.ShouldBeGreaterThan(0.9, "and what it says after it is kept");
        Align(kept, announcement[..(8_000 * 2)]).Alike.ShouldBeLessThan(0.5, "the announcement is not");
        frames.SelectMany(f => f.Events).ShouldNotContain(e => e.What == "gap");
    }

    [Fact]
    public async Task A_handset_tap_in_stereo_tells_the_caller_keeps_both_voices_and_masks_by_the_agents_keys_alone()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync(channels: 2);
        using var box = new Box();
        var (agent, caller) = (Voice(Talk.Bundled.Near), Voice(Talk.Bundled.Far));
        short[] code = [.. Signals.Dtmf("*5", 100, 100, -8).Select(s => short.CreateSaturating(s * 32_767))];
        // Left is the microphone's pair of wires, right the earpiece's: whoever calls speaks, is told, and then both take turns.
        var call = new short[30 * 8_000 * 2];
        foreach (var (channel, second, sound) in new[] { (1, 1.0, caller[..32_000]), (0, 17.0, agent[..24_000]), (1, 20.0, caller[32_000..56_000]), (1, 22.5, code), (0, 23.2, code), (1, 24.0, caller[56_000..72_000]), (0, 26.2, code), (1, 27.0, caller[72_000..88_000]) })
            for (var i = 0; i < sound.Length; i++) call[(2 * ((int)(second * 8_000) + i)) + channel] = sound[i];
        await File.WriteAllBytesAsync(pair.PathOf("call.raw"), System.Runtime.InteropServices.MemoryMarshal.AsBytes(call.AsSpan()).ToArray());
        await File.WriteAllTextAsync(pair.PathOf("recorder.json"), """{"lines":{"1":{"source":"alsa","profile":"exchange","agent":"desk-1","maskCode":"*5","sound":{"device":"near","nearChannel":1,"farChannel":2,"injectionDbvAtFullScale":6.5,"playbackBufferMs":240}}}}""");

        using var recorder = pair.Start(Program, "run", "--data", box.Data, "--config", pair.PathOf("recorder.json"));
        var words = recorder.StandardOutput.ReadToEndAsync();
        try
        {
            (await Until(() => Line(box) is { } line && line.GetProperty("sides").GetString() == "handset" && line.GetProperty("sound").ValueKind == JsonValueKind.Object)).ShouldBeTrue();
            using var ear = pair.Start("/usr/bin/arecord", "-q", "-D", "far", "-f", "S16_LE", "-r", "8000", "-c", "2", "-d", "18", pair.PathOf("far.wav"));
            using var mouth = pair.Start("/usr/bin/aplay", "-q", "-D", "far", "-t", "raw", "-f", "S16_LE", "-r", "8000", "-c", "2", pair.PathOf("call.raw"));
            await mouth.WaitForExitAsync();
            await ear.WaitForExitAsync();
            mouth.ExitCode.ShouldBe(0, await mouth.StandardError.ReadToEndAsync());
        }
        finally
        {
            using var term = System.Diagnostics.Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync();
        }
        recorder.ExitCode.ShouldBe(0, await words);
        using var vault = box.OpenVault();
        var account = box.Accounts(vault).ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded, await words);
        account.Facts.Announcement.ShouldNotBeNull().Score.ShouldBeGreaterThan(0.95);
        var announcement = Announcement.Bundled(["fi", "sv"]).Samples.Select(s => (short)(s * 20_000)).ToArray();
        var far = WavFile.Read(pair.PathOf("far.wav"));
        Align(far.ToPcm(0), announcement).Alike.ShouldBeGreaterThan(0.95, "it goes into the send path");
        far.ToPcm(1)[(6 * 8_000)..(16 * 8_000)].Max(s => Math.Abs((int)s)).ShouldBeLessThan(50, "and nowhere else");
        var (kept, _, frames) = box.Listen(account.File!);
        Align(kept, agent[..24_000]).Alike.ShouldBeGreaterThan(0.9, "the agent is kept");
        Align(kept, caller[32_000..50_000]).Alike.ShouldBeGreaterThan(0.9, "so is the caller");
        Align(kept, caller[72_000..88_000]).Alike.ShouldBeGreaterThan(0.9, "to the end");
        Align(kept, caller[56_000..72_000]).Alike.ShouldBeLessThan(0.5, "but for what was masked");
        var mark = frames.SelectMany(f => f.Events).Concat(box.Ended).Where(e => e.What == "mask").ShouldHaveSingleItem("the caller's code before it did nothing");
        (mark.Samples / 8_000.0).ShouldBe(3, 0.2);

        static short[] Voice(float[] stem) => WithoutPauses([.. stem.Select(s => short.CreateSaturating(s * 32_767))]);
    }

    [Fact]
    public async Task An_unplugged_device_is_shown_as_lost_and_the_line_is_back_by_itself_when_it_is()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        using var box = new Box();
        using var recorder = pair.Start(Program, "run", "--data", box.Data, "--set", "lines:1:source=alsa", "--set", "lines:1:sound:device=near");
        var words = recorder.StandardOutput.ReadToEndAsync();
        try
        {
            (await Until(() => Line(box) is { } line && !line.GetProperty("lost").GetBoolean() && line.GetProperty("sound").ValueKind == JsonValueKind.Object)).ShouldBeTrue();
            // A meter beside the running recorder looks into its status.
            using (var meter = pair.Start(Program, "level", "--line", "1", "--seconds", "2", "--json", "--data", box.Data, "--set", "lines:1:source=alsa", "--set", "lines:1:sound:device=near"))
            {
                var looks = (await meter.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                await meter.WaitForExitAsync();
                meter.ExitCode.ShouldBe(0, await meter.StandardError.ReadToEndAsync());
                looks.ShouldNotBeEmpty();
                looks.ShouldAllBe(look => look.Contains("\"from\":\"recorder\"", StringComparison.Ordinal));
            }
            await pair.UnplugAsync();
            (await Until(() => Line(box)?.GetProperty("lost").GetBoolean() == true)).ShouldBeTrue();
            Status(box)!.Value.GetProperty("leds").EnumerateArray().ShouldContain(led => led.GetProperty("state").GetString() == "no-device");
            await pair.PlugAsync();
            (await Until(() => Line(box) is { } line && !line.GetProperty("lost").GetBoolean() && line.GetProperty("sound").ValueKind == JsonValueKind.Object)).ShouldBeTrue();
        }
        finally
        {
            using var term = System.Diagnostics.Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync();
        }
        recorder.ExitCode.ShouldBe(0, await words);
        using var vault = box.OpenVault();
        vault.Read(index => index.Records.Where(r => r.Kind == RecordKind.Blind).Select(r => r.Record.BlindCode).ToList()).ShouldContain(EndingCode.LineLost, await words);
    }

    [Fact]
    public async Task The_mixer_of_a_real_card_is_set_and_read_back_and_one_that_somebody_moved_is_set_again()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var watch = MixerWatch.Open("near", new Dictionary<string, string> { ["Master"] = "60" }, time);
        (await Amixer("sget", "Master")).ShouldContain("[60%] [on]");
        await Amixer("sset", "Master", "20%", "mute");
        time.Advance(TimeSpan.FromMinutes(1));
        watch.Check();
        watch.Fault.ShouldNotBeNull().ShouldContain("\"Master\" is off");
        (await Amixer("sget", "Master")).ShouldContain("[60%] [on]");
        Should.Throw<IOException>(() => MixerWatch.Open("near", new Dictionary<string, string> { ["Auto Gain Control"] = "off" }, time)).Message.ShouldContain("has no control \"Auto Gain Control\"");

        async Task<string> Amixer(params string[] arguments)
        {
            using var amixer = pair.Start("/usr/bin/amixer", ["-D", "near", .. arguments]);
            var words = await amixer.StandardOutput.ReadToEndAsync();
            await amixer.WaitForExitAsync();
            amixer.ExitCode.ShouldBe(0, await amixer.StandardError.ReadToEndAsync());
            return words;
        }
    }

    [Fact]
    public async Task A_technician_lists_measures_tests_and_calibrates_a_line()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        using var box = new Box();
        string[] line = ["--data", box.Data, "--json", "--set", "lines:1:source=alsa", "--set", "lines:1:sound:device=near", "--set", "lines:1:sound:injectionDbvAtFullScale=3.5", "--set", "lines:1:sound:playbackBufferMs=240"];
        var devices = await Said(0, "devices", line);
        devices[0].GetProperty("lines")[0].GetProperty("rateHz").GetInt32().ShouldBe(8_000);
        (await Said(1, "devices", [.. line, "--set", "lines:1:sound:device=usb:9-9"]))[0].GetProperty("lines")[0].GetProperty("problem").GetString().ShouldNotBeNull().ShouldContain("No sound adapter sits in USB socket 9-9");

        // A dial tone of −10 dBV for the meter, then for the test, and silence after it.
        Save(pair.PathOf("tone.wav"), [.. Enumerable.Range(0, 8_000 * 5).Select(i => (short)(32_768 * Math.Pow(10, (-10 - 6.5) / 20) * Math.Sin(2 * Math.PI * 425 * i / 8_000)))]);
        using (var tone = pair.Start("/usr/bin/aplay", "-q", "-D", "far", pair.PathOf("tone.wav")))
        {
            var levels = await Said(0, "level", [.. line, "--line", "1", "--seconds", "3"]);
            levels.Count.ShouldBeInRange(8, 16, "five a second, after the device has begun");
            levels[^3].GetProperty("rmsDbv").GetDouble().ShouldBe(-10, 0.3);
            levels.ShouldAllBe(level => level.EnumerateObject().Select(p => p.Name).SequenceEqual(new[] { "line", "rmsDbv", "peakDbv", "clipped", "lostSamples", "from" }));
            await tone.WaitForExitAsync();
        }

        // The pair takes what is played as it is: a full scale reaches 6.5 dBV, and 3.5 are believed.
        using var dial = pair.Start("/usr/bin/aplay", "-q", "-D", "far", pair.PathOf("tone.wav"));
        // LED 2 guides: blue while he lifts and dials, white while it is said, blue again when it is proven. LED 1: nothing is recorded.
        var (watched, stop) = (new List<string[]>(), new CancellationTokenSource());
        var watching = Watch(SimulatedPanel.PathOf(Path.Combine(box.Data, "run")), watched, stop.Token);
        var test = (await Said(0, "listen-test", [.. line, "--line", "1", "--calibrate", "--set", "board:profile=simulated"]))[0];
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
        watched.Select(leds => leds[0]).SkipWhile(colour => colour == "dark").Distinct().ShouldBe(["amber"]);
        var guide = watched.Select(leds => leds[1]).Where(colour => colour != "dark").ToList();
        guide.Where((colour, i) => i == 0 || colour != guide[i - 1]).ShouldBe(["blue", "white", "blue", "white", "blue"], "said twice, the second time as calibrated");
        watched.ShouldAllBe(leds => leds[2] == "dark" && leds[3] == "dark");
        test.GetProperty("end").GetString().ShouldBe("judged");
        test.GetProperty("proven").GetBoolean().ShouldBeTrue();
        test.GetProperty("levelDbv").GetDouble().ShouldBe(-17, 0.3);
        test.GetProperty("storedDbv").GetDouble().ShouldBe(6.5, 0.3);
        (await Said(0, "line", ["show", .. line]))[0].GetProperty("lines")[0].GetProperty("injectionDbv").GetDouble().ShouldBe(6.5, 0.3);

        async Task<List<JsonElement>> Said(int code, string command, string[] arguments)
        {
            using var program = pair.Start(Program, [command, .. arguments]);
            var error = program.StandardError.ReadToEndAsync();
            var words = await program.StandardOutput.ReadToEndAsync();
            await program.WaitForExitAsync();
            program.ExitCode.ShouldBe(code, words + await error);
            return [.. words.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(one => JsonDocument.Parse(one).RootElement.Clone())];
        }
    }

    [Fact]
    public async Task A_known_tone_on_the_pair_says_what_a_full_scale_is_and_that_is_used_until_the_line_hangs_on_something_else()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        using var box = new Box();
        // 16.5 dB under full scale, and a meter beside says −10.4 dBV: so a full scale is 6.1, not 6.5.
        Save(pair.PathOf("tone.wav"), [.. Enumerable.Range(0, 8_000 * 60).Select(i => (short)(32_768 * Math.Pow(10, -16.5 / 20) * Math.Sin(2 * Math.PI * 1_004 * i / 8_000)))]);
        string[] line = ["--data", box.Data, "--json", "--line", "1", "--set", "lines:1:source=alsa", "--set", "lines:1:sound:device=near", "--set", "lines:1:sound:playbackBufferMs=240"];
        (await Said(1, "level", [.. line, "--reference", "-10.4"])).GetProperty("refusal").GetString().ShouldBe("silent");
        (await Said(2, "level", [.. line, "--zero-volts"])).ValueKind.ShouldBe(JsonValueKind.Undefined);
        using (var tone = pair.Start("/usr/bin/aplay", "-q", "-D", "far", pair.PathOf("tone.wav")))
        {
            var measured = await Said(0, "level", [.. line, "--reference", "-10.4"]);
            measured.GetProperty("dbvAtFullScale").GetDouble().ShouldBe(6.1, 0.05);
            measured.GetProperty("hertz").GetDouble().ShouldBe(1_004, 1);
            (await Said(1, "level", [.. line, "--reference", "-30"])).GetProperty("refusal").GetString().ShouldBe("far-off");
            (await Said(0, "level", [.. line, "--seconds", "2"])).GetProperty("rmsDbv").GetDouble().ShouldBe(-10.4, 0.2);
            (await Said(0, "level", [.. line, "--seconds", "2", "--set", "lines:1:sound:dbvAtFullScale=0"])).GetProperty("rmsDbv").GetDouble().ShouldBe(-10.4, 0.2, "what was measured stands above what was written");
            (await Said(0, "level", [.. line, "--seconds", "2", "--set", "lines:1:sound:mixer:Master=100"])).GetProperty("rmsDbv").GetDouble().ShouldBe(-10, 0.2, "another mixer is another ear");
            using var kill = System.Diagnostics.Process.Start("kill", [$"{tone.Id}"]);
            await tone.WaitForExitAsync();
        }
        using var recorder = pair.Start(Program, "run", "--data", box.Data, "--set", "lines:1:source=alsa", "--set", "lines:1:sound:device=near");
        var words = recorder.StandardOutput.ReadToEndAsync();
        try
        {
            (await Until(() => Line(box)?.GetProperty("calibration") is { ValueKind: JsonValueKind.Object } known && known.GetProperty("dbvAtFullScale").GetDouble() is > 6 and < 6.2)).ShouldBeTrue();
            await Said(3, "level", [.. line, "--reference", "-10.4"]);    // the running recorder has the device
        }
        finally
        {
            using var term = System.Diagnostics.Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync();
        }
        recorder.ExitCode.ShouldBe(0, await words);

        // The last object that it says; nothing where it refuses to begin.
        async Task<JsonElement> Said(int code, string command, string[] arguments)
        {
            using var program = pair.Start(Program, [command, .. arguments]);
            var error = program.StandardError.ReadToEndAsync();
            var said = (await program.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            await program.WaitForExitAsync();
            program.ExitCode.ShouldBe(code, string.Join('\n', said) + await error);
            return said.Length > 0 ? JsonDocument.Parse(said[^1]).RootElement.Clone() : default;
        }
    }

    /// <summary>Every front that was shown, in turn.</summary>
    private static async Task Watch(string path, List<string[]> shown, CancellationToken stop)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (File.Exists(path)) shown.Add([.. JsonDocument.Parse(await File.ReadAllTextAsync(path, CancellationToken.None)).RootElement.GetProperty("leds").EnumerateArray().Select(led => led.GetString()!)]);
            }
            catch (IOException)
            {
                // replaced while we looked
            }
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");

    private static short[] WithoutPauses(short[] voice) => [.. voice.Chunk(800).Where(piece => piece.Max(s => Math.Abs((int)s)) > 600).SelectMany(piece => piece)];

    private static void Save(string path, short[] samples)
    {
        using var file = File.Create(path);
        WavFile.Write(file, 8_000, samples);
    }

    private static string? Phase(Box box) => Line(box)?.GetProperty("state").GetString();

    private static JsonElement? Line(Box box) => Status(box)?.GetProperty("lines")[0];

    private static JsonElement? Status(Box box)
    {
        try
        {
            using var status = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(box.Data, "run/status.json")));
            return status.RootElement.Clone();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<bool> Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!holds())
        {
            if (patience.IsCancellationRequested) return false;
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
        return true;
    }

    private static short[] Noise(int samples)
    {
        var random = new Random(5);
        double low = 0, lower = 0;
        return [.. Enumerable.Range(0, samples).Select(_ => (short)(20_000 * (lower += 0.2 * ((low += 0.2 * ((2 * random.NextDouble()) - 1 - low)) - lower))))];
    }

    private static (int Delay, double Alike) Align(short[] heard, short[] said)
    {
        var best = (Delay: 0, Alike: 0.0);
        for (var delay = 0; delay + said.Length <= heard.Length; delay++)
        {
            double cross = 0, own = 0, there = 0;
            for (var i = 0; i < said.Length; i += 3)
            {
                cross += (double)said[i] * heard[delay + i];
                own += (double)said[i] * said[i];
                there += (double)heard[delay + i] * heard[delay + i];
            }
            var alike = cross / Math.Sqrt((own * there) + 1);
            if (alike > best.Alike) best = (delay, alike);
        }
        return best;
    }
}
