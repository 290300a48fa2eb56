using System.CommandLine;
using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Vault;
using Nauha.Simulation;

namespace Nauha.Device.Commands;

/// <summary>What all commands have.</summary>
internal static class Shared
{
    public static Option<string> Data { get; } = new("--data") { Description = "The recorder's data folder.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("NAUHA_DATA") ?? "/var/lib/nauha/recorder", Recursive = true };

    public static Option<bool> Json { get; } = new("--json") { Description = "One JSON object instead of text.", Recursive = true };

    /// <summary>Exit 2: the input cannot be used; 3: it could not be found out.</summary>
    public static async Task<int> Guarded(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception e) when (e is ScenarioException or WavFormatException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
        catch (Exception e) when (e is VaultException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
    }
}

/// <summary>run/lock: one recorder a data folder; and store.json, which says what the folder is for.</summary>
internal sealed class DataLock : IDisposable
{
    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    public static DataLock Take(string data)
    {
        var run = Path.Combine(data, "run");
        Directory.CreateDirectory(run);
        try
        {
            return new(new FileStream(Path.Combine(run, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new VaultException($"Another nauha-recorder owns {data}.", e);
        }
    }

    public static bool IsProduction(string data)
    {
        var path = Path.Combine(data, "store.json");
        return !File.Exists(path) || !StrictJson.TryRead(File.ReadAllBytes(path), m =>
        {
            var purpose = m.Text("purpose");
            m.Whole("createdMs");
            m.Text("id");
            return purpose;
        }, out var purpose, out _) || purpose != "demo";
    }

    /// <summary>Written once, when the folder is made.</summary>
    public static void Mark(string data, bool demo, TimeProvider time)
    {
        var path = Path.Combine(data, "store.json");
        if (File.Exists(path)) return;
        Directory.CreateDirectory(data);
        File.WriteAllBytes(path, StrictJson.Write(json =>
        {
            json.WriteString("purpose", demo ? "demo" : "production");
            json.WriteNumber("createdMs", time.GetUtcNow().ToUnixTimeMilliseconds());
            json.WriteString("id", Guid.NewGuid().ToString("n"));
        }));
    }

    public void Dispose() => _file.Dispose();
}
