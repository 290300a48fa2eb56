using Nauha.Format;

namespace Nauha.Recorder.Vault;

// What central says of calls: receipts, and orders.
public sealed partial class CallVault
{
    /// <summary>Writes a verified receipt beside the day's journal, synced, before anything is freed by it.</summary>
    public void Receipted(Receipt receipt, byte[] envelope)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        Locked(() =>
        {
            // Beside what it is about, so that both go with one day. A record's that was receipted before says nothing new; one's
            // that is not here is central's to remember.
            if (receipt.What == ReceiptSubject.Record && receipt.StoreEpoch <= _index.StoreEpoch && _index.Unsent(receipt.Sha256) is null) return;
            var day = _index.Unsent(receipt.Sha256)?.Day ?? (receipt.Call is { } call && _index.Find(call) is { } known ? known.Day : Keys.For(Now()).Entry.Day);
            AppendEntry(Path.Combine(DayFolder(day), "receipts"), envelope);
            _index.Receipted(receipt, Now().UnixMs);
        });
        Changed?.Invoke();
    }

    /// <summary>Carries out a verified order of central; the order itself is kept beside today's journal.</summary>
    /// <returns>Null: done; else why not, in words.</returns>
    public string? Obey(Order order, byte[] envelope)
    {
        ArgumentNullException.ThrowIfNull(order);
        lock (_one)
        {
            if (order is Order.Destroy { Call: var open } && _open.ContainsKey(open)) return "the call is still being recorded";
            if (order is Order.Continue { Seq: var end } && end <= _index.LastSeq) return "this box is further than that";
            AppendEntry(Path.Combine(DayFolder(Keys.For(Now()).Entry.Day), "receipts"), envelope);
            Remember(order);
            // First why, then the deed: what a power cut leaves undone the next start does.
            if (order is Order.Destroy { Call: var call }) Destroy(call);
        }
        Changed?.Invoke();
        return null;
    }

    private void Destroy(CallId call)
    {
        if (_index.Find(call) is not { } known) return;
        var path = FileOf(Path.Combine(_folder, Name(known.Day)), call);
        foreach (var there in new[] { path, path + Damage }.Where(File.Exists)) Delete(there);
        _freed.Add(call);
    }

    private void Delete(string path)
    {
        try
        {
            Disk.Twice(() =>
            {
                _disk.Delete(path);
                _disk.SyncFolder(Path.GetDirectoryName(path)!);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"{path} cannot be deleted: {e.Message}. Is the storage failing?", e);
        }
    }
}
