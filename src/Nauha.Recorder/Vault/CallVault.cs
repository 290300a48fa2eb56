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

    private const int MostDoubted = 1_000;

    /// <summary>What was set aside has this in its name.</summary>
    internal const string Damage = ".damaged";

    private readonly string _folder;
    private readonly string _data;
    private readonly BoxIdentity _identity;
    private readonly bool _simulated;
    private readonly ILogger _log;
    private readonly Lock _one = new();
    private readonly JournalIndex _index = new();
    private readonly Dictionary<CallId, SealedCall> _open = [];
    private readonly Dictionary<string, JournalTally> _journals = [];
    private readonly HashSet<string> _durable = [];           // folders whose names are on the disk
    private readonly Queue<Action> _unended = [];             // ends that the journal did not take yet
    private readonly List<(CallTicket Ticket, TimeSpan At)> _doubted = [];                     // begun by a clock that was not believed
    private readonly Dictionary<CallId, (long ByMs, TimeMark Like)> _corrected = [];
    private readonly IDisk _disk;
    private readonly Own _own;

    private CallVault(string data, BoxIdentity identity, DayKeys keys, bool simulated, TimeProvider time, ILogger log, IDisk disk)
    {
        (_data, _folder, _disk) = (data, FolderOf(data), disk);
        Room = new(data);
        (_own, _trust) = (new(identity), DayMark.TrustOf(identity));
        (_identity, Keys, _simulated, _log) = (identity, keys, simulated, log);
        Clock = new(time);
    }

    public static string FolderOf(string data) => Path.Combine(data, "vault");

    public DayKeys Keys { get; }

    public BoxClock Clock { get; }

    public BoxIdentity Identity => _identity;

    /// <summary>The data folder.</summary>
    public string Data => _data;

    public FlashRoom Room { get; set; }

    public bool Simulated => _simulated;

    /// <summary>Something was written or receipted: those who carry it on may look.</summary>
    public event Action? Changed;

    /// <summary>Reads the journals, cuts a torn entry, closes what was left open, says since when nobody could account.</summary>
    /// <exception cref="VaultException">The vault cannot be read or written.</exception>
    /// <param name="progress">Journals read, of all; then files closed that were open, of all.</param>
    public static CallVault Open(string data, BoxIdentity identity, bool simulated, TimeProvider time, ILogger log, bool readOnly = false, IProgress<(int Done, int Of)>? progress = null) => Open(data, identity, simulated, time, log, readOnly, Flash.Real, progress);

    internal static CallVault Open(string data, BoxIdentity identity, bool simulated, TimeProvider time, ILogger log, bool readOnly, IDisk disk, IProgress<(int Done, int Of)>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        try
        {
            var vault = new CallVault(data, identity, DayKeys.Load(identity), simulated, time, log, disk);
            Disk.CreateFolder(data);
            Disk.CreateFolder(vault._folder);
            vault.ReadState(mend: !readOnly);
            vault.ReadJournals(cut: !readOnly, progress);
            if (!readOnly) vault.SeeHeads();
            foreach (var seen in new[] { identity.EnrolledMs, vault.Keys.Bundle.IssuedMs, vault._index.NewestMs, Heartbeat.Read(disk, data)?.AtMs ?? 0 }) vault.Clock.Saw(seen);
            if (!readOnly) vault.Recover(progress);
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

    /// <summary>The present moment as this box knows it.</summary>
    public TimeMark Now() => Clock.Now();

    /// <summary>Gives a call its number: the start record is in the journal, synced, when this returns.</summary>
    public CallTicket Start(LineId line, Direction? direction)
    {
        lock (_one)
        {
            SayBlind();
            Correct();
            while (_unended.TryPeek(out var end))
            {
                end();
                _unended.Dequeue();
            }
            var now = Now();
            var (day, flagged) = Keys.For(now);
            var folder = DayFolder(day.Day);
            var ticket = new CallTicket(CallId.Next(), line, _index.NextNumber(line), now, day, flagged, folder);
            Append(ticket, RecordKind.Start, null, null, new RecordFacts { Direction = direction });
            if (now.UncertaintyMs == BoxClock.Doubtful && _doubted.Count < MostDoubted) _doubted.Add((ticket, Clock.Running));
            return ticket;
        }
    }

    public void Amend(CallTicket ticket, RecordFacts facts) => Locked(() => Append(ticket, RecordKind.Amend, null, null, facts));

    /// <summary>Central's signed time: calls that began in doubt get their moment, by what has run since, as a signed amendment.</summary>
    /// <exception cref="VaultException">The journal did not take it; the next call tries again.</exception>
    public void Confirm(long nowMs)
    {
        Clock.Confirm(nowMs);
        Locked(Correct);
    }

    private void Correct()
    {
        if (_doubted.Count == 0 || Now() is not { UncertaintyMs: < BoxClock.Doubtful } now) return;
        while (_doubted.Count > 0)
        {
            var (ticket, at) = _doubted[0];
            _corrected[ticket.Call] = (now.UnixMs - (long)(Clock.Running - at).TotalMilliseconds - ticket.Started.UnixMs, now);
            Append(ticket, RecordKind.Amend, null, null, new RecordFacts());
            _doubted.RemoveAt(0);
        }
    }

    // A moment of a call that began in doubt, as it is known now. Key, folder and file stay as they were.
    private TimeMark Corrected(CallId call, TimeMark moment) =>
        moment.UncertaintyMs == BoxClock.Doubtful && _corrected.TryGetValue(call, out var known) ? known.Like with { UnixMs = moment.UnixMs + known.ByMs } : moment;

    /// <summary>Creates the call's sealed file.</summary>
    public SealedCall BeginRecording(CallTicket ticket, StreamInfo stream)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        var header = new SealedHeader(_identity.Fleet, _identity.Appliance, ticket.Call, ticket.Line, ticket.CallNumber, ticket.Started, ticket.Day.Kid);
        var recording = new SealedCall(_disk, FileOf(ticket.Folder, ticket.Call), new SealedFileWriter(header, ticket.Day.PublicKey, stream, _identity.Signer), _identity.Signer);
        lock (_one) _open[ticket.Call] = recording;
        return recording;
    }

    /// <summary>Closes the call's number: <c>end</c> with audio, <c>none</c> without.</summary>
    /// <exception cref="VaultException">The journal did not take it. It is kept, and written before the next call gets a number.</exception>
    public void End(CallTicket ticket, Ending ending, SealedFileFacts? recording, RecordFacts facts)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        Locked(() =>
        {
            _open.Remove(ticket.Call);
            try
            {
                Write();
            }
            catch (VaultException)
            {
                _unended.Enqueue(Write);
                throw;
            }
        });
        Changed?.Invoke();

        void Write() => Append(ticket, recording is null ? RecordKind.None : RecordKind.End, ending, recording is null ? null : new(recording.Sha256, recording.Bytes, recording.Frames, recording.Closing), facts);
    }

    /// <summary>
    /// For a file that could not be closed: before the next call gets a number it is tried once more. If it cannot be closed then
    /// either, its call stays open until the next start salvages it: what it holds is a recording still.
    /// </summary>
    public void EndLater(CallTicket ticket, Ending ending, SealedCall recording, RecordFacts facts) => Locked(() => _unended.Enqueue(() =>
    {
        ArgumentNullException.ThrowIfNull(recording);
        SealedFileFacts? closed = null;
        try
        {
            closed = recording.Close();
        }
        catch (VaultException e)
        {
            NeverClosed(e, ticket.CallNumber, ticket.Line.Number);
        }
        if (closed is not null) Append(ticket, RecordKind.End, ending, new(closed.Sha256, closed.Bytes, closed.Frames, closed.Closing), facts);
        _open.Remove(ticket.Call);
        recording.Dispose();
    }));

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
        // Each is asked outside the lock: it may be waiting for its disk, and other calls want their numbers.
        List<KeyValuePair<CallId, SealedCall>> open;
        lock (_one) open = [.. _open];
        return [.. open.Select(o => (o.Key, Written: o.Value.Progress())).Where(o => o.Written is not null).Select(o => (o.Key, o.Written!.Value.Frames, o.Written.Value.Bytes, o.Written.Value.Hash))];
    }

    /// <summary>The sealed file of a call, or null where it is gone.</summary>
    public string? FileOf(JournalCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var path = FileOf(Path.Combine(_folder, Name(call.Day)), call.Call);
        return File.Exists(path) ? path : null;
    }

    /// <summary>The sealed file of a call that was damaged and set aside, or null.</summary>
    public string? DamagedFileOf(JournalCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var path = FileOf(Path.Combine(_folder, Name(call.Day)), call.Call) + Damage;
        return File.Exists(path) ? path : null;
    }

    internal static string FileOf(string folder, CallId call) => Path.Combine(folder, $"{call}.nauha");

    private void Locked(Action act)
    {
        lock (_one) act();
    }

    public void Dispose()
    {
        foreach (var recording in _open.Values) recording.Dispose();
        foreach (var journal in _journals.Values) journal.Dispose();
    }

    [LoggerMessage(EventId = 4105, Level = LogLevel.Error, Message = "Call {Number} of line {Line}: its sealed file could not be closed; the next start salvages what is in it")]
    private partial void NeverClosed(Exception reason, ulong number, int line);
}
