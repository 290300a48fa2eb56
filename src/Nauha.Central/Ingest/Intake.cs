using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Catalogue;
using Nauha.Central.Fleet;
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
internal sealed partial class Intake(IDbContextFactory<CentralDb> database, Keystore keys, BlobFolder blobs, CallCatalogue catalogue, ReceiptBook receipts, Register register, CommandBook commands, Audit.AuditLog audit, TimeProvider time, ILogger<Intake> log)
{
    private readonly ProgressBook _progress = new(time);
    private readonly TrueDays _days = new(keys);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, ulong> _bundles = new();

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task<IReadOnlyList<Reply>> TakeAsync(ApplianceId appliance, TopicKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        var row = await db.Appliances.SingleOrDefaultAsync(a => a.Id == appliance.Text && a.State == "enrolled", cancel);
        if (row is null) return [];
        row.LastContactMs = Now;
        var replies = kind switch
        {
            TopicKind.Birth => await BornAsync(db, row, appliance, payload, cancel),
            TopicKind.Status => await StatusAsync(db, row, payload, cancel),
            TopicKind.Progress => Progressed(appliance, payload),
            TopicKind.Record => await RecordAsync(db, row, appliance, payload, cancel),
            TopicKind.Part => await PartAsync(db, row, appliance, payload, cancel),
            TopicKind.Answer => await AnswerAsync(db, row, payload, cancel),
            _ => [],
        };
        await db.SaveChangesAsync(cancel);
        return replies;
    }

    private async Task<IReadOnlyList<Reply>> BornAsync(CentralDb db, ApplianceRow row, ApplianceId appliance, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (!Birth.TryParse(payload.Span, out var birth, out var error) || birth.Appliance != appliance)
        {
            Unreadable(appliance.Text, "birth", error);
            return [];
        }
        (row.Session, row.Online, row.Version, row.Simulated) = ((long)birth.Session, true, birth.Version, birth.Simulated);
        await TrueDays.SawAsync(db, appliance, (long)birth.LastSeq, Now, cancel);
        await db.SaveChangesAsync(cancel);   // the orders below are signed for this session
        List<Reply> replies = [new(TopicKind.Time, Envelope.Seal(PayloadTypes.Time, new CentralTime(birth.Nonce, Now).ToPayload(), keys.Commands))];
        if (birth.TrustVersion < register.Trust.Version) replies.Add(new(TopicKind.Document, register.TrustEnvelope));
        _bundles[appliance.Text] = birth.BundleVersion;
        replies.AddRange(NewBundle(appliance));
        if (birth.StoreEpoch < keys.StoreEpoch) replies.Add(new(TopicKind.Command, commands.Offer(appliance, birth.Session)));
        if (await ChainEnd.OfAsync(db, appliance, cancel) is { } end && birth.LastSeq < end.Seq)
        {
            await AlarmAsync(db, "rolled-back", appliance, null, cancel);
            replies.Add(new(TopicKind.Command, commands.Continue(appliance, birth.Session, end)));
        }
        replies.AddRange((await commands.WaitingAsync(appliance, born: true, cancel)).Select(command => new Reply(TopicKind.Command, command)));
        replies.Add(new(TopicKind.Have, new Have([.. blobs.Incomplete(appliance).Select(i => new Have.Held(i.Call, i.Bytes))], audit.Checkpoint).ToJson()));
        return replies;
    }

    // A box that stays connected for weeks gets each new day's bundle too.
    private List<Reply> NewBundle(ApplianceId appliance)
    {
        var bundle = keys.Bundle(out var version);
        if (_bundles.GetValueOrDefault(appliance.Text) >= version) return [];
        _bundles[appliance.Text] = version;
        return [new(TopicKind.Document, bundle)];
    }

    // A will of an older session must not end a newer one.
    private async Task<IReadOnlyList<Reply>> StatusAsync(CentralDb db, ApplianceRow row, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (!ApplianceStatus.TryParse(payload.Span, out var status, out _) || (long)status.Session < row.Session) return [];
        row.Online = status.Online;
        if (!status.Online) return [];
        var appliance = ApplianceId.Parse(row.Id);
        row.Notices = string.Join(',', status.Notices);
        // What a box says of itself that somebody must look at now.
        if (status.Notices.Contains("history")) await AlarmAsync(db, "history", appliance, null, cancel);
        if (status.Notices.Contains("day-keys-alarm")) await AlarmAsync(db, "day-keys", appliance, null, cancel);
        if (status.Notices.Contains("flash")) await AlarmAsync(db, "flash", appliance, null, cancel);
        if (status.Notices.Contains("flash-alarm")) await AlarmAsync(db, "flash-alarm", appliance, null, cancel);
        if (status.Notices.Contains("flash-full")) await AlarmAsync(db, "flash-full", appliance, null, cancel);
        if (status.Notices.Contains("supply")) await AlarmAsync(db, "supply", appliance, null, cancel);
        await TrueDays.SawAsync(db, appliance, (long)status.LastSeq, Now, cancel);
        // Nor has it to come anew to hear what it has to do.
        return [.. NewBundle(appliance), .. (await commands.WaitingAsync(appliance, born: false, cancel)).Select(command => new Reply(TopicKind.Command, command))];
    }

    private List<Reply> Progressed(ApplianceId appliance, ReadOnlyMemory<byte> payload)
    {
        if (Progress.TryParse(payload.Span, out var progress, out _)) _progress.Take(appliance, progress);
        return [];
    }

    private async Task<IReadOnlyList<Reply>> AnswerAsync(CentralDb db, ApplianceRow row, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (await commands.AnsweredAsync(db, row, payload, cancel) is { } orders) return [.. orders.Select(order => new Reply(TopicKind.Command, order))];
        Unreadable(row.Id, "answer", "it does not verify");
        return [];
    }

    private async Task<Reply> ReceiptAsync(CentralDb db, ApplianceId appliance, CallId? call, ReceiptSubject what, byte[] sha, long bytes, ReceiptResult result, CancellationToken cancel) =>
        new(TopicKind.Receipt, await receipts.WriteAsync(db, appliance, call, what, sha, bytes, result, cancel));

    private async Task AlarmAsync(CentralDb db, string kind, ApplianceId appliance, CallId? call, CancellationToken cancel)
    {
        if (await Alarms.RaiseAsync(db, kind, appliance, call, Now, cancel)) Alarmed(kind, appliance.Text);
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
