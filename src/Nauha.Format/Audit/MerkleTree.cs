using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>The hash tree of RFC 9162 §2.1 over a log's leaves, kept as the roots of its full subtrees: appending costs log n.</summary>
public sealed class MerkleTree
{
    private readonly List<byte[]> _peaks = [];

    public ulong Size { get; private set; }

    /// <summary>Roots of the full subtrees, largest first: all that is needed to go on, and to prove what came after.</summary>
    public IReadOnlyList<byte[]> Peaks => _peaks;

    /// <summary>Goes on after leaves that are no longer there.</summary>
    /// <param name="peaks">As many as <paramref name="size"/> has bits set.</param>
    public static MerkleTree Resume(ulong size, IReadOnlyList<byte[]> peaks)
    {
        ArgumentNullException.ThrowIfNull(peaks);
        if (peaks.Count != (int)ulong.PopCount(size)) throw new ArgumentException($"a tree of {size} leaves has {ulong.PopCount(size)} full subtrees, not {peaks.Count}", nameof(peaks));
        var tree = new MerkleTree { Size = size };
        tree._peaks.AddRange(peaks);
        return tree;
    }

    public void Append(ReadOnlySpan<byte> leaf)
    {
        var node = LeafHash(leaf);
        for (var size = Size; (size & 1) == 1; size >>= 1)
        {
            node = NodeHash(_peaks[^1], node);
            _peaks.RemoveAt(_peaks.Count - 1);
        }
        _peaks.Add(node);
        Size++;
    }

    public byte[] Root()
    {
        if (_peaks.Count == 0) return SHA256.HashData([]);
        var root = _peaks[^1];
        for (var i = _peaks.Count - 2; i >= 0; i--) root = NodeHash(_peaks[i], root);
        return root;
    }

    public static byte[] LeafHash(ReadOnlySpan<byte> leaf) => SHA256.HashData([0, .. leaf]);

    public static byte[] NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => SHA256.HashData([1, .. left, .. right]);
}
