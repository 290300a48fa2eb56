using System.Security.Cryptography;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Ingest;

// Sealed recordings: joined from parts, examined whole, every frame opened, kept under their true day.
internal sealed partial class Intake
{
    private async Task<IReadOnlyList<Reply>> PartAsync(CentralDb db, ApplianceRow row, ApplianceId appliance, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (!Part.TryParse(payload, out var part, out var call, out var error))
        {
            Unreadable(appliance.Text, "part", error);
            return call is { } damaged ? [Holding(appliance, damaged)] : [];
        }
        var known = await db.Calls.FindAsync([part.Call.ToString()], cancel);
        if (known is not null && known.Appliance != appliance.Text) return [];
        if (known is { BlobState: { } state, FileSha256: { } sha, FileBytes: { } bytes })
            return [await ReceiptAsync(db, appliance, part.Call, ReceiptSubject.Recording, Convert.FromHexString(sha), bytes, state == "destroyed" ? ReceiptResult.Expired : Enum.Parse<ReceiptResult>(state, ignoreCase: true), cancel)];
        var path = blobs.PathOfPart(appliance, part.Call);
        using (var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            if (part.Offset == file.Length)
            {
                file.Seek(0, SeekOrigin.End);
                file.Write(part.Bytes.Span);
                file.Flush(flushToDisk: true);   // what is said to be held must still be there after a power cut
            }
            if (file.Length < part.Total) return [new(TopicKind.Have, new Have([new(part.Call, file.Length)]).ToJson())];
        }
        return await WholeAsync(db, row, appliance, part.Call, path, known, cancel);
    }

    private async Task<IReadOnlyList<Reply>> WholeAsync(CentralDb db, ApplianceRow row, ApplianceId appliance, CallId call, string path, CallRow? known, CancellationToken cancel)
    {
        var (result, verdict, samples, head) = Examine(row, appliance, call, path, known);
        var (sha, bytes) = verdict.Facts is { } facts ? (facts.Sha256, facts.Bytes) : (await HashAsync(path, cancel), new FileInfo(path).Length);
        if (result == ReceiptResult.Expired)
        {
            blobs.Discard(path);   // unheard: nothing of it was opened
            if (known is not null) (known.BlobState, known.FileSha256, known.FileBytes) = ("expired", Convert.ToHexStringLower(sha), bytes);
            Received(appliance.Text, result, bytes);
            return [await ReceiptAsync(db, appliance, call, ReceiptSubject.Recording, sha, bytes, result, cancel)];
        }
        if (known is null)
        {
            var startedMs = verdict.Header is { } header ? await TrueDays.ClampAsync(db, row, long.MaxValue, header.Started.UnixMs, Now, cancel) : Now;
            known = new() { Call = call.ToString(), Appliance = appliance.Text, DayKid = verdict.Header?.DayKid.ToString() ?? "", Day = TrueDays.Name(TrueDays.Of(startedMs)), StartedMs = startedMs, Line = verdict.Header?.Line.Number ?? 0, CallNumber = (long)(verdict.Header?.CallNumber ?? 0) };
            db.Calls.Add(known);
        }
        if (result == ReceiptResult.Stored)
        {
            // Sealed to another day than its own: the right day gets the data key before the receipt says that all is well.
            if (KeyId.TryParse(known.DayKid, out var day) && day != head!.Header.DayKid && keys.GrantDek(head, day, "day", null) is { } grant) db.Grants.Add(new() { Call = call.ToString(), ToKid = known.DayKid, Envelope = grant });
            known.Blob = blobs.Keep(path, known.Day, call);
            known.ReceiptMs = Now;
        }
        else
        {
            blobs.Aside(path, call, result.ToString().ToLowerInvariant());
            await AlarmAsync(db, result == ReceiptResult.Held ? "recording-held" : "recording-refused", appliance, call, cancel);
        }
        (known.BlobState, known.FileSha256, known.FileBytes, known.KeptSamples) = (result.ToString().ToLowerInvariant(), Convert.ToHexStringLower(sha), bytes, samples);
        var reply = await ReceiptAsync(db, appliance, call, ReceiptSubject.Recording, sha, bytes, result, cancel);
        await db.SaveChangesAsync(cancel);
        Received(appliance.Text, result, bytes);
        return [reply];
    }

    // Whole, signed by who says so, the same file that the end record vouches for, and every frame opens.
    private (ReceiptResult Result, FileVerdict Verdict, long Samples, SealedHead? Head) Examine(ApplianceRow row, ApplianceId appliance, CallId call, string path, CallRow? known)
    {
        using var file = File.OpenRead(path);
        var verdict = SealedFile.Verify(file, (kid, _) => kid.ToString() == row.SigningKid ? row.SigningPoint : null);
        if (!verdict.IsWhole || verdict.Header!.Appliance != appliance || verdict.Header.Fleet != keys.Fleet || verdict.Header.Call != call) return (ReceiptResult.Refused, verdict, 0, null);
        if (keys.IsDestroyed(call) || keys.DestroyedOf(verdict.Header.DayKid) is not null || (known is { Day.Length: > 0 } && keys.Destroyed().Any(d => TrueDays.Name(d.Day) == known.Day))) return (ReceiptResult.Expired, verdict, 0, null);
        if (known?.FileSha256 is { } sha && sha != Convert.ToHexStringLower(verdict.Facts!.Sha256)) return (ReceiptResult.Refused, verdict, 0, null);
        file.Position = 0;
        SealedFile.ReadHead(file, out var header, out var info, out var wrap);
        var head = new SealedHead(header!, info, wrap, []);
        if (keys.UnwrapForIngest(head) is not { } dek) return (ReceiptResult.Held, verdict, 0, head);
        file.Position = 0;
        long samples = 0;
        var (fault, _) = SealedFile.Open(file, dek, frame => samples += frame.Samples);
        CryptographicOperations.ZeroMemory(dek);
        return (fault == FileFault.None ? ReceiptResult.Stored : ReceiptResult.Held, verdict, samples, head);
    }

    private static async Task<byte[]> HashAsync(string path, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        return await SHA256.HashDataAsync(file, cancel);
    }

    private Reply Holding(ApplianceId appliance, CallId call)
    {
        var path = blobs.PathOfPart(appliance, call);
        return new(TopicKind.Have, new Have([new(call, File.Exists(path) ? new FileInfo(path).Length : 0)]).ToJson());
    }
}
