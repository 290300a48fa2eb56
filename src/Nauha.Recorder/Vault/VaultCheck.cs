using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>Proves that journals and sealed files agree, as far as that can be told without the keys.</summary>
public static class VaultCheck
{
    /// <summary>Sentences about what is wrong; none where all is well.</summary>
    /// <param name="progress">Records and calls looked at, of all.</param>
    public static IReadOnlyList<string> Run(CallVault vault, IProgress<(int Done, int Of)>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(vault);
        var findings = new List<string>();
        var signer = vault.Identity.Signer;
        if (vault.CountForeign() is > 0 and var foreign) findings.Add($"{foreign} journal entries are not signed as they must be.");
        var (records, calls) = vault.Read(index => (index.Records.ToList(), index.Calls.ToList()));
        var (done, of) = (0, records.Count + calls.Count);
        for (var i = 0; i < records.Count; i++)
        {
            progress?.Report((++done, of));
            if (i > 0) Follow(vault, records[i - 1], records[i], findings);
        }
        foreach (var line in calls.GroupBy(c => c.Line.Number))
        {
            var numbers = line.Select(c => c.CallNumber).Order().ToList();
            for (var i = 1; i < numbers.Count; i++)
                if (numbers[i] != numbers[i - 1] + 1 && (numbers[i] == numbers[i - 1] || !vault.Read(index => index.CountsOn(line.Key, numbers[i] - 1)))) findings.Add(numbers[i] == numbers[i - 1] ? $"Line {line.Key}: number {numbers[i]} was given twice." : $"Line {line.Key}: numbers {numbers[i - 1] + 1} to {numbers[i] - 1} are missing.");
        }
        foreach (var call in calls)
        {
            Look(vault, signer, call, findings);
            progress?.Report((++done, of));
        }
        return findings;
    }

    private static void Follow(CallVault vault, JournalEntry before, JournalEntry record, List<string> findings)
    {
        string prev;
        try
        {
            prev = Convert.ToHexStringLower(record.Record.Prev);
        }
        catch (IOException e)
        {
            findings.Add($"Record {record.Seq} cannot be read any more: {e.Message}");
            return;
        }
        // After a restored or emptied vault the chain goes on where central said that it ends; after a destroyed day, where that ended.
        if (vault.Read(index => index.Follows(record.Seq - 1, prev))) return;
        if (record.Seq != before.Seq + 1) findings.Add($"Records {before.Seq + 1} to {record.Seq - 1} are missing.");
        else if (prev != before.Hash) findings.Add($"Record {record.Seq} does not follow record {before.Seq}.");
    }

    private static void Look(CallVault vault, ApplianceSigner signer, JournalCall call, List<string> findings)
    {
        var name = $"Line {call.Line.Number}, call {call.CallNumber}";
        if (vault.FileOf(call) is not { } path)
        {
            if (call.Recording is not null && !call.WasReceipted && !call.IsDestroyed && call.Ending?.What != EndingKind.ExpiredUnsent) findings.Add($"{name}: the sealed file is gone and no receipt says that central has it.");
            return;
        }
        if (call.Recording is null) return;   // still open: the next start closes it
        try
        {
            using var file = File.OpenRead(path);
            var verdict = SealedFile.Verify(file, (id, _) => id == signer.Id ? signer.PublicPoint : null);
            if (!verdict.IsWhole) findings.Add($"{name}: the sealed file {verdict.Fault.Sentence()}.");
            else if (!verdict.Facts!.Sha256.AsSpan().SequenceEqual(call.Recording.Sha256)) findings.Add($"{name}: the sealed file is not the one that the journal vouches for.");
        }
        catch (FileNotFoundException)
        {
            // Freed by the running recorder since it was looked for.
        }
    }
}
