using System.Globalization;
using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>
/// The truth on flash: sealed recordings and the journal of signed call records, a folder a key day, so that one folder
/// dies with one key. A call gets its number here, synced, before anything acts on it.
/// </summary>
public sealed partial class CallVault : IDisposable
{
    public static readonly TimeSpan KeepAfterReceipt = TimeSpan.FromDays(7);

    private readonly string _folder;
    private readonly string _data;
    private readonly BoxIdentity _identity;
    private readonly TimeProvider _time;
    private readonly bool _simulated;
    private readonly ILogger _log;
    private readonly Lock _one = new();
    private readonly JournalIndex _index = new();
    private readonly Dictionary<CallId, SealedCall> _open = [];

    private CallVault(string data, BoxIdentity identity, DayKeys keys, bool simulated, TimeProvider time, ILogger log)
    {
        (_data, _folder) = (data, FolderOf(data));
        Room = new(data);
        (_identity, Keys, _simulated, _time, _log) = (identity, keys, simulated, time, log);
    }

    public static string FolderOf(string data) => Path.Combine(data, "vault");

    public DayKeys Keys { get; }

    public BoxIdentity Identity => _identity;

    public FlashRoom Room { get; set; }

    public bool Simulated => _simulated;

    /// <summary>Something was written or receipted: those who carry it on may look.</summary>
    public event Action? Changed;

    /// <summary>Reads the journals, cuts a torn entry, closes what was left open, says since when nobody could account.</summary>
    /// <exception cref="VaultException">The vault cannot be read or written.</exception>
    public static CallVault Open(string data, BoxIdentity identity, bool simulated, TimeProvider time, ILogger log, bool readOnly = false)
    {
        ArgumentNullException.ThrowIfNull(identity);
        try
        {
            var vault = new CallVault(data, identity, DayKeys.Load(identity), simulated, time, log);
            Disk.CreateFolder(data);
            Disk.CreateFolder(vault._folder);
            VaultState.Read(data, vault._index);
            vault.ReadJournals(cut: !readOnly);
            if (!readOnly) vault.Recover();
            return vault;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"The vault in {data} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Looks at the index while nothing changes it. Materialise what you take away.</summary>
    public T Read<T>(Func<JournalIndex, T> look)
    {
        ArgumentNullException.ThrowIfNull(look);
        lock (_one) return look(_index);
    }

    /// <summary>The present moment as this box knows it: never before the newest thing it has seen.</summary>
    public TimeMark Now()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var floor = Math.Max(Math.Max(_identity.EnrolledMs, Keys.Bundle.IssuedMs), _index.NewestMs);
        return now >= floor - 5_000 ? SystemClock.Mark(Math.Max(now, 0)) : new(floor, ClockSource.None, uint.MaxValue);
    }

    /// <summary>Gives a call its number: the start record is in the journal, synced, when this returns.</summary>
    public CallTicket Start(LineId line, Direction? direction)
    {
        lock (_one)
        {
            var now = Now();
            var (day, flagged) = Keys.For(now);
            var folder = DayFolder(day.Day);
            var ticket = new CallTicket(CallId.Next(), line, _index.NextNumber(line), now, day, flagged, folder);
            Append(ticket, RecordKind.Start, null, null, new RecordFacts { Direction = direction });
            return ticket;
        }
    }

    public void Amend(CallTicket ticket, RecordFacts facts) => Locked(() => Append(ticket, RecordKind.Amend, null, null, facts));

    /// <summary>Creates the call's sealed file.</summary>
    public SealedCall BeginRecording(CallTicket ticket, StreamInfo stream)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        var header = new SealedHeader(_identity.Fleet, _identity.Appliance, ticket.Call, ticket.Line, ticket.CallNumber, ticket.Started, ticket.Day.Kid);
        var recording = new SealedCall(FileOf(ticket.Folder, ticket.Call), new SealedFileWriter(header, ticket.Day.PublicKey, stream, _identity.Signer));
        lock (_one) _open[ticket.Call] = recording;
        return recording;
    }

    /// <summary>Closes the call's number: <c>end</c> with audio, <c>none</c> without.</summary>
    public void End(CallTicket ticket, Ending ending, SealedFileFacts? recording, RecordFacts facts)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        Locked(() =>
        {
            _open.Remove(ticket.Call);
            Append(ticket, recording is null ? RecordKind.None : RecordKind.End, ending, recording is null ? null : new(recording.Sha256, recording.Bytes, recording.Frames, recording.Closing), facts);
        });
        Changed?.Invoke();
    }

    /// <summary>An interval of which this box cannot say whether there were calls.</summary>
    public void Blind(LineId line, long fromMs, long untilMs, EndingCode code) => Locked(() =>
    {
        var now = Now();
        var (day, _) = Keys.For(now);
        AppendRecord(day.Day, new()
        {
            Fleet = _identity.Fleet,
            Appliance = _identity.Appliance,
            Seq = _index.LastSeq + 1,
            Prev = _index.LastHash,
            Kind = RecordKind.Blind,
            Line = line,
            Started = now,
            DayKid = day.Kid,
            Simulated = _simulated,
            BlindFromMs = fromMs,
            BlindUntilMs = Math.Max(fromMs, untilMs),
            BlindCode = code,
        });
    });

    /// <summary>Recordings in progress, for progress reports: frames, bytes and running hash on the disk.</summary>
    public IReadOnlyList<(CallId Call, uint Frames, long Bytes, byte[] Hash)> InProgress()
    {
        lock (_one) return [.. _open.Select(o => (o.Key, o.Value.Frames, o.Value.Bytes, o.Value.RunningHash()))];
    }

    /// <summary>Writes a verified receipt beside the day's journal, synced, before anything is freed by it.</summary>
    public void Receipted(Receipt receipt, byte[] envelope)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        Locked(() =>
        {
            var day = receipt.Call is { } call && _index.Find(call) is { } known ? known.Day : Keys.For(Now()).Entry.Day;
            AppendEntry(Path.Combine(DayFolder(day), "receipts"), envelope);
            _index.Receipted(receipt);
        });
        Changed?.Invoke();
    }

    /// <summary>The sealed file of a call, or null where it is gone.</summary>
    public string? FileOf(JournalCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var path = FileOf(Path.Combine(_folder, Name(call.Day)), call.Call);
        return File.Exists(path) ? path : null;
    }

    /// <summary>Deletes local copies whose keep time is over, and days whose key is destroyed. Says how many unsent went with them.</summary>
    public int Sweep()
    {
        var unsent = 0;
        lock (_one)
        {
            var now = Now();
            var at = DateTimeOffset.FromUnixTimeMilliseconds(now.UnixMs);
            foreach (var call in _index.Calls.Where(c => c.Receipted is { } receipted && at - receipted > KeepAfterReceipt))
                if (FileOf(call) is { } path && IsStill(path, call)) Delete(path);
            if (now.Source == ClockSource.None) return 0;   // without a clock nothing is old
            foreach (var folder in Directory.EnumerateDirectories(_folder))
            {
                if (!DateOnly.TryParseExact(Path.GetFileName(folder), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) continue;
                if (now.UnixMs < Retention.DestroyMs(day, Retention.Zone)) continue;
                unsent += _index.UnsentRecordings().Count(c => c.Day == day);
                VaultState.Write(_data, _index);
                Directory.Delete(folder, recursive: true);
                Disk.SyncFolder(_folder);
                _index.Forget(day);
            }
        }
        if (unsent > 0) ExpiredUnsent(unsent);
        return unsent;
    }

    private void Locked(Action act)
    {
        lock (_one) act();
    }

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
            Started = ticket.Started,
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
        AppendEntry(Path.Combine(DayFolder(day), "records"), envelope);
        _index.Add(day, envelope, payload, record);
        Changed?.Invoke();
    }

    private static void AppendEntry(string path, byte[] envelope) => AppendEntry(path, envelope, Disk.SyncData);

    // What was written of an entry that failed is taken back: behind half an entry no later one would ever be read.
    internal static void AppendEntry(string path, byte[] envelope, Action<Microsoft.Win32.SafeHandles.SafeFileHandle> sync)
    {
        try
        {
            var fresh = !File.Exists(path);
            using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            var end = RandomAccess.GetLength(file);
            try
            {
                RandomAccess.Write(file, JournalCodec.Entry(envelope), end);
                sync(file);
            }
            catch (IOException)
            {
                RandomAccess.SetLength(file, end);
                throw;
            }
            if (!fresh) return;
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Disk.SyncFolder(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"{path} cannot be written: {e.Message}. Is the storage full or failing?", e);
        }
    }

    private string DayFolder(DateOnly day)
    {
        var folder = Path.Combine(_folder, Name(day));
        Disk.CreateFolder(folder);
        return folder;
    }

    internal static string Name(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    internal static string FileOf(string folder, CallId call) => Path.Combine(folder, $"{call}.nauha");

    // A receipt frees the file that it names, as it lies here now, and no other.
    private static bool IsStill(string path, JournalCall call)
    {
        using var file = File.OpenRead(path);
        return System.Security.Cryptography.SHA256.HashData(file).AsSpan().SequenceEqual(call.Recording!.Sha256);
    }

    private static void Delete(string path)
    {
        File.Delete(path);
        Disk.SyncFolder(Path.GetDirectoryName(path)!);
    }

    public void Dispose()
    {
        foreach (var recording in _open.Values) recording.Dispose();
    }

    [LoggerMessage(EventId = 4103, Level = LogLevel.Error, Message = "{Count} recordings reached the end of their time without a receipt and were destroyed")]
    private partial void ExpiredUnsent(int count);
}
