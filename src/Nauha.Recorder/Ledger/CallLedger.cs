using System.Collections.Concurrent;
using System.Security.Cryptography;
using LiteDB;
using Microsoft.Extensions.Logging;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Ledger;

/// <summary>One call as the ledger shows it. Nothing personal: what is sealed stays in the vault.</summary>
public sealed record LedgerCall(CallId Call, LineId Line, ulong CallNumber, long StartedMs, string Outcome, string? Code, long Bytes, long? ReceiptedMs);

/// <summary>
/// The index of calls on the box: a cache over the vault, in LiteDB, that may be deleted at any time. One thread owns it;
/// on any doubt the file is set aside and made anew from the vault. Written at a call's start, at its end and at its
/// receipt, never per second.
/// </summary>
public sealed partial class CallLedger : IDisposable
{
    private static readonly string[] Checked = ["_id", "line", "number", "startedMs", "outcome", "code", "bytes", "receiptedMs"];

    private readonly Dictionary<CallId, string> _written = [];
    private readonly string _path;
    private readonly CallVault _vault;
    private readonly ILogger _log;
    private readonly BlockingCollection<Action> _work = new(1_024);
    private readonly Thread _owner;
    private SyncedStream? _file, _journal;
    private LiteDatabase? _database;
    private ILiteCollection<BsonDocument>? _calls;

    private CallLedger(string data, CallVault vault, ILogger log)
    {
        (_path, _vault, _log) = (PathOf(data), vault, log);
        _owner = new Thread(Own) { IsBackground = true, Name = "ledger" };
        _owner.Start();
    }

    public static string PathOf(string data) => Path.Combine(data, "ledger.db");

    /// <summary>Entries that found the queue full; the next reindex brings them in.</summary>
    public long Dropped { get; private set; }

    public static CallLedger Open(string data, CallVault vault, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(vault);
        var ledger = new CallLedger(data, vault, log);
        ledger.Ask(ledger.OpenOrRemake).GetAwaiter().GetResult();
        vault.Changed += ledger.Follow;
        return ledger;
    }

    /// <summary>All calls, oldest first.</summary>
    public Task<List<LedgerCall>> ListAsync() => Ask(() => _calls!.FindAll().Select(Read).OrderBy(c => c.StartedMs).ToList());

    /// <summary>Makes the index anew from the vault's journals.</summary>
    /// <returns>Calls indexed.</returns>
    public Task<int> ReindexAsync() => Ask(() =>
    {
        Close();
        Remove();
        Begin();
        return Fill();
    });

    // The vault rings for every change: what differs from the index is written, in one go.
    private void Follow()
    {
        if (!_work.IsAddingCompleted && !_work.TryAdd(() => Fill())) Dropped++;
    }

    private void Own()
    {
        foreach (var act in _work.GetConsumingEnumerable()) act();
        Close();
    }

    private Task<bool> Ask(Action act) => Ask(() =>
    {
        act();
        return true;
    });

    private Task<T> Ask<T>(Func<T> act)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(act());
            }
            catch (Exception e) when (e is LiteException or IOException)
            {
                done.SetException(new VaultException($"{_path} cannot be used: {e.Message}. It is only an index: delete it, or run `nauha-recorder reindex`.", e));
            }
        });
        return done.Task;
    }

    private void OpenOrRemake()
    {
        try
        {
            Begin();
            foreach (var document in _calls!.FindAll())
            {
                if (document["check"].AsString != Check(document) || !CallId.TryParse(document["_id"].AsString, out var call)) throw new InvalidDataException("an entry does not have its checksum");
                _written[call] = document["check"].AsString;
            }
            Fill();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Any doubt will do, and a damaged file throws anything: what is in it can be had from the vault.
            Doubted(e.Message);
            Close();
            if (File.Exists(_path)) File.Move(_path, _path + ".doubted", overwrite: true);
            Remove();
            Begin();
            Fill();
        }
    }

    private void Begin()
    {
        _file = new(_path);
        _journal = new(_path + "-log");
        _database = new LiteDatabase(_file, null, _journal);
        _calls = _database.GetCollection("calls");
    }

    private int Fill()
    {
        // The vault is held for the list alone; what is written is told from what was, without asking the database.
        var calls = _vault.Read(index => index.Calls.ToList());
        var changed = calls.Select(call => (call.Call, Document: Document(call))).Where(c => _written.GetValueOrDefault(c.Call) != c.Document["check"].AsString).ToList();
        if (changed.Count == 0) return calls.Count;
        _database!.BeginTrans();
        foreach (var (_, document) in changed) _calls!.Upsert(document);
        _database.Commit();
        foreach (var (call, document) in changed) _written[call] = document["check"].AsString;
        return calls.Count;
    }

    private static BsonDocument Document(JournalCall call)
    {
        var document = new BsonDocument
        {
            ["_id"] = call.Call.ToString(),
            ["line"] = call.Line.Number,
            ["number"] = (long)call.CallNumber,
            ["startedMs"] = call.Started.UnixMs,
            ["outcome"] = call.Ending?.What.Word() ?? "open",
            ["code"] = call.Ending?.Code?.Word(),
            ["bytes"] = call.Recording?.Bytes ?? 0,
            ["receiptedMs"] = call.Receipted?.ToUnixTimeMilliseconds() is { } ms ? new BsonValue(ms) : BsonValue.Null,
        };
        document["check"] = Check(document);
        return document;
    }

    // LiteDB's log pages have no checksum of their own: each entry brings one.
    private static string Check(BsonDocument document) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('|', Checked.Select(key => document[key].RawValue?.ToString() ?? "")))))[..16];

    private static LedgerCall Read(BsonDocument document) => new(
        CallId.TryParse(document["_id"].AsString, out var call) ? call : default, new(document["line"].AsInt32), (ulong)document["number"].AsInt64, document["startedMs"].AsInt64,
        document["outcome"].AsString, document["code"].IsNull ? null : document["code"].AsString, document["bytes"].AsInt64, document["receiptedMs"].IsNull ? null : document["receiptedMs"].AsInt64);

    private void Close()
    {
        try
        {
            _database?.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Doubted(e.Message);   // it is set aside or remade at the next start
        }
        _file?.Dispose();
        _journal?.Dispose();
        (_database, _calls, _file, _journal) = (null, null, null, null);
    }

    private void Remove()
    {
        _written.Clear();
        File.Delete(_path);
        File.Delete(_path + "-log");
    }

    public void Dispose()
    {
        _vault.Changed -= Follow;
        _work.CompleteAdding();
        _owner.Join();
        _work.Dispose();
    }

    [LoggerMessage(EventId = 4501, Level = LogLevel.Warning, Message = "The index of calls is in doubt and is made anew from the vault: {Why}")]
    private partial void Doubted(string why);
}
