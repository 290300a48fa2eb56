using System.CommandLine;
using System.Text.Json;

namespace Nauha.Central.Commands;

/// <summary>A command that does something: it bears the rule of what it does, as an endpoint does; a test tries every role on it.</summary>
internal sealed class CentralCommand : Command
{
    public static readonly Option<string?> Data = new("--data") { Description = $"Central's data folder (default {CentralOptions.DefaultData}).", Recursive = true };
    public static readonly Option<string?> Config = new("--config") { Description = $"Settings as JSON (default {CentralSettings.DefaultFile}, where it is there). The environment (NAUHA_…) stands above it, arguments above both.", Recursive = true };
    public static readonly Option<string?> KeystoreKey = new("--keystore-key") { Description = "File of the keystore's own key; on another medium than the keystore.", Recursive = true };
    public static readonly Option<bool> Json = new("--json") { Description = "One JSON object instead of text.", Recursive = true };

    public CentralCommand(string name, string description, Rule rule, params ReadOnlySpan<Symbol> symbols) : base(name, description)
    {
        Rule = rule;
        foreach (var symbol in symbols)
        {
            if (symbol is Option option) Add(option);
            else Add((Argument)symbol);
        }
    }

    public Rule Rule { get; }

    /// <summary>What it does as a client of central.</summary>
    public CentralCommand Does(Func<AdminClient, ParseResult, CancellationToken, Task> act)
    {
        SetAction((parse, cancel) => GuardedAsync(async () =>
        {
            await using var client = await AdminClient.OpenAsync(Settings(parse), cancel);
            await act(client, parse, cancel);
            return 0;
        }, cancel));
        return this;
    }

    public static CentralOptions Settings(ParseResult parse, params ReadOnlySpan<(string Key, string? Value)> more)
    {
        var arguments = new Dictionary<string, string?> { ["data"] = parse.GetValue(Data), ["keystoreKey"] = parse.GetValue(KeystoreKey) };
        foreach (var (key, value) in more) arguments[key] = value;
        return CentralSettings.Read(parse.GetValue(Config), Environment.GetEnvironmentVariables(), arguments);
    }

    /// <summary>With --json the object as it came; else for people.</summary>
    public static void Print(ParseResult parse, JsonElement value, string? otherwise = null)
    {
        if (parse.GetValue(Json)) Console.WriteLine(value.GetRawText());
        else if (otherwise is not null) Console.WriteLine(otherwise);
        else if (value.EnumerateObject().ToList() is [{ Value.ValueKind: JsonValueKind.Array } only]) PrintList(only.Value);
        else foreach (var member in value.EnumerateObject()) Show(member);
    }

    private static void Show(JsonProperty member)
    {
        var rows = member.Value.ValueKind == JsonValueKind.Array && member.Value.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Object);
        Console.WriteLine(rows ? member.Name : $"{member.Name,-18} {member.Value}");
        if (rows) foreach (var item in member.Value.EnumerateArray()) Console.WriteLine("  " + Row(item));
    }

    private static string Row(JsonElement item) => string.Join("  ", item.EnumerateObject().Select(p => $"{p.Name}: {p.Value}"));

    private static void PrintList(JsonElement list)
    {
        foreach (var item in list.EnumerateArray()) Console.WriteLine(Row(item));
        if (list.GetArrayLength() == 0) Console.WriteLine("None.");
    }

    /// <summary>0 good, 1 found something wrong, 2 bad usage or unreadable input, 3 could not find out.</summary>
    public static async Task<int> GuardedAsync(Func<Task<int>> act, CancellationToken cancel)
    {
        try
        {
            return await act();
        }
        catch (RefusedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (Exception e) when (e is UsageException or SettingException or FileNotFoundException or DirectoryNotFoundException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
        catch (Exception e) when (e is CentralException or IOException or HttpRequestException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(cancel.IsCancellationRequested ? "Stopped before it was done." : "Central did not answer in time.");
            return 3;
        }
    }
}
