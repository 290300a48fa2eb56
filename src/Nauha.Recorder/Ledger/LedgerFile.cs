using LiteDB;
using LiteDB.Engine;
using Nauha.Format;

namespace Nauha.Recorder.Ledger;

/// <summary>
/// The ledger's file: LiteDB's engine over two streams, one collection, one index. The engine alone, without the mapper of
/// objects on top of it: that would compile regular expressions and keep them, for documents that are written by hand.
/// Of one thread.
/// </summary>
internal sealed class LedgerFile : IDisposable
{
    private const string Calls = "calls", Started = "startedMs";

    private readonly Stream _file, _log;
    private readonly LiteEngine _engine;

    /// <summary>Streams that are disposed of with it.</summary>
    /// <exception cref="LiteException">It is no such file. A damaged one throws anything.</exception>
    public LedgerFile(Stream file, Stream log)
    {
        (_file, _log) = (file, log);
        try
        {
            _engine = new LiteEngine(new EngineSettings { DataStream = file, LogStream = log });
            _engine.EnsureIndex(Calls, Started, "$." + Started, unique: false);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>On the flash: what is committed is synced.</summary>
    public static LedgerFile Open(string path)
    {
        var file = new SyncedStream(path);
        try
        {
            return new(file, new SyncedStream(path + "-log"));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="InvalidDataException">An entry is not what was written.</exception>
    public IEnumerable<LedgerCall> All() => Ask(new Query());

    /// <summary>Newest first.</summary>
    public IEnumerable<LedgerCall> Newest(int count) => Ask(new Query { OrderBy = "$." + Started, Order = Query.Descending, Limit = count });

    /// <summary>Oldest first.</summary>
    public IEnumerable<LedgerCall> Between(long fromMs, long untilMs, int most)
    {
        var query = new Query { OrderBy = "$." + Started, Limit = most };
        query.Where.Add(Query.GTE("$." + Started, fromMs));
        query.Where.Add(Query.LT("$." + Started, untilMs));
        return Ask(query);
    }

    public void Put(LedgerCall call) => _engine.Upsert(Calls, [call.ToDocument()], BsonAutoId.ObjectId);

    public void Remove(CallId call) => _engine.Delete(Calls, [call.ToString()]);

    public void Begin() => _engine.BeginTrans();

    public void Commit() => _engine.Commit();

    public void Checkpoint() => _engine.Checkpoint();

    public void Dispose()
    {
        try
        {
            _engine.Dispose();
        }
        finally
        {
            Release();
        }
    }

    private IEnumerable<LedgerCall> Ask(Query query)
    {
        using var reader = _engine.Query(Calls, query);
        while (reader.Read()) yield return LedgerCall.Read(reader.Current.AsDocument);
    }

    private void Release()
    {
        _file.Dispose();
        _log.Dispose();
    }
}
