using System.Diagnostics;
using System.Globalization;
using System.Text;
using Nauha.Audio;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>
/// Six synthetic people, of two sexes in three languages (festival, espeak-ng, flite), who read tests/vectors/talk until
/// enough is said; each time through with another pace and pitch. The same words come out the same on every machine.
/// </summary>
internal static class Talkers
{
    public static readonly string[] All = ["fi female", "fi male", "sv female", "sv male", "en female", "en male"];

    public static short[] Speak(string who, double seconds)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-talk").FullName;
        try
        {
            var said = new List<short>();
            var lines = File.ReadAllLines(Path.Combine(TestVectors.Folder(), $"../talk/{who[..2]}.txt"));
            for (var round = 0; said.Count < seconds * 8_000; round++)
            {
                // Read aloud no further than is listened to.
                var some = lines.Take((int)Math.Ceiling((seconds - (said.Count / 8_000.0)) / 2)).ToArray();
                foreach (var file in Read(who, some, round, folder)) said.AddRange(Telephone(WavFile.Read(file)));
            }
            return [.. said];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Pace and pitch of a round: the voice as it is, then slower and lower, quicker and higher, and so on.
    private static (double Pace, double Pitch) Manner(int round) => (round % 5) switch { 0 => (1, 1), 1 => (1.15, 0.85), 2 => (0.87, 1.15), 3 => (1.05, 1.3), _ => (0.95, 0.75) };

    private static List<string> Read(string who, string[] lines, int round, string folder)
    {
        var (pace, pitch) = Manner(round);
        var files = lines.Select((_, i) => Path.Combine(folder, $"{i}.wav")).ToList();
        var male = who.EndsWith(" male", StringComparison.Ordinal);
        switch (who[..2])
        {
            case "fi":
                var script = new StringBuilder().Append(CultureInfo.InvariantCulture, $"(voice_{(male ? "hy_fi_mv" : "suo_fi_lj")}_diphone)\n(Parameter.set 'Duration_Stretch {pace})\n(set! *f_min* {(male ? 55 : 115) * pitch})\n(set! *f_max* {(male ? 120 : 300) * pitch})\n");
                foreach (var (line, file) in lines.Zip(files)) script.Append(CultureInfo.InvariantCulture, $"(utt.save.wave (utt.synth (Utterance Text \"{line}\")) \"{file}\")\n");
                var path = Path.Combine(folder, "read.scm");
                File.WriteAllText(path, script.ToString(), Encoding.Latin1);
                Run("festival", "-b", path);
                break;
            case "sv":
                foreach (var (line, file) in lines.Zip(files))
                    Run("espeak-ng", "-v", $"sv+{(male ? "m" : "f")}{1 + (round % 4)}", "-s", $"{165 / pace:F0}", "-p", $"{50 * pitch:F0}", "-w", file, line);
                break;
            default:
                foreach (var (line, file) in lines.Zip(files))
                    Run("flite", "-voice", male ? (round % 2 == 0 ? "rms" : "kal16") : "slt", "--setf", string.Create(CultureInfo.InvariantCulture, $"duration_stretch={pace}"), "--setf", string.Create(CultureInfo.InvariantCulture, $"int_f0_target_mean={(male ? 105 : 175) * pitch}"), "-t", line, "-o", file);
                break;
        }
        return files;
    }

    private static IEnumerable<short> Telephone(WavSound wav) =>
        Resampler.Convert(wav.Channels[0], wav.RateHz, 8_000).Select(s => short.CreateSaturating(MathF.Round(s * 32_768)));

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors}");
    }
}
