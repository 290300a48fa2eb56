using System.Collections;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Nauha.Central;

/// <summary>A setting is unknown, out of its range or cannot be read: central does not start, and says which.</summary>
public sealed class SettingException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Central's settings: a JSON file, the environment (NAUHA_…) above it, arguments above both. A key that is not known and a
/// value out of its range stop the start and name themselves. A new setting is one line in the table.
/// </summary>
internal static class CentralSettings
{
    public const string DefaultFile = "/etc/nauha/central.json";

    private sealed record Setting(string Key, string Range, Func<CentralOptions, string, CentralOptions?> Apply);

    private static readonly Setting[] Table =
    [
        new("data", "a folder", (o, v) => v.Length > 0 ? o with { Data = Path.GetFullPath(v) } : null),
        new("bind", "an IP address to listen on, such as 127.0.0.1 or 0.0.0.0", (o, v) => IPAddress.TryParse(v, out _) ? o with { Bind = v } : null),
        new("port", "a port, 0 (any that is free) to 65535", (o, v) => TryWhole(v, 0, 65_535, out var n) ? o with { HttpsPort = n } : null),
        new("mqttPort", "a port, 0 (any that is free) to 65535", (o, v) => TryWhole(v, 0, 65_535, out var n) ? o with { MqttsPort = n } : null),
        new("names", "names or addresses under which people and appliances reach central, separated by commas", (o, v) => v.Split(',', StringSplitOptions.TrimEntries) is var names && names.All(n => Uri.CheckHostName(n) != UriHostNameType.Unknown) ? o with { Names = names } : null),
        new("keystoreKey", "the file of the keystore's own key", (o, v) => v.Length > 0 ? o with { KekPath = v } : null),
        new("backupFolder", "a folder, on another machine's disk at best", (o, v) => v.Length > 0 ? o with { BackupFolder = v } : null),
        new("backupHours", "1 to 84 hours: two backups must fit into the seven days for which appliances keep what is receipted", (o, v) => TryWhole(v, 1, (int)Retention.Backups.KeptOnAppliances.TotalHours / 2, out var n) ? o with { BackupHours = n } : null),
        new("demo", "true or false", (o, v) => bool.TryParse(v, out var demo) ? o with { Demo = demo } : null),
    ];

    // What starts with NAUHA_ and is not ours: other programs' and the tests' own.
    private static readonly string[] NotSettings = ["NAUHA_CONFIG", "NAUHA_TOKEN", "NAUHA_TESTS_", "NAUHA_RECORDER_", "NAUHA_DEMO_", "NAUHA_VERIFY_"];

    public static IEnumerable<(string Key, string Variable, string Range)> All => Table.Select(s => (s.Key, Variable(s.Key), s.Range));

    /// <param name="file">--config; null: NAUHA_CONFIG, else the default file if it is there.</param>
    /// <param name="arguments">Settings given as arguments, by key; null values were not given.</param>
    /// <exception cref="SettingException">Something is unknown, out of range or unreadable.</exception>
    public static CentralOptions Read(string? file, IDictionary environment, IReadOnlyDictionary<string, string?> arguments)
    {
        var found = new Dictionary<string, (string Value, string Where)>(StringComparer.Ordinal);
        file ??= environment["NAUHA_CONFIG"] as string;
        if (file is not null || File.Exists(DefaultFile))
            foreach (var (key, value) in ReadFile(file ?? DefaultFile)) found[Known(key, file ?? DefaultFile)] = (value, $"{key} in {file ?? DefaultFile}");
        foreach (var name in environment.Keys.OfType<string>().Where(n => n.StartsWith("NAUHA_", StringComparison.Ordinal) && !NotSettings.Any(p => n == p || (p.EndsWith('_') && n.StartsWith(p, StringComparison.Ordinal)))))
            found[Table.FirstOrDefault(s => Variable(s.Key) == name)?.Key ?? throw new SettingException($"{name} in the environment is no setting of central. There are: {string.Join(", ", Table.Select(s => Variable(s.Key)))}.")] = ((string)environment[name]!, $"{name} in the environment");
        foreach (var (key, value) in arguments)
            if (value is not null) found[Known(key, "an argument")] = (value, $"--{key}");
        var options = new CentralOptions(CentralOptions.DefaultData);
        foreach (var setting in Table)
            if (found.TryGetValue(setting.Key, out var given)) options = setting.Apply(options, given.Value) ?? throw new SettingException($"{given.Where} is {setting.Range}, not '{given.Value}'.");
        // Who lets the port be chosen means both, unless he says which.
        return options.HttpsPort == 0 && !found.ContainsKey("mqttPort") ? options with { MqttsPort = 0 } : options;
    }

    private static List<(string Key, string Value)> ReadFile(string file)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new SettingException($"{file} is no JSON object.");
            var members = document.RootElement.EnumerateObject().Select(m => (Key: m.Name, Value: Text(m, file))).ToList();
            return members.GroupBy(m => m.Key).FirstOrDefault(g => g.Count() > 1) is { } twice ? throw new SettingException($"{twice.Key} stands twice in {file}.") : members;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SettingException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static string Text(JsonProperty member, string file) => member.Value.ValueKind switch
    {
        JsonValueKind.String => member.Value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => member.Value.GetRawText(),
        JsonValueKind.Array when member.Value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) => string.Join(',', member.Value.EnumerateArray().Select(e => e.GetString())),
        _ => throw new SettingException($"{member.Name} in {file} is neither a text, a number, true, false nor a list of texts."),
    };

    private static string Known(string key, string where) => Table.Any(s => s.Key == key) ? key : throw new SettingException($"{key} in {where} is no setting of central. There are: {string.Join(", ", Table.Select(s => s.Key))}.");

    // keystoreKey as NAUHA_KEYSTORE_KEY.
    private static string Variable(string key) => "NAUHA_" + string.Concat(key.Select(c => char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static bool TryWhole(string text, int least, int most, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
