using System.Globalization;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>state.json: what the journals cannot say any more once law 9 has taken them: chain and numbers so far, and where what is left follows what is gone.</summary>
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
        var (records, calls) = index.Resumed;
        json.WriteStartObject("after");
        foreach (var (seq, of) in records.OrderBy(r => r.Key)) json.WriteString(seq.ToString(CultureInfo.InvariantCulture), of);
        json.WriteEndObject();
        json.WriteStartObject("numbersAfter");
        foreach (var line in calls.GroupBy(c => c.Line).OrderBy(g => g.Key))
        {
            json.WriteStartArray(line.Key.ToString(CultureInfo.InvariantCulture));
            foreach (var (_, number) in line.Order()) json.WriteNumberValue(number);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }));

    public static void Read(string data, JournalIndex index)
    {
        if (!File.Exists(PathOf(data))) return;
        var good = StrictJson.TryRead(File.ReadAllBytes(PathOf(data)), m =>
        {
            m.Version(1);
            return (Seq: m.Count("seq"), Hash: m.Hex("hash", 32), Numbers: m.Map("numbers", n => n.GetUInt64()),
                After: m.Has("after") ? m.Map("after", h => h.GetString()!) : [], NumbersAfter: m.Has("numbersAfter") ? m.Map("numbersAfter", n => n.EnumerateArray().Select(e => e.GetUInt64()).ToList()) : []);
        }, out var state, out var error);
        if (!good) throw new VaultException($"{PathOf(data)} {error}. The numbers of calls would be wrong: restore the file, or enrol this box anew.");
        index.Resume(state.After.Select(a => KeyValuePair.Create(ulong.Parse(a.Key, CultureInfo.InvariantCulture), a.Value)), state.NumbersAfter.SelectMany(n => n.Value.Select(number => (int.Parse(n.Key, CultureInfo.InvariantCulture), number))));
        index.Continue(state.Seq, state.Hash, state.Numbers.Select(n => KeyValuePair.Create(int.Parse(n.Key, CultureInfo.InvariantCulture), n.Value)));
    }
}
