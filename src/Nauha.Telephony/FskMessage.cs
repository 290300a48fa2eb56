using System.Text;

namespace Nauha.Telephony;

/// <summary>
/// What the bytes of a message say (EN 300 659-3; Telcordia GR-30 and GR-31): type, length, parameters, checksum. Call
/// setup gives a caller, message waiting its indicator, anything else and anything crooked nothing. Unknown parameters are
/// passed over.
/// </summary>
internal static class FskMessage
{
    private const byte OneNumber = 0x04, OneWaiting = 0x06, CallSetup = 0x80, Waiting = 0x82;
    private const byte WaitingCall = 0x81;      // call type: no call at all, but word of a message

    /// <summary>Whether a message of a known kind begins with this byte.</summary>
    public static bool Begins(byte type) => type is OneNumber or OneWaiting or CallSetup or Waiting;

    /// <param name="message">Whole, its checksum already found good.</param>
    public static (CallerIdMessage? Caller, bool? Waiting) Read(long at, CallerIdStandard standard, ReadOnlySpan<byte> message)
    {
        if (message.Length < 3 || message[1] != message.Length - 3) return (null, null);
        var body = message[2..^1];
        switch (message[0])
        {
            case OneNumber: return (Single(at, standard, message, body), null);
            // Three times the same: 42 on, 6F off (GR-1401).
            case OneWaiting when body is [0x42, 0x42, 0x42] or [0x6F, 0x6F, 0x6F]: return (null, body[0] == 0x42);
            case CallSetup or Waiting: break;
            default: return (null, null);
        }
        string? number = null, name = null, date = null, redirecting = null;
        CallerIdAbsence? absence = null;
        byte? callType = null;
        bool? waiting = null;
        while (body.Length > 0)
        {
            if (body.Length < 2 || body.Length < 2 + body[1]) return (null, null);
            var value = body.Slice(2, body[1]);
            switch (body[0])
            {
                case 0x01 when value.Length == 8 && IsDigits(value): date = Encoding.ASCII.GetString(value); break;
                case 0x02: number = Number(value); break;
                case 0x04: absence = Why(value); break;
                case 0x07: name = Letters(value); break;
                case 0x0B when value.Length == 1: waiting = value[0] != 0; break;
                case 0x11 when value.Length == 1: callType = value[0]; break;
                case 0x1A or 0x03: redirecting = Number(value); break;
                default: break;
            }
            body = body[(2 + body[1])..];
        }
        if (message[0] == Waiting) return (null, waiting ?? true);
        if (callType == WaitingCall) return (null, waiting ?? true);
        return number is null && absence is null && name is null && date is null
            ? (null, null)
            : (new(at, standard, Convert.ToHexStringLower(message), number, name, number is null ? absence : null, date, redirecting, callType), null);
    }

    // GR-30's single format: date and number in one, or P or O in the number's place.
    private static CallerIdMessage? Single(long at, CallerIdStandard standard, ReadOnlySpan<byte> message, ReadOnlySpan<byte> body)
    {
        if (body.Length < 9 || !IsDigits(body[..8])) return null;
        var date = Encoding.ASCII.GetString(body[..8]);
        var rest = body[8..];
        CallerIdAbsence? absence = rest is [(byte)'P' or (byte)'O'] ? Why(rest) : null;
        var number = absence is null ? Number(rest) : null;
        return number is null && absence is null ? null : new(at, standard, Convert.ToHexStringLower(message), number, null, absence, date, null);
    }

    private static CallerIdAbsence Why(ReadOnlySpan<byte> value) => value is [(byte)'P', ..] ? CallerIdAbsence.Restricted : CallerIdAbsence.Unavailable;

    private static string? Number(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > 24) return null;
        foreach (var one in value)
            if (one is not ((>= (byte)'0' and <= (byte)'9') or (byte)'+' or (byte)'*' or (byte)'#')) return null;
        return Encoding.ASCII.GetString(value);
    }

    private static bool IsDigits(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    // The Finnish and Swedish national 7-bit set (ISO 646) has letters where ASCII has brackets; the upper half is Latin 1's.
    private static string Letters(ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var one in value)
        {
            text.Append((char)one switch
            {
                '[' => 'Ä',
                '\\' => 'Ö',
                ']' => 'Å',
                '^' => 'Ü',
                '@' => 'É',
                '{' => 'ä',
                '|' => 'ö',
                '}' => 'å',
                '~' => 'ü',
                '`' => 'é',
                var plain and ((>= ' ' and < (char)127) or >= (char)0xA0) => plain,
                _ => '?',
            });
        }
        return text.ToString();
    }
}
