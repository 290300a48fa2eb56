using System.Globalization;
using System.Text.Json;

namespace Nauha.Telephony;

/// <summary>One finding of an analysis, in the order of its time.</summary>
public abstract record Finding(long At)
{
    public sealed record Caller(CallerIdMessage Message) : Finding(Message.At);

    public sealed record Digit(DtmfTone Key) : Finding(Key.At);

    public sealed record Tone(ToneEvent Heard) : Finding(Heard.At);

    /// <param name="MessageWaiting">What the last message-waiting message said; null: there was none.</param>
    /// <param name="Alerts">Alerting signals before a message (2130 + 2750 Hz).</param>
    public sealed record Summary(double Seconds, string Digits, int CallerIds, Levels Levels, long At, bool? MessageWaiting = null, int Alerts = 0) : Finding(At);
}

/// <summary>Everything that the detectors find in one channel of a recording at 8 kHz.</summary>
public static class LineAnalysis
{
    /// <param name="onHook">As heard on the hook: a caller ID's digits are not dialled digits.</param>
    /// <returns>In order of time; the summary last.</returns>
    public static List<Finding> Analyze(ReadOnlySpan<short> samples, bool onHook)
    {
        var findings = new List<Finding>();
        var digits = new List<DtmfTone>();
        var messages = new List<CallerIdMessage>();
        var tones = new List<ToneEvent>();
        var (dtmf, fsk, tone, caller) = (new DtmfDetector(), new FskCallerId(), new ToneDetector(ToneSet.Any), new DtmfCallerId());
        dtmf.Process(samples, digits);
        dtmf.Process(new short[800], digits);
        dtmf.Finish(digits);
        fsk.Process(samples, messages);
        fsk.Finish(messages);
        tone.Process(samples, tones);
        if (onHook)
        {
            foreach (var digit in digits)
                if (caller.Take(digit) is { } message) messages.Add(message);
            digits.Clear();
        }
        findings.AddRange(messages.Select(m => new Finding.Caller(m)));
        findings.AddRange(digits.Select(d => new Finding.Digit(d)));
        findings.AddRange(tones.Select(t => new Finding.Tone(t)));
        findings.Sort((a, b) => a.At.CompareTo(b.At));
        findings.Add(new Finding.Summary(Math.Round(samples.Length / 8_000.0, 3), string.Concat(digits.Select(d => d.Digit)), messages.Count, Levels.Of(samples), samples.Length, fsk.MessageWaiting, tone.Alerts));
        return findings;
    }

    /// <summary>One line of JSON; <paramref name="channel"/> where the file has two.</summary>
    public static string ToJson(Finding finding, int? channel)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            Write(json, finding);
            if (channel is { } number) json.WriteNumber("channel", number);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, Finding finding)
    {
        switch (finding)
        {
            case Finding.Caller { Message: var m }:
                json.WriteString("event", "callerId");
                json.WriteNumber("at", Seconds(m.At));
                json.WriteString("standard", m.Standard switch { CallerIdStandard.Dtmf => "dtmf", CallerIdStandard.V23 => "v23", _ => "bell202" });
                json.WriteString("raw", m.Raw);
                json.WriteString("number", m.Number);
                json.WriteString("name", m.Name);
                json.WriteString("absence", m.Absence switch { null => null, CallerIdAbsence.Restricted => "restricted", _ => "unavailable" });
                json.WriteString("dateTime", m.DateTime);
                json.WriteString("redirecting", m.Redirecting);
                json.WriteString("callType", m.CallType switch { null => null, 1 => "voice", 2 => "ringBack", 3 => "nameDelivery", { } other => $"0x{other:x2}" });
                break;
            case Finding.Digit { Key: var d }:
                json.WriteString("event", "dtmf");
                json.WriteNumber("at", Seconds(d.At));
                json.WriteString("digit", d.Digit.ToString());
                json.WriteNumber("durationMs", d.Samples / 8);
                break;
            case Finding.Tone { Heard: var t }:
                json.WriteString("event", "tone");
                json.WriteNumber("at", Seconds(t.At));
                json.WriteString("name", t.Name);
                break;
            case Finding.Summary s:
                json.WriteString("event", "summary");
                json.WriteNumber("seconds", s.Seconds);
                json.WriteString("digits", s.Digits);
                json.WriteNumber("callerIds", s.CallerIds);
                Number(json, "peakDbm0", s.Levels.PeakDbm0);
                Number(json, "rmsDbm0", s.Levels.RmsDbm0);
                if (s.MessageWaiting is { } waiting) json.WriteBoolean("messageWaiting", waiting); else json.WriteNull("messageWaiting");
                json.WriteNumber("alerts", s.Alerts);
                Write(json, s.Levels);
                break;
            default:
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"no words for {finding}"));
        }
    }

    private static void Write(Utf8JsonWriter json, Levels levels)
    {
        json.WriteStartObject("levels");
        Number(json, "activeSpeechDbm0", levels.ActiveSpeechDbm0);
        Number(json, "activeSpeechDbv", levels.ActiveSpeechDbm0 is { } speech ? Math.Round(speech + Levels.DbvAt0Dbm0, 2) : null);
        Number(json, "activity", levels.Activity);
        Number(json, "noiseFloorDbm0", levels.NoiseFloorDbm0);
        Number(json, "noiseFloorDbv", levels.NoiseFloorDbm0 is { } floor ? Math.Round(floor + Levels.DbvAt0Dbm0, 2) : null);
        json.WriteNumber("clippedSamples", levels.ClippedSamples);
        Number(json, "dcOffsetDbm0", levels.DcOffsetDbm0);
        Number(json, "humDbm0", levels.HumDbm0);
        if (levels.Hum is null) json.WriteNull("hum");
        else
        {
            json.WriteStartArray("hum");
            foreach (var line in levels.Hum)
            {
                json.WriteStartObject();
                json.WriteNumber("hertz", line.Hertz);
                json.WriteNumber("dbm0", line.Dbm0);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        Number(json, "gsmBuzzDbm0", levels.GsmBuzzDbm0);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }

    private static double Seconds(long at) => Math.Round(at / 8_000.0, 4);
}
