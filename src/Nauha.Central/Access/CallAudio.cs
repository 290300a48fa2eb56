using Microsoft.EntityFrameworkCore;
using Nauha.Audio;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Central.Storage;
using Nauha.Format;

namespace Nauha.Central.Access;

/// <summary>A call's sound, opened for one person and one reason. The audit entry is on the disk before the first byte is.</summary>
public sealed class CallAudio(IDbContextFactory<CentralDb> database, BlobFolder blobs, IKeystore keys)
{
    /// <summary>Longest call that is opened at once: two hours.</summary>
    private const int MostSamples = 2 * 3_600 * 8_000;

    /// <summary>WAV: 8 kHz, mono, 16 bit, 44-byte header; from the first kept sample on, with silence of true length where nothing was kept.</summary>
    /// <param name="entry">What is written to the audit before the data key is unwrapped.</param>
    /// <returns>Null: there is no recording of this call that can be opened.</returns>
    public async Task<byte[]?> OpenAsync(CallId call, AuditEntry entry, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        if (await db.Calls.FindAsync([call.ToString()], cancel) is not { Blob: { } path } || !blobs.Exists(path)) return null;
        await using var file = blobs.Open(path);
        if (SealedFile.ReadHead(file, out var header, out var info, out var wrap) != FileFault.None) return null;
        if (keys.UnwrapForListening(entry, new(header!, info, wrap, await Catalogue.Grants.OfAsync(db, call.ToString(), null, cancel))) is not { } dek) return null;
        file.Position = 0;
        var samples = Decode(file, dek);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(dek);
        using var wav = new MemoryStream(WavFile.HeaderBytes + (samples.Count * 2));
        WavFile.Write(wav, 8_000, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(samples));
        return wav.ToArray();
    }

    /// <summary>The sealed bytes as they lie there, for somebody who checks them elsewhere.</summary>
    public async Task<FileStream?> SealedAsync(CallId call, CancellationToken cancel)
    {
        await using var db = await database.CreateDbContextAsync(cancel);
        return await db.Calls.FindAsync([call.ToString()], cancel) is { Blob: { } path } && blobs.Exists(path) ? blobs.Open(path) : null;
    }

    private static List<short> Decode(Stream file, byte[] dek)
    {
        var samples = new List<short>();
        StretchDecoder? decoder = null;
        ulong? first = null;
        using var reader = new SealedFileReader(file);
        if (reader.Begin(dek) != FileFault.None) return samples;
        try
        {
            while (reader.Next(out var frame, out _))
            {
                if (frame is null) continue;
                decoder ??= new(reader.Stream!.PreSkip, reader.Stream.PacketBytes);
                first ??= frame.FirstSample;
                if (decoder.IsAtStart)
                {
                    var silence = (long)(frame.FirstSample - first.Value) - samples.Count;
                    if (silence > 0) samples.AddRange(new short[Math.Min(silence, MostSamples)]);
                }
                samples.AddRange(decoder.Decode(frame.Audio, (int)frame.Samples));
                if (samples.Count > MostSamples) throw new CentralException("This call is longer than two hours; this version opens at most two hours at once.");
            }
        }
        finally
        {
            decoder?.Dispose();
        }
        return samples;
    }
}
