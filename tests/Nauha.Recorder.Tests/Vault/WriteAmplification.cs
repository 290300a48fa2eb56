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
        await using var device = await LoopDevice.MountAsync(128L << 20);
        using var box = new Box(3);
        var data = device.Copy(box.Data);
        using var identity = BoxIdentity.Load(data);
        await LoopDevice.RunAsync("sync");
        var before = device.Written.Bytes;
        long sealedBytes;
        using (var vault = CallVault.Open(data, identity, true, TimeProvider.System, NullLogger.Instance)) sealedBytes = Record(vault);
        await LoopDevice.RunAsync("sync");
        var ratio = (device.Written.Bytes - before) / (double)sealedBytes;
        TestContext.Current.SendDiagnosticMessage("bytes at the device for each sealed byte: {0:F2}", ratio);
        ratio.ShouldBeInRange(1, 4, "journal and all included");
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
}
