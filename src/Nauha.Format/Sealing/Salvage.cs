namespace Nauha.Format;

/// <summary>What came of closing a file that was left open.</summary>
public abstract record SalvageOutcome
{
    private SalvageOutcome() { }

    /// <summary>Closed now; <paramref name="BytesCut"/> after the last whole frame are gone.</summary>
    public sealed record Done(SealedHeader Header, SealedFileFacts Facts, long BytesCut) : SalvageOutcome;

    /// <summary>Its trailer stands already: it is left alone.</summary>
    public sealed record AlreadyClosed(SealedHeader Header) : SalvageOutcome;

    /// <summary>Not even the head is whole: there is nothing to keep.</summary>
    public sealed record NothingWhole(FileFault Fault) : SalvageOutcome;
}

/// <summary>
/// Closes a file after a power cut, without its key: cuts after the last frame that is whole, in sequence and good by its
/// checksum, and signs that this was done. It never seals anything.
/// </summary>
public static class Salvage
{
    /// <param name="file">Opened for reading and writing; the caller syncs it afterwards.</param>
    public static SalvageOutcome Close(Stream file, ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Position = 0;
        using var scan = new SealedFileScanner(file);
        var fault = scan.Begin();
        if (fault != FileFault.None) return new SalvageOutcome.NothingWhole(fault);
        while (scan.Next(out fault)) { }
        if (fault == FileFault.None) return new SalvageOutcome.AlreadyClosed(scan.Header!);

        var cut = file.Length - scan.Offset;
        file.SetLength(scan.Offset);
        file.Position = 0;
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        Span<byte> buffer = stackalloc byte[4_096];
        for (int read; (read = file.Read(buffer)) > 0;) hash.AppendData(buffer[..read]);
        var closing = scan.EndsWithFinal ? Closing.ClosedLate : Closing.Salvaged;
        var trailer = Trailer.Make(closing, scan.Frames, scan.Offset, hash.GetCurrentHash(), scan.Head, signer);
        file.Write(trailer);
        hash.AppendData(trailer);
        return new SalvageOutcome.Done(scan.Header!, new(hash.GetCurrentHash(), scan.Offset + trailer.Length, scan.Frames, closing), cut);
    }
}
