using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nauha.Format;

namespace Nauha.Central.Audit;

/// <summary>Something that somebody did, or was refused.</summary>
/// <param name="Actor">An account's id, or operator:&lt;uid&gt;, or central. Never a name.</param>
/// <param name="Act">sign-in, search, show, listen, export, train, activate, revoke, …</param>
/// <param name="Outcome">done, refused, failed.</param>
/// <param name="Purpose">One of the notice's seven.</param>
/// <param name="Sealed">Reason, case, what was searched: sealed under the month's audit key before it is written.</param>
public sealed record AuditEntry(string Actor, string Act, string Outcome, CallId? Call = null, string? Purpose = null, IReadOnlyDictionary<string, string>? Sealed = null);

/// <summary>One line of the log as it stands there.</summary>
public sealed record AuditLine(ulong Index, long AtMs, string Actor, string Act, string Outcome, string? Call, string? Purpose);

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
/// The append-only log: one strict JSON leaf a line, a Merkle tree over them, a signed checkpoint after each entry.
/// </summary>
public sealed class AuditLog : IAuditLog, IDisposable
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Lock _one = new();
    private readonly FileStream _file;
    private readonly MerkleTree _tree = new();
    private readonly List<AuditLine> _newest = [];
    private CentralSigner _signer = null!;
    private string _origin = "";
    private Func<string, byte[]> _monthKey = null!;

    private AuditLog(string folder, TimeProvider time)
    {
        (_folder, _time) = (folder, time);
        Durable.CreateFolder(folder);
        _file = new FileStream(PathOfLog(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
    }

    /// <summary>The newest checkpoint: a signed note.</summary>
    public string Checkpoint { get; private set; } = "";

    public ulong Size => _tree.Size;

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
        if ((_tree.Size > 0 || File.Exists(Path.Combine(_folder, "checkpoint"))) && Examine(_folder, signer.PublicKey) is ({ } problem, var entries)) throw new AuditBrokenException(_folder, problem, entries);
        (_signer, _origin, _monthKey) = (signer, Format.Checkpoint.OriginOf(fleet), monthKey);
        Check();
    }

    public void Append(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_one)
        {
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            var leaf = Leaf(entry, now);
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
            Remember(new(_tree.Size - 1, now, entry.Actor, entry.Act, entry.Outcome, entry.Call?.ToString(), entry.Purpose));
            Check();
        }
    }

    public IReadOnlyList<AuditLine> Newest(int count)
    {
        lock (_one) return [.. _newest.AsEnumerable().Reverse().Take(count)];
    }

    /// <summary>Recomputes tree and checkpoint from the file; names the first entry that is wrong.</summary>
    /// <returns>Null where all is good.</returns>
    public static (string? Problem, ulong Entries) Verify(string data, ReadOnlySpan<byte> publicKey)
    {
        return Examine(Path.Combine(data, "audit"), publicKey);
    }

    private static (string? Problem, ulong Entries) Examine(string folder, ReadOnlySpan<byte> publicKey)
    {
        if (!File.Exists(PathOfLog(folder))) return ("there is no audit log", 0);
        var tree = new MerkleTree();
        Checkpoint? checkpoint = null;
        var note = Path.Combine(folder, "checkpoint");
        if (!File.Exists(note) || !Format.Checkpoint.TryVerify(File.ReadAllText(note), publicKey, out checkpoint)) return ("the checkpoint is missing or its signature does not verify", 0);
        foreach (var leaf in Lines(File.ReadAllBytes(PathOfLog(folder))))
        {
            if (!TryRead(leaf.Span, tree.Size, out _, out var error)) return ($"entry {tree.Size} {error}", tree.Size);
            tree.Append(leaf.Span);
            if (tree.Size == checkpoint!.Size && !tree.Root().AsSpan().SequenceEqual(checkpoint.Root)) return (FirstBad(folder, tree.Size), tree.Size);
        }
        return tree.Size < checkpoint!.Size ? ($"entry {tree.Size} and what follows it are missing: the checkpoint counts {checkpoint.Size}", tree.Size) : (null, tree.Size);
    }

    // Each leaf names the root before it: the first whose root differs follows the first bad entry.
    private static string FirstBad(string folder, ulong size)
    {
        var tree = new MerkleTree();
        foreach (var leaf in Lines(File.ReadAllBytes(PathOfLog(folder))))
        {
            if (TryRead(leaf.Span, tree.Size, out var line, out _) && line.Before != Convert.ToHexStringLower(tree.Root()[..8])) return $"entry {tree.Size - 1} was changed";
            tree.Append(leaf.Span);
        }
        return $"entry {size - 1} was changed";
    }

    private byte[] Leaf(AuditEntry entry, long now) => StrictJson.Write(json =>
    {
        json.WriteNumber("i", _tree.Size);
        json.WriteNumber("atMs", now);
        json.WriteString("before", Convert.ToHexStringLower(_tree.Root()[..8]));
        json.WriteString("actor", entry.Actor);
        json.WriteString("act", entry.Act);
        json.WriteString("outcome", entry.Outcome);
        json.WriteString("call", entry.Call?.ToString());
        json.WriteString("purpose", entry.Purpose);
        if (entry.Sealed is { Count: > 0 } facts) json.WriteBase64String("sealed", Seal(facts, now)); else json.WriteNull("sealed");
    });

    // Reason, case and search values are personal: they are sealed to the month's key, whose private half dies in its time.
    private byte[] Seal(IReadOnlyDictionary<string, string> facts, long now)
    {
        var month = DateTimeOffset.FromUnixTimeMilliseconds(now).ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var plain = StrictJson.Write(json =>
        {
            foreach (var (name, value) in facts) json.WriteString(name, value);
        });
        var padded = new byte[(plain.Length + 255) / 256 * 256];
        padded.AsSpan().Fill((byte)' ');
        plain.CopyTo(padded, 0);
        CryptographicOperations.ZeroMemory(plain);
        return Hpke.Seal(_monthKey(month), Encoding.ASCII.GetBytes($"nauha/1 audit\0{month}"), padded);
    }

    private void Check()
    {
        if (_origin.Length == 0) return;
        Checkpoint = new Checkpoint(_origin, _tree.Size, _tree.Root()).Sign(_signer);
        Durable.Replace(Path.Combine(_folder, "checkpoint"), Encoding.UTF8.GetBytes(Checkpoint));
    }

    private void Read()
    {
        var bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (whole < bytes.Length) _file.SetLength(whole);   // an entry torn by a power cut was never answered
        foreach (var leaf in Lines(bytes[..whole]))
        {
            if (!TryRead(leaf.Span, _tree.Size, out var line, out var error)) throw new AuditBrokenException(_folder, $"entry {_tree.Size} {error}", _tree.Size);
            _tree.Append(leaf.Span);
            Remember(line.Line);
        }
    }

    private void Remember(AuditLine line)
    {
        _newest.Add(line);
        if (_newest.Count > 2_000) _newest.RemoveRange(0, 1_000);
    }

    private static bool TryRead(ReadOnlySpan<byte> leaf, ulong expected, out (AuditLine Line, string Before) line, out string error)
    {
        var good = StrictJson.TryRead(leaf, m =>
        {
            if (m.Count("i") != expected) throw m.Wrong("i", $"is not {expected}");
            var read = new AuditLine(expected, m.Whole("atMs"), m.Text("actor"), m.Text("act"), m.Text("outcome"), m.TextOrNull("call"), m.TextOrNull("purpose"));
            var before = m.Text("before");
            m.TextOrNull("sealed");
            return (read, before);
        }, out line, out error);
        return good;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] bytes)
    {
        for (var from = 0; from < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', from);
            if (end < 0) yield break;
            yield return bytes.AsMemory(from, end - from);
            from = end + 1;
        }
    }

    public void Dispose() => _file.Dispose();
}
