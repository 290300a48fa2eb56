using Nauha.Format;
using Nauha.Recorder.Vault;

namespace Nauha.Device.Commands;

/// <summary>run/lock: one recorder a data folder; and store.json, which says what the folder is for.</summary>
internal sealed class DataLock : IDisposable
{
    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    /// <exception cref="VaultException">Somebody has it.</exception>
    public static DataLock Take(string data) => TryTake(data) ?? throw new VaultException($"Another nauha-recorder owns {data}.");

    /// <summary>Null: somebody has it.</summary>
    public static DataLock? TryTake(string data)
    {
        var run = Path.Combine(data, "run");
        Directory.CreateDirectory(run);
        try
        {
            return new(new FileStream(Path.Combine(run, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
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
