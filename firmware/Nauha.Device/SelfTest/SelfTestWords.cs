using System.Globalization;
using System.Text.Json;

namespace Nauha.Device.SelfTest;

/// <summary>What the self-test says to a person, in fi, sv or en: words.json.</summary>
internal sealed class SelfTestWords(string language)
{
    private static readonly Lazy<JsonElement> All = new(() =>
    {
        using var stream = typeof(SelfTestWords).Assembly.GetManifestResourceStream("selftest/words.json") ?? throw new InvalidOperationException("the program lacks its words: it was built without SelfTest/words.json");
        using var words = JsonDocument.Parse(stream);
        return words.RootElement.Clone();
    });

    /// <summary>Asked for, else of the environment (LC_ALL, LANG), else English.</summary>
    public static SelfTestWords For(string? asked)
    {
        var wished = asked ?? Environment.GetEnvironmentVariable("LC_ALL") ?? Environment.GetEnvironmentVariable("LANG") ?? "en";
        return new(wished.StartsWith("fi", StringComparison.Ordinal) ? "fi" : wished.StartsWith("sv", StringComparison.Ordinal) ? "sv" : "en");
    }

    public string Check(string key) => Of("checks", key);

    public string Verdict(string key) => Of("verdicts", key);

    public string Ask(string key, int line) => string.Format(CultureInfo.InvariantCulture, Of("asks", key), line);

    public string Sum(string key, int count = 0) => string.Format(CultureInfo.InvariantCulture, Of("sums", key), count);

    public string Says(string finding) => All.Value.GetProperty("findings").GetProperty(finding).GetProperty("says").GetProperty(language).GetString()!;

    /// <summary>Null: nothing.</summary>
    public string? Do(string finding) => All.Value.GetProperty("findings").GetProperty(finding).GetProperty("do") is { ValueKind: JsonValueKind.Object } words ? words.GetProperty(language).GetString() : null;

    private string Of(string group, string key) => All.Value.GetProperty(group).GetProperty(key).GetProperty(language).GetString()!;
}
