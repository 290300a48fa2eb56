namespace Nauha.Drivers.Siprec;

/// <summary>The small grammar inside SIP's headers (RFC 3261 §25): names, addresses, parameters.</summary>
internal static class SipText
{
    public static bool IsToken(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "-.!%*_+`'~".Contains(c, StringComparison.Ordinal));

    /// <summary>What a compact form stands for (§7.3.3), and names that are looked for, as they are written here.</summary>
    public static string LongName(string name) => name.ToLowerInvariant() switch
    {
        "i" or "call-id" => "Call-ID",
        "m" or "contact" => "Contact",
        "e" or "content-encoding" => "Content-Encoding",
        "l" or "content-length" => "Content-Length",
        "c" or "content-type" => "Content-Type",
        "f" or "from" => "From",
        "k" or "supported" => "Supported",
        "t" or "to" => "To",
        "v" or "via" => "Via",
        "x" or "session-expires" => "Session-Expires",
        "cseq" => "CSeq",
        "record-route" => "Record-Route",
        _ => name,
    };

    /// <summary>The address within <c>"Name" &lt;sip:…&gt;;tag=…</c>; null: there is none.</summary>
    public static string? Uri(string? value)
    {
        if (value is null) return null;
        var (open, close) = (Outside(value, '<'), Outside(value, '>'));
        if (open >= 0) return close > open ? value[(open + 1)..close].Trim() : null;
        var end = value.IndexOfAny([';', ',']);
        return (end < 0 ? value : value[..end]).Trim() is { Length: > 0 } plain ? plain : null;
    }

    /// <summary>A parameter behind the address, or behind a plain value: tag, boundary, branch. Quotes are taken off.</summary>
    public static string? Param(string? value, string name)
    {
        if (value is null) return null;
        var from = Outside(value, '<') >= 0 ? Outside(value, '>') + 1 : 0;
        foreach (var part in Split(value[from..], ';').Skip(from == 0 ? 1 : 0))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && part[..equals].Trim().Equals(name, StringComparison.OrdinalIgnoreCase)) return part[(equals + 1)..].Trim().Trim('"');
        }
        return null;
    }

    /// <summary>Splits where no quotes are open.</summary>
    public static IEnumerable<string> Split(string text, char at)
    {
        var (from, quoted) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && quoted) i++;
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == at && !quoted)
            {
                yield return text[from..i];
                from = i + 1;
            }
        }
        yield return text[from..];
    }

    /// <summary>The user's part of a sip, sips or tel address, without parameters and escapes; null: it has none.</summary>
    public static string? User(string uri)
    {
        var scheme = uri.IndexOf(':', StringComparison.Ordinal);
        if (scheme < 0) return null;
        var rest = uri[(scheme + 1)..];
        var host = rest.IndexOf('@', StringComparison.Ordinal);
        if (host < 0 && !uri.StartsWith("tel:", StringComparison.OrdinalIgnoreCase)) return null;
        var user = host < 0 ? rest : rest[..host];
        var end = user.IndexOfAny([';', ':', '?']);
        return System.Uri.UnescapeDataString(end < 0 ? user : user[..end]) is { Length: > 0 } name ? name : null;
    }

    /// <summary>The host of a sip address, without port and parameters; null: none.</summary>
    public static string? Host(string uri)
    {
        var at = uri.IndexOf('@', StringComparison.Ordinal);
        if (at < 0) return null;
        var rest = uri[(at + 1)..];
        var end = rest.StartsWith('[') ? rest.IndexOf(']', StringComparison.Ordinal) + 1 : rest.IndexOfAny([':', ';', '?']);
        return end <= 0 ? rest : rest[..end];
    }

    private static int Outside(string text, char what)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && quoted) i++;
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == what && !quoted) return i;
        }
        return -1;
    }
}
