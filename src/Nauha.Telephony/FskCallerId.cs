using System.Text;

namespace Nauha.Telephony;

/// <summary>
/// Caller ID by FSK: V.23 (EN 300 659-1) and Bell 202, both at once. Call setup messages with a good checksum alone;
/// unknown parameters are passed over.
/// </summary>
public sealed class FskCallerId
{
    private const int CallSetup = 0x80;
    private const int LeastMark = 12;       // bits
    private const int LongestRest = 24;     // bits between two bytes of a message

    private readonly Modem _v23 = new(CallerIdStandard.V23, new(1_300, 2_100));
    private readonly Modem _bell = new(CallerIdStandard.Bell202, new(1_200, 2_200));
    private readonly HumFilter _hum = new();
    private readonly FskSlope _slope = new();
    private long _at;
    private (CallerIdMessage Message, long Until, double Fit)? _first;

    /// <summary>Takes samples; adds messages that are complete.</summary>
    public void Process(ReadOnlySpan<short> samples, List<CallerIdMessage> messages)
    {
        foreach (var raw in samples)
        {
            _at++;
            var sample = _hum.Take(raw);
            var slope = _slope.Take(sample);
            Hear(_v23, sample, slope, messages);
            Hear(_bell, sample, slope, messages);
            if (_first is { } first && _at > first.Until) Give(first.Message, messages);
        }
    }

    /// <summary>The samples ended.</summary>
    public void Finish(List<CallerIdMessage> messages)
    {
        Process(new short[200], messages);
        if (_first is { } first) Give(first.Message, messages);
    }

    // Either modem can read the other's message: the one whose tones fit better says which it was.
    private void Hear(Modem modem, short sample, double slope, List<CallerIdMessage> messages)
    {
        if (modem.Take(sample, slope) is not { } message) return;
        if (_first is not { } first) _first = (message, _at + 160, modem.Fit);
        else Give(modem.Fit > first.Fit ? message : first.Message, messages);
    }

    private void Give(CallerIdMessage message, List<CallerIdMessage> messages)
    {
        _first = null;
        messages.Add(message);
    }

    private sealed class Modem(CallerIdStandard standard, FskReceiver receiver)
    {
        private readonly byte[] _message = new byte[258];
        private int _count;
        private long _began;

        public double Fit { get; private set; }

        public CallerIdMessage? Take(short sample, double slope)
        {
            if (!receiver.Take(sample, slope, out var value)) return null;
            if (receiver.RestBefore > LongestRest) _count = 0;
            // A message follows a rest in mark (EN 300 659-1: 180 bits, some send 55).
            if (value < 0 || (_count == 0 && (value != CallSetup || receiver.MarkBefore < LeastMark)))
            {
                _count = 0;
                return null;
            }
            if (_count == 0) (_began, Fit) = (receiver.CarrierSince(), 0);
            Fit += receiver.Fit;
            _message[_count++] = (byte)value;
            if (_count < 3 || _count < _message[1] + 3) return null;
            var bytes = _message.AsSpan(0, _count);
            _count = 0;
            var sum = 0;
            foreach (var one in bytes) sum += one;
            return (sum & 0xFF) == 0 ? Read(_began, standard, bytes) : null;
        }
    }

    internal static CallerIdMessage? Read(long at, CallerIdStandard standard, ReadOnlySpan<byte> message)
    {
        string? number = null, name = null, date = null, redirecting = null;
        CallerIdAbsence? absence = null;
        var body = message[2..^1];
        while (body.Length > 0)
        {
            if (body.Length < 2 || body.Length < 2 + body[1]) return null;
            var value = body.Slice(2, body[1]);
            switch (body[0])
            {
                case 0x01 when value.Length == 8 && IsDigits(value): date = Encoding.ASCII.GetString(value); break;
                case 0x02: number = Number(value); break;
                case 0x04: absence = value is [(byte)'P', ..] ? CallerIdAbsence.Restricted : CallerIdAbsence.Unavailable; break;
                case 0x07: name = Letters(value); break;
                case 0x1A or 0x03: redirecting = Number(value); break;
                default: break;
            }
            body = body[(2 + body[1])..];
        }
        return number is null && absence is null && name is null && date is null
            ? null
            : new(at, standard, Convert.ToHexStringLower(message), number, name, number is null ? absence : null, date, redirecting);
    }

    private static string? Number(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > 24) return null;
        foreach (var one in value)
            if (one is not ((>= (byte)'0' and <= (byte)'9') or (byte)'+' or (byte)'*' or (byte)'#')) return null;
        return Encoding.ASCII.GetString(value);
    }

    private static bool IsDigits(ReadOnlySpan<byte> value) => value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    // The Finnish and Swedish national 7-bit set has letters where ASCII has brackets.
    private static string Letters(ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var one in value)
            text.Append((char)one switch { '[' => 'Ä', '\\' => 'Ö', ']' => 'Å', '{' => 'ä', '|' => 'ö', '}' => 'å', '^' => 'Ü', '~' => 'ü', >= ' ' and < (char)127 and var plain => plain, _ => '?' });
        return text.ToString();
    }
}
