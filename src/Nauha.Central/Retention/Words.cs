namespace Nauha.Central.Retention;

/// <summary>Why calls are kept longer than law 9 says, and why one may go before: closed lists.</summary>
public static class Kinds
{
    /// <summary>Of a hold.</summary>
    public static IReadOnlyList<string> Holds { get; } = ["authority", "legal-claim", "incident", "request"];

    /// <summary>Of an early destruction.</summary>
    public static IReadOnlyList<string> Grounds { get; } = ["unlawful", "not-our-call", "erasure-request", "wrongly-recorded"];
}

/// <summary>How something that a person asked for came out.</summary>
public abstract record Outcome
{
    private Outcome() { }

    /// <param name="Id">Of what was made or changed.</param>
    public sealed record Done(string Id) : Outcome;

    /// <param name="Why">In words, for the person who asked.</param>
    /// <param name="Code">For who says it in his own language; null: only a program can ask so.</param>
    public sealed record Refused(string Why, string? Code = null) : Outcome;

    public sealed record NotFound(string What) : Outcome;
}
