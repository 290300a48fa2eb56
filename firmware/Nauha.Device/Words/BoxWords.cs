using System.Globalization;
using System.Text.Json;
using Nauha.Recorder.Status;

namespace Nauha.Device.Words;

/// <summary>What the program says to the people at the branch, in fi, sv or en: words.json. What the LEDs mean stands in their legend.</summary>
internal sealed class BoxWords(string language)
{
    private static readonly Lazy<JsonElement> All = new(() =>
    {
        using var stream = typeof(BoxWords).Assembly.GetManifestResourceStream("words.json") ?? throw new InvalidOperationException("the program lacks its words: it was built without Words/words.json");
        using var words = JsonDocument.Parse(stream);
        return words.RootElement.Clone();
    });

    private static readonly string[] Locale = ["LC_ALL", "LC_MESSAGES", "LANG"];

    /// <summary>Of the commands that speak English whatever the box does.</summary>
    public static BoxWords English { get; } = new("en");

    public string Language => language;

    /// <summary>On a terminal: as asked for, else as the box is set, else of the environment, else English.</summary>
    public static BoxWords For(string? asked, string? setting)
    {
        var environment = Locale.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => value is { Length: > 0 });
        return new(asked ?? setting ?? Wording.Languages.FirstOrDefault(known => environment?.StartsWith(known, StringComparison.Ordinal) == true) ?? "en");
    }

    public string Check(string key) => Of("checks", key);

    public string Verdict(string key) => Of("verdicts", key);

    public string Sum(string key, int count = 0) => Of("sums", key, count);

    public string Says(string finding) => Finding(finding, "says")!;

    /// <summary>Null: nothing.</summary>
    public string? Do(string finding) => Finding(finding, "do");

    /// <summary>The words of a group, with what belongs into them; numbers are written as everywhere on the box, with a point.</summary>
    public string Of(string group, string key, params ReadOnlySpan<object?> with)
    {
        var words = Wording.Read(All.Value.GetProperty(group).GetProperty(key)).In(language);
        return with.Length == 0 ? words : string.Format(CultureInfo.InvariantCulture, words, with);
    }

    private string? Finding(string finding, string part) =>
        All.Value.GetProperty("findings").GetProperty(finding).GetProperty(part) is { ValueKind: JsonValueKind.Object } words ? Wording.Read(words).In(language) : null;
}
