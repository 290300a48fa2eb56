using System.Diagnostics;
using System.Runtime.InteropServices;
using Nauha.Audio;

namespace Nauha.Benchmarks.Accuracy;

/// <summary>The peers as programs: spandsp's receivers in a few lines of C, and multimon-ng. Both are Debian packages.</summary>
internal sealed class Peers : IDisposable
{
    private const int MultimonHz = 22_050;
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-accuracy").FullName;
    private readonly string _spandsp;

    public Peers()
    {
        _spandsp = Path.Combine(_folder, "spandsp");
        Run("gcc", ["-O2", "-o", _spandsp, Path.Combine(Report.Home(), "peers/spandsp.c"), "-lspandsp"]);
    }

    /// <summary>What spandsp hears in each: digits, or messages in hex.</summary>
    public string[] Spandsp(Signal signal, IReadOnlyList<short[]> sounds)
    {
        var files = sounds.Select((sound, i) => Save($"{i}.raw", sound)).ToList();
        return Run(_spandsp, [signal switch { Signal.Dtmf => "dtmf", Signal.V23 => "v23", _ => "bell202" }, .. files]).Split('\n')[..sounds.Count];
    }

    /// <summary>What multimon-ng hears in each; it takes 22,050 Hz. Of FSK it knows V.23 alone, and prints what it makes of it.</summary>
    public string[] Multimon(Signal signal, IReadOnlyList<short[]> sounds)
    {
        var heard = new string[sounds.Count];
        Parallel.For(0, sounds.Count, i =>
        {
            var upward = Resampler.Convert([.. sounds[i].Select(s => s / 32_768f)], 8_000, MultimonHz);
            var file = Save($"{i}.22k", [.. upward.Select(s => short.CreateSaturating(MathF.Round(s * 32_768)))]);
            heard[i] = Run("multimon-ng", ["-q", "-t", "raw", "-a", signal == Signal.Dtmf ? "DTMF" : "CLIPFSK", file]);
        });
        return [.. heard.Select(text => signal == Signal.Dtmf ? string.Concat(text.Split('\n').Where(l => l.StartsWith("DTMF: ", StringComparison.Ordinal)).Select(l => l[6..].Trim())) : text)];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Save(string name, short[] sound)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, MemoryMarshal.AsBytes(sound.AsSpan()));
        return path;
    }

    public static string Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = System.Text.Encoding.Latin1 })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors.Result}");
    }
}
