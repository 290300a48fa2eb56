using Nauha.Format;

namespace Nauha.Central.Audit;

/// <summary>
/// What is kept of entries that were pruned: how many they were, the roots of the full subtrees over them (RFC 9162 §2.1.1's
/// peaks), and a signed checkpoint of that size. With it the tree over all entries, gone and left, is still recomputed.
/// </summary>
internal sealed record PrunedStart(ulong Size, IReadOnlyList<byte[]> Peaks, string Note)
{
    public static string PathIn(string folder) => Path.Combine(folder, "pruned");

    public MerkleTree Tree => MerkleTree.Resume(Size, Peaks);

    /// <returns>Null: nothing was ever pruned.</returns>
    /// <exception cref="StrictJson.NotStrictException">The file makes no sense.</exception>
    public static PrunedStart? Read(string folder)
    {
        if (!File.Exists(PathIn(folder))) return null;
        return StrictJson.TryRead(File.ReadAllBytes(PathIn(folder)), m =>
        {
            m.Version(1);
            var size = m.Count("size");
            var peaks = m.Texts("peaks", 64);
            if (peaks.Count != (int)ulong.PopCount(size) || peaks.Any(p => p.Length != 64 || !p.All(char.IsAsciiHexDigitLower))) throw m.Wrong("peaks", "are not those of a tree of this size");
            return new PrunedStart(size, [.. peaks.Select(Convert.FromHexString)], m.Text("note"));
        }, out var read, out var error) ? read! : throw new StrictJson.NotStrictException(error);
    }

    public void Write(string folder) => Durable.Replace(PathIn(folder), StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("size", Size);
        json.WriteStartArray("peaks");
        foreach (var peak in Peaks) json.WriteStringValue(Convert.ToHexStringLower(peak));
        json.WriteEndArray();
        json.WriteString("note", Note);
    }));

    /// <summary>Central signed exactly this start.</summary>
    public bool IsSigned(ReadOnlySpan<byte> publicKey) =>
        Checkpoint.TryVerify(Note, publicKey, out var checkpoint) && checkpoint!.Size == Size && Tree.Root().AsSpan().SequenceEqual(checkpoint.Root);
}
