using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

// What goes from the flash, and when: what central has, by age and for room; everything, when law 9 says so.
public sealed partial class CallVault
{
    private readonly HashSet<CallId> _freed = [];      // of these there is no file any more
    private readonly HashSet<CallId> _mismatched = []; // receipted, but the file is another: it stays
    private const string Going = ".going";

    private FlashLevel _level;

    /// <summary>How full the flash was after the last sweep: what could go was gone.</summary>
    public FlashLevel FlashLevel => _level;

    /// <summary>How long a local copy is kept after its receipt, where there is room.</summary>
    public TimeSpan KeepFor { get; set; } = KeepAfterReceipt;

    /// <summary>
    /// Deletes local copies whose keep time is over and, where the flash is too full, more of them, oldest first; and days
    /// whose key is destroyed. What central has no receipt for never goes before that day; then it ends as expired-unsent:
    /// that is written, synced, before it goes.
    /// </summary>
    /// <returns>How many went unsent.</returns>
    public int Sweep()
    {
        Endures("the vault cannot be counted", Room.Count);
        var now = Now();
        var doubtful = now.UncertaintyMs == BoxClock.Doubtful;   // without a clock nothing is old
        if (!doubtful)
        {
            var at = DateTimeOffset.FromUnixTimeMilliseconds(now.UnixMs);
            foreach (var call in Copies(receipted => at - receipted > KeepFor)) Free(call);
        }
        if (Room.UsedPercent >= FlashRoom.HighPercent)
            foreach (var call in Copies(_ => true))
                if (Free(call) && Room.UsedPercent < FlashRoom.HighPercent) break;
        var unsent = doubtful ? 0 : SweepDays(now);
        // With room made, or a disk that works again: what the start could not do.
        Locked(() =>
        {
            Undo();
            CloseOpen(_unclosed);
        });
        MarkDays();
        Tell(Room.Level);
        return unsent;
    }

    // What central has and what is still here, oldest first.
    private List<JournalCall> Copies(Func<DateTimeOffset, bool> which)
    {
        lock (_one) return [.. _index.Calls.Where(c => c.Receipted is { } receipted && !_freed.Contains(c.Call) && !_mismatched.Contains(c.Call) && which(receipted)).OrderBy(c => c.Start.Seq)];
    }

    // The file is read outside the lock: other calls want their numbers meanwhile.
    private bool Free(JournalCall call)
    {
        var path = FileOf(call);
        var still = false;
        // One that cannot be read is not known to be what the receipt names: it stays until its day is over.
        if (path is not null && !Endures($"the copy of call {call.CallNumber} of line {call.Line.Number} cannot be read", () => still = IsStill(path, call))) still = false;
        lock (_one)
        {
            if (path is null) _freed.Add(call.Call);
            else if (!still) _mismatched.Add(call.Call);
            if (!still || call.Receipted is null) return false;   // a newer store of central's may have voided it
            if (!Endures($"the copy of call {call.CallNumber} of line {call.Line.Number} cannot be deleted", () => Delete(path!))) return false;
            _freed.Add(call.Call);
            Room.Freed(call.Recording!.Bytes);
            return true;
        }
    }

    private int SweepDays(TimeMark now)
    {
        var (unsent, gone) = (0, 0);
        lock (_one)
        {
            FinishGoing();
            foreach (var folder in Directory.EnumerateDirectories(_folder))
            {
                if (!TryDayOf(folder, out var day)) continue;
                if (now.UnixMs < DestroyMs(day)) continue;
                if (Endures($"{Path.GetFileName(folder)}, whose time is over, cannot be destroyed", () => Destroy(day, folder))) gone++;
            }
            if (gone > 0) FinishGoing();
        }
        if (gone > 0) Changed?.Invoke();
        if (unsent > 0) ExpiredUnsent(unsent);
        return unsent;

        void Destroy(DateOnly day, string folder)
        {
            Expire(day, folder, ref unsent);
            foreach (var call in _index.Calls.Where(c => c.Day == day)) _freed.Remove(call.Call);
            _index.Forget(day);
            VaultState.Write(_disk, _data, _index);
            // Away as a whole: a day of which the receipts alone are left, or the records alone, would tell what is not so.
            _disk.Rename(folder, folder + Going);
            _disk.SyncFolder(_folder);
            _durable.Remove(folder);
            foreach (var path in _journals.Keys.Where(p => Path.GetDirectoryName(p) == folder).ToList())
                if (_journals.Remove(path, out var journal)) journal.Dispose();
        }
    }

    // What central signed with the day's key, as long as the bundle has it; never later than the notice says.
    private long DestroyMs(DateOnly day) => Math.Min(RetentionPeriod.DestroyMs(day, RetentionPeriod.Zone), Keys.Bundle.Keys.FirstOrDefault(key => key.Day == day)?.DestroyMs ?? long.MaxValue);

    private void Expire(DateOnly day, string folder, ref int unsent)
    {
        try
        {
            Expire(day, ref unsent);
        }
        catch (VaultException e) when (e.IsFull)
        {
            // Not a byte is left to say it in: the audio goes first. It had to go now, and makes the room.
            foreach (var file in Directory.EnumerateFiles(folder, "*.nauha*")) _disk.Delete(file);
            Expire(day, ref unsent);
        }
    }

    // Days that were taken away, deleted file by file; a power cut in between leaves the rest to the next start.
    private void FinishGoing()
    {
        foreach (var folder in Directory.EnumerateDirectories(_folder, "*" + Going))
            Endures($"{Path.GetFileName(folder)} cannot be deleted", () =>
            {
                foreach (var file in Directory.EnumerateFiles(folder)) _disk.Delete(file);
                foreach (var other in Directory.EnumerateDirectories(folder)) Directory.Delete(other, recursive: true);   // none of ours
                _disk.DeleteFolder(folder);
                _disk.SyncFolder(_folder);
            });
    }

    // Into today's journal, for the day's own goes with it: the number and how it ended, nothing else.
    private void Expire(DateOnly day, ref int unsent)
    {
        var silent = _index.UnsentRecords().Select(r => r.Call).ToHashSet();
        var calls = _index.Calls.Where(c => c.Day == day && c.Ending?.What != EndingKind.ExpiredUnsent && !c.IsDestroyed && ((c.Recording is not null && c.Receipted is null) || silent.Contains(c.Call))).ToList();
        foreach (var call in calls)
        {
            var (today, flagged) = Keys.For(Now());
            Append(new CallTicket(call.Call, call.Line, call.CallNumber, call.Started, today, flagged, DayFolder(today.Day)), RecordKind.Amend, Ending.ExpiredUnsent, null, new RecordFacts());
            unsent++;
        }
    }

    // Said once when it changes, louder the worse it is.
    private void Tell(FlashLevel level)
    {
        if (level == _level) return;
        var (before, percent) = (_level, Room.UsedPercent);
        _level = level;
        if (level == FlashLevel.Full) Full(Room.FreeBytes);
        else if (level == FlashLevel.VeryHigh) VeryHigh(percent);
        else if (level == FlashLevel.High && before == FlashLevel.Good) High(percent);
        else Roomier(percent);
    }

    // A receipt frees the file that it names, as it lies here now, and no other.
    private bool IsStill(string path, JournalCall call)
    {
        using var open = _disk.OpenToRead(path);
        using var file = new DiskStream(open);
        return System.Security.Cryptography.SHA256.HashData(file).AsSpan().SequenceEqual(call.Recording!.Sha256);
    }

    [LoggerMessage(EventId = 4103, Level = LogLevel.Error, Message = "{Count} recordings reached the end of their time without a receipt and were destroyed")]
    private partial void ExpiredUnsent(int count);

    [LoggerMessage(EventId = 4106, Level = LogLevel.Warning, Message = "The flash is {Percent} % full, and central has nothing more of what lies there: fix the way to central")]
    private partial void High(int percent);

    [LoggerMessage(EventId = 4107, Level = LogLevel.Error, Message = "The flash is {Percent} % full, and central has nothing more of what lies there: soon calls cannot be recorded")]
    private partial void VeryHigh(int percent);

    [LoggerMessage(EventId = 4108, Level = LogLevel.Error, Message = "The flash is full, {Bytes} bytes are free: calls are numbered and not recorded until there is room")]
    private partial void Full(long bytes);

    [LoggerMessage(EventId = 4109, Level = LogLevel.Information, Message = "There is more room on the flash again: {Percent} % are used")]
    private partial void Roomier(int percent);
}
