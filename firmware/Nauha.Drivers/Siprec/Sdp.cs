using System.Globalization;
using System.Net;
using System.Text;

namespace Nauha.Drivers.Siprec;

/// <summary>One medium of an offer (RFC 8866 §5.14).</summary>
/// <param name="Line">Its m= line behind the port: protocol and formats, to be answered with.</param>
/// <param name="From">Where it comes from, and would take an answer; null: it is not taken.</param>
/// <param name="Payload">8 is A-law, 0 is µ-law: the first of them that is offered.</param>
/// <param name="Crypto">Of RTP/SAVP: the tag of the line that is taken, and its key (RFC 4568); null: it comes in clear.</param>
/// <param name="Held">Nothing comes for now: a=inactive, a=recvonly, or an address of zeros.</param>
internal sealed record SdpMedium(string Kind, string Line, IPEndPoint? From, byte Payload, string? Label, bool Held, (string Tag, byte[] Key)? Crypto);

/// <summary>What a recording client offers to send: as a rule two audio streams, one a party (RFC 7866 §8.1).</summary>
internal sealed record SdpOffer(IReadOnlyList<SdpMedium> Media)
{
    /// <summary>Streams that are taken; whatever more is offered is refused.</summary>
    public const int MostStreams = 4;

    private const string Suite = "AES_CM_128_HMAC_SHA1_80";
    private const int MostMedia = 16, MostLines = 400;

    /// <returns>False: it is no SDP, and why.</returns>
    public static bool TryParse(ReadOnlySpan<byte> body, out SdpOffer offer, out string error)
    {
        (offer, error) = (new([]), "");
        var media = new List<Section>();
        var session = new Section("", "");
        var lines = Encoding.UTF8.GetString(body).Split('\n');
        if (lines.Length > MostLines || !lines[0].TrimEnd('\r').Equals("v=0", StringComparison.Ordinal)) return Wrong("it does not begin with v=0", out error);
        foreach (var raw in lines)
        {
            var line = raw.TrimEnd('\r');
            if (line.Length == 0) continue;
            if (line.Length < 2 || line[1] != '=') return Wrong("a line has no =", out error);
            var (section, value) = (media.Count > 0 ? media[^1] : session, line[2..]);
            switch (line[0])
            {
                case 'm':
                    if (media.Count == MostMedia || value.Split(' ', 3) is not [var kind, _, var rest]) return Wrong("a medium cannot be read", out error);
                    media.Add(new(kind, rest) { Port = Port(value.Split(' ')[1]) });
                    break;
                case 'c':
                    section.Address = value.Split(' ') is ["IN", "IP4" or "IP6", var text] && IPAddress.TryParse(text.Split('/')[0], out var address) ? address : IPAddress.None;
                    break;
                case 'a' when value is "inactive" or "recvonly" or "sendonly" or "sendrecv":
                    section.Way = value;
                    break;
                case 'a' when value.StartsWith("label:", StringComparison.Ordinal) && value.Length is > 6 and <= 70 && SipText.IsToken(value[6..]):
                    section.Label = value[6..];
                    break;
                case 'a' when value.StartsWith("crypto:", StringComparison.Ordinal):
                    section.Crypto ??= KeyOf(value[7..]);
                    break;
                default:
                    break;
            }
        }
        if (media.Count == 0) return Wrong("it has no medium", out error);
        offer = new([.. media.Select(medium => medium.Taken(session))]);
        return true;
    }

    /// <summary>The answer (RFC 3264 §6): what is taken is received only, at these ports; the rest is refused.</summary>
    /// <param name="ports">Of each medium; 0: refused.</param>
    public string Answer(IPAddress local, IReadOnlyList<int> ports, long version)
    {
        var address = $"IN {(local.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "IP6" : "IP4")} {local}";
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"v=0\r\no=- 1 {version} {address}\r\ns=-\r\nc={address}\r\nt=0 0\r\n"));
        for (var i = 0; i < Media.Count; i++)
        {
            var medium = Media[i];
            if (ports[i] == 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"m={medium.Kind} 0 {medium.Line}\r\n");
                continue;
            }
            text.Append(CultureInfo.InvariantCulture, $"m=audio {ports[i]} RTP/{(medium.Crypto is null ? "AVP" : "SAVP")} {medium.Payload}\r\na=rtpmap:{medium.Payload} {(medium.Payload == 8 ? "PCMA" : "PCMU")}/8000\r\na={(medium.Held ? "inactive" : "recvonly")}\r\n");
            // The suite has to be answered with a key of this side's own, though nothing is ever sent under it.
            if (medium.Crypto is { } crypto) text.Append(CultureInfo.InvariantCulture, $"a=crypto:{crypto.Tag} {Suite} inline:{Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(Srtp.KeyBytes))}\r\n");
            if (medium.Label is { } label) text.Append(CultureInfo.InvariantCulture, $"a=label:{label}\r\n");
        }
        return text.ToString();
    }

    // Without MKI and session parameters, of which none is known here but the one that changes nothing.
    private static (string, byte[])? KeyOf(string text)
    {
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [{ Length: <= 9 } tag, Suite, ['i', 'n', 'l', 'i', 'n', 'e', ':', .. var inline], .. var more] || !tag.All(char.IsAsciiDigit)) return null;
        if (inline.Contains(':', StringComparison.Ordinal) || inline.Contains(';', StringComparison.Ordinal) || more.Any(one => !one.StartsWith("WSH=", StringComparison.Ordinal))) return null;
        var key = new byte[Srtp.KeyBytes];
        return Convert.TryFromBase64String(inline.Split('|')[0], key, out var length) && length == key.Length ? (tag, key) : null;
    }

    private static bool Wrong(string what, out string error)
    {
        error = what;
        return false;
    }

    private static int Port(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0;

    private sealed class Section(string kind, string line)
    {
        public int Port { get; init; }

        public IPAddress? Address { get; set; }

        public string? Way { get; set; }

        public string? Label { get; set; }

        public (string Tag, byte[] Key)? Crypto { get; set; }

        public SdpMedium Taken(Section session)
        {
            var address = Address ?? session.Address;
            var way = Way ?? session.Way ?? "sendrecv";
            var zeros = address is not null && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
            var payload = line.Split(' ') is ["RTP/AVP" or "RTP/SAVP", .. var formats] ? formats.FirstOrDefault(format => format is "8" or "0") : null;
            var secure = line.StartsWith("RTP/SAVP ", StringComparison.Ordinal);
            var taken = kind == "audio" && (!secure || Crypto is not null) && payload is not null && Port > 0 && address is not null && !address.Equals(IPAddress.None);
            return new(kind, line, taken ? new(address!, Port) : null, payload == "8" ? (byte)8 : (byte)0, Label, way is "inactive" or "recvonly" || zeros, secure ? Crypto : null);
        }
    }
}
