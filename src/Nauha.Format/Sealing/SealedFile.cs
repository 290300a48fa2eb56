namespace Nauha.Format;

/// <summary>What can be said of a sealed file without the key that opens it.</summary>
/// <param name="Fault"><see cref="FileFault.None"/>: whole, and signed by who it says.</param>
/// <param name="Facts">Null where the file is not closed.</param>
public sealed record FileVerdict(FileFault Fault, SealedHeader? Header, SealedFileFacts? Facts, uint Frames, KeyId? Signer)
{
    public bool IsWhole => Fault == FileFault.None;
}

/// <summary>One frame, opened.</summary>
/// <param name="FirstSample">Counted from the off-hook edge.</param>
/// <param name="Audio">Packets joined, each of the stream's packetBytes.</param>
public sealed record OpenedFrame(ulong FirstSample, uint Samples, byte[] Audio, IReadOnlyList<SealedEvent> Events)
{
    /// <summary>Just after the last sample; below 2^63.</summary>
    public ulong End => FirstSample + Samples;
}

public static class SealedFile
{
    /// <summary>Checks everything that needs no key: form, order, checksums, hash, signature.</summary>
    /// <param name="pointOf">The public point (65 bytes) of a signing key, or null where it is not known.</param>
    public static FileVerdict Verify(Stream file, Func<KeyId, ApplianceId, byte[]?> pointOf)
    {
        ArgumentNullException.ThrowIfNull(pointOf);
        using var scan = new SealedFileScanner(file);
        var fault = scan.Begin();
        if (fault != FileFault.None) return new(fault, scan.Header, null, 0, null);
        while (scan.Next(out fault)) { }
        if (fault != FileFault.None) return new(fault, scan.Header, null, scan.Frames, null);
        var facts = new SealedFileFacts(scan.HashOfAll, scan.Offset + Trailer.Length, scan.Frames, scan.Closing);
        var point = pointOf(scan.Signer, scan.Header!.Appliance);
        fault = point is null ? FileFault.UnknownSigner
            : P256.Verifies(point, Pae.Of(PayloadTypes.Recording, Trailer.Message(scan.Head, scan.Trailing)), Trailer.Signature(scan.Trailing)) ? FileFault.None
            : FileFault.BadSignature;
        return new(fault, scan.Header, facts, scan.Frames, scan.Signer);
    }

    /// <summary>The head alone, and what a key holder needs to unwrap the data key.</summary>
    public static FileFault ReadHead(Stream file, out SealedHeader? header, out byte[] wrapInfo, out byte[] wrap)
    {
        (wrapInfo, wrap) = ([], []);
        using var scan = new SealedFileScanner(file);
        var fault = scan.Begin();
        header = scan.Header;
        if (fault != FileFault.None) return fault;
        wrapInfo = SealedCore.WrapInfo(scan.Start);
        wrap = scan.Start[SealedCore.Length..];
        return FileFault.None;
    }

    /// <summary>
    /// The header, as far as it can be believed without reading on: the checksum of the first frame covers the head. Null
    /// where head or first frame are not whole.
    /// </summary>
    public static SealedHeader? HeadOf(Stream file)
    {
        using var scan = new SealedFileScanner(file);
        return scan.Begin() == FileFault.None && scan.Next(out _) ? scan.Header : null;
    }

    /// <summary>Opens every frame with the data key. The first reason to refuse stops the reading.</summary>
    /// <param name="dek">32 bytes, as unwrapped; checked against the file's commitment before anything is opened.</param>
    /// <param name="opened">Called for every data frame, in order.</param>
    /// <param name="ended">Called for the final frame's events.</param>
    /// <returns>The fault, and the stream's description as soon as it was read.</returns>
    public static (FileFault Fault, StreamInfo? Stream) Open(Stream file, ReadOnlySpan<byte> dek, Action<OpenedFrame> opened, Action<IReadOnlyList<SealedEvent>>? ended = null)
    {
        using var reader = new SealedFileReader(file);
        var fault = reader.Begin(dek);
        while (fault == FileFault.None && reader.Next(out var frame, out fault))
        {
            if (frame is not null) opened(frame);
            else ended?.Invoke(reader.FinalEvents);
        }
        return (fault, reader.Stream);
    }
}
