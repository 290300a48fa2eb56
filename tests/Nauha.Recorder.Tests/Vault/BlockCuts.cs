using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// The same life on a real file system whose block device is logged: the power is cut after any write that reached the
/// device, with what no flush covered there, not there or there by some of its sectors.
/// </summary>
[Collection("mounts")]
public sealed class BlockCuts
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";

    [Fact]
    public void Whatever_of_the_blocks_had_reached_the_device_the_vault_on_it_is_proven()
    {
        Assert.SkipWhen(BlockLog.Missing() is not null, BlockLog.Missing() ?? "");
        List<(long Before, string What)> notes = [];
        BlockLog? log = null;
        using var life = new VaultLife(what => notes.Add((log!.Length, what)));
        try
        {
            log = BlockLog.Start(root =>
            {
                Trial.Copy(life.Box.Data, root);
                life.Begin(root);
            });
        }
        catch (InvalidOperationException e)
        {
            Assert.Skip($"this machine does not let a test mount: {e.Message}");
        }
        using (log)
        {
            var end = life.Live(log.Root, Flash.Real);
            var entries = log.End();
            var first = entries.FindIndex(e => e.End > notes[0].Before);
            entries.Count(e => e.IsFlush).ShouldBeGreaterThan(40, "the life's syncs reach the device");
            var random = new Random(7);
            var cuts = Enumerable.Range(first, entries.Count + 1 - first).Where(_ => Long || random.Next(4) == 0).ToList();
            var (device, applied, states) = (log.Before, 0, new HashSet<string>());
            foreach (var n in cuts)
            {
                // Up to the last flush all is there.
                var flush = entries.FindLastIndex(n - 1, e => e.IsFlush);
                for (; applied <= flush; applied++) entries[applied].Bytes.CopyTo(device, entries[applied].At);
                for (var draw = 0; draw < (Long ? 4 : 1); draw++)
                {
                    var cut = (byte[])device.Clone();
                    foreach (var write in entries.GetRange(flush + 1, n - flush - 1)) Reach(cut, write, random);
                    Prove(life, cut, notes.Where(note => n == entries.Count || note.Before <= entries[n].End - entries[n].Bytes.Length - BlockLog.Sector).Select(note => note.What), end, $"after {n} of {entries.Count} writes, draw {draw}", states);
                }
            }
            states.Count.ShouldBeGreaterThan(Long ? 300 : 50, "cuts of many kinds were drawn");
            FaultTable.Write("Power cuts on the block device", $"""
                The same life on ext4, whose block device writes down each write and flush (QEMU's `blklogwrites`). The power is cut after each of them (in CI after every fourth, drawn), with any of the writes since the last flush lost, or there by some of their sectors; the kernel's own ext4 then mounts what is there, and the store is opened on it.
                {FaultTable.LastLong("Power cuts on the block device", $"{states.Count} different devices")}

                | | |
                |---|---|
                | the file system | mounted every time |
                | `check` after the start, and again after the day's end | green every time |
                | frames that were synced | there every time |
                | calls, receipts, orders, numbers | as in the life above |
                """);
        }
    }

    // Written or not, as a whole or some of its sectors: nothing is promised before a flush, but what was forced. ext4 asks one
    // thing of a device: that the block of its superblock is never torn.
    private static void Reach(byte[] device, BlockEntry write, Random random)
    {
        var kind = write.IsForced ? 0 : random.Next(write.At == 0 ? 2 : 3);
        for (var at = 0; at < write.Bytes.Length; at += BlockLog.Sector)
            if (kind == 0 || (kind == 2 && random.Next(2) == 0)) write.Bytes.AsSpan(at, BlockLog.Sector).CopyTo(device.AsSpan((int)write.At + at));
    }

    private static void Prove(VaultLife life, byte[] device, IEnumerable<string> notes, DateTimeOffset end, string what, HashSet<string> states)
    {
        var safe = notes.ToList();
        if (!states.Add($"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(device))} {safe.Count}")) return;
        var image = Path.GetTempFileName();
        try
        {
            using (var file = new FileStream(image, FileMode.Create))
            {
                file.SetLength(device.Length);
                for (var at = 0; at < device.Length; at += 4_096)
                    if (device.AsSpan(at, 4_096).ContainsAnyExcept((byte)0)) RandomAccess.Write(file.SafeFileHandle, device.AsSpan(at, 4_096), at);
            }
            using var mounted = new Mounted(image);
            life.Prove(mounted.Root, safe, end, what);
        }
        finally
        {
            File.Delete(image);
        }
    }
}

/// <summary>Alone: a process that another test starts holds our files from its fork to its exec, and nothing can be unmounted meanwhile.</summary>
[CollectionDefinition("mounts", DisableParallelization = true)]
public sealed class Mounts;
