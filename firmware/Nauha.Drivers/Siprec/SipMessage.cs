using System.Globalization;
using System.Text;

namespace Nauha.Drivers.Siprec;

/// <summary>One SIP request or response (RFC 3261 §7), as it was read or as it is to be sent.</summary>
internal sealed class SipMessage
{
    private const string Version = "SIP/2.0";
    private const int MostHeaders = 100;

    /// <summary>Of a request; empty: it is a response.</summary>
    public string Method { get; init; } = "";

    public string Uri { get; init; } = "";

    /// <summary>Of a response; 0: it is a request.</summary>
    public int Status { get; init; }

    public string Reason { get; init; } = "";

    /// <summary>In their order, by their long names.</summary>
    public List<(string Name, string Value)> Headers { get; } = [];

    public ReadOnlyMemory<byte> Body { get; set; }

    public bool IsRequest => Status == 0;

    /// <summary>The first of that name; null: none.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var (one, value) in Headers)
                if (one.Equals(name, StringComparison.OrdinalIgnoreCase)) return value;
            return null;
        }
    }

    public IEnumerable<string> All(string name) => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    /// <summary>Comma-separated tokens of all headers of that name: option tags, methods.</summary>
    public IEnumerable<string> Tokens(string name) => All(name).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    public string CallId => this["Call-ID"] ?? "";

    public string FromTag => SipText.Param(this["From"], "tag") ?? "";

    public string ToTag => SipText.Param(this["To"], "tag") ?? "";

    /// <summary>Number and method of CSeq; number −1: there is none.</summary>
    public (long Number, string Method) CSeq => this["CSeq"]?.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [var number, var method] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? (seq, method) : (-1, "");

    /// <summary>It has what an answer to it, or to what it answers, is found by (§8.1.1).</summary>
    public bool IsWhole => this["Via"] is not null && this["From"] is not null && this["To"] is not null && CallId.Length > 0 && CSeq is { Number: >= 0 } seq && (!IsRequest || seq.Method == Method);

    public SipMessage Add(string name, string value)
    {
        Headers.Add((name, value));
        return this;
    }

    public SipMessage With(string type, string body)
    {
        Body = Encoding.UTF8.GetBytes(body);
        return Add("Content-Type", type);
    }

    /// <summary>As it goes over the wire, Content-Length and all.</summary>
    public byte[] ToBytes()
    {
        var head = new StringBuilder();
        head.Append(IsRequest ? $"{Method} {Uri} {Version}\r\n" : string.Create(CultureInfo.InvariantCulture, $"{Version} {Status} {Reason}\r\n"));
        foreach (var (name, value) in Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. Body.Span];
    }

    /// <summary>What a request is answered with: its ways and names, and this box's own tag (§8.2.6).</summary>
    public SipMessage Answer(int status, string reason, string? tag = null)
    {
        var answer = new SipMessage { Status = status, Reason = reason };
        foreach (var (name, value) in Headers)
        {
            if (name.Equals("Via", StringComparison.OrdinalIgnoreCase) || name is "From" or "Call-ID" or "CSeq" || (name == "Record-Route" && status is > 100 and < 300)) answer.Add(name, value);
            else if (name == "To") answer.Add(name, ToTag.Length == 0 && tag is not null ? $"{value};tag={tag}" : value);
        }
        return answer;
    }

    /// <summary>Reads what stands before the body, up to the empty line.</summary>
    /// <returns>False: it is no SIP; nothing can be answered.</returns>
    public static bool TryParse(ReadOnlySpan<byte> head, out SipMessage message)
    {
        message = new();
        var lines = Encoding.UTF8.GetString(head).Split('\n');
        if (Start(lines[0].TrimEnd('\r')) is not { } start) return false;
        message = start;
        foreach (var raw in lines.AsSpan(1))
        {
            var line = raw.TrimEnd('\r');
            if (line.Length == 0) continue;
            if (line.AsSpan().ContainsAny('\0', '\r')) return false;
            if (line[0] is ' ' or '\t')
            {
                // Folded (§7.3.1): it goes on with the header before it.
                if (message.Headers.Count == 0) return false;
                var (name, value) = message.Headers[^1];
                message.Headers[^1] = (name, $"{value} {line.Trim()}");
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || message.Headers.Count == MostHeaders) return false;
            var named = line[..colon].TrimEnd();
            if (!SipText.IsToken(named)) return false;
            message.Headers.Add((SipText.LongName(named), line[(colon + 1)..].Trim()));
        }
        return true;
    }

    private static SipMessage? Start(string line)
    {
        var parts = line.Split(' ', 3);
        if (parts is [Version, { Length: 3 } code, _] && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and < 700) return new() { Status = status, Reason = parts[2] };
        return parts is [{ Length: <= 32 } method, { Length: > 0 and <= 1_024 } uri, Version] && SipText.IsToken(method) && !uri.AsSpan().ContainsAny("\t\"<>") ? new() { Method = method, Uri = uri } : null;
    }
}
