using System.Diagnostics;
using System.Security.Cryptography;
using Nauha.Format;

namespace Nauha.Benchmarks;

/// <summary>Verifying a sealed file on disk (form, checksums, hash, signature), against `age -d` reading a file of its size.</summary>
internal static class Verifying
{
    private const int Frames = 32_768;   // 68 MB: four and a half hours of a call

    /// <summary>Null where age is not installed (Debian package age).</summary>
    public static Row? Row()
    {
        if (!File.Exists("/usr/bin/age")) return null;
        var folder = Directory.CreateTempSubdirectory("nauha-bench-").FullName;
        try
        {
            using var day = DaySecret.Create();
            using var signer = ApplianceSigner.Create();
            var (recording, other, key) = (Path.Combine(folder, "call.nauha"), Path.Combine(folder, "call.age"), Path.Combine(folder, "key"));
            var bytes = Write(recording, day, signer);
            var recipient = Run("age-keygen", "-o", key).Split(' ')[^1].Trim();
            Run("age", "-r", recipient, "-o", other, recording);
            return Duel.Fight("verifying a file of 68 MB", "age -d, as a process", bytes / 1e6, "MB/s", () =>
            {
                using var file = new FileStream(recording, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);   // as nauha-verify opens it
                if (!SealedFile.Verify(file, (_, _) => signer.PublicPoint).IsWhole) throw new InvalidOperationException("the file does not verify");
            }, () => Run("age", "-d", "-i", key, "-o", "/dev/null", other));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

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
