using System.Globalization;
using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

// What was checked once is not checked at every start: a mark a day says so. Nothing waits for it.
public sealed partial class CallVault
{
    private static readonly TimeSpan BetweenMarks = TimeSpan.FromHours(6);
    private readonly byte[] _trust;    // as it was when the journals were checked
    private TimeSpan? _markedAt;

    /// <summary>
    /// Writes the marks of days whose journals have grown: soon after the start, and every six hours. One that cannot be
    /// written makes the next start longer, nothing else.
    /// </summary>
    private void MarkDays()
    {
        if (_markedAt is { } before && Clock.Running - before < BetweenMarks) return;
        _markedAt = Clock.Running;
        List<string> folders;
        lock (_one) folders = [.. _journals.Where(j => !j.Value.IsMarked).Select(j => Path.GetDirectoryName(j.Key)!).Distinct()];
        foreach (var folder in folders)
        {
            if (_aside.ContainsKey(Path.Combine(folder, DayMark.FileName))) continue;     // what stands there is still to be kept
            var day = Path.GetFileName(folder);
            DayMark mark;
            lock (_one) mark = new(DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture), Good("records"), Good("receipts"));
            try
            {
                mark.Write(_disk, folder, _identity, _trust);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                NotMarked(e, day);
                continue;
            }
            lock (_one)
            {
                Marked("records", mark.Records);
                Marked("receipts", mark.Receipts);
            }

            JournalPart Good(string name) => _journals.TryGetValue(Path.Combine(folder, name), out var journal) ? journal.Good : JournalPart.Nothing;

            void Marked(string name, JournalPart part)
            {
                if (_journals.TryGetValue(Path.Combine(folder, name), out var journal)) journal.Marked = part.Bytes;
            }
        }
    }

    /// <summary>
    /// The journals on the disk as they are now: nobody's word is taken, not a mark's either. Foreign: records and receipts
    /// that are not signed as they must be. Lost: receipts of central's for records that are not here, by the receipts' day.
    /// </summary>
    public (int Foreign, IReadOnlyDictionary<string, int> Lost) Reread()
    {
        List<string> journals;
        lock (_one) journals = [.. _journals.Keys];
        var (foreign, receipted, here) = (0, new List<(string Folder, string Hash)>(), new HashSet<string>());
        // Receipts first: what a running recorder adds meanwhile is then in the records.
        foreach (var path in journals.OrderBy(path => Path.GetFileName(path) == "records").Where(File.Exists))
        {
            var envelopes = new List<ReadOnlyMemory<byte>>();
            JournalCodec.ReadAll(Disk.Readable(_disk, path, out _), envelopes.Add);
            if (Path.GetFileName(path) == "records")
            {
                foreach (var record in envelopes.AsParallel().Select(envelope => OpenRecord(envelope, isVouched: false)))
                    if (record is { } known) here.Add(Convert.ToHexStringLower(CallRecord.HashOf(known.Payload)));
                    else foreign++;
            }
            else
            {
                foreach (var said in envelopes.AsParallel().Select(envelope => OpenReceiptOrOrder(envelope, isVouched: false)))
                    if (said is null) foreign++;
                    else if (said is { Receipt: { What: ReceiptSubject.Record } receipt }) receipted.Add((Path.GetDirectoryName(path)!, Convert.ToHexStringLower(receipt.Sha256)));
            }
        }
        // A day that the running recorder has taken since has lost nothing.
        var lost = receipted.Where(r => !here.Contains(r.Hash)).Distinct().GroupBy(r => r.Folder).Where(g => Directory.Exists(g.Key));
        return (foreign, lost.ToDictionary(g => Path.GetFileName(g.Key), g => g.Count()));
    }

    [LoggerMessage(EventId = 4110, Level = LogLevel.Information, Message = "The mark of {Day} could not be written, the next start takes longer")]
    private partial void NotMarked(Exception reason, string day);
}
