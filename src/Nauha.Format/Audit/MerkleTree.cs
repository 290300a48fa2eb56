using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>The hash tree of RFC 9162 §2.1 over a log's leaves, kept as the roots of its full subtrees: appending costs log n.</summary>
public sealed class MerkleTree
{
    private readonly List<byte[]> _peaks = [];

    public ulong Size { get; private set; }

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
