using System.Diagnostics;
using System.Security.Cryptography;
using Nauha.Format;

namespace Nauha.Benchmarks;

/// <summary>Verifying a sealed file on disk (form, checksums, hash, signature), against `age -d` reading a file of its size.</summary>
internal static partial class Verifying
{
    private const int Frames = 32_768;   // 68 MB: four and a half hours of a call

    /// <summary>None where age is not installed (Debian package age).</summary>
    public static IEnumerable<Row> Rows()
    {
        if (!File.Exists("/usr/bin/age")) yield break;
        var folder = Directory.CreateTempSubdirectory("nauha-bench-").FullName;
        try
        {
            using var day = DaySecret.Create();
            using var signer = ApplianceSigner.Create();
            var (recording, other, key) = (Path.Combine(folder, "call.nauha"), Path.Combine(folder, "call.age"), Path.Combine(folder, "key"));
            var bytes = Write(recording, day, signer);
            var recipient = Run("age-keygen", "-o", key).Split(' ')[^1].Trim();
            Run("age", "-r", recipient, "-o", other, recording);
            var rounds = new List<(Spent Ours, Spent Peer)>();
            for (var i = 0; i < WarmUp + Rounds; i++)
            {
                var ours = Measure(() =>
                {
                    using var file = new FileStream(recording, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);   // as nauha-verify opens it
                    if (!SealedFile.Verify(file, (_, _) => signer.PublicPoint).IsWhole) throw new InvalidOperationException("the file does not verify");
                });
                var peer = Measure(() => Run("age", "-d", "-i", key, "-o", "/dev/null", other));
                if (i >= WarmUp) rounds.Add((ours, peer));
            }
            yield return Row("verifying 68 MB, wall time", "age -d, as a process", bytes, rounds, s => s.Wall);
            yield return Row("verifying 68 MB, processor time", "age -d, all its threads", bytes, rounds, s => s.Processor);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const int Rounds = 15, WarmUp = 5;

    private readonly record struct Spent(double Wall, double Processor);

    private static Row Row(string what, string peer, long bytes, List<(Spent Ours, Spent Peer)> rounds, Func<Spent, double> of)
    {
        string Speed(Func<(Spent Ours, Spent Peer), double> side) => $"{bytes / 1e6 / Median(rounds.Select(side)):F0} MB/s";
        return new(what, Speed(r => of(r.Ours)), Speed(r => of(r.Peer)), Median(rounds.Select(r => of(r.Ours) / of(r.Peer))), peer);
    }

    // Our own processor time, and that of the process that was waited for: whatever threads either uses.
    private static Spent Measure(Action act)
    {
        var (watch, before) = (Stopwatch.StartNew(), Used());
        act();
        return new(watch.Elapsed.TotalSeconds, Used() - before);
    }

    private static double Used()
    {
        const int self = 0, children = -1;
        return Of(self) + Of(children);

        static double Of(int who)
        {
            var usage = new long[18];
            if (GetUsage(who, usage) != 0) throw new InvalidOperationException("the processor time cannot be read");
            return usage[0] + (usage[1] / 1e6) + usage[2] + (usage[3] / 1e6);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, [System.Runtime.InteropServices.Out] long[] usage);

    private static long Write(string path, DaySecret day, ApplianceSigner signer)
    {
        var header = new SealedHeader(FleetId.From(new byte[10]), ApplianceId.From(new byte[10]), CallId.Next(), new(1), 1, new(0, ClockSource.None, 0), day.Id);
        var audio = RandomNumberGenerator.GetBytes(1_500);
        using var writer = new SealedFileWriter(header, day.PublicKey, new StreamInfo { PreSkip = 52 }, signer);
        using var file = File.Create(path);
        file.Write(writer.Start());
        for (var i = 0; i < Frames; i++) file.Write(writer.Frame((ulong)i * 4_000, 4_000, audio, []).Span);
        file.Write(writer.Final([]));
        return writer.Bytes;
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"{program}: {said}");
    }
}
