using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Ledger;

/// <summary>
/// The index of calls on the box: a cache over the vault, in LiteDB, that may be deleted at any time. One thread owns it;
/// on any doubt the file is set aside and made anew from the vault, while recording goes on. Written at a call's start, at
/// its end and at its receipt, never per second, and never waited for.
/// </summary>
public sealed partial class CallLedger : IDisposable
{
    private const int Batch = 500;      // calls a commit when much is to be written: the log stays small
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(10);

    private readonly Dictionary<CallId, LedgerCall> _written = [];
    private HashSet<CallId> _lost = [];
    private readonly string _path;
    private readonly CallVault _vault;
    private readonly ILogger _log;
    private readonly BlockingCollection<Action> _work = new(1_024);
    private readonly Thread _owner;
    private LedgerFile? _calls;
    private long _seen = -1, _triedAt;
    private int _forgotten, _following;
    private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CallLedger(string data, CallVault vault, ILogger log)
    {
        (_path, _vault, _log) = (PathOf(data), vault, log);
        _owner = new Thread(Own) { IsBackground = true, Name = "ledger" };
        _owner.Start();
    }

    public static string PathOf(string data) => Path.Combine(data, "ledger.db");

    /// <summary>Commits since the start.</summary>
    public long Commits { get; private set; }

    /// <summary>It could not be written and is not in use; the vault knows everything, and it is tried again.</summary>
    public bool IsBroken => _calls is null;

    /// <summary>Returns at once: opening, checking and, where need be, making it anew are the owner's work.</summary>
    public static CallLedger Open(string data, CallVault vault, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(vault);
        var ledger = new CallLedger(data, vault, log);
        ledger._work.Add(ledger.OpenOrRemake);
        vault.Changed += ledger.Follow;
        return ledger;
    }

    /// <summary>The vault knows of every number that stands in the index. Before it no call should get one: a start waits for it a little.</summary>
    public Task Looked => _looked.Task;

    /// <summary>All calls, oldest first.</summary>
    public Task<List<LedgerCall>> ListAsync() => Ask(() => _calls!.All().OrderBy(c => c.StartedMs).ThenBy(c => c.Line.Number).ThenBy(c => c.CallNumber).ToList());

    /// <summary>The newest calls, newest first.</summary>
    public Task<List<LedgerCall>> NewestAsync(int count) => Ask(() => _calls!.Newest(count).ToList());

    /// <summary>Calls that began from one moment up to, not including, another; oldest first.</summary>
    /// <param name="most">Not more than so many.</param>
    public Task<List<LedgerCall>> BetweenAsync(long fromMs, long untilMs, int most = 1_000) => Ask(() => _calls!.Between(fromMs, untilMs, most).ToList());

    /// <summary>Makes the index anew from the vault's journals. Calls of which nothing but the index knows are carried over: no other trace of them is left.</summary>
    /// <param name="progress">Calls written, of all.</param>
    /// <returns>Calls indexed.</returns>
    public Task<int> ReindexAsync(IProgress<(int Done, int Of)>? progress = null) => Ask(() =>
    {
        var alone = _vault.Read(index => _written.Values.Where(call => index.Find(call.Call) is null).ToList());
        Close();
        Remove();
        Begin();
        foreach (var call in alone)
        {
            _calls!.Put(call);
            _written[call.Call] = call;
        }
        Fill(progress);
        return _written.Count;
    });

    /// <summary>What the index on the disk says otherwise than the vault, in sentences; nothing is written. Only while no recorder has it open.</summary>
    public static IReadOnlyList<string> Differences(string data, CallVault vault)
    {
        ArgumentNullException.ThrowIfNull(vault);
        if (!File.Exists(PathOf(data))) return ["The index of calls is missing."];
        try
        {
            var there = new Dictionary<CallId, LedgerCall>();
            using (var file = Copy(PathOf(data)))
            using (var journal = Copy(PathOf(data) + "-log"))
            using (var written = new LedgerFile(file, journal))
                foreach (var call in written.All()) there[call.Call] = call;
            var calls = vault.Read(index => index.Calls.Select(LedgerCall.Of).ToList());
            var missing = calls.Count(call => !there.ContainsKey(call.Call));
            var other = calls.Count(call => there.TryGetValue(call.Call, out var known) && call.IsNewsAgainst(known));
            return [.. new[] { (missing, "calls are missing in the index."), (other, "calls stand otherwise in the index.") }.Where(f => f.Item1 > 0).Select(f => $"{f.Item1} {f.Item2}"), .. Alone(there.Values, calls, vault)];
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return [$"The index of calls cannot be read: {e.Message}"];   // a damaged file throws anything
        }
    }

    // No repair takes these away: that the vault has lost a call stands nowhere else.
    private static IEnumerable<string> Alone(IEnumerable<LedgerCall> there, List<LedgerCall> calls, CallVault vault)
    {
        var known = calls.Select(call => call.Call).ToHashSet();
        return there.Where(call => !known.Contains(call.Call) && !IsAccountedFor(call, vault)).OrderBy(call => call.Line.Number).ThenBy(call => call.CallNumber)
            .Select(call => $"Line {call.Line.Number}, call {call.CallNumber}: it is in the index alone, and its records are not in the vault. Compare with central, and keep an image of the card; the entry goes with its day.");
    }

    // By law 9 its day is gone, and with it what the vault knew; or central, which has it, said that this box has lost it.
    private static bool IsAccountedFor(LedgerCall call, CallVault vault) => IsOver(call, vault.Now()) || vault.Read(index => index.IsAtCentral(call.Line.Number, call.CallNumber));

    private static bool IsOver(LedgerCall call, TimeMark now) =>
        now.UncertaintyMs != BoxClock.Doubtful && now.UnixMs >= RetentionPeriod.DestroyMs(RetentionPeriod.DayOf(call.StartedMs, RetentionPeriod.Zone), RetentionPeriod.Zone);

    private static MemoryStream Copy(string path)
    {
        var copy = new MemoryStream();
        if (!File.Exists(path)) return copy;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }

    // The vault rings for every change, on the thread that records: one fill that waits is enough.
    private void Follow()
    {
        if (Interlocked.Exchange(ref _following, 1) == 1 || _work.IsAddingCompleted) return;
        if (!_work.TryAdd(() =>
        {
            Interlocked.Exchange(ref _following, 0);
            if (_calls is null && Environment.TickCount64 - _triedAt < BetweenTries.TotalMilliseconds) return;
            if (_calls is null) OpenOrRemake();
            else Guarded(Fill);
        })) Interlocked.Exchange(ref _following, 0);
    }

    private void Own()
    {
        foreach (var act in _work.GetConsumingEnumerable()) act();
        Close();
    }

    private Task<T> Ask<T>(Func<T> act)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                if (_calls is null) OpenOrRemake();
                done.SetResult(_calls is null ? throw new IOException("it could be neither opened nor made") : act());
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(new VaultException($"{_path} cannot be used: {e.Message}. It is only an index: delete it, or run `nauha-recorder reindex`.", e));
            }
        });
        return done.Task;
    }

    private void OpenOrRemake()
    {
        _triedAt = Environment.TickCount64;
        try
        {
            Begin();
            foreach (var call in _calls!.All()) _written[call.Call] = call;
            _vault.SeenInIndex(_written.Values.Select(call => (call.Line, call.CallNumber)));
            _looked.TrySetResult();
            Fill();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Any doubt will do, and a damaged file throws anything: what is in it can be had from the vault.
            Doubted(e.Message);
            Guarded(() =>
            {
                Close();
                if (File.Exists(_path)) File.Move(_path, _path + ".doubted", overwrite: true);
                Remove();
                Begin();
                Fill();
            });
        }
        finally
        {
            _looked.TrySetResult();
        }
    }

    // Not even anew: the disk is full or failing. The recorder goes on without it.
    private void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Broken(e.Message);
            Close();
            _written.Clear();
        }
    }

    private void Begin()
    {
        (_calls, _seen) = (LedgerFile.Open(_path), -1);
    }

    // What differs from what was written is told from memory, without asking the database; the vault is held for the list alone.
    private void Fill() => Fill(null);

    private void Fill(IProgress<(int Done, int Of)>? progress)
    {
        var (version, forgotten, calls) = _vault.Read(index => (index.Version, index.ForgottenDays, index.Calls.Where(c => c.Version > _seen).Select(LedgerCall.Of).ToList()));
        var gone = _seen < 0 || forgotten != _forgotten ? Gone() : [];
        var changed = calls.Where(c => _written.GetValueOrDefault(c.Call) != c).ToList();
        // A call whose moment alone became another (it was picked up) waits for its end: it is no news by itself.
        if (gone.Count > 0 || changed.Any(c => c.IsNewsAgainst(_written.GetValueOrDefault(c.Call))))
        {
            var done = 0;
            foreach (var some in changed.Chunk(Batch).DefaultIfEmpty([]))
            {
                _calls!.Begin();
                foreach (var call in some) _calls!.Put(call);
                foreach (var call in gone) _calls!.Remove(call);
                _calls.Commit();
                Commits++;
                foreach (var call in some) _written[call.Call] = call;
                foreach (var call in gone) _written.Remove(call);
                gone = [];
                progress?.Report((done += some.Length, changed.Count));
            }
            if (changed.Count > Batch) _calls!.Checkpoint();
            _seen = version;
        }
        _forgotten = forgotten;
    }

    // Calls of days that are destroyed: of those the index keeps nothing that the vault has not. A call that is missing there
    // before its time is no such thing: it stays, and is said.
    private List<CallId> Gone()
    {
        var now = _vault.Now();
        var missing = _vault.Read(index => _written.Values.Where(call => index.Find(call.Call) is null).ToList());
        // What is missing at the opening and is not over was lost; what goes after that, the vault's own sweep has taken.
        if (_seen < 0) _lost = [.. missing.Where(call => !IsOver(call, now)).Select(call => call.Call)];
        if (_seen < 0 && missing.Count(call => !IsAccountedFor(call, _vault)) is > 0 and var alone) Alone(alone);
        return [.. missing.Where(call => !_lost.Contains(call.Call) || IsOver(call, now)).Select(call => call.Call)];
    }

    private void Close()
    {
        try
        {
            _calls?.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Doubted(e.Message);   // it is set aside or remade at the next start
        }
        _calls = null;
    }

    private void Remove()
    {
        _written.Clear();
        File.Delete(_path);
        File.Delete(_path + "-log");
    }

    public void Dispose()
    {
        if (!_owner.IsAlive) return;
        _vault.Changed -= Follow;
        _work.CompleteAdding();
        _owner.Join();
        _work.Dispose();
    }

    [LoggerMessage(EventId = 4501, Level = LogLevel.Warning, Message = "The index of calls is in doubt and is made anew from the vault: {Why}")]
    private partial void Doubted(string why);

    [LoggerMessage(EventId = 4503, Level = LogLevel.Error, Message = "{Count} calls are in the index alone: their records are not in the vault any more. Was the vault set back, or is the storage failing? nauha-recorder check names them")]
    private partial void Alone(int count);

    [LoggerMessage(EventId = 4502, Level = LogLevel.Error, Message = "The index of calls cannot be written, and the recorder goes on without it: {Why}")]
    private partial void Broken(string why);
}
