using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Nauha.Device.Wiring;
using Nauha.Drivers.Mixer;
using Nauha.Format;
using Nauha.Recorder.Ports;

namespace Nauha.Device.Settings;

/// <summary>The configuration cannot be used: the message names the key.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);

/// <summary>Reads the configuration from its three sources; what it does not know, or what is out of range, stops the start by name.</summary>
internal static class Configuration
{
    public const string DefaultPath = "/etc/nauha/recorder.json";

    private const string Prefix = "NAUHA_";

    /// <param name="path">Null: the default file, if it is there.</param>
    /// <param name="arguments">key=value, parts of the key joined by a colon.</param>
    /// <exception cref="ConfigurationException">Which key, and what is wrong with it.</exception>
    public static RecorderOptions Load(string? path, IReadOnlyList<string> arguments)
    {
        var builder = new ConfigurationBuilder();
        if (path is not null || File.Exists(DefaultPath)) builder.AddJsonFile(Path.GetFullPath(path ?? DefaultPath), optional: false);
        builder.AddInMemoryCollection(Environment());
        builder.AddInMemoryCollection(arguments.Select(Argument).GroupBy(one => one.Key, StringComparer.OrdinalIgnoreCase).Select(same => same.Last()));   // of two the later counts
        try
        {
            var configuration = builder.Build();
            foreach (var unknown in Unknown(configuration, typeof(RecorderOptions), "")) throw new ConfigurationException($"The configuration has an unknown key: {unknown}.");
            var options = configuration.Get<RecorderOptions>() ?? new();
            Check(options, "");
            Check(options.Announcement, "announcement:");
            Check(options.Board, "board:");
            Check(options.Leds, "leds:");
            BoxFront.Profile(options.Board);   // its pins are checked against the board's
            foreach (var (name, reader) in options.Readers) Check(reader, $"readers:{name}:");
            Check(options.Storage, "storage:");
            foreach (var (name, trunk) in options.Trunks) Check(trunk, $"trunks:{name}:");
            foreach (var (line, settings) in options.Lines)
            {
                if (!int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > LineId.Highest) throw new ConfigurationException($"The configuration has an unknown key: lines:{line}. Lines are 1 to {LineId.Highest}.");
                Check(settings, $"lines:{line}:");
                Check(settings.Announcement, $"lines:{line}:announcement:");
                Check(settings.SignIn, $"lines:{line}:signIn:");
                Check(settings.Sound, $"lines:{line}:sound:");
                Check(settings.Hook, $"lines:{line}:hook:");
                if (settings.Source is not null) CheckMaskCode(number, settings.MaskCode, settings.Sound.Sides);
                Check(settings.Siprec, $"lines:{line}:siprec:");
                if (settings.Source == "siprec") CheckSiprec(line, settings, options);
                foreach (var (control, value) in settings.Sound.Mixer)
                    if (!MixerWatch.IsWish(value)) throw new ConfigurationException($"The configuration's lines:{line}:sound:mixer:{control} is {value}: it is on, off, or 0 to 100.");
            }
            return options;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or FormatException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message);
        }
    }

    /// <summary>Without knowing from which side a key comes, a caller's could mask: he may be louder than the agent.</summary>
    /// <exception cref="ConfigurationException">The line does not tell its sides apart.</exception>
    public static void CheckMaskCode(int line, string? code, LineSides sides)
    {
        if (code is not null && sides == LineSides.None) throw new ConfigurationException($"The configuration's lines:{line}:maskCode is set, and line {line} does not tell the agent's keys from a caller's: hang it in-line (lines:{line}:sound:currentChannel) or at the handset (lines:{line}:sound:nearChannel and farChannel), or mask by switch.");
    }

    // Such a line cannot be spoken on: it needs a PBX that feeds it, and to know what that PBX says to callers.
    private static void CheckSiprec(string line, LineSetup own, RecorderOptions options)
    {
        if (own.Siprec.Trunk is not { } trunk) throw new ConfigurationException($"The configuration's lines:{line}:siprec:trunk is missing: it names the PBX that feeds the line (trunks:NAME:server=…).");
        if (!options.Trunks.ContainsKey(trunk)) throw new ConfigurationException($"The configuration's lines:{line}:siprec:trunk is {trunk}: there is no trunks:{trunk}:server.");
        if (own.Announcement.Over(options.Announcement).Known is null) throw new ConfigurationException($"The configuration's lines:{line}:announcement:known is missing: the box cannot speak on a SIPREC line, and records only calls in which it has heard the announcement that the PBX plays. Give it a WAV of that announcement.");
    }

    // NAUHA_LINES__1__AGENT is lines:1:agent. NAUHA_TESTS_… belongs to the tests, which start this program.
    private static IEnumerable<KeyValuePair<string, string?>> Environment()
    {
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            if (variable.Key is string name && name.StartsWith(Prefix, StringComparison.Ordinal) && !name.StartsWith(Prefix + "TESTS_", StringComparison.Ordinal))
                yield return new(name[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value);
    }

    private static KeyValuePair<string, string?> Argument(string text) => text.Split('=', 2) is [{ Length: > 0 } key, var value]
        ? new(key, value)
        : throw new ConfigurationException($"--set {text}: it is written key=value, as announcement:levelDbv=-18.");

    private static IEnumerable<string> Unknown(IConfiguration section, Type type, string path)
    {
        foreach (var child in section.GetChildren())
        {
            var known = typeof(IDictionary).IsAssignableFrom(type) ? type.GetGenericArguments()[1] : type.GetProperties().FirstOrDefault(p => p.CanWrite && p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase))?.PropertyType;
            var name = path + child.Key;
            if (known is null)
            {
                yield return name;
            }
            else if (known.Namespace!.StartsWith("Nauha", StringComparison.Ordinal) || typeof(IDictionary).IsAssignableFrom(known))
            {
                if (child.Value is { Length: > 0 }) throw new ConfigurationException($"The configuration's {name} is \"{child.Value}\"; it holds keys of its own.");
                foreach (var deeper in Unknown(child, known, name + ":")) yield return deeper;
            }
            else if (child.GetChildren().Any())
            {
                yield return $"{name}:{child.GetChildren().First().Key}";
            }
        }
    }

    // What a rule says of a value, asked of the rule itself: the framework's Validator would load a quarter of a designer's
    // type system into a box that holds its memory for years.
    private static void Check(object options, string path)
    {
        foreach (var property in options.GetType().GetProperties())
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
            {
                var value = property.GetValue(options);
                if (value is null && rule is RegularExpressionAttribute) continue;
                if (rule.GetValidationResult(value, Context(options, property.Name)) is { } wrong) throw Refused(options, path, property.Name, wrong);
            }
        if (options is IValidatableObject whole && whole.Validate(Context(options, options.GetType().Name)).FirstOrDefault() is { } against) throw Refused(options, path, against.MemberNames.First(), against);
    }

    private static ValidationContext Context(object options, string name) => new(options, name, null, null) { MemberName = name };

    private static ConfigurationException Refused(object options, string path, string member, ValidationResult wrong) =>
        new($"The configuration's {path}{char.ToLowerInvariant(member[0])}{member[1..]} is {options.GetType().GetProperty(member)!.GetValue(options)}: {wrong.ErrorMessage}");
}
