using Nauha.Format;

namespace Nauha.Central;

/// <summary>store.json: what this store is for, written once at its creation; no program changes it.</summary>
public sealed record StoreMarker(bool IsDemo, long CreatedMs)
{
    public static StoreMarker Open(string data, bool demo, TimeProvider time)
    {
        var path = Path.Combine(data, "store.json");
        if (!File.Exists(path))
        {
            Durable.Replace(path, StrictJson.Write(json =>
            {
                json.WriteString("purpose", demo ? "demo" : "production");
                json.WriteNumber("createdMs", time.GetUtcNow().ToUnixTimeMilliseconds());
                json.WriteString("id", Guid.NewGuid().ToString("n"));
            }));
        }
        if (!StrictJson.TryRead(File.ReadAllBytes(path), m =>
            {
                var purpose = m.Text("purpose");
                var createdMs = m.Whole("createdMs");
                m.Text("id");
                return (Purpose: purpose, CreatedMs: createdMs);
            }, out var found, out var error) || found.Purpose is not ("demo" or "production")) throw new CentralException($"{path} {error}");
        if (demo && found.Purpose != "demo") throw new CentralException($"{data} is a production store; --demo needs one of its own.");
        return new(found.Purpose == "demo", found.CreatedMs);
    }
}
