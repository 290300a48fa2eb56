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
        var (foreign, lost) = vault.Reread();
        if (foreign > 0) findings.Add($"{foreign} journal entries are not signed as they must be.");
        foreach (var (day, count) in lost) findings.Add($"{count} records of {day} are at central, whose receipts are here, and are not here themselves. Keep an image of the card.");
        foreach (var journal in vault.UnreadableJournals) findings.Add($"{journal} cannot be read to its end: the next start of the recorder keeps it beside what can be read. Keep an image of the card.");
        findings.AddRange(Strays.Find(vault.Data, vault));
        var (records, calls) = vault.Read(index => (index.Records.ToList(), index.Calls.ToList()));
        var (done, of) = (0, records.Count + calls.Count);
        JournalEntry? before = null;
        foreach (var record in records)
        {
            progress?.Report((++done, of));
            Follow(vault, before, record, findings);
            before = record;
        }
        if (vault.Read(index => index.LastSeq > (before?.Seq ?? 0) && !index.Follows(index.LastSeq, Convert.ToHexStringLower(index.LastHash)) ? index.LastSeq : 0) is > 0 and var last) findings.Add(Missing(before, last));
        Count(vault, calls, findings);
        foreach (var call in calls)
        {
            Look(vault, signer, call, findings);
            progress?.Report((++done, of));
        }
        return findings;
    }

    // The first record is number 1; each follows the one before it. After a restored or emptied vault the chain goes on where
    // central said that it ends; after a destroyed day, where that ended.
    private static void Follow(CallVault vault, JournalEntry? before, JournalEntry record, List<string> findings)
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
        if (vault.Read(index => index.Follows(record.Seq - 1, prev))) return;
        if (record.Seq != (before?.Seq ?? 0) + 1) findings.Add(Missing(before, record.Seq - 1));
        else if (prev != (before?.Hash ?? new string('0', 64))) findings.Add($"Record {record.Seq} does not follow {(before is null ? "nothing, as the first must" : $"record {before.Seq}")}.");
    }

    private static string Missing(JournalEntry? before, ulong last) => $"Records {(before?.Seq ?? 0) + 1} to {last} are missing.";

    // The same for the numbers of each line: from 1, or from what is gone by law 9 or at central. A call of which only a later
    // word is here (it expired unsent) was numbered on a day that is gone.
    private static void Count(CallVault vault, List<JournalCall> calls, List<string> findings)
    {
        var numbers = calls.Where(c => c.Start.Kind == RecordKind.Start).GroupBy(c => c.Line.Number).ToDictionary(g => g.Key, g => g.Select(c => c.CallNumber).Order().ToList());
        foreach (var (line, highest) in vault.Read(index => index.Numbers.OrderBy(n => n.Key).ToList()))
        {
            var before = 0ul;
            foreach (var number in numbers.GetValueOrDefault(line, []))
            {
                if (number == before) findings.Add($"Line {line}: number {number} was given twice.");
                else if (number != before + 1) Gap(number - 1);
                before = number;
            }
            if (highest > before) Gap(highest);

            void Gap(ulong until)
            {
                if (!vault.Read(index => index.CountsOn(line, until))) findings.Add($"Line {line}: numbers {before + 1} to {until} are missing.");
            }
        }
    }

    private static void Look(CallVault vault, ApplianceSigner signer, JournalCall call, List<string> findings)
    {
        var name = $"Line {call.Line.Number}, call {call.CallNumber}";
        if (vault.FileOf(call) is not { } path)
        {
            if (call.Recording is not null && !call.WasReceipted && !call.IsDestroyed && call.Ending?.What != EndingKind.ExpiredUnsent) findings.Add($"{name}: the sealed file is gone and no receipt says that central has it.");
            return;
        }
        if (!call.IsClosed) return;   // the next start closes it
        try
        {
            using var file = vault.Look(path);
            if (call.Recording is null)
            {
                if (SealedFile.HeadOf(file) is not null) findings.Add($"{name}: it ended without a recording, and a sealed file with audio is here. Keep an image of the card.");
                return;
            }
            var verdict = SealedFile.Verify(file, (id, _) => id == signer.Id ? signer.PublicPoint : null);
            if (!verdict.IsWhole) findings.Add($"{name}: the sealed file {verdict.Fault.Sentence()}.");
            else if (!verdict.Facts!.Sha256.AsSpan().SequenceEqual(call.Recording.Sha256)) findings.Add($"{name}: the sealed file is not the one that the journal vouches for.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Freed by the running recorder since it was looked for.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Add($"{name}: the sealed file cannot be read: {e.Message}. Keep an image of the card.");
        }
    }
}
