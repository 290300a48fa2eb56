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

    /// <summary>Records and receipts that are not signed as they must be, on the disk as it is now: nobody's word is taken, not a mark's either.</summary>
    public int CountForeign()
    {
        List<string> journals;
        lock (_one) journals = [.. _journals.Keys];
        var foreign = 0;
        foreach (var path in journals.Where(File.Exists))
        {
            var envelopes = new List<ReadOnlyMemory<byte>>();
            JournalCodec.ReadAll(JournalTally.Whole(path), envelopes.Add);
            foreign += envelopes.AsParallel().Count(envelope => Path.GetFileName(path) == "records" ? OpenRecord(envelope, isVouched: false) is null : OpenReceiptOrOrder(envelope, isVouched: false) is null);
        }
        return foreign;
    }

    [LoggerMessage(EventId = 4110, Level = LogLevel.Information, Message = "The mark of {Day} could not be written, the next start takes longer")]
    private partial void NotMarked(Exception reason, string day);
}
