namespace Nauha.Format;

/// <summary>Why a sealed file is refused. A reader remembers the first reason and goes no further.</summary>
public enum FileFault
{
    None,
    NotSealed,
    UnknownVersion,
    UnknownSuite,
    BadHeader,
    Truncated,
    BadFrame,
    BadChecksum,
    OutOfOrder,
    AfterFinal,
    NoFinal,
    TooManyFrames,
    BadTrailer,
    BytesAfterTrailer,
    WrongHash,
    UnknownSigner,
    BadSignature,
    WrongKey,
    NotAuthentic,
    BadItems,
}

public static class FileFaultWords
{
    /// <summary>The word of FORMAT.md §2.1, for machines and vectors.</summary>
    public static string Word(this FileFault fault) => fault switch
    {
        FileFault.None => "none",
        FileFault.NotSealed => "not-sealed",
        FileFault.UnknownVersion => "unknown-version",
        FileFault.UnknownSuite => "unknown-suite",
        FileFault.BadHeader => "bad-header",
        FileFault.Truncated => "truncated",
        FileFault.BadFrame => "bad-frame",
        FileFault.BadChecksum => "bad-checksum",
        FileFault.OutOfOrder => "out-of-order",
        FileFault.AfterFinal => "after-final",
        FileFault.NoFinal => "no-final",
        FileFault.TooManyFrames => "too-many-frames",
        FileFault.BadTrailer => "bad-trailer",
        FileFault.BytesAfterTrailer => "bytes-after-trailer",
        FileFault.WrongHash => "wrong-hash",
        FileFault.UnknownSigner => "unknown-signer",
        FileFault.BadSignature => "bad-signature",
        FileFault.WrongKey => "wrong-key",
        FileFault.NotAuthentic => "not-authentic",
        _ => "bad-items",
    };

    public static string Sentence(this FileFault fault) => fault switch
    {
        FileFault.None => "whole",
        FileFault.NotSealed => "is no sealed recording",
        FileFault.UnknownVersion => "has a version that this program does not know: use a newer one",
        FileFault.UnknownSuite => "has a cipher suite that this program does not know: use a newer one",
        FileFault.BadHeader => "has a header field out of its range",
        FileFault.Truncated => "ends too early: it is still being written, or was cut off",
        FileFault.BadFrame => "has a frame whose head makes no sense",
        FileFault.BadChecksum => "has a frame whose checksum is wrong",
        FileFault.OutOfOrder => "has frames out of order",
        FileFault.AfterFinal => "has a frame after its final frame",
        FileFault.NoFinal => "is closed, but its final frame is missing",
        FileFault.TooManyFrames => "has more frames than a file may have",
        FileFault.BadTrailer => "has a trailer that makes no sense",
        FileFault.BytesAfterTrailer => "has bytes after its trailer",
        FileFault.WrongHash => "has been changed: its hash is not the one that was signed",
        FileFault.UnknownSigner => "is signed by a key that is not among the certificates given",
        FileFault.BadSignature => "bears a signature that does not verify",
        FileFault.WrongKey => "is not sealed to the key given",
        FileFault.NotAuthentic => "has a frame that does not open: it was changed",
        _ => "opens, but holds items that make no sense",
    };
}
