using System.CommandLine;
using Nauha.Audio;
using Nauha.Telephony;

namespace Nauha.Device.Commands;

/// <summary>nauha-recorder analyze: what the detectors find in a sound file.</summary>
internal static class AnalyzeCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "WAV file: 8 to 48 kHz, PCM, float, A-law or µ-law, mono or stereo." };
        var hook = new Option<string>("--hook") { Description = "on: as heard on the hook (caller ID); off: as heard in a call (digits, tones).", Required = true };
        hook.AcceptOnlyFromAmong("on", "off");
        var command = new Command("analyze", "Find caller ID, keyed digits, tones and levels in a sound file; one JSON object a line with --json.") { file, hook };
        command.SetAction((parse, _) => Shared.Guarded(async () =>
        {
            WavSound sound;
            try
            {
                sound = WavFile.Read(parse.GetValue(file)!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 2;
            }
            for (var channel = 0; channel < sound.Channels.Length; channel++)
            {
                var samples = Resampler.Convert(sound.Channels[channel], sound.RateHz, 8_000);
                var pcm = Array.ConvertAll(samples, sample => short.CreateSaturating(MathF.Round(sample * 32_768f)));
                foreach (var finding in LineAnalysis.Analyze(pcm, parse.GetValue(hook) == "on"))
                    Console.WriteLine(parse.GetValue(Shared.Json) ? LineAnalysis.ToJson(finding, sound.Channels.Length > 1 ? channel : null) : Words(finding));
            }
            return 0;
        }));
        return command;
    }

    private static string Words(Finding finding) => finding switch
    {
        Finding.Caller { Message: var m } => $"{m.At / 8_000.0,8:F3} s  caller ID ({m.Standard})  {m.Number ?? m.Absence?.ToString() ?? "-"}  {m.Name}",
        Finding.Digit { Key: var d } => $"{d.At / 8_000.0,8:F3} s  digit {d.Digit}  {d.Samples / 8} ms",
        Finding.Tone { Heard: var t } => $"{t.At / 8_000.0,8:F3} s  tone {t.Name}",
        Finding.Summary s => $"{s.Seconds:F1} s, peak {s.Levels.PeakDbm0?.ToString("F1", System.Globalization.CultureInfo.InvariantCulture) ?? "-"} dBm0, rms {s.Levels.RmsDbm0?.ToString("F1", System.Globalization.CultureInfo.InvariantCulture) ?? "-"} dBm0; digits \"{s.Digits}\", {s.CallerIds} caller IDs",
        _ => "",
    };
}
