using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>What reaches the block device for each sealed byte: counted by the kernel, on a file system of its own.</summary>
public sealed class WriteAmplification
{
    private const int Lines = 8;
    private const int Frames = 480;     // four minutes

    [Fact]
    public async Task Eight_lines_write_at_most_four_bytes_for_each_sealed_one()
    {
        var folder = Directory.CreateTempSubdirectory("nauha-device-").FullName;
        var (image, mount) = (Path.Combine(folder, "image"), Path.Combine(folder, "mount"));
        await using (var file = File.Create(image)) file.SetLength(128L << 20);
        Directory.CreateDirectory(mount);
        try
        {
            // 4 KiB blocks, as mkfs chooses for any card of our day.
            Assert.SkipUnless(await RunAsync("mkfs.ext4", "-q", "-b", "4096", image) == 0, "mkfs.ext4 is not there (Debian package e2fsprogs)");
            Assert.SkipUnless(await RunAsync("mount", "-o", "loop", image, mount) == 0, "this machine does not allow loop mounts: bytes at the device cannot be counted");
            var device = (await File.ReadAllLinesAsync("/proc/mounts")).Single(l => l.Contains($" {mount} ", StringComparison.Ordinal)).Split(' ')[0];
            using var box = new Box(3);
            var data = Path.Combine(mount, "recorder");
            Directory.CreateDirectory(data);
            Trial.Copy(box.Data, data);
            using var identity = BoxIdentity.Load(data);
            await RunAsync("sync");
            var before = Written(device);
            long sealedBytes;
            using (var vault = CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance)) sealedBytes = Record(vault);
            await RunAsync("sync");
            var ratio = (Written(device) - before) / (double)sealedBytes;
            TestContext.Current.SendDiagnosticMessage("bytes at the device for each sealed byte: {0:F2}", ratio);
            ratio.ShouldBeInRange(1, 4, "journal and all included");
        }
        finally
        {
            await RunAsync("umount", mount);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long Record(CallVault vault)
    {
        var calls = Enumerable.Range(1, Lines).Select(line =>
        {
            var ticket = vault.Start(new(line), Direction.Incoming);
            vault.Amend(ticket, new RecordFacts());
            return (Ticket: ticket, Recording: vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 }));
        }).ToList();
        using var frame = new RecordedFrame(static _ => { }) { Samples = 4_000, Length = 1_500 };
        for (var i = 0; i < Frames; i++)
            foreach (var (_, recording) in calls)
            {
                frame.FirstSample = i * 4_000;
                RandomNumberGenerator.Fill(frame.Buffer.AsSpan(0, 1_500));
                recording.Append(frame);
            }
        long bytes = 0;
        foreach (var (ticket, recording) in calls)
        {
            var facts = recording.Close();
            recording.Dispose();
            vault.End(ticket, Ending.Recorded, facts, new RecordFacts());
            bytes += facts.Bytes;
        }
        return bytes;
    }

    // Documentation/block/stat.rst: the seventh field is sectors of 512 bytes written.
    private static long Written(string device) =>
        512 * long.Parse(File.ReadAllText($"/sys/block/{Path.GetFileName(device)}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[6], CultureInfo.InvariantCulture);

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;   // not installed
        }
    }
}
