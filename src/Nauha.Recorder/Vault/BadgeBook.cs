using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>
/// Whose badge is whose, kept without a badge and without an agent: each badge as a slow hash under a key of this box, and
/// its agent sealed under what the badge itself gives. Only who holds the badge, or guesses it, opens his own entry.
/// </summary>
public sealed class BadgeBook
{
    private const int FindBytes = 16, KeyBytes = 32, AgentBytes = 32, TagBytes = 16;

    private readonly string _data;
    private readonly Lock _one = new();
    private readonly SlowHash _hash;
    private State _state;

    private sealed record State(ulong Version, byte[] Salt, IReadOnlyDictionary<string, string> Entries);

    private BadgeBook(string data, State state) => (_data, _state, _hash) = (data, state, new(data));

    /// <summary>0: there never was a roster.</summary>
    public ulong Version => _state.Version;

    private string PathOfBook => Path.Combine(_data, "roster.json");

    /// <summary>What lies on the disk; a file that cannot be read counts as none.</summary>
    public static BadgeBook Load(string data)
    {
        var book = new BadgeBook(data, new(0, [], new Dictionary<string, string>()));
        if (File.Exists(book.PathOfBook) && StrictJson.TryRead(File.ReadAllBytes(book.PathOfBook), m =>
        {
            m.Version(1);
            return new State(m.Count("version"), m.Blob("salt"), m.List("entries", BadgeList.Most, e => (Find: e.Text("find"), Agent: e.Text("agent"))).ToDictionary(e => e.Find, e => e.Agent));
        }, out var state, out _)) book._state = state!;
        return book;
    }

    /// <returns>Null, or why it was not taken.</returns>
    /// <exception cref="IOException">It could not be written: the one before stays.</exception>
    public string? Take(ulong version, BadgeList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        lock (_one)
        {
            if (version <= _state.Version) return $"version {_state.Version} is held already";
            var salt = RandomNumberGenerator.GetBytes(16);
            var entries = list.Badges.AsParallel().Select(b => Sealed(salt, b.Badge, b.Agent)).ToList();
            var state = new State(version, salt, entries.GroupBy(e => e.Find).ToDictionary(e => e.Key, e => e.Last().Agent));
            Disk.Replace(PathOfBook, StrictJson.Write(json =>
            {
                json.WriteNumber("v", 1);
                json.WriteNumber("version", version);
                json.WriteBase64String("salt", salt);
                json.WriteStartArray("entries");
                foreach (var (find, agent) in state.Entries.OrderBy(e => e.Key, StringComparer.Ordinal))
                {
                    json.WriteStartObject();
                    json.WriteString("find", find);
                    json.WriteString("agent", agent);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }));
            _state = state;
        }
        return null;
    }

    /// <summary>Whose badge this is; null: nobody's. Slow on purpose.</summary>
    public AgentId? Of(string badge)
    {
        var state = _state;
        if (state.Entries.Count == 0 || BadgeList.IsBadge(badge) is not { } read) return null;
        var (find, key) = Keys(state.Salt, read);
        if (!state.Entries.TryGetValue(find, out var blob)) return null;
        Span<byte> plain = stackalloc byte[AgentBytes];
        try
        {
            var bytes = Base64Url.DecodeFromChars(blob);
            if (bytes.Length != AgentBytes + TagBytes) return null;
            using var cipher = new ChaCha20Poly1305(key);
            cipher.Decrypt(new byte[12], bytes.AsSpan(0, AgentBytes), bytes.AsSpan(AgentBytes), plain);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;   // somebody has changed the file
        }
        return AgentId.TryParse(Encoding.ASCII.GetString(plain).TrimEnd(' '), out var agent) ? agent : null;
    }

    // The key seals one agent, once: a new roster has a new salt, so nothing is ever sealed twice under one key.
    private (string Find, string Agent) Sealed(byte[] salt, string badge, AgentId agent)
    {
        var (find, key) = Keys(salt, badge);
        var plain = Encoding.ASCII.GetBytes(agent.Text.PadRight(AgentBytes));
        var blob = new byte[AgentBytes + TagBytes];
        using var cipher = new ChaCha20Poly1305(key);
        cipher.Encrypt(new byte[12], plain, blob.AsSpan(0, AgentBytes), blob.AsSpan(AgentBytes));
        return (find, Base64Url.EncodeToString(blob));
    }

    private (string Find, byte[] Key) Keys(byte[] salt, string badge)
    {
        var slow = _hash.Of(salt, "badge " + badge, FindBytes + KeyBytes);
        return (Base64Url.EncodeToString(slow.AsSpan(0, FindBytes)), slow[FindBytes..]);
    }
}
