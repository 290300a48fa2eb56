using Nauha.Format;

namespace Nauha.Central.Audit;

/// <summary>Recomputes tree and checkpoint from the files alone; names the first entry that is wrong.</summary>
internal static class AuditExamination
{
    /// <returns>Null where all is good; and how many entries the tree has, pruned ones counted.</returns>
    public static (string? Problem, ulong Entries) Examine(string folder, ReadOnlySpan<byte> publicKey)
    {
        if (!File.Exists(AuditLog.PathOfLog(folder))) return ("there is no audit log", 0);
        PrunedStart? pruned;
        try
        {
            pruned = PrunedStart.Read(folder);
        }
        catch (StrictJson.NotStrictException e)
        {
            return ($"what is kept of pruned entries cannot be read: {e.Message}", 0);
        }
        if (pruned?.IsSigned(publicKey) == false) return ("what is kept of pruned entries is not what was signed", 0);
        Checkpoint? checkpoint = null;
        var note = Path.Combine(folder, "checkpoint");
        if (!File.Exists(note) || !Checkpoint.TryVerify(File.ReadAllText(note), publicKey, out checkpoint)) return ("the checkpoint is missing or its signature does not verify", 0);
        var tree = pruned?.Tree ?? new MerkleTree();
        var good = tree.Size != checkpoint!.Size || IsRoot(tree, checkpoint);
        foreach (var leaf in AuditLeaf.Lines(File.ReadAllBytes(AuditLog.PathOfLog(folder))))
        {
            if (tree.Size == (pruned?.Size ?? 0) && AuditLeaf.IndexOf(leaf.Span) is { } first && first > tree.Size) return ($"entry {tree.Size} and what follows it are missing: the log begins with entry {first}, and nothing that was signed says that those were pruned", tree.Size);
            if (!AuditLeaf.TryRead(leaf.Span, tree.Size, out _, out var error)) return ($"entry {tree.Size} {error}", tree.Size);
            tree.Append(leaf.Span);
            if (tree.Size == checkpoint.Size && !IsRoot(tree, checkpoint)) return (FirstBad(folder, pruned, tree.Size), tree.Size);
        }
        return tree.Size < checkpoint.Size ? ($"entry {tree.Size} and what follows it are missing: the checkpoint counts {checkpoint.Size}", tree.Size)
            : (good ? null : "the checkpoint is another log's", tree.Size);
    }

    private static bool IsRoot(MerkleTree tree, Checkpoint checkpoint) => tree.Root().AsSpan().SequenceEqual(checkpoint.Root);

    // Each leaf names the root before it: the first whose root differs follows the first bad entry.
    private static string FirstBad(string folder, PrunedStart? pruned, ulong size)
    {
        var tree = pruned?.Tree ?? new MerkleTree();
        foreach (var leaf in AuditLeaf.Lines(File.ReadAllBytes(AuditLog.PathOfLog(folder))))
        {
            if (AuditLeaf.TryRead(leaf.Span, tree.Size, out var line, out _) && line.Before != Convert.ToHexStringLower(tree.Root()[..8])) return $"entry {tree.Size - 1} was changed";
            tree.Append(leaf.Span);
        }
        return $"entry {size - 1} was changed";
    }
}
