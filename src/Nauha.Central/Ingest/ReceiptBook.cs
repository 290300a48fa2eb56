using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Ingest;

/// <summary>Writes signed receipts: one chain an appliance, each with the newest audit checkpoint.</summary>
internal sealed class ReceiptBook(Keystore keys, AuditLog audit, TimeProvider time)
{
    /// <summary>Signs; the chain's new end is saved with whatever the caller saves.</summary>
    public async Task<byte[]> WriteAsync(CentralDb db, ApplianceId appliance, CallId? call, ReceiptSubject what, byte[] sha256, long bytes, ReceiptResult result, CancellationToken cancel)
    {
        var row = await db.Appliances.SingleAsync(a => a.Id == appliance.Text, cancel);
        var receipt = new Receipt
        {
            Fleet = keys.Fleet,
            Appliance = appliance,
            Seq = (ulong)++row.ReceiptSeq,
            Prev = row.ReceiptPrev,
            StoreEpoch = keys.StoreEpoch,
            Call = call,
            What = what,
            Sha256 = sha256,
            Bytes = bytes,
            Result = result,
            Checkpoint = audit.Checkpoint,
            AtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var payload = receipt.ToPayload();
        row.ReceiptPrev = CallRecord.HashOf(payload);
        return Envelope.Seal(PayloadTypes.Receipt, payload, keys.Receipts);
    }
}
