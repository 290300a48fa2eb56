using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ledger;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// What a busy branch's day writes to the flash: 40 calls of four minutes on each of four lines, with all that goes with
/// them, on a file system of its own. The long form writes tests/WEAR.md; without it a twentieth of the day is tried.
/// </summary>
public sealed class WearOfADay
{
    private const int Lines = 4, FramesOfACall = 480, EraseBlock = 4 << 20;
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";
    private static readonly int Rounds = Long ? 40 : 2;
    private static readonly int[] OpenBlocks = [1, 4, 8];

    [Fact]
    public async Task A_day_of_four_busy_lines_and_how_long_a_card_of_32_GB_lives()
    {
        await using var device = await LoopDevice.MountAsync(1L << 30);
        using var box = new Box();
        var data = device.Copy(box.Data);
        using var identity = BoxIdentity.Load(data);
        await LoopDevice.RunAsync("sync");
        using var trace = BlockTrace.Start(device.Device);
        var before = device.Written;
        var sealedBytes = await DayAsync(box, data, identity);
        await LoopDevice.RunAsync("sync");
        trace?.Stop();
        var after = device.Written;
        var (requests, bytes, flushes) = (after.Requests - before.Requests, after.Bytes - before.Bytes, after.Flushes - before.Flushes);
        (bytes / (double)sealedBytes).ShouldBeInRange(1, 5, "all that goes with the calls included");
        if (trace is not null) trace.Writes.Sum(w => 512L * w.Count).ShouldBeInRange((long)(bytes * 0.98), (long)(bytes * 1.02), "the trace saw what the kernel counted");
        if (Long && trace is not null) await File.WriteAllTextAsync(Path.Combine(FaultTable.Root(), "tests/WEAR.md"), Page(sealedBytes, requests, bytes, flushes, trace.Writes));
    }

    // The hours between the calls are not waited for: their heartbeats are written one after the other.
    private static async Task<long> DayAsync(Box box, string data, BoxIdentity identity)
    {
        var time = new TwoClocks(TimeProvider.System.GetUtcNow());
        using var heartbeat = new Heartbeat(data);
        using var vault = CallVault.Open(data, identity, true, time, NullLogger.Instance);
        using var ledger = CallLedger.Open(data, vault, NullLogger.Instance);
        vault.KeepFor = TimeSpan.FromDays(1) / Rounds * 4;   // so that deleting is a part of the day
        using var frame = new RecordedFrame(static _ => { }) { Samples = 4_000, Length = 1_500 };
        long sealedBytes = 0;
        ulong seq = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var calls = Enumerable.Range(1, Lines).Select(line =>
            {
                var ticket = vault.Start(new(line), Direction.Incoming);
                vault.Amend(ticket, new RecordFacts());
                return (Ticket: ticket, Recording: vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 }));
            }).ToList();
            for (var i = 0; i < FramesOfACall; i++)
            {
                foreach (var (_, recording) in calls)
                {
                    frame.FirstSample = i * 4_000;
                    RandomNumberGenerator.Fill(frame.Buffer.AsSpan(0, 1_500));
                    recording.Append(frame);
                }
                time.Pass(TimeSpan.FromMilliseconds(500));
                if (i % 20 == 0) heartbeat.Beat(vault.Clock.SteadyMs);
            }
            foreach (var (ticket, recording) in calls)
            {
                var facts = recording.Close();
                recording.Dispose();
                vault.End(ticket, Ending.Recorded, facts, new RecordFacts());
                sealedBytes += facts.Bytes;
                new LearnedLine { Line = ticket.Line.Number, Profile = "ata", Calls = round }.Save(data);
                foreach (var record in vault.Read(index => index.UnsentRecords().Where(r => r.Call == ticket.Call).ToList())) Receipted(ticket.Call, ReceiptSubject.Record, Convert.FromHexString(record.Hash));
                Receipted(ticket.Call, ReceiptSubject.Recording, facts.Sha256);
            }
            await ledger.ListAsync();
            for (var quiet = TimeSpan.FromDays(1) / 40 - TimeSpan.FromMinutes(4); quiet > TimeSpan.Zero; quiet -= TimeSpan.FromSeconds(10))
            {
                time.Pass(TimeSpan.FromSeconds(10));
                heartbeat.Beat(vault.Clock.SteadyMs);
            }
            vault.Sweep();
        }
        return sealedBytes;

        void Receipted(CallId call, ReceiptSubject what, byte[] hash)
        {
            var receipt = new Receipt { Fleet = box.Fleet, Appliance = box.Appliance, Seq = ++seq, Prev = new byte[32], StoreEpoch = 1, Call = call, What = what, Sha256 = hash, Bytes = 1, Result = ReceiptResult.Stored, Checkpoint = new string('c', 250), AtMs = time.Wall.ToUnixTimeMilliseconds() };
            vault.Receipted(receipt, Envelope.Seal(PayloadTypes.Receipt, receipt.ToPayload(), box.Receipts));
            Disk.Replace(Path.Combine(data, "history"), new byte[250]);   // the newest checkpoint of central's log
        }
    }

    // How often a card that can keep so many erase blocks open at once must begin another: then it copies and erases one.
    private static long Erased(List<(long Sector, int Count)> writes, int open)
    {
        var kept = new LinkedList<long>();
        long erased = 0;
        foreach (var (sector, count) in writes)
            for (var block = sector * 512 / EraseBlock; block <= ((sector + count) * 512 - 1) / EraseBlock; block++)
            {
                if (!kept.Remove(block))
                {
                    erased++;
                    if (kept.Count == open) kept.RemoveLast();
                }
                kept.AddFirst(block);
            }
        return erased;
    }

    private static string Page(long sealedBytes, long requests, long bytes, long flushes, List<(long Sector, int Count)> writes)
    {
        const double card = 32e9;
        var text = new StringBuilder();
        string N(double value, string format = "N0") => value.ToString(format, CultureInfo.InvariantCulture);
        string Life(double blocks, double cycles) => card / EraseBlock * cycles / blocks / 365 is var years && years >= 2 ? $"{N(years)} years" : years * 365 >= 60 ? $"{N(years * 12, "N1")} months" : $"{N(years * 365)} days";
        text.Append(CultureInfo.InvariantCulture, $"""
            # What a busy day writes to the flash
            Written by the test run (`WearOfADay`, long form). A day of 40 calls of 4 minutes on each of 4 lines, each frame synced by itself; with journal, receipts, index, learned lines, the checkpoint of central's log, a heartbeat every ten seconds, and as many copies deleted as made. On ext4 with 4 KiB blocks on a loop device, counted by the kernel (`/sys/block/…/stat`, and its trace point `block_rq_issue` for the places). The programs' logs are not in it; `run/` is in memory.

            | | a day |
            |---|---|
            | sealed bytes | {N(sealedBytes / 1e6)} MB |
            | bytes at the device | {N(bytes / 1e6)} MB, {N(bytes / (double)sealedBytes, "N2")} for each sealed one |
            | write requests | {N(requests)} |
            | flushes | {N(flushes)} |
            | erase blocks of 4 MiB, if the card maps pages (as eMMC and good cards do), amplification 2 assumed | {N(2.0 * bytes / EraseBlock)} |

            """);
        foreach (var open in OpenBlocks) text.Append(CultureInfo.InvariantCulture, $"| erase blocks begun, if the card maps whole blocks and keeps {open} open | {N(Erased(writes, open))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"""

            Expected life of 32 GB, all of it levelled, under these cycles of each erase block (assumed; the maker's sheet decides): 500 for a card from the shop, 3,000 for eMMC, 20,000 for pSLC.

            | | 500 | 3,000 | 20,000 |
            |---|---|---|---|
            | maps pages | {string.Join(" | ", new[] { 500, 3_000, 20_000 }.Select(c => Life(2.0 * bytes / EraseBlock, c)))} |

            """);
        foreach (var open in OpenBlocks) text.Append(CultureInfo.InvariantCulture, $"| maps blocks, {open} open | {string.Join(" | ", new[] { 500, 3_000, 20_000 }.Select(c => Life(Erased(writes, open), c)))} |\n");
        text.Append("\nThe lower rows are the worst that a cheap card can make of it: a synced frame of each of four lines, the journal and the file system's own log lie in different erase blocks, and a card that keeps fewer open than that erases one for nearly each of them. That is why the box wants eMMC, NVMe or an industrial pSLC card.\n");
        return text.ToString();
    }
}
