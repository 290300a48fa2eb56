using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Catalogue;
using Nauha.Central.Keys;
using Nauha.Central.Storage;
using Nauha.Format;

namespace Nauha.Central.Ingest;

/// <summary>One message back to an appliance.</summary>
internal sealed record Reply(TopicKind Kind, byte[] Payload);

/// <summary>
/// What central does with what an appliance says: verifies, keeps, answers. Everything may come twice and in pieces; the
/// answer to the same thing is the same. A receipt goes out only for what is opened and durable.
/// </summary>
internal sealed partial class Intake(IDbContextFactory<CentralDb> database, Keystore keys, BlobFolder blobs, CallCatalogue catalogue, ReceiptBook receipts, Fleet.Register register, TimeProvider time, ILogger<Intake> log)
{
    private readonly ConcurrentDictionary<CallId, Progress> _progress = new();

    public async Task<IReadOnlyList<Reply>> TakeAsync(ApplianceId appliance, TopicKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var row = await db.Appliances.SingleOrDefaultAsync(a => a.Id == appliance.Text && a.State == "enrolled", cancel);
        if (row is null) return [];
        row.LastContactMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var replies = kind switch
        {
            TopicKind.Birth => Born(row, appliance, payload),
            TopicKind.Status => Status(row, payload),
            TopicKind.Progress => Progressed(payload),
            TopicKind.Record => await RecordAsync(db, row, appliance, payload, cancel),
            TopicKind.Part => await PartAsync(db, row, appliance, payload, cancel),
            _ => [],
        };
        await db.SaveChangesAsync(cancel);
        return replies;
    }

    private List<Reply> Born(ApplianceRow row, ApplianceId appliance, ReadOnlyMemory<byte> payload)
    {
        if (!Birth.TryParse(payload.Span, out var birth, out var error) || birth.Appliance != appliance)
        {
            Unreadable(appliance.Text, "birth", error);
            return [];
        }
        (row.Session, row.Online, row.Version, row.Simulated) = ((long)birth.Session, true, birth.Version, birth.Simulated);
        var replies = new List<Reply>();
        if (birth.TrustVersion < register.Trust.Version) replies.Add(new(TopicKind.Document, register.TrustEnvelope));
        var bundle = keys.Bundle(out var version);
        if (birth.BundleVersion < version) replies.Add(new(TopicKind.Document, bundle));
        replies.Add(new(TopicKind.Have, new Have([.. blobs.Incomplete(appliance).Select(i => new Have.Held(i.Call, i.Bytes))]).ToJson()));
        return replies;
    }

    // A will of an older session must not end a newer one.
    private static List<Reply> Status(ApplianceRow row, ReadOnlyMemory<byte> payload)
    {
        if (ApplianceStatus.TryParse(payload.Span, out var status, out _) && (long)status.Session >= row.Session) row.Online = status.Online;
        return [];
    }

    private List<Reply> Progressed(ReadOnlyMemory<byte> payload)
    {
        if (Progress.TryParse(payload.Span, out var progress, out _)) _progress[progress.Call] = progress;
        return [];
    }

    private async Task<IReadOnlyList<Reply>> RecordAsync(CentralDb db, ApplianceRow row, ApplianceId appliance, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (!Envelope.TryOpen(payload.Span, PayloadTypes.Record, new OneAppliance(row), out var opened, out var error) || !CallRecord.TryParse(opened.Payload, out var record, out error))
        {
            Unreadable(appliance.Text, "record", error);
            await AlarmAsync(db, "record-refused", appliance, null, cancel);
            return [];
        }
        if (record.Appliance != appliance || record.Fleet != keys.Fleet)
        {
            await AlarmAsync(db, "record-foreign", appliance, null, cancel);
            return [];
        }
        var hash = CallRecord.HashOf(opened.Payload);
        var hex = Convert.ToHexStringLower(hash);
        var known = await db.Records.FindAsync([appliance.Text, (long)record.Seq], cancel);
        var of = record.Call is { } named ? await db.Calls.FindAsync([named.ToString()], cancel) : null;
        if (of is not null && of.Appliance != appliance.Text)
        {
            // A call belongs to the appliance that named it first: nobody else adds to it.
            blobs.AsideRecord(appliance, record.Seq, hex, payload.Span);
            await AlarmAsync(db, "record-foreign", appliance, record.Call, cancel);
            return [await ReceiptAsync(db, appliance, record.Call, ReceiptSubject.Record, hash, opened.Payload.Length, ReceiptResult.Refused, cancel)];
        }
        if (known is not null && known.Hash != hex)
        {
            blobs.AsideRecord(appliance, record.Seq, hex, payload.Span);
            await AlarmAsync(db, "clone", appliance, record.Call, cancel);
            return [await ReceiptAsync(db, appliance, record.Call, ReceiptSubject.Record, hash, opened.Payload.Length, ReceiptResult.Refused, cancel)];
        }
        var facts = record.Sealed.Length == 0 ? null : keys.OpenForIngest(record);
        var result = record.Sealed.Length > 0 && facts is null ? ReceiptResult.Held : ReceiptResult.Stored;
        if (known is null)
        {
            await CompareAsync(db, appliance, record, of, cancel);
            db.Records.Add(new() { Appliance = appliance.Text, Seq = (long)record.Seq, Call = record.Call?.ToString(), Kind = record.Kind.ToString().ToLowerInvariant(), Payload = opened.Payload, Envelope = payload.ToArray(), Hash = hex });
            await catalogue.TakeAsync(db, record, facts, cancel);
            if (result == ReceiptResult.Held) await AlarmAsync(db, "record-held", appliance, record.Call, cancel);
            if (record.Ending is { What: EndingKind.Failed }) await AlarmAsync(db, "failed", appliance, record.Call, cancel);
            if (record is { Call: { } call, Recording: { Closing: Closing.Salvaged } salvaged } && _progress.TryGetValue(call, out var progress) && salvaged.Frames < progress.Frames) await AlarmAsync(db, "contradicted", appliance, call, cancel);
        }
        var reply = await ReceiptAsync(db, appliance, record.Call, ReceiptSubject.Record, hash, opened.Payload.Length, result, cancel);
        await db.SaveChangesAsync(cancel);   // durable before the receipt is given away
        return [reply];
    }

    // What a record says against what is known already. Nothing is turned away for it: somebody has to look.
    private async Task CompareAsync(CentralDb db, ApplianceId appliance, CallRecord record, CallRow? of, CancellationToken cancel)
    {
        var before = record.Seq > 1 ? await db.Records.FindAsync([appliance.Text, (long)record.Seq - 1], cancel) : null;
        if (record.Seq > 1 && before is null) await AlarmAsync(db, "gap", appliance, record.Call, cancel);
        else if (Convert.ToHexStringLower(record.Prev) != (before?.Hash ?? new string('0', 64))) await AlarmAsync(db, "chain", appliance, record.Call, cancel);
        if (keys.DayOf(record.DayKid) is { } day && day != Retention.DayOf(record.Started.UnixMs, Retention.Zone)) await AlarmAsync(db, "wrong-day", appliance, record.Call, cancel);
        if (of is { BlobState: "stored" } && record.Recording is { } file && Convert.ToHexStringLower(file.Sha256) != of.FileSha256) await AlarmAsync(db, "contradicted", appliance, record.Call, cancel);
        if (of is not null || record is not { Call: { } call, CallNumber: { } counted }) return;
        var (number, line) = ((long)counted, record.Line.Number);
        if (await db.Calls.AnyAsync(c => c.Appliance == appliance.Text && c.Line == line && c.CallNumber == number, cancel)) await AlarmAsync(db, "number-twice", appliance, call, cancel);
        if (number > 1 && !await db.Calls.AnyAsync(c => c.Appliance == appliance.Text && c.Line == line && c.CallNumber == number - 1, cancel)) await AlarmAsync(db, "number-missing", appliance, call, cancel);
    }

    private async Task<IReadOnlyList<Reply>> PartAsync(CentralDb db, ApplianceRow row, ApplianceId appliance, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (!Part.TryParse(payload, out var part, out var call, out var error))
        {
            Unreadable(appliance.Text, "part", error);
            return call is { } damaged ? [Held(appliance, damaged)] : [];
        }
        var known = await db.Calls.FindAsync([part.Call.ToString()], cancel);
        if (known is not null && known.Appliance != appliance.Text) return [];
        if (known is { BlobState: { } state, FileSha256: { } sha, FileBytes: { } bytes })
            return [await ReceiptAsync(db, appliance, part.Call, ReceiptSubject.Recording, Convert.FromHexString(sha), bytes, Enum.Parse<ReceiptResult>(state, ignoreCase: true), cancel)];
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
        var (result, verdict, samples) = Examine(row, appliance, call, path, known);
        var (sha, bytes) = verdict.Facts is { } facts ? (facts.Sha256, facts.Bytes) : (System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(path, cancel)), new FileInfo(path).Length);
        if (known is null)
        {
            known = new() { Call = call.ToString(), Appliance = appliance.Text, DayKid = verdict.Header?.DayKid.ToString() ?? "", StartedMs = verdict.Header?.Started.UnixMs ?? 0, Line = verdict.Header?.Line.Number ?? 0, CallNumber = (long)(verdict.Header?.CallNumber ?? 0) };
            db.Calls.Add(known);
        }
        if (result == ReceiptResult.Stored)
        {
            known.Blob = blobs.Keep(path, keys.DayOf(verdict.Header!.DayKid) ?? Retention.DayOf(verdict.Header.Started.UnixMs, Retention.Zone), call);
            known.ReceiptMs = time.GetUtcNow().ToUnixTimeMilliseconds();
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
    private (ReceiptResult Result, FileVerdict Verdict, long Samples) Examine(ApplianceRow row, ApplianceId appliance, CallId call, string path, CallRow? known)
    {
        using var file = File.OpenRead(path);
        var verdict = SealedFile.Verify(file, (kid, _) => kid.ToString() == row.SigningKid ? row.SigningPoint : null);
        if (!verdict.IsWhole || verdict.Header!.Appliance != appliance || verdict.Header.Fleet != keys.Fleet || verdict.Header.Call != call) return (ReceiptResult.Refused, verdict, 0);
        if (known?.FileSha256 is { } sha && sha != Convert.ToHexStringLower(verdict.Facts!.Sha256)) return (ReceiptResult.Refused, verdict, 0);
        file.Position = 0;
        SealedFile.ReadHead(file, out var header, out var info, out var wrap);
        if (keys.UnwrapForIngest(header!, info, wrap) is not { } dek) return (ReceiptResult.Held, verdict, 0);
        file.Position = 0;
        long samples = 0;
        var (fault, _) = SealedFile.Open(file, dek, frame => samples += frame.Samples);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(dek);
        return (fault == FileFault.None ? ReceiptResult.Stored : ReceiptResult.Held, verdict, samples);
    }

    private Reply Held(ApplianceId appliance, CallId call)
    {
        var path = blobs.PathOfPart(appliance, call);
        return new(TopicKind.Have, new Have([new(call, File.Exists(path) ? new FileInfo(path).Length : 0)]).ToJson());
    }

    private async Task<Reply> ReceiptAsync(CentralDb db, ApplianceId appliance, CallId? call, ReceiptSubject what, byte[] sha, long bytes, ReceiptResult result, CancellationToken cancel) =>
        new(TopicKind.Receipt, await receipts.WriteAsync(db, appliance, call, what, sha, bytes, result, cancel));

    private async Task AlarmAsync(CentralDb db, string kind, ApplianceId appliance, CallId? call, CancellationToken cancel)
    {
        var name = call?.ToString();
        if (db.Alarms.Local.Any(a => a.Kind == kind && a.Call == name) || await db.Alarms.AnyAsync(a => a.Kind == kind && a.Appliance == appliance.Text && a.Call == name, cancel)) return;
        db.Alarms.Add(new() { Kind = kind, Appliance = appliance.Text, Call = name, SinceMs = time.GetUtcNow().ToUnixTimeMilliseconds() });
        Alarmed(kind, appliance.Text);
    }

    private sealed class OneAppliance(ApplianceRow row) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [NotNullWhen(true)] out VerificationKey? key)
        {
            key = row.SigningKid == id.ToString() && row.SigningPoint is { } point && type == PayloadTypes.Record ? new VerificationKey.Appliance(point) : null;
            return key is not null;
        }
    }

    [LoggerMessage(EventId = 7101, Level = LogLevel.Warning, Message = "{Appliance}: a {Kind} that cannot be taken: {Why}")]
    private partial void Unreadable(string appliance, string kind, string why);

    [LoggerMessage(EventId = 7102, Level = LogLevel.Information, Message = "{Appliance}: a recording of {Bytes} bytes is {Result}")]
    private partial void Received(string appliance, ReceiptResult result, long bytes);

    [LoggerMessage(EventId = 7103, Level = LogLevel.Error, Message = "Alarm {Kind} of {Appliance}")]
    private partial void Alarmed(string kind, string appliance);
}
