using Nauha.Format;
using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>The caller whom the line announces while the handset rests: all decoders at once. In memory only, until the call is over.</summary>
internal sealed class AnnouncedCaller
{
    private const long Life = 8_000 * 30;

    private readonly List<DtmfTone> _digits = [];
    private readonly List<CallerIdMessage> _messages = [];
    private readonly DtmfCallerId _byDtmf = new();
    private DtmfDetector _dtmf = new(-45);
    private FskCallerId _fsk = new();
    private (string Number, string Digits, long Until)? _caller;

    /// <summary>How the line last announced a caller; null: not yet.</summary>
    public CallerIdStandard? Form { get; private set; }

    /// <param name="rings">A caller who was announced is there as long as it rings, however long that is.</param>
    public void Hear(ReadOnlySpan<short> samples, long at, bool rings)
    {
        if (rings && _caller is { } ringing && at < ringing.Until) _caller = ringing with { Until = at + Life };
        _digits.Clear();
        _messages.Clear();
        _dtmf.Process(samples, _digits);
        foreach (var digit in _digits)
            if (_byDtmf.Take(digit) is { } message) _messages.Add(message);
        _fsk.Process(samples, _messages);
        foreach (var message in _messages)
        {
            _caller = message.Number is { } number ? (number, string.Concat(number.Where(char.IsAsciiDigit)), at + Life) : null;
            Form = message.Standard;
        }
    }

    /// <summary>The number that the line announced for the call that is answered now.</summary>
    public PhoneNumber? Number(long at) => _caller is { } caller && at < caller.Until && PhoneNumber.TryParse(caller.Number, out var number) ? number : null;

    /// <summary>The digits of that number, without a plus; null: none, or it is too long ago.</summary>
    public string? Digits(long at) => _caller is { } caller && at < caller.Until ? caller.Digits : null;

    /// <summary>What was half heard is forgotten; who was announced is not.</summary>
    public void Reset()
    {
        (_dtmf, _fsk) = (new(-45), new());
        _byDtmf.Reset();
    }

    /// <summary>The call is over.</summary>
    public void Forget() => _caller = null;
}
