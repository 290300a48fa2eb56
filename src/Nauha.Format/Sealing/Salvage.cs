namespace Nauha.Format;

/// <summary>What came of closing a file that was left open.</summary>
public abstract record SalvageOutcome
{
    private SalvageOutcome() { }

    /// <summary>Closed now; <paramref name="BytesCut"/> after the last whole frame are gone.</summary>
    public sealed record Done(SealedHeader Header, SealedFileFacts Facts, long BytesCut) : SalvageOutcome;

    /// <summary>Its trailer stands already, and is signed as it must be: it is left alone.</summary>
    public sealed record AlreadyClosed(SealedHeader Header, SealedFileFacts Facts) : SalvageOutcome;

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
    public static SalvageOutcome Close(Stream file, ApplianceSigner signer)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(signer);
        file.Position = 0;
        using var scan = new SealedFileScanner(file);
        var fault = scan.Begin();
        if (fault != FileFault.None) return new SalvageOutcome.NothingWhole(fault);
        while (scan.Next(out fault)) { }
        // A trailer of which the disk took only a part has the right form and no right signature: it is made anew.
        var whole = scan.Trailing.Length > 0 && P256.Verifies(signer.PublicPoint, Pae.Of(PayloadTypes.Recording, Trailer.Message(scan.Head, scan.Trailing)), Trailer.Signature(scan.Trailing));
        if (fault == FileFault.None && whole) return Already(scan.HashOfAll);
        if (fault == FileFault.BytesAfterTrailer && whole && NothingFrom(file, scan.Offset + Trailer.Length))
        {
            // Closed, but the space reserved behind it was not given back any more.
            file.SetLength(scan.Offset + Trailer.Length);
            return Already(scan.HashWith(scan.Trailing));
        }

        var cut = file.Length - scan.Offset;
        file.SetLength(scan.Offset);
        if (fault == FileFault.None) return Close(file, signer) is SalvageOutcome.Done done ? done with { BytesCut = cut } : throw new InvalidOperationException("a file without a trailer is closed");
        file.Position = scan.Offset;
        var closing = scan.EndsWithFinal ? Closing.ClosedLate : Closing.Salvaged;
        var trailer = Trailer.Make(closing, scan.Frames, scan.Offset, scan.HashSoFar, scan.Head, signer);
        file.Write(trailer);
        return new SalvageOutcome.Done(scan.Header!, new(scan.HashWith(trailer), scan.Offset + trailer.Length, scan.Frames, closing), cut);

        // Once read is enough: a recording of a day is hundreds of megabytes, and a start waits for it.
        SalvageOutcome.AlreadyClosed Already(byte[] hash) => new(scan.Header!, new(hash, scan.Offset + Trailer.Length, scan.Frames, scan.Closing));
    }

    private static bool NothingFrom(Stream file, long offset)
    {
        Span<byte> some = stackalloc byte[4_096];
        file.Position = offset;
        for (int read; (read = file.Read(some)) > 0;)
            if (some[..read].ContainsAnyExcept((byte)0)) return false;
        return true;
    }
}
