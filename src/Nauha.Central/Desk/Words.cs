using System.Text.Json;
using Nauha.Central.Access;

namespace Nauha.Central.Desk;

/// <summary>What people read, in one language: Finnish, Swedish or English, from words/*.json. A missing word is a fault that a test finds.</summary>
public sealed class Words
{
    public const string Cookie = "nauha-language";
    private static readonly Dictionary<string, Words> All = new[] { "fi", "sv", "en" }.ToDictionary(l => l, l => new Words(l));
    private readonly Dictionary<string, string> _words;

    private Words(string language)
    {
        Language = language;
        using var stream = typeof(Words).Assembly.GetManifestResourceStream($"words/{language}") ?? throw new InvalidOperationException($"the words of {language} are missing");
        _words = JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
    }

    public static IReadOnlyCollection<string> Languages => All.Keys;

    public string Language { get; }

    public IReadOnlyCollection<string> Keys => _words.Keys;

    public string this[string key] => _words[key];

    /// <summary>The word for something that is data: an outcome, a direction; itself where there is none.</summary>
    public string Of(string? key) => key is null ? "" : _words.GetValueOrDefault(key == "started" ? "outcomestarted" : key, key);

    /// <summary>The word for data of one kind: an act, a state, a role.</summary>
    public string Of(string kind, string key) => _words.GetValueOrDefault(kind + key, key);

    /// <summary>Word and code: what a person reads, and what he finds in the manual.</summary>
    public string WithCode(string kind, string? code) => code is null ? "" : _words.TryGetValue(kind + code, out var word) ? $"{word} ({code})" : code;

    public string Of(Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        return this["refusal." + refusal.Code];
    }

    public static Words In(string language) => All.GetValueOrDefault(language) ?? All["fi"];

    /// <summary>By the switch on the page, else by what the browser asks for, else Finnish.</summary>
    public static Words For(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Cookies[Cookie] is { } chosen && All.TryGetValue(chosen, out var words)) return words;
        foreach (var asked in request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1))
            if (asked.Value.Value is { Length: >= 2 } tag && All.TryGetValue(tag[..2].ToLowerInvariant(), out words)) return words;
        return All["fi"];
    }
}
