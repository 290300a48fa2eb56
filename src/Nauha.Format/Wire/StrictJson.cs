using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Nauha.Format;

/// <summary>
/// JSON that can be read in one way only: UTF-8 without BOM, one object, every key that is expected exactly once and no
/// other, null where there is nothing.
/// </summary>
public static class StrictJson
{
    /// <summary>A document that was to be strict JSON is not.</summary>
    public sealed class NotStrictException(string message, DocumentFault fault = DocumentFault.BadPayload) : Exception(message)
    {
        public DocumentFault Fault => fault;
    }

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonWriterOptions Plain = new() { Indented = false, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object; keys come in the order in which they are written.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads one object. The reader must take every key; <paramref name="read"/> throws <see cref="NotStrictException"/> through it.</summary>
    public static bool TryRead<T>(ReadOnlySpan<byte> utf8, Func<Members, T> read, out T? value, out string error) => Read(utf8, read, out value, out error) == DocumentFault.None;

    /// <summary>The same, with the reason as a word: <see cref="DocumentFault.UnknownVersion"/>, or <see cref="DocumentFault.BadPayload"/> for all else.</summary>
    public static DocumentFault Read<T>(ReadOnlySpan<byte> utf8, Func<Members, T> read, out T? value, out string error)
    {
        value = default;
        try
        {
            if (utf8.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) throw new NotStrictException("begins with a byte order mark");
            Utf8.GetCharCount(utf8);
            using var document = JsonDocument.Parse(utf8.ToArray(), new() { MaxDepth = 16 });
            value = Read(document.RootElement, "", read);
            error = "";
            return DocumentFault.None;
        }
        catch (Exception e) when (e is NotStrictException or JsonException or DecoderFallbackException or InvalidOperationException or FormatException)
        {
            error = e.Message;
            return e is NotStrictException { Fault: var fault } ? fault : DocumentFault.BadPayload;
        }
    }

    private static T Read<T>(JsonElement element, string path, Func<Members, T> read)
    {
        var members = new Members(element, path);
        var value = read(members);
        members.Done();
        return value;
    }

    /// <summary>The members of one object, each to be taken once.</summary>
    public sealed class Members
    {
        private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
        private readonly string _path;

        internal Members(JsonElement element, string path)
        {
            _path = path;
            if (element.ValueKind != JsonValueKind.Object) throw new NotStrictException($"{Name("")} is no object");
            foreach (var member in element.EnumerateObject())
                if (!_left.TryAdd(member.Name, member.Value)) throw new NotStrictException($"{Name(member.Name)} stands twice");
        }

        private string Name(string key) => _path.Length == 0 ? (key.Length == 0 ? "the document" : key) : key.Length == 0 ? _path : $"{_path}.{key}";

        public NotStrictException Wrong(string key, string why) => new($"{Name(key)} {why}");

        private JsonElement Take(string key) => _left.Remove(key, out var value) ? value : throw new NotStrictException($"{Name(key)} is missing");

        public bool Has(string key) => _left.ContainsKey(key);

        public string Text(string key) => TextOrNull(key) ?? throw Wrong(key, "is null");

        public string? TextOrNull(string key)
        {
            var value = Take(key);
            return value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => value.GetString(),
                _ => throw Wrong(key, "is no text"),
            };
        }

        public long Whole(string key) => WholeOrNull(key) ?? throw Wrong(key, "is null");

        public long? WholeOrNull(string key)
        {
            var value = Take(key);
            if (value.ValueKind == JsonValueKind.Null) return null;
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var whole) || value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E')) throw Wrong(key, "is no whole number");
            return whole;
        }

        public ulong Count(string key) => CountOrNull(key) ?? throw Wrong(key, "is null");

        public ulong? CountOrNull(string key) => WholeOrNull(key) switch { null => null, < 0 => throw Wrong(key, "is negative"), { } value => (ulong)value };

        /// <summary>A number that counts from 1.</summary>
        public ulong Ordinal(string key) => OrdinalOrNull(key) ?? throw Wrong(key, "is null");

        public ulong? OrdinalOrNull(string key) => CountOrNull(key) is not 0 and var number ? number : throw Wrong(key, "counts from 1");

        /// <summary>Milliseconds since 1970 UTC, not before.</summary>
        public long Moment(string key) => MomentOrNull(key) ?? throw Wrong(key, "is null");

        public long? MomentOrNull(string key) => WholeOrNull(key) is not < 0 and var ms ? ms : throw Wrong(key, "lies before 1970");

        /// <summary>0 to <paramref name="most"/>.</summary>
        public uint CountUpTo(string key, uint most = uint.MaxValue) => Count(key) is var number && number <= most ? (uint)number : throw Wrong(key, $"is more than {most}");

        public int Small(string key, int least, int most)
        {
            var value = Whole(key);
            return value >= least && value <= most ? (int)value : throw Wrong(key, $"is not within {least} to {most}");
        }

        public double? NumberOrNull(string key)
        {
            if (!_left.TryGetValue(key, out var value) || value.ValueKind != JsonValueKind.Null) return Number(key);
            _left.Remove(key);
            return null;
        }

        public double Number(string key)
        {
            var value = Take(key);
            return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong(key, "is no number");
        }

        public bool Flag(string key) => FlagOrNull(key) ?? throw Wrong(key, "is null");

        public bool? FlagOrNull(string key) => Take(key).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null => null,
            _ => throw Wrong(key, "is neither true nor false"),
        };

        /// <summary>Standard base64 with padding, in its one canonical form.</summary>
        public byte[] Blob(string key) => Base64(key, Text(key));

        private byte[] Base64(string key, string text)
        {
            var bytes = new byte[text.Length];
            if (!Convert.TryFromBase64String(text, bytes, out var length) || Convert.ToBase64String(bytes.AsSpan(0, length)) != text) throw Wrong(key, "is no base64");
            return bytes[..length];
        }

        /// <summary>Entries that are base64 each, in its one canonical form.</summary>
        public List<byte[]> Blobs(string key, int most) => Texts(key, most).ConvertAll(text => Base64(key, text));

        public byte[] Hex(string key, int bytes) => Format.Hex.TryParse(Text(key), bytes, out var value) ? value : throw Wrong(key, $"is not {bytes} bytes as lower-case hex");

        public KeyId Key(string key) => KeyId.TryParse(Text(key), out var id) ? id : throw Wrong(key, "is no key id");

        public FleetId Fleet(string key) => FleetId.TryParse(Text(key), out var id) ? id : throw Wrong(key, "is no fleet id");

        public ApplianceId Appliance(string key) => ApplianceId.TryParse(Text(key), out var id) ? id : throw Wrong(key, "is no appliance id");

        public CallId Call(string key) => CallId.TryParse(Text(key), out var id) ? id : throw Wrong(key, "is no call id");

        public void Version(int version)
        {
            if (Whole("v") != version) throw new NotStrictException($"{Name("v")} is not {version}", DocumentFault.UnknownVersion);
        }

        public T Nested<T>(string key, Func<Members, T> read) => Read(Take(key), Name(key), read);

        public T? NestedOrNull<T>(string key, Func<Members, T> read) where T : class
        {
            var value = Take(key);
            return value.ValueKind == JsonValueKind.Null ? null : Read(value, Name(key), read);
        }

        public List<T> List<T>(string key, int most, Func<Members, T> read)
        {
            var value = Take(key);
            if (value.ValueKind != JsonValueKind.Array) throw Wrong(key, "is no list");
            if (value.GetArrayLength() > most) throw Wrong(key, $"has more than {most} entries");
            return [.. value.EnumerateArray().Select((entry, i) => Read(entry, $"{Name(key)}[{i}]", read))];
        }

        public List<string> Texts(string key, int most)
        {
            var value = Take(key);
            if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most) throw Wrong(key, "is no list of texts");
            return [.. value.EnumerateArray().Select(entry => entry.ValueKind == JsonValueKind.String ? entry.GetString()! : throw Wrong(key, "holds something that is no text"))];
        }

        public Dictionary<string, T> Map<T>(string key, Func<JsonElement, T> read)
        {
            var value = Take(key);
            if (value.ValueKind != JsonValueKind.Object) throw Wrong(key, "is no object");
            var map = new Dictionary<string, T>(StringComparer.Ordinal);
            foreach (var member in value.EnumerateObject())
                if (!map.TryAdd(member.Name, read(member.Value))) throw Wrong($"{key}.{member.Name}", "stands twice");
            return map;
        }

        /// <summary>Entries of a list inside a map, read strictly.</summary>
        public static List<T> Entries<T>(JsonElement list, string name, Func<Members, T> read)
        {
            if (list.ValueKind != JsonValueKind.Array) throw new NotStrictException($"{name} is no list");
            return [.. list.EnumerateArray().Select((entry, i) => Read(entry, $"{name}[{i}]", read))];
        }

        internal void Done()
        {
            if (_left.Count > 0) throw new NotStrictException($"{Name(_left.Keys.First())} is not known");
        }
    }
}
