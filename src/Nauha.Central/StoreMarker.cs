using Nauha.Format;

namespace Nauha.Central;

/// <summary>store.json: what this store is for, written once at its creation; no program changes it.</summary>
public sealed record StoreMarker(bool IsDemo)
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
                m.Whole("createdMs");
                m.Text("id");
                return purpose;
            }, out var found, out var error) || found is not ("demo" or "production")) throw new CentralException($"{path} {error}");
        if (demo && found != "demo") throw new CentralException($"{data} is a production store; --demo needs one of its own.");
        return new(found == "demo");
    }
}
