using System.Text.Json;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>What `analyze` says of a file, on the hook and off it.</summary>
public sealed class Analyses
{
    private static List<JsonElement> Json(short[] samples, bool onHook, int? channel = null) =>
        [.. LineAnalysis.Analyze(samples, onHook).Select(f => JsonDocument.Parse(LineAnalysis.ToJson(f, channel)).RootElement)];

    private static string[] Keys(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];

    [Fact]
    public void A_call_is_told_in_order_and_summed_up_last()
    {
        var events = Json(new Sounding().Silence(250).Tone(2_500, -12, 425).Silence(250).Keyed("112", 80, 80).Silence(500)
            .Tone(1_000, -14, 425).Silence(4_000).Tone(1_000, -14, 425).Silence(1_000).Samples(), onHook: false);
        events.Select(e => e.GetProperty("event").GetString()).ShouldBe(["tone", "dtmf", "dtmf", "dtmf", "tone", "summary"]);
        events[..^1].Select(e => e.GetProperty("at").GetDouble()).Zip((double[])[0.25, 3.0, 3.16, 3.32, 3.98], (heard, truth) => heard - truth).ShouldAllBe(off => Math.Abs(off) <= 0.03);
        (events[0].GetProperty("name").GetString(), events[4].GetProperty("name").GetString()).ShouldBe(("dial", "ringback"));
        Keys(events[1]).ShouldBe(["event", "at", "digit", "durationMs"]);
        events[1].GetProperty("durationMs").GetInt32().ShouldBeInRange(70, 90);
        Keys(events[^1]).ShouldBe(["event", "seconds", "digits", "callerIds", "peakDbm0", "rmsDbm0", "messageWaiting", "alerts", "levels"]);
        Keys(events[^1].GetProperty("levels")).ShouldBe(["activeSpeechDbm0", "activeSpeechDbv", "activity", "noiseFloorDbm0", "noiseFloorDbv", "clippedSamples", "dcOffsetDbm0", "humDbm0", "hum", "gsmBuzzDbm0"]);
        (events[^1].GetProperty("digits").GetString(), events[^1].GetProperty("callerIds").GetInt32()).ShouldBe(("112", 0));
    }

    [Fact]
    public void On_the_hook_digits_are_a_caller_id_and_not_dialled()
    {
        var events = Json(new Sounding().Silence(250).Keyed("A0401234567C").Silence(300).Samples(), onHook: true, channel: 2);
        var caller = events[0];
        Keys(caller).ShouldBe(["event", "at", "standard", "raw", "number", "name", "absence", "dateTime", "redirecting", "callType", "channel"]);
        (caller.GetProperty("standard").GetString(), caller.GetProperty("number").GetString(), caller.GetProperty("channel").GetInt32()).ShouldBe(("dtmf", "0401234567", 2));
        caller.GetProperty("name").ValueKind.ShouldBe(JsonValueKind.Null);
        caller.GetProperty("at").GetDouble().ShouldBe(0.25, 0.03);
        (events.Count, events[1].GetProperty("digits").GetString(), events[1].GetProperty("callerIds").GetInt32()).ShouldBe((2, "", 1));
    }

    [Fact]
    public void Off_the_hook_a_waiting_call_says_who_it_is()
    {
        // Call waiting: 425 Hz twice, then the alerting signal 2130 + 2750 Hz, then V.23 without a seizure.
        var events = Json(new Sounding().Silence(500).Tone(150, -14, 425).Silence(150).Tone(150, -14, 425).Silence(300).Tone(85, -12, 2_130, 2_750).Silence(150)
            .Fsk([0x80, 12, 2, 10, .. "0401234567"u8], seizure: 0, marks: 80).Silence(800).Samples(), onHook: false);
        events.Select(e => e.GetProperty("event").GetString()).ShouldBe(["tone", "callerId", "summary"]);
        events[0].GetProperty("name").GetString().ShouldBe("callWaiting");
        (events[1].GetProperty("standard").GetString(), events[1].GetProperty("number").GetString()).ShouldBe(("v23", "0401234567"));
        events[1].GetProperty("at").GetDouble().ShouldBe(1.485, 0.03);
        events[2].GetProperty("digits").GetString().ShouldBe("");
        events[2].GetProperty("alerts").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData(0x01, "voice")]
    [InlineData(0x02, "ringBack")]
    [InlineData(0x03, "nameDelivery")]
    [InlineData(0x44, "0x44")]
    public void The_kind_of_call_is_shown(int type, string shown) =>
        Json(new Sounding().Silence(250).Fsk([0x80, 8, 0x11, 1, (byte)type, 2, 3, .. "112"u8]).Silence(300).Samples(), onHook: true)[0].GetProperty("callType").GetString().ShouldBe(shown);

    [Theory]
    [InlineData(0xFF, true)]
    [InlineData(0x00, false)]
    public void Message_waiting_stands_in_the_summary_and_is_no_caller(int indicator, bool waiting)
    {
        foreach (var message in (byte[][])[[0x82, 3, 0x0B, 1, (byte)indicator], [0x80, 9, 0x11, 1, 0x81, 0x0B, 1, (byte)indicator, 0x13, 1, 2]])
        {
            var summary = Json(new Sounding().Silence(250).Fsk(message).Silence(300).Samples(), onHook: true).ShouldHaveSingleItem();
            (summary.GetProperty("callerIds").GetInt32(), summary.GetProperty("messageWaiting").GetBoolean()).ShouldBe((0, waiting));
        }
    }

    [Fact]
    public void An_information_tone_that_goes_on_is_one_event() =>
        LineAnalysis.Analyze(TestVectors.Samples("v125_negative.wav"), onHook: false).OfType<Finding.Tone>().ShouldHaveSingleItem().Heard.Name.ShouldBe("sit");

    [Fact]
    public void Levels_are_in_dBm0_and_silence_has_none()
    {
        var full = Levels.Of(new Sounding().Tone(1_000, 3.14, 1_000).Samples());
        full.PeakDbm0!.Value.ShouldBe(3.14, 0.02);
        full.RmsDbm0!.Value.ShouldBe(3.14, 0.02);
        Levels.Of(new Sounding().Tone(1_000, -20, 1_000).Samples()).RmsDbm0!.Value.ShouldBe(-20, 0.02);
        Levels.Of(new short[8_000]).ShouldBe(new Levels(null, null));
        Levels.Of([]).ShouldBe(new Levels(null, null));
        var summary = Json([], onHook: true).ShouldHaveSingleItem();
        summary.GetProperty("peakDbm0").ValueKind.ShouldBe(JsonValueKind.Null);
        summary.GetProperty("seconds").GetDouble().ShouldBe(0);
    }

    [Fact]
    public void Talk_is_speech_and_tones_and_silence_are_not()
    {
        SpeechShare(TestVectors.Samples("v115_negative.wav")).ShouldBeGreaterThan(0.3);
        SpeechShare(new short[16_000]).ShouldBe(0);
        SpeechShare(new Sounding().Tone(3_000, -12, 425).Samples()).ShouldBe(0);
    }

    private static double SpeechShare(short[] samples)
    {
        var (detector, speech, blocks) = (new SpeechDetector(), 0, samples.Length / 160);
        for (var i = 0; i < blocks; i++)
        {
            detector.Process(samples.AsSpan(i * 160, 160));
            speech += detector.IsSpeech ? 1 : 0;
        }
        return (double)speech / blocks;
    }
}
