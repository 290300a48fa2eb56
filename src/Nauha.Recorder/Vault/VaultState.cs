using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>
/// state.json: what the journals cannot say any more once law 9 has taken them: chain and numbers so far, and where what is
/// left follows what is gone. It carries its own sum, and a copy lies beside it: a number that a bad card changed would be
/// given again.
/// </summary>
/// <param name="After">Hash of a record that is gone, by its number, where something here follows it.</param>
/// <param name="NumbersAfter">The same for the numbers of calls, by line.</param>
internal sealed record VaultState(ulong Seq, byte[] Hash, IReadOnlyDictionary<int, ulong> Numbers, IReadOnlyDictionary<ulong, string> After, IReadOnlyDictionary<int, List<ulong>> NumbersAfter)
{
    private const string CopyEnds = ".copy";

    public static string PathOf(string data) => Path.Combine(data, "state.json");

    public static void Write(IDisk disk, string data, JournalIndex index)
    {
        var (records, calls) = index.Resumed;
        new VaultState(index.LastSeq, index.LastHash, index.Numbers, records, calls.GroupBy(c => c.Line).ToDictionary(g => g.Key, g => g.Select(c => c.Number).ToList())).Write(disk, data);
    }

    public void Write(IDisk disk, string data)
    {
        var bytes = ToBytes();
        Disk.Replace(disk, PathOf(data) + CopyEnds, bytes);
        Disk.Replace(disk, PathOf(data), bytes);
    }

    /// <summary>What stands in the file or, where that is damaged or gone, in its copy.</summary>
    /// <param name="damaged">Which of the two are not as they were written, and why.</param>
    public static VaultState? Read(IDisk disk, string data, out IReadOnlyList<(string Path, string Why)> damaged)
    {
        var wrong = new List<(string, string)>();
        damaged = wrong;
        VaultState? known = null;
        foreach (var path in new[] { PathOf(data), PathOf(data) + CopyEnds }.Where(File.Exists))
        {
            var bytes = Disk.Readable(disk, path, out var fault);
            if (fault is not null) wrong.Add((path, "cannot be read"));
            else if (!TryParse(bytes, out var state, out var error)) wrong.Add((path, error));
            else if (known is null || state!.Seq > known.Seq) known = state;
        }
        return known;
    }

    public void Tell(JournalIndex index)
    {
        index.Resume(After, NumbersAfter.SelectMany(n => n.Value.Select(number => (n.Key, number))));
        index.Continue(Seq, Hash, Numbers);
    }

    // The sum is the last thing in the file, over all of it with the sum left empty.
    private byte[] ToBytes()
    {
        var bytes = Write("");
        return Write(Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private byte[] Write(string sum) => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("seq", Seq);
        json.WriteString("hash", Convert.ToHexStringLower(Hash));
        json.WriteStartObject("numbers");
        foreach (var (line, number) in Numbers.OrderBy(n => n.Key)) json.WriteNumber(Text(line), number);
        json.WriteEndObject();
        json.WriteStartObject("after");
        foreach (var (seq, of) in After.OrderBy(r => r.Key)) json.WriteString(seq.ToString(CultureInfo.InvariantCulture), of);
        json.WriteEndObject();
        json.WriteStartObject("numbersAfter");
        foreach (var (line, numbers) in NumbersAfter.OrderBy(n => n.Key))
        {
            json.WriteStartArray(Text(line));
            foreach (var number in numbers.Order()) json.WriteNumberValue(number);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteString("sum", sum);
    });

    private static bool TryParse(byte[] bytes, out VaultState? state, out string error)
    {
        (state, error) = (null, "is not as it was written");
        const int sum = 64 + 2;
        if (bytes.Length < sum || !bytes.AsSpan(bytes.Length - sum, 64).SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData([.. bytes[..^sum], .. "\"}"u8]))))) return false;
        return StrictJson.TryRead(bytes, m =>
        {
            m.Version(1);
            m.Text("sum");
            return new VaultState(m.Count("seq"), m.Hex("hash", 32), ByLine(m.Map("numbers", n => n.GetUInt64())),
                m.Map("after", h => h.GetString()!).ToDictionary(a => ulong.Parse(a.Key, CultureInfo.InvariantCulture), a => a.Value),
                ByLine(m.Map("numbersAfter", n => n.EnumerateArray().Select(e => e.GetUInt64()).ToList())));
        }, out state, out error);
    }

    private static Dictionary<int, T> ByLine<T>(IEnumerable<KeyValuePair<string, T>> map) => map.ToDictionary(m => int.Parse(m.Key, CultureInfo.InvariantCulture), m => m.Value);

    private static string Text(int line) => line.ToString(CultureInfo.InvariantCulture);
}
