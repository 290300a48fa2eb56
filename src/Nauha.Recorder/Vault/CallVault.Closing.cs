using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

// What becomes of a recording that an earlier life left open.
public sealed partial class CallVault
{
    /// <summary>Core and wrapped key: what is shorter holds nothing.</summary>
    private const int EmptyFile = 232;

    private void Close(JournalCall call)
    {
        var (entry, flagged) = Keys.Bundle.Keys.FirstOrDefault(k => k.Kid == call.Start.DayKid) is { } key ? (key, false) : (Keys.For(Now()).Entry, true);
        var ticket = new CallTicket(call.Call, call.Line, call.CallNumber, call.Started, entry, flagged, Path.Combine(_folder, Name(call.Day)));
        var path = FileOf(ticket.Folder, call.Call);
        if (!File.Exists(path))
        {
            Append(ticket, RecordKind.None, Ending.Failed(EndingCode.AudioLost), null, new RecordFacts());
            return;
        }
        if (Closes(call, ticket, path)) return;
        // What a receipt calls closed is another file than what could be read of it.
        if (call.EarlyReceipt is null && Rescue(path))
        {
            Rescued(call.CallNumber, call.Line.Number);
            if (Closes(call, ticket, path)) return;
        }
        Refused(call, ticket, path);
    }

    // Damaged, but not empty: it stays for people to look at, under another name, and its number is closed.
    private void Refused(JournalCall call, CallTicket ticket, string path)
    {
        _disk.Rename(path, path + Damage);
        _disk.SyncFolder(ticket.Folder);
        Append(ticket, RecordKind.None, Ending.Failed(EndingCode.AudioLost), null, new RecordFacts());
        Damaged(call.CallNumber, call.Line.Number);
    }

    // False: a place of the file cannot be read, and nothing has been done.
    private bool Closes(JournalCall call, CallTicket ticket, string path)
    {
        using var open = _disk.Open(path);
        using var file = new DiskStream(open);
        SalvageOutcome outcome;
        var isEmpty = false;
        try
        {
            // What a receipt calls closed is never salvaged: it is whole, or damaged.
            outcome = call.EarlyReceipt is null ? Salvage.Close(file, _identity.Signer) : Whole(file) is { Header: { } head, Facts: { } named } ? new SalvageOutcome.AlreadyClosed(head, named) : new SalvageOutcome.NothingWhole(FileFault.Truncated);
            isEmpty = outcome is SalvageOutcome.NothingWhole { Fault: FileFault.Truncated or FileFault.NotSealed } && call.EarlyReceipt is null && NothingBehindHead(file);
        }
        catch (IOException) when (file.IsUnreadable)
        {
            return false;
        }
        switch (outcome)
        {
            case SalvageOutcome.Done done:
                file.Flush();
                Append(ticket, RecordKind.End, Ending.Recorded, new(done.Facts.Sha256, done.Facts.Bytes, done.Facts.Frames, done.Facts.Closing), new RecordFacts());
                Salvaged(call.CallNumber, call.Line.Number, done.Facts.Frames, done.BytesCut);
                break;
            case SalvageOutcome.AlreadyClosed { Facts: var facts }:
                // The file was closed, its record was not written any more: the record says what stands there.
                file.Flush();
                Append(ticket, RecordKind.End, Ending.Recorded, new(facts.Sha256, facts.Bytes, facts.Frames, facts.Closing), new RecordFacts());
                break;
            case SalvageOutcome.NothingWhole when isEmpty:
                // Cut off before its head was whole: there is nothing in it.
                _disk.Delete(path);
                _disk.SyncFolder(ticket.Folder);
                Append(ticket, RecordKind.None, Ending.Failed(EndingCode.AudioLost), null, new RecordFacts());
                break;
            default:
                Refused(call, ticket, path);
                break;
        }
        return true;
    }

    private FileVerdict? Whole(DiskStream file)
    {
        var verdict = SealedFile.Verify(file, (id, _) => id == _identity.Signer.Id ? _identity.Signer.PublicPoint : null);
        return verdict.IsWhole ? verdict : null;
    }

    // Nothing but reserved space where frames would be.
    private static bool NothingBehindHead(DiskStream file)
    {
        Span<byte> some = stackalloc byte[4_096];
        file.Position = EmptyFile;
        for (int read; (read = file.Read(some)) > 0;)
            if (some[..read].ContainsAnyExcept((byte)0)) return false;
        return true;
    }

    // A recording that was left open, with a place in it that cannot be read: what lies before that place becomes the file, and
    // the whole of it keeps another name. False: nothing lies before.
    private bool Rescue(string path)
    {
        var beside = path + ".new";
        long length = 0;
        using (var from = _disk.OpenToRead(path))
        using (var to = _disk.Open(beside))
        {
            to.SetLength(0);
            var some = new byte[1 << 16];
            for (int read; (read = UpTo(from, some, length)) > 0; length += read) to.Write(some.AsSpan(0, read), length);
            to.Sync();
        }
        if (length <= EmptyFile)
        {
            _disk.Delete(beside);
            return false;
        }
        _disk.Link(path, path + Damage);
        _disk.Rename(beside, path);
        _disk.SyncFolder(Path.GetDirectoryName(path)!);
        return true;

        static int UpTo(IDiskFile file, byte[] some, long at)
        {
            try
            {
                return Disk.Read(file, some, at);
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    [LoggerMessage(EventId = 4104, Level = LogLevel.Error, Message = "Call {Number} of line {Line}: its sealed file is damaged and was set aside")]
    private partial void Damaged(ulong number, int line);

    [LoggerMessage(EventId = 4102, Level = LogLevel.Warning, Message = "Call {Number} of line {Line} was cut off; {Frames} frames are kept, {Bytes} bytes after them are not")]
    private partial void Salvaged(ulong number, int line, uint frames, long bytes);

    [LoggerMessage(EventId = 4117, Level = LogLevel.Error, Message = "Call {Number} of line {Line}: a place of its sealed file cannot be read. What lies before it is kept as the recording, and the file as it is beside it. Is the storage failing?")]
    private partial void Rescued(ulong number, int line);
}
