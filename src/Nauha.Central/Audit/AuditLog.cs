using System.Text;
using Nauha.Format;

namespace Nauha.Central.Audit;

public interface IAuditLog
{
    /// <summary>The entry is on the disk when this returns.</summary>
    void Append(AuditEntry entry);

    IReadOnlyList<AuditLine> Newest(int count);
}

/// <summary>The log is not what its checkpoint signed: central does not start over it, and never signs it anew.</summary>
public sealed class AuditBrokenException(string folder, string problem, ulong entries)
    : CentralException($"The audit log is not whole: {problem}. Keep {folder} as evidence: move it aside before central may start; a new log then begins, and appliances say that it is shorter.")
{
    public string Problem { get; } = problem;

    /// <summary>Entries that were read.</summary>
    public ulong Entries { get; } = entries;
}

/// <summary>
/// The append-only log: one strict JSON leaf a line, a Merkle tree over them, a signed checkpoint after each entry. Old
/// entries may be pruned: then their subtrees' roots stay, signed, and the rest verifies as before.
/// </summary>
public sealed class AuditLog : IAuditLog, IDisposable
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Lock _one = new();
    private readonly List<AuditLine> _newest = [];
    private FileStream _file;
    private MerkleTree _tree = new();
    private CentralSigner _signer = null!;
    private string _origin = "";
    private Func<string, byte[]> _monthKey = null!;

    private AuditLog(string folder, TimeProvider time)
    {
        (_folder, _time) = (folder, time);
        Durable.CreateFolder(folder);
        _file = OpenFile(folder);
    }

    /// <summary>The newest checkpoint: a signed note.</summary>
    public string Checkpoint { get; private set; } = "";

    /// <summary>Entries ever written, pruned ones counted.</summary>
    public ulong Size => _tree.Size;

    /// <summary>Does something while nothing is written: the files of the log agree with each other.</summary>
    internal void Still(Action act)
    {
        lock (_one) act();
    }

    /// <summary>When the newest entry was written; 0 in a log without any.</summary>
    public long NewestMs
    {
        get
        {
            lock (_one) return _newest.Count == 0 ? 0 : _newest[^1].AtMs;
        }
    }

    public static string PathOfLog(string folder) => Path.Combine(folder, "log");

    public static AuditLog Open(string data, TimeProvider time)
    {
        var log = new AuditLog(Path.Combine(data, "audit"), time);
        log.Read();
        return log;
    }

    /// <summary>Where checkpoints get their name and signature, and sealed parts their month's public key; once, before the first entry.</summary>
    /// <exception cref="AuditBrokenException">The log was changed while nobody served it.</exception>
    public void SignWith(CentralSigner signer, FleetId fleet, Func<string, byte[]> monthKey)
    {
        ArgumentNullException.ThrowIfNull(signer);
        // A log that was changed must not get a new signature: only a store that is new has neither entry nor checkpoint.
        if ((_tree.Size > 0 || File.Exists(Path.Combine(_folder, "checkpoint"))) && AuditExamination.Examine(_folder, signer.PublicKey) is ({ } problem, var entries)) throw new AuditBrokenException(_folder, problem, entries);
        (_signer, _origin, _monthKey) = (signer, Format.Checkpoint.OriginOf(fleet), monthKey);
        Check();
    }

    public void Append(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_one)
        {
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            var leaf = AuditLeaf.Write(entry, _tree, now, _monthKey);
            var end = _file.Seek(0, SeekOrigin.End);
            try
            {
                _file.Write([.. leaf, (byte)'\n']);
                _file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                _file.SetLength(end);   // half an entry must not stand in the way of the next
                throw;
            }
            _tree.Append(leaf);
            Remember(new(_tree.Size - 1, now, entry.Actor, entry.Act, entry.Outcome, entry.Call?.ToString(), entry.Purpose, entry.Subject, entry.Detail));
            Check();
        }
    }

    public IReadOnlyList<AuditLine> Newest(int count)
    {
        lock (_one) return [.. _newest.AsEnumerable().Reverse().Take(count)];
    }

    /// <summary>Every entry that is left, oldest first, with its sealed part as it stands.</summary>
    public IEnumerable<AuditLine> Entries()
    {
        byte[] bytes;
        ulong at;
        lock (_one)
        {
            bytes = ReadAll();
            at = PrunedStart.Read(_folder)?.Size ?? 0;
        }
        foreach (var leaf in AuditLeaf.Lines(bytes))
        {
            if (!AuditLeaf.TryRead(leaf.Span, at++, out var line, out var error)) throw new AuditBrokenException(_folder, $"entry {at - 1} {error}", at - 1);
            yield return line.Line;
        }
    }

    /// <summary>Lets go of the entries before a moment. That this was done, by whom and how many, is an entry first.</summary>
    /// <returns>How many entries went.</returns>
    public ulong Prune(long beforeMs, string actor)
    {
        lock (_one)
        {
            var start = PrunedStart.Read(_folder);
            var tree = start?.Tree ?? new MerkleTree();
            var cut = 0;
            foreach (var leaf in AuditLeaf.Lines(ReadAll()))
            {
                if (!AuditLeaf.TryRead(leaf.Span, tree.Size, out var line, out var error)) throw new AuditBrokenException(_folder, $"entry {tree.Size} {error}", tree.Size);
                if (line.Line.AtMs >= beforeMs) break;
                tree.Append(leaf.Span);
                cut += leaf.Length + 1;
            }
            var gone = tree.Size - (start?.Size ?? 0);
            Append(new(actor, "audit-prune", "done", Detail: gone == 0 ? "nothing to prune" : $"entries {start?.Size ?? 0}-{tree.Size - 1}"));
            if (gone == 0) return 0;
            // First the signed start, then the shorter log: whoever is interrupted in between finishes at the next start.
            new PrunedStart(tree.Size, tree.Peaks, new Checkpoint(_origin, tree.Size, tree.Root()).Sign(_signer)).Write(_folder);
            Shorten(ReadAll()[cut..]);
            _newest.RemoveAll(l => l.Index < tree.Size);
            return gone;
        }
    }

    /// <summary>Recomputes tree and checkpoint from the files; names the first entry that is wrong.</summary>
    /// <returns>Null where all is good.</returns>
    public static (string? Problem, ulong Entries) Verify(string data, ReadOnlySpan<byte> publicKey) => AuditExamination.Examine(Path.Combine(data, "audit"), publicKey);

    private static FileStream OpenFile(string folder) => new(PathOfLog(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

    private byte[] ReadAll()
    {
        var bytes = new byte[_file.Length];
        _file.Seek(0, SeekOrigin.Begin);
        _file.ReadExactly(bytes);
        return bytes;
    }

    private void Shorten(byte[] left)
    {
        _file.Dispose();
        Durable.Replace(PathOfLog(_folder), left);
        _file = OpenFile(_folder);
    }

    private void Check()
    {
        if (_origin.Length == 0) return;
        Checkpoint = new Checkpoint(_origin, _tree.Size, _tree.Root()).Sign(_signer);
        Durable.Replace(Path.Combine(_folder, "checkpoint"), Encoding.UTF8.GetBytes(Checkpoint));
    }

    private void Read()
    {
        var bytes = ReadAll();
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (whole < bytes.Length) _file.SetLength(whole);   // an entry torn by a power cut was never answered
        if (Start() is { } start)
        {
            _tree = start.Tree;
            var gone = AuditLeaf.Lines(bytes[..whole]).TakeWhile(leaf => AuditLeaf.IndexOf(leaf.Span) < start.Size).Sum(leaf => leaf.Length + 1);
            if (gone > 0) Shorten(bytes[gone..whole]);
            bytes = bytes[gone..];
            whole -= gone;
        }
        foreach (var leaf in AuditLeaf.Lines(bytes[..whole]))
        {
            if (!AuditLeaf.TryRead(leaf.Span, _tree.Size, out var line, out var error)) throw new AuditBrokenException(_folder, $"entry {_tree.Size} {error}", _tree.Size);
            _tree.Append(leaf.Span);
            Remember(line.Line);
        }
    }

    private PrunedStart? Start()
    {
        try
        {
            return PrunedStart.Read(_folder);
        }
        catch (StrictJson.NotStrictException e)
        {
            throw new AuditBrokenException(_folder, $"what is kept of pruned entries cannot be read: {e.Message}", 0);
        }
    }

    private void Remember(AuditLine line)
    {
        _newest.Add(line with { Sealed = null });
        if (_newest.Count > 2_000) _newest.RemoveRange(0, 1_000);
    }

    public void Dispose() => _file.Dispose();
}
