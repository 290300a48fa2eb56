using System.Text;
using Nauha.Format;
using Nauha.Recorder.Line;
using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>
/// The detectors of one line, and what they need to remember: a caller ID until the call is answered, dialled digits until
/// the far end answers. Both are in memory only. Nothing is heard while the box itself speaks.
/// </summary>
internal sealed class LineEars(IReadOnlyList<string> emergency, ToneSet start, SignInCodes? codes)
{
    private const long LongestPulse = 8 * 200;     // from pulse to pulse: 8 a second at the slowest
    private const int Guard = 160;          // 20 ms on either side of a keyed digit
    private const int Rings = 2, Busies = 4;        // bursts that end a talk: a voicemail beeps once
    private const int Uttered = 8;          // blocks: a foreign tone takes so long to be known for none

    private readonly List<DtmfTone> _digits = [];
    private readonly List<ToneEvent> _tones = [];
    private readonly List<Happening> _happenings = [];
    private readonly StringBuilder _dialled = new();
    private readonly SpeechDetector _speech = new();
    private readonly TalkFlow _flow = new();
    private readonly Syllables _syllables = new();
    private readonly NoiseStep _noise = new();
    private DtmfDetector _dtmf = new();
    private ToneSet _set = start;
    private ToneDetector _tone = new(start);
    private readonly WaitingCaller _waiting = new();
    private long _origin, _next = -1, _keyedAt = -1;
    private string? _firstDialled, _text;
    private bool _ringback, _signedIn;
    private int _pulses, _rings, _busies, _talked;
    private long _pulsedAt;

    /// <summary>On the hook.</summary>
    public AnnouncedCaller Caller { get; } = new();

    /// <summary>The port's progress tones are these, as its dial tone said.</summary>
    public void Tune(ToneSet tones)
    {
        if (tones == _set) return;
        (_set, _tone) = (tones, new(tones));
    }

    /// <summary>The number dialled at the beginning of the call; what is dialled after a flash is another's.</summary>
    public PhoneNumber? DialledNumber() => PhoneNumber.TryParse(_firstDialled ?? _dialled.ToString(), out var number) ? number : null;

    /// <summary>What has been dialled since the lift or the last flash; null: nothing. The same text until another digit comes.</summary>
    public string? Dialled => _dialled.Length == 0 ? null : _text ??= _dialled.ToString();

    /// <summary>After a flash dialling begins anew: 112 is 112 whatever was dialled before.</summary>
    public void DialAgain()
    {
        if (_dialled.Length > 0 || !_signedIn) _firstDialled ??= _dialled.ToString();
        codes?.Restart();
        _dialled.Clear();
        _text = null;
    }

    /// <summary>One pulse of a dial, by the edge after it. A digit is known by the rest that follows its last pulse.</summary>
    public Happening? Pulse(long at)
    {
        if (_pulses > 0 && at - _pulsedAt > LongestPulse) EndPulses();
        (_pulses, _pulsedAt) = (_pulses + 1, at);
        return Happening.Dialled;
    }

    private void EndPulses()
    {
        if (_pulses is >= 1 and <= 10) Append((char)('0' + (_pulses % 10)));
        _pulses = 0;
    }

    private void Append(char digit)
    {
        if (_dialled.Length >= 32) return;
        _dialled.Append(digit);
        _text = null;
    }

    private Happening Reached() => emergency.Any(number => _dialled.ToString().StartsWith(number, StringComparison.Ordinal)) ? Happening.DialledEmergency : Happening.Dialled;

    /// <summary>Off the hook: tones and talk; and digits, as long as no audio is kept.</summary>
    /// <param name="dialling">Digits are heard; else audio is kept, and one burst of a tone ends no talk.</param>
    /// <param name="waiting">Nobody speaks yet: a tone that may be ringback is taken for it at once.</param>
    /// <param name="near">The two sides of the same samples, where the line tells them apart; else empty.</param>
    public List<Happening> Hear(ReadOnlySpan<short> samples, long at, bool dialling, bool waiting, ReadOnlySpan<short> near = default, ReadOnlySpan<short> far = default)
    {
        _tones.Clear();
        _happenings.Clear();
        if (dialling) HearDigits(samples, at);
        _tone.Process(samples, _tones);
        _speech.Process(samples);
        _flow.Take(samples, _speech.IsSpeech, isKeyed: _keyedAt == at, near, far);
        foreach (var tone in _tones)
        {
            _happenings.Add(tone.Name switch
            {
                "dial" or "stutterDial" => Happening.DialToneHeard,
                "ringback" => dialling ? Happening.RingbackHeard : Happening.BeepHeard,
                "busy" or "congestion" when !dialling => Happening.BeepHeard,
                "busy" or "congestion" or "sit" => Happening.ProgressHeard,
                "cng" or "ced" or "v21" or "v18" or "contactId" or "sia" => Happening.MachineHeard,
                "howler" => Happening.HowlerHeard,
                _ => Happening.Tick,
            });
        }
        // Once known as ringback, each burst counts from its very beginning; where people may speak, once it cannot be a voice.
        _ringback |= _tones.Any(tone => tone.Name == "ringback");
        if (dialling && _ringback && _tone.IsOn && (waiting || _tone.SecondsSinceTurn > 0.5)) _happenings.Add(Happening.RingbackHeard);
        Count(dialling);
        if (_flow.IsHold) _happenings.Add(Happening.HoldHeard);
        if (_flow.TurnTaken) _happenings.Add(Happening.TurnTaken);
        _talked = _speech.IsSpeech && !_flow.IsHold && !_flow.Stands && !_tone.IsOn && !(dialling && _dtmf.ToneSuspected) ? _talked + 1 : 0;
        var talks = _talked > (waiting ? Uttered : 0);
        if (talks) _happenings.Add(Happening.SpeechHeard);
        if (!dialling || waiting) HearSigns(samples, talks, isSilent: !_speech.IsSpeech && !_tone.IsOn);
        else _syllables.Reset();    // what is left of the own voice has syllables too
        return _happenings;
    }

    // What speaks for an answer a little: the talk has syllables, the noise behind the silence is another.
    private void HearSigns(ReadOnlySpan<short> samples, bool talks, bool isSilent)
    {
        double sum = 0, squares = 0;
        foreach (var sample in samples) (sum, squares) = (sum + sample, squares + ((double)sample * sample));
        var power = Math.Max(0, squares - (sum * sum / samples.Length)) / samples.Length;
        if (_syllables.Take(power) && talks) _happenings.Add(Happening.SyllablesHeard);
        if (_noise.Take(power, isSilent)) _happenings.Add(Happening.NoiseStepped);
    }

    // While audio is kept: with the burst that makes it a cadence, and with each after it.
    private void Count(bool dialling)
    {
        var (rings, busies) = (_tone.Bursts("ringback"), Math.Max(_tone.Bursts("busy"), _tone.Bursts("congestion")));
        if (!dialling && rings > _rings && rings >= Rings) _happenings.Add(Happening.RingbackHeard);
        if (!dialling && busies > _busies && busies >= Busies) _happenings.Add(Happening.ProgressHeard);
        (_rings, _busies) = (rings, busies);
    }

    private void HearDigits(ReadOnlySpan<short> samples, long at)
    {
        TakeDigits(samples, at);
        foreach (var digit in _digits)
        {
            if (char.IsAsciiDigit(digit.Digit)) Append(digit.Digit);
            // Digit by digit: a longer number that begins so is that number all the same.
            _happenings.Add(Reached());
            if (codes?.Take(digit.Digit) != true) continue;
            _happenings.Add(Happening.SignedIn);
            DialAgain();
            (_firstDialled, _signedIn) = (null, true);   // what comes now is the number, after a flash too
        }
        if (_pulses == 0 || at + samples.Length - _pulsedAt <= LongestPulse) return;
        EndPulses();
        _happenings.Add(Reached());
    }

    /// <summary>While the line is listened to off the hook: what the port tells a display of another caller. The stretch, once it is over.</summary>
    public (long From, long Until)? HearWaiting(ReadOnlySpan<short> samples, long at) => _waiting.Hear(samples, at, _tone.Alerts);

    /// <summary>Line time from which another caller is being told of; null: none is.</summary>
    public long? WaitingFrom => _waiting.From;

    /// <summary>The last such stretch that is over.</summary>
    public (long From, long Until) Waited => _waiting.Last;

    /// <summary>The key that ended within the samples given to <see cref="HearKeys"/> last, in line time; null: none did.</summary>
    public DtmfTone? Keyed { get; private set; }

    private void TakeDigits(ReadOnlySpan<short> samples, long at)
    {
        _digits.Clear();
        _dtmf.Process(samples, _digits);
        if (_dtmf.ToneSuspected || _digits.Count > 0) _keyedAt = at;
    }

    /// <summary>While audio is kept: the stretch that may be a keyed digit, guard included, in line time. Null: none.</summary>
    public (long From, long Until, bool Ended)? HearKeys(ReadOnlySpan<short> samples, long at)
    {
        if (at != _next) (_dtmf, _origin) = (new(), at);   // the first of a stretch, or after samples that never came
        TakeDigits(samples, at);
        var now = _next = at + samples.Length;
        Keyed = _digits.Count > 0 ? _digits[0] with { At = _origin + _digits[0].At } : null;
        if (_dtmf.ToneSuspected) return (_origin + _dtmf.SuspectedSince - Guard, now, false);
        return _digits.Count > 0 ? (_origin + _digits[0].At - Guard, now, true) : null;
    }

    /// <summary>A phase of the call has ended: what was half heard is forgotten.</summary>
    public void Reset(bool keepCaller)
    {
        (_next, Keyed) = (-1, null);
        if (keepCaller) return;
        Caller.Reset();
        (_dtmf, _tone, _ringback) = (new(), new(_set), false);
        (_rings, _busies, _talked) = (0, 0, 0);
        _speech.Reset();
        _flow.Reset();
        _syllables.Reset();
        _noise.Reset();
    }

    /// <summary>The call is over: nobody's digits stay.</summary>
    public void Forget()
    {
        Caller.Forget();
        _dialled.Clear();
        (_firstDialled, _text, _pulses, _signedIn) = (null, null, 0, false);
        codes?.Forget();
        _waiting.Forget();
        Reset(keepCaller: false);
    }
}
