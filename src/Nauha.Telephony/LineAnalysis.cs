using System.Globalization;
using System.Text.Json;

namespace Nauha.Telephony;

/// <summary>Levels of a stretch of audio in dBm0: a full-scale sine is +3.14. Null is silence.</summary>
public readonly record struct Levels(double? PeakDbm0, double? RmsDbm0)
{
    public static Levels Of(ReadOnlySpan<short> samples)
    {
        double peak = 0, sum = 0;
        foreach (var sample in samples)
        {
            peak = Math.Max(peak, Math.Abs((double)sample));
            sum += (double)sample * sample;
        }
        return peak == 0 ? new(null, null) : new(Decibel(peak / 32_768), Decibel(Math.Sqrt(2 * sum / samples.Length) / 32_768));
    }

    private static double Decibel(double ratio) => Math.Round((20 * Math.Log10(ratio)) + 3.14, 2);
}

/// <summary>One finding of an analysis, in the order of its time.</summary>
public abstract record Finding(long At)
{
    public sealed record Caller(CallerIdMessage Message) : Finding(Message.At);

    public sealed record Digit(DtmfTone Key) : Finding(Key.At);

    public sealed record Tone(ToneEvent Heard) : Finding(Heard.At);

    public sealed record Summary(double Seconds, string Digits, int CallerIds, Levels Levels, long At) : Finding(At);
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
        var (dtmf, fsk, tone, caller) = (new DtmfDetector(onHook ? -45 : -38), new FskCallerId(), new ToneDetector(), new DtmfCallerId());
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
        findings.Add(new Finding.Summary(Math.Round(samples.Length / 8_000.0, 3), string.Concat(digits.Select(d => d.Digit)), messages.Count, Levels.Of(samples), samples.Length));
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
                if (s.Levels.PeakDbm0 is { } peak) json.WriteNumber("peakDbm0", peak); else json.WriteNull("peakDbm0");
                if (s.Levels.RmsDbm0 is { } rms) json.WriteNumber("rmsDbm0", rms); else json.WriteNull("rmsDbm0");
                break;
            default:
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"no words for {finding}"));
        }
    }

    private static double Seconds(long at) => Math.Round(at / 8_000.0, 4);
}
