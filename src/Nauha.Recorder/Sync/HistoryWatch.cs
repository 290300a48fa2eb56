using System.Text;
using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Sync;

/// <summary>
/// Remembers the newest state of central's audit log that central itself has signed: a later one that is smaller, or of
/// the same size and another, means that somebody rewrote the log. The box says so, and goes on saying it.
/// </summary>
public sealed class HistoryWatch
{
    private readonly string _path;
    private readonly Lock _one = new();
    private Checkpoint? _newest;

    public HistoryWatch(string data, BoxIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _path = Path.Combine(data, "history");
        if (File.Exists(_path)) _newest = Read(File.ReadAllText(_path), identity);
        IsBroken = File.Exists(_path + ".broken");
    }

    /// <summary>The log shrank or forked. The two notes that prove it lie beside each other, for whoever looks.</summary>
    public bool IsBroken { get; private set; }

    /// <returns>False: the note is not central's, or it contradicts what was seen before.</returns>
    public bool Take(string note, BoxIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (Read(note, identity) is not { } checkpoint) return false;
        lock (_one)
        {
            var same = _newest is { } known && checkpoint.Size == known.Size && checkpoint.Root.AsSpan().SequenceEqual(known.Root);
            if (same) return true;
            if (_newest is { } newest && checkpoint.Size <= newest.Size)
            {
                IsBroken = true;
                Disk.Replace(_path + ".broken", Encoding.UTF8.GetBytes(note));
                return false;
            }
            _newest = checkpoint;
            Disk.Replace(_path, Encoding.UTF8.GetBytes(note));
            return true;
        }
    }

    private static Checkpoint? Read(string note, BoxIdentity identity) =>
        identity.Trust.Roles.TryGetValue("receipts", out var keys) && keys.Select(k => Checkpoint.TryVerify(note, k.PublicKey, out var read) ? read : null).FirstOrDefault(read => read is not null) is { } checkpoint
        && checkpoint.Origin == Checkpoint.OriginOf(identity.Fleet) ? checkpoint : null;
}
