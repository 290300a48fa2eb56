using Microsoft.EntityFrameworkCore;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Ingest;

// Signed call records: verified, compared, granted to their true day, kept; or told that they came too late.
internal sealed partial class Intake
{
    private async Task<IReadOnlyList<Reply>> RecordAsync(CentralDb db, ApplianceRow row, ApplianceId appliance, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        var fault = CallRecord.Open(payload.Span, new OneAppliance(row), keys.Fleet, appliance, out var record, out var opened, out var error);
        if (fault == DocumentFault.Foreign)
        {
            await AlarmAsync(db, "record-foreign", appliance, null, cancel);
            return [];
        }
        if (fault != DocumentFault.None || record is null || opened is null)
        {
            Unreadable(appliance.Text, "record", error);
            await AlarmAsync(db, "record-refused", appliance, null, cancel);
            return [];
        }
        var hash = CallRecord.HashOf(opened.Payload);
        var hex = Convert.ToHexStringLower(hash);
        Task<IReadOnlyList<Reply>> Answer(ReceiptResult result) => AnswerAsync(db, appliance, record.Call, hash, opened.Payload.Length, result, cancel);
        var known = await db.Records.FindAsync([appliance.Text, (long)record.Seq], cancel);
        var of = record.Call is { } named ? await db.Calls.FindAsync([named.ToString()], cancel) : null;
        // A call belongs to the appliance that named it first, and a number in the chain to the record that had it first.
        if ((of is not null && of.Appliance != appliance.Text) || (known is not null && known.Hash != hex))
        {
            blobs.AsideRecord(appliance, record.Seq, hex, payload.Span);
            await AlarmAsync(db, known is not null && known.Hash != hex ? "clone" : "record-foreign", appliance, record.Call, cancel);
            return await Answer(ReceiptResult.Refused);
        }
        if (known is not null) return await Answer(known.Held ? ReceiptResult.Held : ReceiptResult.Stored);
        var startedMs = of?.StartedMs ?? await TrueDays.ClampAsync(db, row, (long)record.Seq, record.Started.UnixMs, Now, cancel);
        var day = of is { Day.Length: > 0 } ? DateOnly.ParseExact(of.Day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) : TrueDays.Of(startedMs);
        var isGone = (record.Call is { } gone && keys.IsDestroyed(gone)) || keys.Destroyed().Any(d => d.Day == day) || keys.DestroyedOf(record.DayKid) is not null;
        if (await Forgotten.HasAsync(db, appliance.Text, (long)record.Seq, cancel))
        {
            if (isGone) return await Answer(ReceiptResult.Expired);
            // It was only missing when its appliance said that older ones are gone: here it is.
            await Forgotten.RecallAsync(db, appliance.Text, (long)record.Seq, Convert.ToHexStringLower(record.Prev), cancel);
        }
        await CompareAsync(db, appliance, record, of, cancel);
        if (record.Ending is { What: EndingKind.ExpiredUnsent })
        {
            await AlarmAsync(db, "expired-unsent", appliance, null, cancel);
            await Forgotten.GapAsync(db, appliance.Text, (long)record.Seq, Convert.ToHexStringLower(record.Prev), cancel);
        }
        if (isGone)
        {
            await TooLateAsync(db, appliance, record, hex, keys.DestroyedOf(record.DayKid)?.Day ?? day, cancel);
            return await Answer(ReceiptResult.Expired);
        }
        var facts = record.Sealed.Length == 0 ? null : keys.OpenForIngest(new(record, hash, []));
        var held = record.Sealed.Length > 0 && facts is null;
        db.Records.Add(new()
        {
            Appliance = appliance.Text,
            Seq = (long)record.Seq,
            Call = record.Call?.ToString(),
            Kind = record.Kind.ToString().ToLowerInvariant(),
            Day = TrueDays.Name(day),
            Payload = opened.Payload,
            Envelope = payload.ToArray(),
            Hash = hex,
            Held = held,
        });
        var kid = record.DayKid;
        if (!held && _days.Other(day, record.DayKid) is { } other)
        {
            kid = other;
            await AlarmAsync(db, "wrong-day", appliance, record.Call, cancel);
            if (record.Call is { } call && keys.GrantRecord(new(record, hash, []), other, "day", null) is { } grant) db.Grants.Add(new() { Call = call.ToString(), Seq = (long)record.Seq, ToKid = other.ToString(), Envelope = grant });
        }
        await catalogue.TakeAsync(db, record, facts, startedMs, kid, day, cancel);
        if (held) await AlarmAsync(db, "record-held", appliance, record.Call, cancel);
        if (record.Ending is { What: EndingKind.Failed }) await AlarmAsync(db, "failed", appliance, record.Call, cancel);
        if (record is { Call: { } cut, Recording: { Closing: Closing.Salvaged } salvaged } && salvaged.Frames < _progress.FramesOf(appliance, cut)) await AlarmAsync(db, "contradicted", appliance, cut, cancel);
        return await Answer(held ? ReceiptResult.Held : ReceiptResult.Stored);
    }

    private async Task<IReadOnlyList<Reply>> AnswerAsync(CentralDb db, ApplianceId appliance, CallId? call, byte[] hash, int bytes, ReceiptResult result, CancellationToken cancel)
    {
        var reply = await ReceiptAsync(db, appliance, call, ReceiptSubject.Record, hash, bytes, result, cancel);
        await db.SaveChangesAsync(cancel);   // durable before the receipt is given away
        return [reply];
    }

    // Its day is gone, or somebody had it destroyed: only its number is counted.
    private static async Task TooLateAsync(CentralDb db, ApplianceId appliance, CallRecord record, string hash, DateOnly day, CancellationToken cancel)
    {
        await Forgotten.AddAsync(db, appliance.Text, (long)record.Seq, hash, cancel);
        if (record.CallNumber is not { } number) return;
        var isNew = await Forgotten.NumberAsync(db, appliance.Text, record.Line.Number, (long)number, cancel);
        // An early destroyed call's row is there and is counted with its day.
        if (record.Call is { } call && await db.Calls.FindAsync([call.ToString()], cancel) is not null) return;
        (await Tallies.OfAsync(db, day, appliance.Text, record.Line.Number, cancel)).CountLate(record, isNew);
    }

    // What a record says against what is known already. Nothing is turned away for it: somebody has to look.
    private async Task CompareAsync(CentralDb db, ApplianceId appliance, CallRecord record, CallRow? of, CancellationToken cancel)
    {
        var before = record.Seq == 1 ? new string('0', 64) : (await db.Records.FindAsync([appliance.Text, (long)record.Seq - 1], cancel))?.Hash ?? await Forgotten.HashAtAsync(db, appliance.Text, (long)record.Seq - 1, cancel);
        if (before is null) await AlarmAsync(db, "gap", appliance, record.Call, cancel);
        else if (record.After(record.Seq - 1, Convert.FromHexString(before)) == DocumentFault.Chain) await AlarmAsync(db, "chain", appliance, record.Call, cancel);
        if (keys.DayOf(record.DayKid) is { } day && day != TrueDays.Of(record.Started.UnixMs)) await AlarmAsync(db, "wrong-day", appliance, record.Call, cancel);
        if (of is { BlobState: "stored" } && record.Recording is { } file && Convert.ToHexStringLower(file.Sha256) != of.FileSha256) await AlarmAsync(db, "contradicted", appliance, record.Call, cancel);
        if (of is not null || record is not { Call: { } call, CallNumber: { } counted }) return;
        var (number, line) = ((long)counted, record.Line.Number);
        var forgotten = (await db.Lines.FindAsync([appliance.Text, line], cancel))?.ForgottenNumber ?? 0;
        if (await db.Calls.AnyAsync(c => c.Appliance == appliance.Text && c.Line == line && c.CallNumber == number, cancel)) await AlarmAsync(db, "number-twice", appliance, call, cancel);
        if (number > 1 && number - 1 > forgotten && !await db.Calls.AnyAsync(c => c.Appliance == appliance.Text && c.Line == line && c.CallNumber == number - 1, cancel)) await AlarmAsync(db, "number-missing", appliance, call, cancel);
    }
}
