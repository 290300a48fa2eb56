namespace Nauha.Format;

/// <summary>Why a signed document, or a journal of them, is refused. A reader remembers the first reason and goes no further.</summary>
public enum DocumentFault
{
    None,
    TooLong,
    BadEnvelope,
    WrongType,
    SignatureCount,
    UnknownSigner,
    BadSignature,
    TooFewRoots,
    UnknownVersion,
    BadPayload,
    Foreign,
    Gap,
    Chain,
    Stale,
    OtherRoot,
    OtherSubject,
    WrongKey,
    BadFacts,
}

public static class DocumentFaultWords
{
    /// <summary>The word of FORMAT.md §3.1, for machines and vectors.</summary>
    public static string Word(this DocumentFault fault) => fault switch
    {
        DocumentFault.None => "none",
        DocumentFault.TooLong => "too-long",
        DocumentFault.BadEnvelope => "bad-envelope",
        DocumentFault.WrongType => "wrong-type",
        DocumentFault.SignatureCount => "signature-count",
        DocumentFault.UnknownSigner => "unknown-signer",
        DocumentFault.BadSignature => "bad-signature",
        DocumentFault.TooFewRoots => "too-few-roots",
        DocumentFault.UnknownVersion => "unknown-version",
        DocumentFault.BadPayload => "bad-payload",
        DocumentFault.Foreign => "foreign",
        DocumentFault.Gap => "gap",
        DocumentFault.Chain => "chain",
        DocumentFault.Stale => "stale",
        DocumentFault.OtherRoot => "other-root",
        DocumentFault.OtherSubject => "other-subject",
        DocumentFault.WrongKey => "wrong-key",
        _ => "bad-facts",
    };
}
