using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// What a start reads to close a file that a power cut left open: the file, once. How long that takes is in the vault's
/// README; a busy machine says nothing about a bound in seconds, so bytes are what is tried here.
/// </summary>
public sealed class ClosedAtTheStart
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";

    /// <summary>An hour of talk; in the long form a day.</summary>
    private static readonly int Frames = Long ? 172_800 : 7_200;

    [Theory]
    [InlineData("left open", Closing.Salvaged)]
    [InlineData("its trailer is missing", Closing.ClosedLate)]
    [InlineData("closed, and its record is missing", Closing.Closed)]
    [InlineData("closed, with space reserved behind it", Closing.Closed)]
    public void A_file_of_any_length_is_read_once(string how, Closing closing)
    {
        using var box = new Box();
        CallTicket ticket;
        using (var vault = box.OpenVault()) ticket = vault.Start(new(1), Direction.Incoming);
        var path = CallVault.FileOf(ticket.Folder, ticket.Call);
        var header = new SealedHeader(box.Fleet, box.Appliance, ticket.Call, ticket.Line, ticket.CallNumber, ticket.Started, ticket.Day.Kid);
        using (var writer = new SealedFileWriter(header, ticket.Day.PublicKey, new() { PacketBytes = 60, PreSkip = 52, Source = "simulated" }, box.Identity.Signer))
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
        {
            file.Write(writer.Start());
            var packets = new byte[1_500];
            for (var i = 0; i < Frames; i++) file.Write(writer.Frame((ulong)i * 4_000, 4_000, packets, []).Span);
            if (how != "left open") file.Write(writer.Final([]));
            if (how == "its trailer is missing") file.SetLength(file.Length - 128);
            if (how.EndsWith("behind it", StringComparison.Ordinal)) file.Write(new byte[FlashFile.Ahead]);
        }
        var size = new FileInfo(path).Length;
        var disk = new TrialDisk();
        var took = Stopwatch.StartNew();
        using var again = CallVault.Open(box.Data, box.Identity, true, TimeProvider.System, NullLogger.Instance, false, disk);
        TestContext.Current.SendDiagnosticMessage("{0}: {1} MB closed in {2} ms", how, size >> 20, took.ElapsedMilliseconds);
        var call = again.Read(index => index.Find(ticket.Call))!;
        (call.Ending, call.Recording?.Closing).ShouldBe((Ending.Recorded, closing));
        using (var file = File.OpenRead(path)) SHA256.HashData(file).ShouldBe(call.Recording!.Sha256);
        disk.BytesRead.ShouldBeInRange(size - FlashFile.Ahead - 256, (long)(size * 1.1));
    }
}
