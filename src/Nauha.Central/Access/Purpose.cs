namespace Nauha.Central.Access;

/// <summary>The notice's seven purposes: nobody listens for another.</summary>
public static class Purposes
{
    public static IReadOnlyList<string> All { get; } = ["service-event", "safe-handling", "abuse-and-threats", "what-was-said", "customer-relation", "training", "quality"];
}

/// <summary>Why somebody looks or listens: one of the purposes, in words, and for which case.</summary>
public sealed record Reason(string? Purpose, string? Text, string? Case)
{
    public const int ShortestText = 10;

    /// <summary>Null where it is complete, else what is missing.</summary>
    public string? Missing =>
        Purpose is null || !Purposes.All.Contains(Purpose) ? $"Give a purpose: one of {string.Join(", ", Purposes.All)}."
        : string.IsNullOrWhiteSpace(Text) || Text.Trim().Length < ShortestText ? $"Give a reason in words, at least {ShortestText} characters."
        : Text.Length > 1_000 ? "The reason is longer than 1,000 characters."
        : string.IsNullOrWhiteSpace(Case) || Case.Length > 100 ? "Give the case (at most 100 characters)."
        : null;

    internal Dictionary<string, string> ToSealed() => new() { ["reason"] = Text ?? "", ["case"] = Case ?? "" };
}
