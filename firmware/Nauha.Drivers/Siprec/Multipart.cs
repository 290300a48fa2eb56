using System.Text;

namespace Nauha.Drivers.Siprec;

/// <summary>The parts of a body (RFC 2046 §5.1): SDP and metadata, as a recording client sends them (RFC 7866 §9.1).</summary>
internal static class Multipart
{
    private const int MostParts = 8;

    /// <summary>Media types in lower case without parameters, and what they hold; a body that has no parts is one itself.</summary>
    /// <returns>False: it says that it has parts, and has none that can be read.</returns>
    public static bool TryRead(string? contentType, ReadOnlyMemory<byte> body, out List<(string Type, ReadOnlyMemory<byte> Content)> parts)
    {
        parts = [];
        if (body.Length == 0) return true;
        var type = TypeOf(contentType);
        if (!type.StartsWith("multipart/", StringComparison.Ordinal))
        {
            parts.Add((type, body));
            return true;
        }
        if (SipText.Param(contentType, "boundary") is not { Length: > 0 and <= 70 } boundary) return false;
        var mark = Encoding.UTF8.GetBytes("--" + boundary);
        var at = Next(body.Span, 0, mark);
        while (at >= 0)
        {
            var from = at + mark.Length;
            if (body.Span[from..].StartsWith("--"u8)) return parts.Count > 0;
            var end = Next(body.Span, from, mark);
            if (end < 0 || parts.Count == MostParts || Part(body[from..end]) is not { } part) return false;
            parts.Add(part);
            at = end;
        }
        return false;
    }

    // A boundary stands at a line's beginning.
    private static int Next(ReadOnlySpan<byte> body, int from, ReadOnlySpan<byte> mark)
    {
        while (from <= body.Length && body[from..].IndexOf(mark) is >= 0 and var found)
        {
            var at = from + found;
            if (at == 0 || body[at - 1] == '\n') return at;
            from = at + 1;
        }
        return -1;
    }

    private static (string, ReadOnlyMemory<byte>)? Part(ReadOnlyMemory<byte> part)
    {
        var bytes = part.Span;
        var first = bytes.IndexOf((byte)'\n');
        if (first < 0) return null;
        var type = "text/plain";
        for (var at = first + 1; at < bytes.Length;)
        {
            var end = bytes[at..].IndexOf((byte)'\n');
            if (end < 0) return null;
            var line = Encoding.UTF8.GetString(bytes.Slice(at, end)).TrimEnd('\r');
            at += end + 1;
            if (line.Length > 0)
            {
                if (line.Split(':', 2) is [var name, var value] && SipText.LongName(name.Trim()) == "Content-Type") type = TypeOf(value);
                continue;
            }
            var content = part[at..];
            // The line's end before the boundary belongs to the boundary.
            if (content.Span.EndsWith("\r\n"u8)) content = content[..^2];
            else if (content.Span.EndsWith("\n"u8)) content = content[..^1];
            return (type, content);
        }
        return null;
    }

    private static string TypeOf(string? value) => (value ?? "").Split(';')[0].Trim().ToLowerInvariant();
}
