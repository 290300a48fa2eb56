using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Central.Storage;
using Nauha.Format;

namespace Nauha.Central.Access;

/// <summary>A recording whose data key is unwrapped, for one person and one reason. Disposed, the key is gone.</summary>
internal sealed class OpenedCall(CallId call, BlobFolder blobs, string path, byte[] dek, ulong first, long samples) : IDisposable
{
    public CallId Call => call;

    /// <summary>Samples from the first kept one to the last, gaps included.</summary>
    public long Samples => samples;

    public long Seconds => (samples + 7_999) / 8_000;

    /// <summary>Where the first kept sample stands, counted from the off-hook edge.</summary>
    public ulong First => first;

    /// <summary>WAV: 8 kHz, mono, 16 bit, 44-byte header; from the first kept sample on, with silence of true length where nothing was kept.</summary>
    public WavStream Sound(Action<long, long> release) => new(blobs.Open(path), this, release);

    public void Begin(SealedFileSeeker reader)
    {
        if (reader.Begin(dek) is var fault and not FileFault.None) throw new InvalidDataException($"the recording of call {call} {fault.Sentence()}");
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(dek);
}

/// <summary>A call's sound, opened for one person and one reason. The audit entry is on the disk before the key is unwrapped.</summary>
public sealed class CallAudio(IDbContextFactory<CentralDb> database, BlobFolder blobs, IKeystore keys)
{
    /// <param name="entry">What is written to the audit before the data key is unwrapped.</param>
    /// <returns>Null: there is no recording of this call that can be opened.</returns>
    internal async Task<OpenedCall?> OpenAsync(CallId call, AuditEntry entry, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        if (await db.Calls.FindAsync([call.ToString()], cancel) is not { Blob: { } path } row || !blobs.Exists(path)) return null;
        await using var file = blobs.Open(path);
        if (SealedFile.ReadHead(file, out var header, out var info, out var wrap) != FileFault.None) return null;
        var opening = keys.Open(entry);
        // What is kept beyond its six months is kept for a case, and heard for no other.
        if (row.IsCounted && !await Catalogue.Grants.IsHeldForAsync(db, row.Call, opening.HoldTokens("case", entry.Sealed?.GetValueOrDefault("case") ?? ""), cancel)) return null;
        if (opening.DataKey(new(header!, info, wrap, await Catalogue.Grants.OfAsync(db, call.ToString(), null, cancel))) is not { } dek) return null;
        file.Position = 0;
        if (Measure(file, dek, cancel) is var (first, samples)) return new(call, blobs, path, dek, first, samples);
        CryptographicOperations.ZeroMemory(dek);
        return null;
    }

    /// <summary>The sealed bytes as they lie there, for somebody who checks them elsewhere.</summary>
    public async Task<FileStream?> SealedAsync(CallId call, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        return await db.Calls.FindAsync([call.ToString()], cancel) is { Blob: { } path } && blobs.Exists(path) ? blobs.Open(path) : null;
    }

    // Every frame is opened once, so that the length is known and nothing that does not open is promised.
    private static (ulong First, long Samples)? Measure(FileStream file, byte[] dek, CancellationToken cancel)
    {
        using var reader = new SealedFileReader(file);
        var fault = reader.Begin(dek);
        (ulong First, ulong End)? kept = null;
        while (fault == FileFault.None && reader.Next(out var frame, out fault))
        {
            cancel.ThrowIfCancellationRequested();
            if (frame is not null) kept = (kept?.First ?? frame.FirstSample, Math.Max(kept?.End ?? 0, frame.FirstSample + frame.Samples));
        }
        return fault != FileFault.None ? null : kept is var (first, end) ? (first, (long)(end - first)) : (0, 0);
    }
}
