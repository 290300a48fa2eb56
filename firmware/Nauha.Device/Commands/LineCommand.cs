using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Nauha.Format;
using Nauha.Recorder.Calls;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder line show: what each port was seen to do.</summary>
internal static class LineCommand
{
    public static Command Create() => new("line", "The lines of this box.") { Show() };

    private static Command Show()
    {
        var command = new Command("show", "What each port was seen to do: volts, ring, tones, caller ID, answers, opening, noise, the announcement's level.");
        command.SetAction((parse, _) => Shared.Guarded(() =>
        {
            var data = Shared.DataOf(parse);
            var lines = Directory.Exists(LearnedLine.FolderOf(data)) ? Enumerable.Range(1, LineId.Highest).Select(line => LearnedLine.Load(data, line)).OfType<LearnedLine>().ToList() : [];
            if (parse.GetValue(Shared.Json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new { lines = lines.Select(line => JsonDocument.Parse(line.ToJson()).RootElement) }));
                return Task.FromResult(0);
            }
            if (lines.Count == 0) Console.WriteLine("Nothing has been learned yet: it is, from the first call on.");
            foreach (var line in lines)
            {
                Console.WriteLine($"line {line.Line} ({line.Profile}), learned from {line.Calls} calls");
                Console.WriteLine(line.OnHookVolts > 0 ? $"  on-hook {Volts(line.OnHookVolts)}, off-hook {Volts(line.OffHookVolts)}" : "  its volts are not measured");
                Console.WriteLine($"  rings {(line.Ring is { } ring ? ring + " s" : "as nobody knows yet")}; dial tone {(line.DialTone is { } tone ? tone + " Hz" : "not heard yet")}; at rest {(line.NoiseDbv is { } noise ? noise.ToString("F0", CultureInfo.InvariantCulture) + " dBV of noise" : "not measured yet")}");
                Console.WriteLine($"  the network opens {(line.CutThrough switch { { Ms: { } ms } => $"{ms} ms after a lift", { Learns: false } => "without a sign: announcements wait as the profile says", _ => "after a time that is being learned: announcements wait 2.8 s" })}");
                Console.WriteLine($"  caller ID: {line.CallerId ?? "none yet"}; shows an answer by its polarity: {(line.ReversalOnAnswer ? "yes" : "not yet")}");
                Console.WriteLine($"  announcement on the pair: {(line.AnnouncementDbv is { } level ? level.ToString("F1", CultureInfo.InvariantCulture) + " dBV" : "not proven yet")}");
                Console.WriteLine(line is { InjectionDbv: { } reach, CalibratedMs: { } when } ? $"  calibrated {DateTimeOffset.FromUnixTimeMilliseconds(when).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: a full scale reaches {reach.ToString("F1", CultureInfo.InvariantCulture)} dBV on the pair" : "  not calibrated (listen-test --calibrate)");
                if (line is { Changed: { } changed, ChangedMs: { } at }) Console.WriteLine($"  the port behaves differently since {DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC: {changed}");
            }
            return Task.FromResult(0);
        }));
        return command;
    }

    private static string Volts(double? volts) => volts is { } known ? known.ToString("F1", CultureInfo.InvariantCulture) + " V" : "not known yet";
}
