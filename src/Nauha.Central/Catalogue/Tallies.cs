using Nauha.Format;

namespace Nauha.Central.Catalogue;

/// <summary>Counts of a destroyed day, a row a line. They always reconcile: each number stands in one column.</summary>
public static class Tallies
{
    public static async Task<TallyRow> OfAsync(CentralDb db, DateOnly day, string appliance, int line, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(db);
        var name = day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        if (await db.Tallies.FindAsync([name, appliance, line], cancel) is { } known)
        {
            known.IsNews = true;
            return known;
        }
        var row = new TallyRow { Day = name, Appliance = appliance, Line = line, IsNews = true };
        db.Tallies.Add(row);
        return row;
    }

    /// <summary>Counts a call that goes now.</summary>
    public static void Count(this TallyRow tally, CallRow call, bool underHold)
    {
        ArgumentNullException.ThrowIfNull(tally);
        ArgumentNullException.ThrowIfNull(call);
        tally.Numbered++;
        if (underHold) tally.UnderHold++;
        else if (call.BlobState == "expired") tally.TooLate++;
        else if (call.BlobState is not null)
        {
            tally.Destroyed++;
            if (call.BlobState == "destroyed") tally.Early++;
        }
        else if (call.Outcome == "failed") tally.Failed++;
        else if (call.Outcome == "excluded") tally.Excluded++;
        else if (call.Outcome == "missed") tally.Missed++;
        else tally.ExpiredUnsent++;   // a recording that never came, or a number whose end never came
    }

    /// <summary>Counts a record that came after its day was destroyed: its start makes the number known, its end may say that there was no audio.</summary>
    /// <param name="isNew">Nothing of this number came before: its start went with its day, unsent.</param>
    public static void CountLate(this TallyRow tally, CallRecord record, bool isNew)
    {
        ArgumentNullException.ThrowIfNull(tally);
        ArgumentNullException.ThrowIfNull(record);
        if (record.Kind == RecordKind.Start)
        {
            tally.Numbered++;
            tally.TooLate++;
        }
        else if (record is { Kind: RecordKind.Amend, Ending.What: EndingKind.ExpiredUnsent } && isNew)
        {
            tally.Numbered++;
            tally.ExpiredUnsent++;
        }
        else if (record is { Kind: RecordKind.None, Ending: { } ending } && tally.TooLate > 0)
        {
            tally.TooLate--;
            if (ending.What == EndingKind.Failed) tally.Failed++;
            else if (ending.What == EndingKind.Excluded) tally.Excluded++;
            else if (ending.What == EndingKind.Missed) tally.Missed++;
            else tally.ExpiredUnsent++;
        }
    }

    public static LineTally ToTally(this TallyRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new(DateOnly.ParseExact(row.Day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), ApplianceId.Parse(row.Appliance), new(row.Line), row.Numbered, row.Destroyed, row.Early, row.UnderHold, row.TooLate, row.ExpiredUnsent, row.Failed, row.Excluded, row.Missed);
    }
}
