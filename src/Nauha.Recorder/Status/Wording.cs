using System.Text.Json;

namespace Nauha.Recorder.Status;

/// <summary>One text in the three languages of the house.</summary>
public sealed record Wording(string Fi, string Sv, string En)
{
    /// <summary>What <see cref="In"/> takes, the default first.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["fi", "sv", "en"];

    /// <exception cref="ArgumentException">There is no such language.</exception>
    public string In(string language) => language switch { "fi" => Fi, "sv" => Sv, "en" => En, _ => throw new ArgumentException($"no words in '{language}'", nameof(language)) };

    /// <exception cref="KeyNotFoundException">A language is missing.</exception>
    public static Wording Read(JsonElement texts) => new(texts.GetProperty("fi").GetString()!, texts.GetProperty("sv").GetString()!, texts.GetProperty("en").GetString()!);
}
