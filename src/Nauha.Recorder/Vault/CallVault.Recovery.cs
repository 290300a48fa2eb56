using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

// What a start finds: journals are read, a torn entry is cut, files left open are closed honestly.
public sealed partial class CallVault
{
    private sealed class Own(BoxIdentity identity) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VerificationKey? key)
        {
            key = id == identity.Signer.Id && type is PayloadTypes.Record or PayloadTypes.Checked ? new VerificationKey.Appliance(identity.Signer.PublicPoint) : null;
            return key is not null || new TrustKeyring(identity.Trust).TryFind(id, type, out key);
        }
    }

    private const int WorthAllCores = 64;    // entries

    /// <summary>Records or receipts that lie in the journals but are not signed as they must be.</summary>
    public int Foreign { get; private set; }

    /// <summary>Bytes of the journals for which a mark stood at the start.</summary>
    public long Vouched { get; private set; }

    private void ReadJournals(bool cut, IProgress<(int Done, int Of)>? progress)
    {
        var days = new List<(DateOnly Day, string Folder, DayMark? Mark)>();
        foreach (var folder in Directory.EnumerateDirectories(_folder).Order(StringComparer.Ordinal))
            if (TryDayOf(folder, out var day))
                days.Add((day, folder, DayMark.Read(_disk, folder, day, _identity, _own)));
        var done = 0;
        foreach (var (day, folder, mark) in days)
        {
            progress?.Report((done++, days.Count * 2));
            var path = Path.Combine(folder, "records");
            foreach (var (record, at, length) in Entries(path, cut, mark?.Records, OpenRecord))
                if (record is { } known) _index.Add(day, (path, at, length), _own, known.Payload, known.Record);
        }
        // A receipt may name a call of any day: they are read when all calls are known.
        foreach (var (_, folder, mark) in days)
        {
            progress?.Report((done++, days.Count * 2));
            var path = Path.Combine(folder, "receipts");
            // When a receipt came is not written down; not later than the newest of its file.
            var hereMs = File.Exists(path) ? new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero).ToUnixTimeMilliseconds() : 0;
            foreach (var (said, _, _) in Entries(path, cut, mark?.Receipts, OpenReceiptOrOrder))
                if (said?.Receipt is { } receipt) _index.Receipted(receipt, hereMs);
                else if (said?.Order is { } order) Remember(order);
        }
        foreach (var (_, folder, mark) in days)
            if (mark is not null && (mark.Records.Bytes > Marked(folder, "records") || mark.Receipts.Bytes > Marked(folder, "receipts"))) Shrunk(folder, mend: cut);
    }

    private long Marked(string folder, string name) => _journals.TryGetValue(Path.Combine(folder, name), out var journal) ? journal.Marked : 0;

    // The box's own word that a journal was longer, or another: the mark stays beside the next one, for check and for whoever asks.
    private void Shrunk(string folder, bool mend)
    {
        _shrunk.Add(Path.GetFileName(folder));
        if (!mend) return;
        var mark = Path.Combine(folder, DayMark.FileName);
        var aside = $"{mark}{Damage}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Disk.Readable(_disk, mark, out _)))[..8]}";
        Shrunk(Path.GetFileName(folder), Path.GetFileName(aside));
        SetAside(mark, () =>
        {
            _disk.Rename(mark, aside);
            _disk.SyncFolder(folder);
        });
    }

    /// <summary>Days whose journals are shorter, or others, than this box has signed that they were.</summary>
    internal IReadOnlyCollection<string> ShrunkDays => _shrunk;

    private readonly HashSet<string> _shrunk = [];

    private (byte[] Payload, CallRecord Record)? OpenRecord(ReadOnlyMemory<byte> envelope, bool isVouched) =>
        TryOpen(envelope, PayloadTypes.Record, isVouched, out var opened) && CallRecord.TryParse(opened.Payload, out var record, out _) ? (opened.Payload, record) : null;

    private (Receipt? Receipt, Order? Order)? OpenReceiptOrOrder(ReadOnlyMemory<byte> envelope, bool isVouched) =>
        TryOpen(envelope, PayloadTypes.Receipt, isVouched, out var opened) && Receipt.TryParse(opened.Payload, out var receipt, out _) ? (receipt, null)
        : TryOpen(envelope, PayloadTypes.Command, isVouched, out opened) && SignedOrder.TryParse(opened.Payload, out var command, out _) ? (null, command.Order)
        : null;

    private bool TryOpen(ReadOnlyMemory<byte> envelope, string type, bool isVouched, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out OpenedEnvelope? opened) =>
        isVouched ? Envelope.TryOpenVouched(envelope.Span, type, _own, out opened, out _) : Envelope.TryOpen(envelope.Span, type, _own, out opened, out _);

    // The entries of one journal, opened, each with the place of its envelope; null: not signed as it must be. Signatures
    // are most of the work of a start with months behind it: what the day's mark vouches for is not checked again, the rest
    // on all cores.
    private List<(T? Said, long At, int Length)> Entries<T>(string path, bool cut, JournalPart? mark, Func<ReadOnlyMemory<byte>, bool, T?> open) where T : struct
    {
        if (!File.Exists(path)) return [];
        var bytes = Disk.Readable(_disk, path, out var fault);
        var vouched = mark?.In(bytes) ?? 0;
        var entries = new List<(ReadOnlyMemory<byte> Envelope, int At)>();
        var good = JournalCodec.ReadAll(bytes, envelope => entries.Add((envelope, entries.Count == 0 ? 4 : entries[^1].At + entries[^1].Envelope.Length + 8)));
        List<(T? Said, long At, int Length)> opened = entries.Count < WorthAllCores ? entries.ConvertAll(e => Open(e.Envelope, e.At)) : [.. entries.AsParallel().AsOrdered().Select(e => Open(e.Envelope, e.At))];
        _journals[path] = new(bytes.AsSpan(0, good), vouched, opened.TakeWhile(e => e.Said is not null).Sum(e => e.Length + 8));
        Vouched += vouched;
        Foreign += opened.Count(e => e.Said is null);
        if (fault is not null)
        {
            _unreadable.Add($"{Path.GetFileName(Path.GetDirectoryName(path))}/{Path.GetFileName(path)}");
            JournalUnreadable(Path.GetFileName(path), good, fault.Message);
            if (cut) KeepReadable(path, bytes, good);
        }
        else if (good < bytes.Length && cut) CutTorn(path, good, bytes);
        return opened;

        (T? Said, long At, int Length) Open(ReadOnlyMemory<byte> envelope, int at) => (open(envelope, at + envelope.Length + 4 <= vouched), at, envelope.Length);
    }

    // A power cut tears the last entry. Where whole ones lie behind, the medium has lost something in the middle: the file is
    // kept beside as it was found, for whoever can read more of it; it goes with its day.
    private void CutTorn(string path, int good, byte[] bytes)
    {
        TornEntry(Path.GetFileName(path), bytes.Length - good);
        string? aside = null;
        if (JournalCodec.HoldsEntry(bytes.AsSpan(good)))
        {
            aside = $"{path}{Damage}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..8]}";
            JournalDamaged(Path.GetFileName(path), bytes.Length - good, Path.GetFileName(aside));
        }
        SetAside(path, () =>
        {
            if (aside is not null) Disk.Replace(_disk, aside, bytes);
            using var file = _disk.Open(path);
            file.SetLength(good);
            file.Sync();
        });
    }

    private void Remember(Order order)
    {
        if (order is Order.Destroy destroy) _index.Destroyed(destroy.Call);
        else if (order is Order.Offer offer) _index.Offer(offer.StoreEpoch);
        else if (order is Order.Continue after) _index.Resume(after);
    }

    private void Recover(IProgress<(int Done, int Of)>? progress)
    {
        FinishGoing();
        Undo();
        var open = _index.Calls.Where(c => !c.IsClosed).OrderBy(c => c.Start.Seq).ToList();
        for (var i = 0; i < open.Count; i++)
        {
            CloseOpen([open[i]]);
            progress?.Report((i + 1, open.Count));
        }
        if (Heartbeat.Read(_disk, _data) is not { } last) return;
        var now = Now().UnixMs;
        _blind = (last.AtMs, now, last.Clean ? EndingCode.Update : last.AtMs < now - Environment.TickCount64 ? EndingCode.Power : EndingCode.Crash);
    }

    // What was ordered to be destroyed and is still here.
    private void Undo()
    {
        foreach (var call in _index.Calls.Where(c => c.IsDestroyed && !_freed.Contains(c.Call)).ToList()) Endures($"call {call.CallNumber} of line {call.Line.Number} cannot be destroyed", () => Destroy(call.Call));
    }

    private static readonly TimeSpan CentralsTurn = TimeSpan.FromMinutes(1);
    private (long FromMs, long UntilMs, EndingCode Code)? _blind;

    /// <summary>
    /// Writes since when nobody looked before this start, if it is not written yet: the first record of a start. It waits a
    /// minute for central, who may know of records that this box has lost; a call does not wait.
    /// </summary>
    public void SayBlind() => Locked(() =>
    {
        if (_blind is not { } blind) return;
        Blind(new(0), blind.FromMs, blind.UntilMs, blind.Code);
        _blind = null;
    });

    /// <summary>Until this is true the last heartbeat is all that tells since when nobody looked: it must not be beaten over.</summary>
    /// <exception cref="VaultException">The journal does not take it.</exception>
    public bool IsBlindSaid()
    {
        if (_blind is not null && Clock.Running >= CentralsTurn) SayBlind();
        return _blind is null;
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning, Message = "A torn entry of {Bytes} bytes was cut from {Journal}")]
    private partial void TornEntry(string journal, long bytes);

    [LoggerMessage(EventId = 4111, Level = LogLevel.Error, Message = "{Journal} is broken in its middle: {Bytes} bytes with whole entries in them cannot be followed any more; the file is kept as {Aside}. Is the storage failing?")]
    private partial void JournalDamaged(string journal, long bytes, string aside);

    [LoggerMessage(EventId = 4114, Level = LogLevel.Error, Message = "The journals of {Day} have been longer, or others, than they are: what this box signed of them is kept as {Aside}. Is the storage failing, or was the vault set back?")]
    private partial void Shrunk(string day, string aside);
}
