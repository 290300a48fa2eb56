using System.Globalization;
using System.Text.Json;
using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.TheExchange;

public sealed class ScenariosAsJson : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-scenario-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ScenarioFile Read(string line, string above = "")
    {
        var path = Path.Combine(_folder, "scenario.json");
        File.WriteAllText(path, $$"""{"version":1,"seed":5,{{above}}"lines":[{"line":1,{{line}}}]}""");
        return ScenarioFile.Read(path);
    }

    private string Refused(string line) => Should.Throw<ScenarioException>(() => Read(line)).Message;

    [Fact]
    public void Every_key_of_a_port_is_read_and_written_again_as_it_was()
    {
        var port = PortProfile.MobileGateway.Drawn(11);
        var json = System.Text.Encoding.UTF8.GetString(StrictJson.Write(w => PortKeys.Write(w, port)));
        var again = Read($$""" "profile":"mobile-gateway","port":{{json}},"calls":[] """).Lines[0].Profile;
        System.Text.Encoding.UTF8.GetString(StrictJson.Write(w => PortKeys.Write(w, again))).ShouldBe(json);
        foreach (var key in PortKeys.All) key.Get(again).ShouldBe(key.Get(port), 0.0001, key.Name);
        Read(""" "model":"drawn","profile":"ata","calls":[] """).Lines[0].Profile.ToString().ShouldBe(PortProfile.Ata.Drawn(6).ToString());
        Read(""" "model":"typical","calls":[] """).Lines[0].Profile.ShouldBe(PortProfile.Ata.Typical());
        Read(""" "calls":[] """).Lines[0].Profile.ShouldBe(PortProfile.Ata);
    }

    [Fact]
    public void What_is_out_of_range_or_unknown_is_refused_by_its_name()
    {
        foreach (var key in PortKeys.All)
            foreach (var wrong in new[] { key.Low - 1, key.High + 1 })
                Refused($$""" "port":{"{{key.Name}}":{{wrong.ToString(CultureInfo.InvariantCulture)}}},"calls":[] """).ShouldContain($"lines[0].port.{key.Name} is not within");
        Refused(""" "port":{"noSuchKey":1},"calls":[] """).ShouldContain("lines[0].port.noSuchKey is not known");
        Refused(""" "port":{"codec":"mp3"},"calls":[] """).ShouldContain("port.codec is none of linear, alaw");
        Refused(""" "port":{"ring":"1"},"calls":[] """).ShouldContain("port.ring");
        Refused(""" "port":{"dialTone":"x"},"calls":[] """).ShouldContain("port.dialTone");
        Refused(""" "model":"real","calls":[] """).ShouldContain("lines[0].model");
        Refused(""" "calls":[{"kind":"incoming","at":1,"sounds":[{"from":"lifted","side":"far","signal":"whistle"}]}] """).ShouldContain("calls[0].sounds[0].signal is none of digits, dial");
        Refused(""" "calls":[{"kind":"incoming","at":1,"sounds":[{"from":"now","side":"far","signal":"beep"}]}] """).ShouldContain("sounds[0].from");
        Refused(""" "calls":[{"kind":"incoming","at":1,"farEnds":{"seconds":1,"tone":"jazz"}}] """).ShouldContain("farEnds.tone is none of");
        Refused(""" "calls":[{"kind":"incoming","at":1,"flashes":[{"after":1,"ms":5}]}] """).ShouldContain("flashes[0].ms is not within 20 to 2000");
        Refused(""" "calls":[{"kind":"incoming","at":1,"fault":"rust"}] """).ShouldContain("fault is none of none, not-heard");
        Refused(""" "calls":[{"kind":"incoming","at":1,"number":"04x"}] """).ShouldContain("number is not up to 20 digits");
        Refused(""" "calls":[{"kind":"incoming","at":1,"number":"+358409990123"}] """).ShouldContain("number", Case.Sensitive, "no digit of a keypad is a plus");
    }

    [Fact]
    public void A_call_has_all_that_a_script_in_code_has()
    {
        var call = Read("""
            "calls":[{"kind":"incoming","at":1,"gap":2,"rest":3,"number":"+358409990123","callerId":"v23","callerIdAfterRing":true,"rings":2,"answersInBurst":true,"reversal":false,"seconds":4,
              "fault":"relay-stuck-closed","ownTones":true,"pauses":true,"talkOverDb":-3,"talkSeconds":2,"longer":28800,"answersAfter":9,
              "flashes":[{"after":1,"ms":300}],"keyed":[{"after":2,"digits":"12#"}],"volts":[{"from":"talk","after":1,"ms":200,"volts":0}],"secondPhones":[{"from":"answered","after":1,"ms":900}],
              "farEnds":{"seconds":3,"openLoopMs":300,"reversal":true,"tone":"congestion"},
              "sounds":[{"from":"told","after":0.5,"side":"near","signal":"digits","digits":"12","onMs":50,"offMs":50,"dbm0":-9},{"from":"lifted","side":"port","signal":"sit","seconds":1,"dbm0":-20}]}]
            """).Lines[0].Calls[0];
        (call.Gap, call.Rest, call.Number, call.CallerId, call.CallerIdAfterRing, call.Rings, call.AnswersInBurst, call.Reversal).ShouldBe((2, 3, "+358409990123", CallerIdForm.V23, true, 2, true, false));
        (call.Fault, call.OwnTones, call.PausesForAnnouncements, call.TalkOverDb, call.AnswersAfter, call.Longer).ShouldBe((LineFault.RelayStuckClosed, true, true, -3, 9, 28_800));
        call.Flashes.ShouldBe([(1, 300)]);
        call.Keyed.ShouldBe([(2, "12#")]);
        call.VoltsSteps.ShouldBe([new VoltsStep(Cue.Talk, 1, 200, 0)]);
        call.SecondPhones.ShouldBe([new SecondPhone(Cue.Answered, 1, 900)]);
        call.Clear.ShouldBe(new Clearing(3, 300, true, ClearTone.Congestion));
        call.Sounds.Select(s => (s.From, s.After, s.Side, s.Samples.Length)).ShouldBe([(Cue.Told, 0.5, Side.Near, 1_600), (Cue.Lifted, 0, Side.Port, 8_000)]);
    }

    [Fact]
    public async Task What_the_PBX_announces_in_a_scenario_is_heard_by_both_from_so_many_seconds_after_the_answer_and_a_box_that_listens_keeps_what_follows()
    {
        var known = Announcement.Bundled(["fi", "sv"]);
        await using (var wav = File.Create(Path.Combine(_folder, "pbx.wav"))) WavFile.Write(wav, 8_000, [.. known.Samples.Select(s => short.CreateSaturating(s * 0.3f * 32_768))]);
        var calls = Read(""" "calls":[{"kind":"incoming","at":1,"number":"0409990123","announces":"pbx.wav","announcesAfter":2.5,"talkSeconds":4},{"kind":"incoming","at":2,"announces":"pbx.wav"}] """).Lines[0].Calls;
        calls.Select(call => call.Announces!.After).ShouldBe([2.5, 1], "a second, unless it is said");
        using var box = new Box { Known = known };
        var (recorded, line) = await box.RunAsync(calls: calls[0]);
        var call = recorded.ShouldHaveSingleItem();
        (call.Call.Ending, call.Facts.Party?.Text).ShouldBe((Ending.Recorded, "0409990123"));
        var (answered, said) = (line.Truths.Single(t => t.What == "lifted").At, line.Truths.Single(t => t.What == "said").At);
        said.ShouldBe(answered + (long)(2.5 * 8_000) + known.Samples.Length - 1);
        foreach (var ear in new[] { line.Pair, line.AgentEar })
            Audio.Sound.Correlation([.. known.Samples.Select(s => (short)(s * 20_000))], [.. ear.Skip((int)said + 1 - known.Samples.Length).Take(known.Samples.Length)]).ShouldBeGreaterThan(0.95);
        ((double)box.Listen(call.File!).First).ShouldBe(said + 1 - answered, 16);
        Refused(""" "calls":[{"kind":"incoming","at":1,"announces":"no-such.wav"}] """).ShouldContain("no-such.wav cannot be read");
    }

    [Fact]
    public async Task In_a_scenario_an_in_line_tap_takes_the_phone_off_while_the_box_speaks_where_the_line_says_so_and_a_pair_has_no_relay_for_it()
    {
        const string call = """ "calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":3,"sounds":[{"from":"announced","after":1,"side":"near","signal":"agent","seconds":2,"dbv":-20}]}] """;
        (await HeardUnderIt(""" "tap":"in-line","mutesPhone":true, """)).ShouldBeFalse();
        (await HeardUnderIt(""" "tap":"in-line","mutesPhone":false, """)).ShouldBeTrue();
        (await HeardUnderIt(""" "tap":"pair","mutesPhone":true, """)).ShouldBeTrue();
        Read($""" "tap":"handset",{call} """).Lines[0].Profile.Tap.ShouldBe(LineSides.Handset);
        Refused($""" "tap":"ceiling",{call} """).ShouldContain("lines[0].tap is not known");

        // Whether the agent, who talks on under the announcement, is on the pair then.
        async Task<bool> HeardUnderIt(string keys)
        {
            var line = Read(keys + call).Lines[0];
            using var box = new Box { KeepsStems = true };
            var (calls, exchange) = await box.RunAsync(line.Profile, calls: [.. line.Calls]);
            calls.ShouldHaveSingleItem();
            var announced = (int)exchange.Truths.First(t => t.What == "announced").At;
            var agent = exchange.Stems![CapturePoint.Pair, Stem.Agent];
            return agent.Skip(announced + 8_000).Take(8_000).Average(s => (double)s * s) > 1_000;
        }
    }

    [Fact]
    public void Each_sound_that_can_be_named_sounds()
    {
        foreach (var name in NamedSound.Names)
        {
            var sound = Read($$""" "calls":[{"kind":"incoming","at":1,"sounds":[{"from":"lifted","side":"far","signal":"{{name}}","seconds":4}]}] """).Lines[0].Calls[0].Sounds.ShouldHaveSingleItem();
            sound.Samples.Length.ShouldBe(32_000, name);
            (sound.Samples.Max(Math.Abs) > 0.005).ShouldBe(name != "silence", name);
        }
    }

    [Fact]
    public void The_manual_has_every_key_with_its_range_and_default()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Appliance.sln"))) folder = Path.GetDirectoryName(folder)!;
        var manual = File.ReadAllLines(Path.Combine(folder, "src/Nauha.Simulation/README.md"));
        manual.Where(l => PortKeys.All.Any(k => l.StartsWith($"| `{k.Name}` |", StringComparison.Ordinal))).ShouldBe(PortKeys.Table());
        foreach (var name in NamedSound.Names) manual.ShouldContain(l => l.Contains(name, StringComparison.Ordinal), name);
    }

    [Fact]
    public void The_ground_truth_is_a_folder_of_events_and_of_voices_each_by_itself()
    {
        var scenario = Read(""" "profile":"ata","model":"typical","calls":[{"kind":"incoming","at":0.5,"number":"0409990123","talkSeconds":2}] """, """ "truth":"truth", """);
        scenario.Truth.ShouldBe(Path.Combine(_folder, "truth"));
        var port = scenario.Lines[0].Profile;
        ExchangeLine line;
        using (var truth = new GroundTruth(scenario.Truth!, new(1), port, seed: 6))
        {
            line = new ExchangeLine(port, scenario.Lines[0].Calls, 6) { Truth = truth, Stems = new(), KeepsEars = true };
            var (samples, volts) = (new short[160], new float[20]);
            while (!line.IsOver) line.Fill(samples, volts);
        }
        var said = File.ReadAllLines(Path.Combine(scenario.Truth!, "line-1.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        said[0].GetProperty("seed").GetInt32().ShouldBe(6);
        said[0].GetProperty("port").GetProperty("transHybridLossDb").GetDouble().ShouldBe(18);
        said.Skip(1).Select(e => (e.GetProperty("event").GetString(), e.GetProperty("pair").GetInt64())).ShouldBe(line.Truths.Select(t => ((string?)t.What, t.At)));
        var talk = said.Single(e => e.TryGetProperty("event", out var what) && what.GetString() == "talk");
        (talk.GetProperty("farEar").GetInt64() - talk.GetProperty("pair").GetInt64()).ShouldBe(port.DelayMs * 8);
        said[1].GetProperty("farEar").ValueKind.ShouldBe(JsonValueKind.Null, "the network is closed");
        var sums = new int[line.FarEar.Count];
        foreach (var stem in new[] { "agent", "announcement", "caller", "noise" })
        {
            var sound = WavFile.Read(Path.Combine(scenario.Truth!, $"line-1-far-ear-{stem}.wav"));
            (sound.RateHz, sound.Length).ShouldBe((8_000, line.FarEar.Count));
            File.Exists(Path.Combine(scenario.Truth!, $"line-1-pair-{stem}.wav")).ShouldBeTrue();
            foreach (var (sample, i) in sound.ToPcm(0).Zip(Enumerable.Range(0, sums.Length))) sums[i] += sample;
        }
        sums.Zip(line.FarEar).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) <= 3);
    }
}
