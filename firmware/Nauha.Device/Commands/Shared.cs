using System.CommandLine;
using Nauha.Audio;
using Nauha.Device.Settings;
using Nauha.Device.Words;
using Nauha.Format;
using Nauha.Recorder.Status;
using Nauha.Recorder.Vault;
using Nauha.Simulation;

namespace Nauha.Device.Commands;

/// <summary>What all commands have.</summary>
internal static class Shared
{
    private const string DefaultData = "/var/lib/nauha/recorder";

    public static Option<string?> Data { get; } = new("--data") { Description = $"The recorder's data folder; else the configuration's, else {DefaultData}.", Recursive = true };

    public static Option<string?> Config { get; } = new("--config") { Description = $"The configuration file, JSON; else {Configuration.DefaultPath}, if it is there.", Recursive = true };

    public static Option<string[]> Set { get; } = new("--set") { Description = "One value of the configuration above file and environment: announcement:levelDbv=-18. May be given again.", Recursive = true, DefaultValueFactory = _ => [] };

    public static Option<bool> Json { get; } = new("--json") { Description = "JSON instead of text: one object, or one a line where it goes on.", Recursive = true };

    /// <summary>Of the commands that speak to the people at the branch.</summary>
    public static Option<string?> Language { get; } = Spoken();

    /// <summary>In the language asked for, else the configuration's, else the terminal's.</summary>
    public static BoxWords Words(ParseResult parse, RecorderOptions options) => BoxWords.For(parse.GetValue(Language), options.Language);

    private static Option<string?> Spoken()
    {
        var language = new Option<string?>("--language") { Description = "fi, sv or en; else the configuration's language, else by LANG." };
        language.AcceptOnlyFromAmong([.. Wording.Languages]);
        return language;
    }

    public static Option<int> LineOption()
    {
        var line = new Option<int>("--line") { Description = "Number of the line, as the configuration has it.", Required = true };
        line.Validators.Add(result =>
        {
            if (result.GetValue(line) is < 1 or > LineId.Highest) result.AddError($"--line is 1 to {LineId.Highest}.");
        });
        return line;
    }

    /// <exception cref="ConfigurationException">Which key, and what is wrong with it.</exception>
    public static RecorderOptions Options(ParseResult parse)
    {
        var options = Configuration.Load(parse.GetValue(Config), parse.GetValue(Set)!);
        options.Data = parse.GetValue(Data) ?? options.Data ?? DefaultData;
        return options;
    }

    public static string DataOf(ParseResult parse) => Options(parse).Data!;

    /// <summary>Exit 2: the input cannot be used; 3: it could not be found out.</summary>
    public static async Task<int> Guarded(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception e) when (e is ScenarioException or WavFormatException or ConfigurationException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("It was broken off, or took too long: nothing is known.");
            return 3;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync(e is VaultException or IOException or UnauthorizedAccessException ? e.Message : e.ToString());
            return 3;
        }
    }
}
