using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>Proves that journals and sealed files agree, as far as that can be told without the keys.</summary>
public static class VaultCheck
{
    /// <summary>Sentences about what is wrong; none where all is well.</summary>
    public static IReadOnlyList<string> Run(CallVault vault)
    {
        ArgumentNullException.ThrowIfNull(vault);
        var findings = new List<string>();
        var signer = vault.Identity.Signer;
        if (vault.Foreign > 0) findings.Add($"{vault.Foreign} journal entries are not signed as they must be.");
        var (records, calls) = vault.Read(index => (index.Records.ToList(), index.Calls.ToList()));
        for (var i = 1; i < records.Count; i++)
        {
            // After a restored or emptied vault the chain goes on where central said that it ends.
            if (vault.Read(index => index.Follows(records[i].Seq - 1, Convert.ToHexStringLower(records[i].Record.Prev)))) continue;
            if (records[i].Seq != records[i - 1].Seq + 1) findings.Add($"Records {records[i - 1].Seq + 1} to {records[i].Seq - 1} are missing.");
            else if (Convert.ToHexStringLower(records[i].Record.Prev) != records[i - 1].Hash) findings.Add($"Record {records[i].Seq} does not follow record {records[i - 1].Seq}.");
        }
        foreach (var line in calls.GroupBy(c => c.Line.Number))
        {
            var numbers = line.Select(c => c.CallNumber).Order().ToList();
            for (var i = 1; i < numbers.Count; i++)
                if (numbers[i] != numbers[i - 1] + 1 && (numbers[i] == numbers[i - 1] || !vault.Read(index => index.CountsOn(line.Key, numbers[i] - 1)))) findings.Add(numbers[i] == numbers[i - 1] ? $"Line {line.Key}: number {numbers[i]} was given twice." : $"Line {line.Key}: numbers {numbers[i - 1] + 1} to {numbers[i] - 1} are missing.");
        }
        foreach (var call in calls)
        {
            var name = $"Line {call.Line.Number}, call {call.CallNumber}";
            if (vault.FileOf(call) is not { } path)
            {
                if (call.Recording is not null && !call.WasReceipted && !call.IsDestroyed && call.Ending?.What != EndingKind.ExpiredUnsent) findings.Add($"{name}: the sealed file is gone and no receipt says that central has it.");
                continue;
            }
            if (call.Recording is null) continue;   // still open: the next start closes it
            using var file = File.OpenRead(path);
            var verdict = SealedFile.Verify(file, (id, _) => id == signer.Id ? signer.PublicPoint : null);
            if (!verdict.IsWhole) findings.Add($"{name}: the sealed file {verdict.Fault.Sentence()}.");
            else if (!verdict.Facts!.Sha256.AsSpan().SequenceEqual(call.Recording.Sha256)) findings.Add($"{name}: the sealed file is not the one that the journal vouches for.");
        }
        return findings;
    }
}
