using System.Globalization;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

// How a record comes into its day's journal: signed, chained, at the place behind the last good one, synced.
public sealed partial class CallVault
{
    private void Append(CallTicket ticket, RecordKind kind, Ending? ending, RecordedFile? recording, RecordFacts facts)
    {
        var seq = _index.LastSeq + 1;
        AppendRecord(ticket.Day.Day, new()
        {
            Fleet = _identity.Fleet,
            Appliance = _identity.Appliance,
            Seq = seq,
            Prev = _index.LastHash,
            Kind = kind,
            Call = ticket.Call,
            Line = ticket.Line,
            CallNumber = ticket.CallNumber,
            Started = Corrected(ticket.Call, ticket.Started),
            DayKid = ticket.Day.Kid,
            Ending = ending,
            Recording = recording,
            Simulated = _simulated,
            Sealed = facts.Seal(ticket.Day.PublicKey, _identity.Fleet, _identity.Appliance, ticket.Call, kind, seq),
        });
    }

    private void AppendRecord(DateOnly day, CallRecord record)
    {
        var payload = record.ToPayload();
        var envelope = Envelope.Seal(PayloadTypes.Record, payload, _identity.Signer);
        var path = Path.Combine(DayFolder(day), "records");
        AppendEntry(path, envelope);
        _index.Add(day, (path, _journals[path].End - envelope.Length - 4, envelope.Length), _own, payload, record);
        Changed?.Invoke();
    }

    // Where the last good entry ends is known, not asked of the file: what a failed write left behind it is overwritten,
    // for behind half an entry no later one would ever be read.
    private void AppendEntry(string path, byte[] envelope)
    {
        try
        {
            if (_aside.TryGetValue(path, out var aside))
            {
                aside();
                _aside.Remove(path);
            }
            Disk.Twice(() => Write(JournalCodec.Entry(envelope)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"{path} cannot be written: {e.Message}. Is the storage full or failing?", e);
        }

        void Write(byte[] entry)
        {
            using var file = _disk.Open(path);
            if (!_journals.TryGetValue(path, out var journal)) _journals[path] = journal = new();
            var end = Math.Min(journal.End, file.Length);
            try
            {
                file.Write(entry, end);
                file.Sync();
                if (end == 0) _disk.SyncFolder(Path.GetDirectoryName(path)!);
            }
            catch (IOException)
            {
                file.SetLength(end);
                throw;
            }
            journal.Take(end, entry);
        }
    }

    private string DayFolder(DateOnly day)
    {
        var folder = Path.Combine(_folder, Name(day));
        if (_durable.Contains(folder)) return folder;
        try
        {
            Disk.Twice(() =>
            {
                _disk.CreateFolder(folder);
                _disk.SyncFolder(_folder);
            });
            _durable.Add(folder);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"{folder} cannot be made: {e.Message}. Is the storage full or failing?", e);
        }
    }

    internal static string Name(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
