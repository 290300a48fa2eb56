namespace Nauha.Telephony;

public enum CallerIdStandard { Dtmf, V23, Bell202 }

public enum CallerIdAbsence { Unavailable, Restricted }

/// <summary>What a line says of a caller before or between rings.</summary>
/// <param name="At">Sample of its beginning.</param>
/// <param name="Raw">The DTMF string with start and end digit, or the FSK message in hex.</param>
/// <param name="DateTime">MMDDhhmm.</param>
/// <param name="CallType">EN 300 659-3: 1 a voice call, 2 a ring back when free, 3 the name alone.</param>
public sealed record CallerIdMessage(long At, CallerIdStandard Standard, string Raw, string? Number, string? Name, CallerIdAbsence? Absence, string? DateTime, string? Redirecting, byte? CallType = null);

/// <summary>
/// Joins DTMF digits heard on the hook into a caller ID: fields A (caller), D (redirecting), B (why there is none), ended
/// by C or #; also the Danish and Dutch forms without a start digit and the one-digit codes D1# to D3#.
/// </summary>
public sealed class DtmfCallerId
{
    private const int Most = 60;                    // three fields, the longest of 24 digits
    private const long LongestGap = 8_000 / 2;      // 300 ms by the books, and some more
    private const long Longest = 8_000 * 6;

    private readonly char[] _digits = new char[Most];
    private int _count;
    private bool _spoilt;
    private long _began, _ended;

    /// <summary>Takes a digit; the message where it was the last.</summary>
    public CallerIdMessage? Take(DtmfTone tone)
    {
        if (tone.At - _ended > LongestGap) (_count, _spoilt) = (0, false);
        _ended = tone.At + tone.Samples;
        if (_count == 0) _began = tone.At;
        // Too long for any message: what is left of it is no message either.
        _spoilt |= _count == Most || tone.At - _began > Longest;
        if (_spoilt) return null;
        _digits[_count++] = tone.Digit;
        if (tone.Digit is not ('C' or '#')) return null;
        var raw = new string(_digits, 0, _count);
        _count = 0;
        return Read(_began, raw);
    }

    /// <summary>Forgets a message that was begun.</summary>
    public void Reset() => (_count, _spoilt) = (0, false);

    internal static CallerIdMessage? Read(long at, string raw)
    {
        string? number = null, redirecting = null;
        CallerIdAbsence? absence = null;
        var body = raw[..^1];
        if (body.Length == 0) return null;
        if (char.IsAsciiDigit(body[0]))
        {
            // Only the form that ends with # has no start digit. Digits up to a C are the rest of something whose
            // beginning was not heard, and half a number is nobody's.
            if (raw[^1] != '#') return null;
            body = "A" + body;
        }
        for (var i = 0; i < body.Length;)
        {
            var field = body[i++];
            var end = i;
            while (end < body.Length && char.IsAsciiDigit(body[end])) end++;
            var digits = body[i..end];
            i = end;
            if (digits.Length > 24) return null;
            switch (field)
            {
                case 'A' when digits.Length > 0: number = digits; break;
                case 'A': break;
                case 'B' when digits.Length is 1 or 2: absence = digits is "10" or "01" ? CallerIdAbsence.Restricted : CallerIdAbsence.Unavailable; break;
                case 'D' when digits.Length == 1 && raw[^1] == '#': absence = digits == "1" ? CallerIdAbsence.Restricted : CallerIdAbsence.Unavailable; break;
                case 'D' when digits.Length > 0 && digits.All(d => d == '0'): absence = CallerIdAbsence.Unavailable; break;
                case 'D' when digits.Length > 0: redirecting = digits; break;
                default: return null;
            }
        }
        if (number is null && absence is null && redirecting is not null) (number, redirecting) = (redirecting, null);
        return number is null && absence is null ? null : new(at, CallerIdStandard.Dtmf, raw, number, null, number is null ? absence : null, null, redirecting);
    }
}
