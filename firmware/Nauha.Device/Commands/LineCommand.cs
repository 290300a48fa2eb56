using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nauha.Device.Settings;
using Nauha.Device.Words;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder line show: what each port was seen to do.</summary>
internal static class LineCommand
{
    public static Command Create() => new("line", "The lines of this box.") { Show() };

    private static Command Show()
    {
        var command = new Command("show", "What each port was seen to do: volts, ring, tones, caller ID, answers, opening, noise, the announcement's level; and what was measured of it.");
        command.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var options = Shared.Options(parse);
            var data = options.Data!;
            var lines = Enumerable.Range(1, LineId.Highest).Select(line => (Line: line, Learned: LearnedLine.Load(data, line), Measured: LineCalibration.Load(data, line), Sides: options.Line(line) is { Source: not null } own ? own.Sound.Sides : LineSides.None)).Where(line => line.Learned is not null || line.Measured is not null || line.Sides != LineSides.None).ToList();
            if (parse.GetValue(Shared.Json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new { lines = lines.Select(line => Json(line.Line, line.Learned, line.Measured, line.Sides)) }));
                return Task.FromResult(0);
            }
            if (lines.Count == 0) Console.WriteLine("Nothing has been learned yet: it is, from the first call on.");
            foreach (var (line, learned, measured, sides) in lines)
            {
                if (learned is null) Console.WriteLine($"line {line}, nothing learned yet");
                else Say(learned);
                Console.WriteLine($"  {BoxWords.English.Of("sides", StatusFile.Word(sides))}");
                if (measured is not null) Say(measured, Calibrated.InUse(measured, line, options.Line(line)));
            }
            return Task.FromResult(0);
        }));
        return command;
    }

    private static void Say(LearnedLine line)
    {
        Console.WriteLine($"line {line.Line} ({line.Profile}), learned from {line.Calls} {(line.Calls == 1 ? "call" : "calls")}");
        Console.WriteLine(line.OnHookVolts > 0 ? $"  on-hook {Volts(line.OnHookVolts)}, off-hook {Volts(line.OffHookVolts)}" : "  its volts are not measured");
        Console.WriteLine($"  {(line.Ring is { } ring ? $"rings {ring} s" : "ring not seen yet")}; dial tone {(line.DialTone is { } tone ? tone + " Hz" : "not heard yet")}; at rest {(line.NoiseDbv is { } noise ? noise.ToString("F0", CultureInfo.InvariantCulture) + " dBV of noise" : "not measured yet")}");
        Console.WriteLine($"  the network opens {(line.CutThrough switch { { Ms: { } ms } => $"{ms} ms after a lift", { Learns: false } => "without a sign: announcements wait as the profile says", _ => "after a time that is being learned: announcements wait 2.8 s" })}");
        Console.WriteLine($"  caller ID: {line.CallerId ?? "none yet"}; shows an answer by its polarity: {(line.ReversalOnAnswer ? "yes" : "not yet")}");
        Console.WriteLine($"  announcement on the pair: {(line.AnnouncementDbv is { } level ? level.ToString("F1", CultureInfo.InvariantCulture) + " dBV" : "not proven yet")}");
        if (line.Proven + line.NotHeard > 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  calls told and recorded: {line.Proven}; failed because the announcement was not heard: {line.NotHeard} ({100.0 * line.NotHeard / (line.Proven + line.NotHeard):F0} %)"));
        Console.WriteLine(line is { InjectionDbv: { } reach, CalibratedMs: { } when } ? $"  calibrated {Day(when)}: a full scale reaches {reach.ToString("F1", CultureInfo.InvariantCulture)} dBV on the pair" : "  not calibrated (listen-test --calibrate)");
        if (line is { Changed: { } changed, ChangedMs: { } at }) Console.WriteLine($"  the port behaves differently since {DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC: {changed}");
    }

    private static void Say(LineCalibration known, LineCalibration? used)
    {
        if (known is { DbvAtFullScale: { } scale, DbvMs: { } heard }) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  ear measured {Day(heard)}: a full scale is {scale:F1} dBV on the pair{(used?.DbvAtFullScale is null ? $"; NOT IN USE, the line hangs on something else than \"{known.Ear}\" now: level --reference" : "")}"));
        if (known is { ZeroVolts: { } zero, ZeroMs: { } at }) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  zero measured {Day(at)}: an unplugged pair shows {zero:F2} V{(used?.ZeroVolts is null ? $"; NOT IN USE, its volts come another way than \"{known.Gauge}\" now: level --zero-volts" : "")}"));
    }

    private static JsonObject Json(int line, LearnedLine? learned, LineCalibration? measured, LineSides sides)
    {
        var json = learned is null ? new JsonObject { ["v"] = 1, ["line"] = line } : JsonNode.Parse(learned.ToJson())!.AsObject();
        json["sides"] = StatusFile.Word(sides);
        json["calibration"] = measured is null ? null : JsonNode.Parse(StrictJson.Write(measured.WriteValues));
        return json;
    }

    private static string Day(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Volts(double? volts) => volts is { } known ? known.ToString("F1", CultureInfo.InvariantCulture) + " V" : "not known yet";
}
