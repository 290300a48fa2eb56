using System.Security.Cryptography;

namespace Nauha.Recorder.Vault;

/// <summary>
/// One journal as this program knows it: where its last good entry ends, and the hash of all entries from its beginning
/// that are signed as they must be: checked at the start, or signed here. It is never made from bytes read anew.
/// </summary>
internal sealed class JournalTally : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _good;

    public JournalTally()
    {
    }

    /// <param name="whole">Its whole entries, as they were read.</param>
    /// <param name="good">So many bytes of them, from the beginning, are good.</param>
    public JournalTally(ReadOnlySpan<byte> whole, long marked, int good)
    {
        _hash.AppendData(whole[..good]);
        (End, _good, Marked) = (whole.Length, good, marked);
    }

    /// <summary>Of the last good entry: the next one goes there.</summary>
    public long End { get; private set; }

    /// <summary>For so much of it a mark lies on the disk.</summary>
    public long Marked { get; set; }

    public bool IsMarked => Marked == _good;

    /// <summary>What a mark may vouch for.</summary>
    public JournalPart Good => new(_good, _hash.GetCurrentHash());

    /// <summary>An entry of our own is on the disk.</summary>
    public void Take(long at, ReadOnlySpan<byte> entry)
    {
        if (at < _good)
        {
            // Somebody has cut the file under us: what it begins with is not known any more.
            _hash.GetHashAndReset();
            _good = 0;
        }
        if (at == _good)
        {
            _hash.AppendData(entry);
            _good += entry.Length;
        }
        End = at + entry.Length;
    }

    public void Dispose() => _hash.Dispose();
}
