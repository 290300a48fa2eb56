using System.Globalization;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>state.json: what the journals cannot say any more once law 9 has taken them: chain and numbers so far.</summary>
internal static class VaultState
{
    private static string PathOf(string data) => Path.Combine(data, "state.json");

    public static void Write(string data, JournalIndex index) => Disk.Replace(PathOf(data), StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("seq", index.LastSeq);
        json.WriteString("hash", Convert.ToHexStringLower(index.LastHash));
        json.WriteStartObject("numbers");
        foreach (var (line, number) in index.Numbers) json.WriteNumber(line.ToString(CultureInfo.InvariantCulture), number);
        json.WriteEndObject();
    }));

    public static void Read(string data, JournalIndex index)
    {
        if (!File.Exists(PathOf(data))) return;
        var good = StrictJson.TryRead(File.ReadAllBytes(PathOf(data)), m =>
        {
            m.Version(1);
            return (Seq: m.Count("seq"), Hash: m.Hex("hash", 32), Numbers: m.Map("numbers", n => n.GetUInt64()));
        }, out var state, out var error);
        if (!good) throw new VaultException($"{PathOf(data)} {error}. The numbers of calls would be wrong: restore the file, or enrol this box anew.");
        index.Continue(state.Seq, state.Hash, state.Numbers.Select(n => KeyValuePair.Create(int.Parse(n.Key, CultureInfo.InvariantCulture), n.Value)));
    }
}
