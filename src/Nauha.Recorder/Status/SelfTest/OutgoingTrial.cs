using System.Text;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Telephony;

namespace Nauha.Recorder.Status.SelfTest;

/// <summary>
/// One call that a technician makes to a number he has named: whether the box hears what is dialled, and what the port
/// tells by itself of an answer and of its end. The box seizes nothing and says nothing. The digits heard are compared in
/// memory and told to nobody.
/// </summary>
/// <param name="ask">Told what somebody should do now.</param>
public sealed class OutgoingTrial(ILineSource source, LineProfile profile, ToneSet tones, Action<Ask>? ask = null)
{
    private const int Rate = 8_000;
    private const long Quiet = Rate * 15 / 2;          // one and a half periods of ringback: it has ended
    private const long Spoken = Rate;                  // talk that is no click and no word of a neighbour
    private const long Others = 4 * Rate;              // after the first sign of an end: for another to show
    private const long PulseRest = Rate / 5;
    private const long Down = Rate;                    // shorter is a pulse or a flash
    private const long LongestBurst = Rate * 3 / 2;    // of a ringback that an answer has broken off

    private static readonly string[] Keys = ["dialled", "ringback", "answer", "far-end"];

    private readonly HookSensor _volts = new(profile);
    private readonly ContactHook _contact = new();
    private readonly ToneDetector _tones = new(tones);
    private readonly DtmfDetector _digits = new();
    private readonly SpeechDetector _speech = new();
    private readonly SampleBlock _block = new();
    private readonly List<HookEvent> _hookEvents = [];
    private readonly List<ToneEvent> _heardTones = [];
    private readonly List<DtmfTone> _heardDigits = [];
    private readonly StringBuilder _dialled = new();
    private long _now, _liftedAt = -1, _loweredAt = -1, _digitAt = -1, _toneAt = -1, _reversedAt = -1, _spoken;
    private long _turnedBackAt = -1, _openLoopAt = -1, _feedLostAt = -1, _clearToneAt = -1, _answeredAt = -1;
    private int _pulses;
    private long _pulsedAt;
    private bool _ringback, _busy;

    private bool HasVolts => source.HookSource is HookSource.Volts or HookSource.Current;

    private bool IsDown => _loweredAt > _liftedAt && _now - _loweredAt > Down;

    /// <param name="number">As it is to be dialled: digits, * and #.</param>
    /// <param name="patience">How long to wait for each: the lift, the answer, the end.</param>
    public async Task<IReadOnlyList<Check>> RunAsync(string number, TimeSpan patience, CancellationToken cancel)
    {
        var wait = (long)(patience.TotalSeconds * Rate);
        ask?.Invoke(Ask.DialTheNumber);
        if (!await ListenAsync(wait, () => _liftedAt >= 0, cancel).ConfigureAwait(false)) return Untested("source-ended");
        if (_liftedAt < 0) return Untested("nobody-lifted");
        if (!await ListenAsync(wait, () => IsDown || _busy || Answered(), cancel).ConfigureAwait(false)) return Untested("source-ended");
        EndPulses();
        List<Check> checks = [Dialled(number), Ringback()];
        if (!Answered())
        {
            var why = _busy ? "answer-busy" : IsDown ? "answer-hung-up" : "answer-none";
            return [.. checks, Said("answer", Verdict.Untested, why), Said("far-end", Verdict.Untested, why)];
        }
        _answeredAt = _now;
        checks.Add(Answer());
        ask?.Invoke(Ask.LetThemHangUp);
        await ListenAsync(wait, () => Ended() is var at and >= 0 && _now - at > Others, cancel).ConfigureAwait(false);
        checks.Add(FarEnd());
        if (!IsDown) ask?.Invoke(Ask.HangUp);
        return checks;
    }

    private Check[] Untested(string finding) => [.. Keys.Select(key => Said(key, Verdict.Untested, finding))];

    private Check Said(string key, Verdict verdict, string finding, params (string Name, object? Value)[] measured) => new(key, verdict, finding, measured, source.Line.Number);

    // Nothing but how many: a digit more or less tells what is wrong, and says no number.
    private Check Dialled(string number) => _dialled.Length switch
    {
        0 => Said("dialled", Verdict.Fail, "digits-none", ("digitsHeard", 0)),
        var heard when _dialled.ToString() == number => Said("dialled", Verdict.Pass, "digits-equal", ("digitsHeard", heard)),
        var heard => Said("dialled", Verdict.Fail, "digits-differ", ("digitsHeard", heard), ("digitsAskedFor", number.Length)),
    };

    private Check Ringback() => _ringback ? Said("ringback", Verdict.Pass, "ringback-heard") : Said("ringback", Verdict.Notice, "ringback-none");

    // What the polarity says stands when no ringback comes after it: some ports turn it when they have dialled.
    private bool Answered() => _reversedAt >= 0 ? _now - _reversedAt > Quiet : _digitAt >= 0 && _spoken > Spoken && _now - Math.Max(_digitAt, _toneAt) > Quiet;

    private Check Answer()
    {
        if (_reversedAt >= 0) return Said("answer", Verdict.Pass, "answer-reversal", ("secondsAfterDialling", Math.Round((_reversedAt - _digitAt) / (double)Rate, 1)));
        return HasVolts ? Said("answer", Verdict.Notice, "answer-voice") : Said("answer", Verdict.NotFitted, "volts-not-measured");
    }

    private long Ended() => new[] { _turnedBackAt, _openLoopAt, _feedLostAt, _clearToneAt, IsDown ? _loweredAt : -1 }.Where(at => at >= 0).DefaultIfEmpty(-1).Min();

    private Check FarEnd()
    {
        if (_openLoopAt >= 0) return Said("far-end", Verdict.Pass, "end-open-loop");
        if (_feedLostAt >= 0) return Said("far-end", Verdict.Notice, "end-wrong-length");
        if (_turnedBackAt >= 0) return Said("far-end", Verdict.Notice, "end-reversal");
        if (_clearToneAt >= 0) return Said("far-end", HasVolts ? Verdict.Notice : Verdict.NotFitted, HasVolts ? "end-tone" : "volts-not-measured");
        return IsDown ? Said("far-end", Verdict.Untested, "end-hung-up-first") : Said("far-end", Verdict.Notice, "end-nothing");
    }

    /// <returns>False: the source ended.</returns>
    private async Task<bool> ListenAsync(long samples, Func<bool> until, CancellationToken cancel)
    {
        for (var heard = 0L; heard < samples && !until(); heard += SampleBlock.Length)
        {
            if (!await source.ReadAsync(_block, cancel).ConfigureAwait(false)) return false;
            _now = _block.FirstSample + SampleBlock.Length;
            _hookEvents.Clear();
            if (HasVolts) _volts.Process(_block.Volts, _block.FirstSample, _hookEvents);
            else _contact.Process(_block.HandsetUp, _block.Ringing, _block.FirstSample, _hookEvents);
            foreach (var seen in _hookEvents) See(seen);
            if (_liftedAt >= 0) Hear();
        }
        return true;
    }

    private void See(HookEvent seen)
    {
        switch (seen.Change)
        {
            case HookChange.OffHook when !seen.AtStartUp:
                (_liftedAt, _loweredAt) = (_liftedAt < 0 ? seen.At : _liftedAt, -1);
                break;
            case HookChange.OnHook:
                _loweredAt = seen.At;
                break;
            case HookChange.Pulse:
                if (_pulses > 0 && seen.At - _pulsedAt > PulseRest) EndPulses();
                (_pulses, _pulsedAt, _digitAt, _loweredAt) = (_pulses + 1, seen.At, seen.At, -1);   // its break was taken for a hang-up
                break;
            case HookChange.Reversal when _answeredAt >= 0 || _reversedAt >= 0:
                _turnedBackAt = seen.At;
                break;
            case HookChange.Reversal when _digitAt >= 0:
                _reversedAt = seen.At;
                break;
            case HookChange.FeedLost when _digitAt >= 0:
                _feedLostAt = seen.At;
                break;
            case HookChange.OpenLoop when _digitAt >= 0:
                _openLoopAt = seen.At;
                break;
            default:
                break;
        }
    }

    // It rings still: what looked like an answer was none.
    private void Rings()
    {
        _ringback = true;
        if (_answeredAt < 0) (_reversedAt, _turnedBackAt, _feedLostAt, _openLoopAt, _clearToneAt) = (-1, -1, -1, -1, -1);
    }

    private void EndPulses()
    {
        if (_pulses is >= 1 and <= 10) _dialled.Append((char)('0' + (_pulses % 10)));
        _pulses = 0;
    }

    private void Hear()
    {
        _heardTones.Clear();
        _tones.Process(_block.Samples, _heardTones);
        foreach (var tone in _heardTones)
        {
            if (tone.Name is "ringback") Rings();
            else if (tone.Name is "busy" or "congestion" or "sit" or "howler" or "dial" && (_answeredAt >= 0 || _reversedAt >= 0)) _clearToneAt = _now;
            else if (tone.Name is "busy" or "congestion" or "sit" && _digitAt >= 0) _busy = true;
        }
        if (_tones.IsOn && _answeredAt < 0)
        {
            if (_ringback && _reversedAt >= 0 && _now - _reversedAt > LongestBurst && _tones.SecondsSinceTurn > 0.5) Rings();
            (_toneAt, _spoken) = (_now, 0);
        }
        _speech.Process(_block.Samples);
        if (_speech.IsSpeech && !_tones.IsOn && !_digits.ToneSuspected) _spoken += SampleBlock.Length;
        if (_answeredAt >= 0) return;
        _heardDigits.Clear();
        _digits.Process(_block.Samples, _heardDigits);
        foreach (var digit in _heardDigits) _dialled.Append(digit.Digit);
        if (_heardDigits.Count > 0 || (_dialled.Length == 0 && _digits.ToneSuspected)) (_digitAt, _spoken) = (_now, 0);
    }
}
