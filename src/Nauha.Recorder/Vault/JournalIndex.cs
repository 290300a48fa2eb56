using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>Where one record lies, and what is needed to know its receipt. Its bytes stay on the disk: half a year of them would not fit into a small box's memory.</summary>
public sealed class JournalEntry
{
    public required ulong Seq { get; init; }

    public required RecordKind Kind { get; init; }

    public required CallId? Call { get; init; }

    public required LineId Line { get; init; }

    public required ulong? CallNumber { get; init; }

    public required DateOnly Day { get; init; }

    /// <summary>SHA-256 of the payload, hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Its journal, and the place of the envelope in it.</summary>
    public required (string Path, long At, int Length) Where { get; init; }

    public required IKeyring Signer { get; init; }

    /// <summary>The envelope as it was written.</summary>
    /// <exception cref="IOException">It cannot be read any more.</exception>
    public byte[] Envelope
    {
        get
        {
            using var file = File.OpenHandle(Where.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[Where.Length];
            return RandomAccess.Read(file, bytes, Where.At) == bytes.Length ? bytes : throw new IOException($"{Where.Path} is shorter than it was");
        }
    }

    public CallRecord Record => Format.Envelope.TryOpen(Envelope, PayloadTypes.Record, Signer, out var opened, out var error) && CallRecord.TryParse(opened.Payload, out var record, out error) ? record : throw new IOException($"{Where.Path} is not as it was: record {Seq} {error}");
}

/// <summary>One call as the journal tells it.</summary>
public sealed class JournalCall
{
    public required CallId Call { get; init; }

    public required LineId Line { get; init; }

    public required ulong CallNumber { get; init; }

    public required DateOnly Day { get; init; }

    /// <summary>Without its sealed part.</summary>
    public required CallRecord Start { get; init; }

    /// <summary>Grows with every change of any call: who has seen it up to one number asks for what is above.</summary>
    public long Version { get; internal set; }

    /// <summary>The call's moment as its newest record says: off-hook, where it was picked up.</summary>
    public required TimeMark Started { get; set; }

    public Ending? Ending { get; set; }

    public RecordedFile? Recording { get; set; }

    public DateTimeOffset? Receipted { get; set; }

    public ReceiptResult? Result { get; set; }

    /// <summary>Central has had it once; a restore of central's store may have voided that receipt since, and the copy here be gone.</summary>
    public bool WasReceipted { get; set; }

    /// <summary>Central ordered its destruction before its time.</summary>
    public bool IsDestroyed { get; set; }

    /// <summary>Central vouched for the whole file, but the record that closed it is not here.</summary>
    internal Receipt? EarlyReceipt { get; set; }

    /// <summary>An end or none was written.</summary>
    public bool IsClosed => Ending is not null;
}

/// <summary>What the journals say, in memory: chain, numbers, calls, what has no receipt. Rebuilt at every start.</summary>
public sealed class JournalIndex
{
    private readonly SortedDictionary<ulong, JournalEntry> _records = [];
    private readonly Dictionary<CallId, JournalCall> _calls = [];
    private readonly Dictionary<int, ulong> _numbers = [];
    private readonly Dictionary<string, ulong> _unsent = [];   // by hash; a receipt names nothing else
    private readonly SortedSet<ulong> _unsentSeqs = [];
    private readonly Dictionary<ulong, string> _resumed = [];
    private readonly HashSet<(int Line, ulong Number)> _resumedNumbers = [];
    private readonly Dictionary<int, ulong> _atCentral = [];

    /// <summary>The newest change of any call.</summary>
    public long Version { get; private set; }

    /// <summary>Days that were forgotten since the start.</summary>
    public int ForgottenDays { get; private set; }

    public ulong LastSeq { get; private set; }

    public byte[] LastHash { get; private set; } = new byte[32];

    /// <summary>Newest moment of a record whose clock was not in doubt.</summary>
    public long NewestMs { get; private set; }

    /// <summary>Of central's store, as its receipts and orders say. A newer one makes the receipts of an older one void.</summary>
    public ulong StoreEpoch { get; private set; }

    public IReadOnlyCollection<JournalEntry> Records => _records.Values;

    public IReadOnlyCollection<JournalCall> Calls => _calls.Values;

    public ulong NextNumber(LineId line) => _numbers.GetValueOrDefault(line.Number) + 1;

    public IReadOnlyDictionary<int, ulong> Numbers => _numbers;

    /// <summary>Numbers that a journal taken by law 9 had given, from state.json.</summary>
    public void Continue(ulong seq, byte[] hash, IEnumerable<KeyValuePair<int, ulong>> numbers)
    {
        if (seq > LastSeq) (LastSeq, LastHash) = (seq, hash);
        foreach (var (line, number) in numbers) _numbers[line] = Math.Max(_numbers.GetValueOrDefault(line), number);
    }

    /// <summary>A sealed file on the flash bears this number, whatever the journals say: it is not given again.</summary>
    public void SeenOnFlash(int line, ulong number) => _numbers[line] = Math.Max(_numbers.GetValueOrDefault(line), number);

    /// <summary>
    /// Central knows more of this box's chain than the box: the next record follows what central has. What lies between is
    /// not here, and that is no gap.
    /// </summary>
    /// <returns>False: this box is further already.</returns>
    public bool Resume(Order.Continue after)
    {
        ArgumentNullException.ThrowIfNull(after);
        foreach (var (line, number) in after.Numbers)
        {
            _resumedNumbers.Add((line, number));
            _atCentral[line] = Math.Max(_atCentral.GetValueOrDefault(line), number);
        }
        _resumed[after.Seq] = Convert.ToHexStringLower(after.Hash);
        if (after.Seq <= LastSeq) return false;
        Continue(after.Seq, after.Hash, after.Numbers);
        return true;
    }

    /// <summary>The chain goes on after a record that is not here: central said so, or its day is destroyed.</summary>
    public bool Follows(ulong seq, string prev) => _resumed.TryGetValue(seq, out var hash) && hash == prev;

    /// <summary>A line's numbers go on after this one, because central said so.</summary>
    public bool CountsOn(int line, ulong number) => _resumedNumbers.Contains((line, number));

    /// <summary>Central said that it has this number: that it is not here is known, there and here.</summary>
    public bool IsAtCentral(int line, ulong number) => number <= _atCentral.GetValueOrDefault(line);

    /// <param name="where">The journal, and the place of the record's envelope in it.</param>
    /// <param name="signer">Who knows the key under which it is signed.</param>
    public JournalEntry Add(DateOnly day, (string Path, long At, int Length) where, IKeyring signer, byte[] payload, CallRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var hash = CallRecord.HashOf(payload);
        var entry = new JournalEntry { Seq = record.Seq, Kind = record.Kind, Call = record.Call, Line = record.Line, CallNumber = record.CallNumber, Day = day, Hash = Convert.ToHexStringLower(hash), Where = where, Signer = signer };
        _records[record.Seq] = entry;
        _unsent[entry.Hash] = entry.Seq;
        _unsentSeqs.Add(entry.Seq);
        if (record.Seq > LastSeq) (LastSeq, LastHash) = (record.Seq, hash);
        if (record.Started.UncertaintyMs != BoxClock.Doubtful) NewestMs = Math.Max(NewestMs, record.Started.UnixMs);
        if (record is not { Call: { } call, CallNumber: { } number }) return entry;
        _numbers[record.Line.Number] = Math.Max(_numbers.GetValueOrDefault(record.Line.Number), number);
        if (!_calls.TryGetValue(call, out var known)) _calls[call] = known = new() { Call = call, Line = record.Line, CallNumber = number, Day = day, Start = record with { Sealed = [] }, Started = record.Started };
        Touch(known);
        known.Started = record.Started;
        if (record.Ending is { } ending) known.Ending = ending;
        if (record.Recording is { } recording) known.Recording = recording;
        if (known is { Recording: not null, EarlyReceipt: { } early }) Receipted(early, 0);
        return entry;
    }

    /// <summary>Central's store was restored: what has only receipts of an older epoch is offered again.</summary>
    public void Offer(ulong epoch)
    {
        if (epoch <= StoreEpoch) return;
        StoreEpoch = epoch;
        foreach (var record in _records.Values)
        {
            _unsent[record.Hash] = record.Seq;
            _unsentSeqs.Add(record.Seq);
        }
        foreach (var call in _calls.Values)
        {
            if (call.Receipted is not null || call.Result is not null) Touch(call);
            (call.Receipted, call.Result) = (null, null);
        }
    }

    public void Destroyed(CallId call)
    {
        if (_calls.TryGetValue(call, out var known)) known.IsDestroyed = true;
    }

    /// <param name="hereMs">When it came, by the box's own clock: keeping counts from the later of the two.</param>
    public void Receipted(Receipt receipt, long hereMs)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        Offer(receipt.StoreEpoch);
        if (receipt.StoreEpoch < StoreEpoch)
        {
            if (receipt is { FreesFlash: true, Call: { } before } && _calls.TryGetValue(before, out var old)) old.WasReceipted = true;
            return;
        }
        var hash = Convert.ToHexStringLower(receipt.Sha256);
        if (receipt.What == ReceiptSubject.Record)
        {
            if (_unsent.Remove(hash, out var seq)) _unsentSeqs.Remove(seq);
        }
        else if (receipt.Call is { } call && _calls.TryGetValue(call, out var known))
        {
            if (known.Recording is not { } recording)
            {
                if (receipt.Result != ReceiptResult.Refused) known.EarlyReceipt = receipt;
                return;
            }
            // Held and refused name the bytes that central got, whatever they were; only the very file frees flash.
            var same = recording.Sha256.AsSpan().SequenceEqual(receipt.Sha256);
            if (receipt.FreesFlash && !same) return;
            Touch(known);
            known.Result = receipt.Result;
            if (!receipt.FreesFlash) return;
            known.WasReceipted = true;
            known.Receipted = DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(receipt.AtMs, hereMs));
        }
    }

    /// <summary>The record with this hash, if no receipt has named it yet.</summary>
    public JournalEntry? Unsent(ReadOnlySpan<byte> hash) => _unsent.TryGetValue(Convert.ToHexStringLower(hash), out var seq) ? _records[seq] : null;

    public IEnumerable<JournalEntry> UnsentRecords() => _unsentSeqs.Select(seq => _records[seq]);

    /// <summary>Closed recordings that nothing has freed yet, oldest first.</summary>
    public IEnumerable<JournalCall> UnsentRecordings() => _calls.Values.Where(c => c.Recording is not null && c.Receipted is null && !c.IsDestroyed && c.Ending?.What != EndingKind.ExpiredUnsent).OrderBy(c => c.Start.Seq);

    private void Touch(JournalCall call) => call.Version = ++Version;

    public JournalCall? Find(CallId call) => _calls.GetValueOrDefault(call);

    /// <summary>A day's records and calls are gone. Where something of another day follows them, that it does is remembered.</summary>
    public void Forget(DateOnly day)
    {
        ForgottenDays++;
        foreach (var gone in _records.Values.Where(r => r.Day == day).ToList())
        {
            _records.Remove(gone.Seq);
            if (_unsent.Remove(gone.Hash)) _unsentSeqs.Remove(gone.Seq);
            _resumed[gone.Seq] = gone.Hash;
        }
        foreach (var gone in _calls.Values.Where(c => c.Day == day).ToList())
        {
            _calls.Remove(gone.Call);
            _resumedNumbers.Add((gone.Line.Number, gone.CallNumber));
        }
        // What comes first here must follow something too; where the next is gone as well, nobody asks.
        foreach (var seq in _resumed.Keys.Where(seq => !_records.ContainsKey(seq + 1) && seq != LastSeq).ToList()) _resumed.Remove(seq);
        var left = _calls.Values.Select(c => (c.Line.Number, c.CallNumber)).ToHashSet();
        _resumedNumbers.RemoveWhere(n => !left.Contains((n.Line, n.Number + 1)) && n.Number != _numbers.GetValueOrDefault(n.Line));
    }

    /// <summary>Records and numbers after which the chain and the lines go on although they are not here, for state.json.</summary>
    public (IReadOnlyDictionary<ulong, string> Records, IReadOnlyCollection<(int Line, ulong Number)> Numbers) Resumed => (_resumed, _resumedNumbers);

    /// <summary>What state.json says of that.</summary>
    public void Resume(IEnumerable<KeyValuePair<ulong, string>> records, IEnumerable<(int Line, ulong Number)> numbers)
    {
        foreach (var (seq, hash) in records) _resumed[seq] = hash;
        _resumedNumbers.UnionWith(numbers);
    }
}
