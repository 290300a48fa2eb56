using System.Buffers.Text;
using System.Security.Cryptography;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>
/// Numbers that are never recorded, kept without a number: each as a slow hash under a key of this box. Whoever has the
/// file alone learns how many there are; whoever has the whole card can try numbers, one in some milliseconds; nobody can
/// read the list. Read by the lines' own tasks, replaced as a whole.
/// </summary>
public sealed class ExclusionList
{
    private const int HashBytes = 16;

    private readonly string _data;
    private readonly Lock _one = new();
    private State _state;

    private sealed record State(ulong Version, byte[] Salt, IReadOnlyList<int> PrefixLengths, HashSet<string> Numbers, HashSet<string> Prefixes)
    {
        public static State Nothing { get; } = new(0, [], [], [], []);
    }

    private readonly SlowHash _hash;

    private ExclusionList(string data, State state) => (_data, _state, _hash) = (data, state, new(data));

    /// <summary>0: there never was one.</summary>
    public ulong Version => _state.Version;

    public bool IsEmpty => _state.Numbers.Count + _state.Prefixes.Count == 0;

    private string PathOfList => Path.Combine(_data, "exclusions.json");

    /// <summary>What lies on the disk; a file that cannot be read counts as none, and central sends the list again.</summary>
    public static ExclusionList Load(string data)
    {
        var list = new ExclusionList(data, State.Nothing);
        if (File.Exists(list.PathOfList) && StrictJson.TryRead(File.ReadAllBytes(list.PathOfList), Read, out var state, out _)) list._state = state!;
        return list;
    }

    /// <summary>Takes a newer list; what it held before is forgotten.</summary>
    /// <returns>Null, or why it was not taken.</returns>
    /// <exception cref="IOException">It could not be written: the one before stays.</exception>
    public string? Take(ulong version, NumberList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        lock (_one)
        {
            if (version <= _state.Version) return $"version {_state.Version} is held already";
            var salt = RandomNumberGenerator.GetBytes(16);
            var state = new State(version, salt, [.. list.Prefixes.Select(p => p.Length).Distinct().Order()], [.. Hashes(list.Numbers, 'n')], [.. Hashes(list.Prefixes, 'p')]);
            Disk.Replace(PathOfList, ToJson(state));
            _state = state;

            // Four at a time on a Pi's four cores: 2,000 numbers take some seconds, and nobody waits for them.
            IEnumerable<string> Hashes(IReadOnlyList<string> digits, char kind) => digits.AsParallel().Select(d => Hash(salt, kind, d)).ToList();
        }
        return null;
    }

    /// <summary>Whether a number is on the list, alone or by a prefix. Slow on purpose: not on a line's own thread.</summary>
    /// <param name="digits">As the line shows it, without a plus.</param>
    public bool Holds(string digits)
    {
        ArgumentNullException.ThrowIfNull(digits);
        var state = _state;
        if (state.Numbers.Count + state.Prefixes.Count == 0 || digits.Length == 0) return false;
        if (state.Numbers.Count > 0 && state.Numbers.Contains(Hash(state.Salt, 'n', digits))) return true;
        foreach (var length in state.PrefixLengths)
            if (length <= digits.Length && state.Prefixes.Contains(Hash(state.Salt, 'p', digits[..length]))) return true;
        return false;
    }

    private string Hash(byte[] salt, char kind, string digits) => Base64Url.EncodeToString(_hash.Of(salt, $"exclusion {kind} {digits}", HashBytes));

    private static byte[] ToJson(State state) => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteNumber("version", state.Version);
        json.WriteBase64String("salt", state.Salt);
        json.WriteStartArray("prefixLengths");
        foreach (var length in state.PrefixLengths) json.WriteStringValue(length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndArray();
        foreach (var (name, hashes) in new[] { ("numbers", state.Numbers), ("prefixes", state.Prefixes) })
        {
            json.WriteStartArray(name);
            foreach (var hash in hashes.Order(StringComparer.Ordinal)) json.WriteStringValue(hash);
            json.WriteEndArray();
        }
    });

    private static State Read(StrictJson.Members m)
    {
        m.Version(1);
        return new(m.Count("version"), m.Blob("salt"), [.. m.Texts("prefixLengths", 32).Select(length => int.Parse(length, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture))],
            [.. m.Texts("numbers", NumberList.Most)], [.. m.Texts("prefixes", NumberList.Most)]);
    }
}
