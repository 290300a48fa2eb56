namespace Nauha.Simulation;

// Where the script stands, and what that changes.
public sealed partial class ExchangeLine
{
    // Where the script stands, and what that changes.
    private void Advance()
    {
        if (_phase == Phase.Idle)
        {
            if (_call < _calls.Count && Now >= (long)(Script.At * Rate) && Now - _since >= (long)(Math.Max(Script.Gap, _call == 0 ? 0 : _calls[_call - 1].Rest) * Rate)) Begin();
            return;
        }
        var script = Script;
        var elapsed = Now - _since;
        switch (_phase)
        {
            case Phase.CallerId when script.CallerIdAfterRing || elapsed >= _callerId.Length + (Rate / 2):
                To(Phase.Ringing, "ring");
                break;
            case Phase.Ringing when script.Kind == ScriptKind.Missed && elapsed >= (long)((((script.Rings - 1) * _ringPeriod) + _profile.Ring[0].On) * Rate):
                Hang("caller gives up");
                break;
            case Phase.Ringing when script.Kind != ScriptKind.Missed && elapsed >= (long)((((script.Rings - 1) * _ringPeriod) + _profile.Ring[0].On) * Rate) + (script.AnswersInBurst ? (long)(-0.4 * _profile.Ring[0].On * Rate) : Rate * 8 / 10):
                Lift(Now, answered: true);
                break;
            case Phase.Lifted:
                Talking(script);
                break;
            case Phase.Cut when elapsed >= (long)(script.Seconds * Rate):
                Hang("restored");
                break;
            default:
                break;
        }
    }

    private void Begin()
    {
        var script = Script;
        switch (script.Kind)
        {
            case ScriptKind.Incoming or ScriptKind.Missed:
                _callerId = (script.CallerId, script.Number) switch
                {
                    (CallerIdForm.Dtmf, { } number) => Signals.Dtmf($"A{number}C"),
                    (CallerIdForm.V23, { } number) => Signals.V23(number),
                    (CallerIdForm.Bell202, { } number) => Signals.V23(number, bell: true),
                    (CallerIdForm.Restricted, _) => Signals.Dtmf("B10C"),
                    (CallerIdForm.Unavailable, _) => Signals.Dtmf("B00C"),
                    (CallerIdForm.Garbage, _) => Signals.Dtmf("A3C9AD07B"),
                    _ => [],
                };
                To(Phase.CallerId, "caller id");
                break;
            case ScriptKind.Cut:
                To(Phase.Cut, "cut");
                break;
            case ScriptKind.FoundLifted:
                break;
            default:
                Lift(Now, answered: false);
                break;
        }
    }

    private void Talking(CallScript script)
    {
        var up = Now - _liftedAt;
        if (_answeredAt < 0 && script.Kind is ScriptKind.Outgoing && up >= AnswerAfter(script))
        {
            _answeredAt = Now;
            if (script.Reversal) Turn();
            Happened(Now, "answered");
        }
        if (script.Kind is ScriptKind.NotAnswered or ScriptKind.Busy && up >= AnswerAfter(script)) Hang("lowered");
        else if (script.Kind == ScriptKind.LiftOnly && up >= (long)(script.Seconds * Rate)) Hang("lowered");
        if (_phase != Phase.Lifted || _answeredAt < 0) return;
        if (_talkAt < 0)
        {
            // Told: something was played for a second and a half, and then nothing. Talk begins 200 ms later; the far party,
            // who hears the end later, has spoken in time for that where the network's delay allows it.
            var told = _firstInjected > _answeredAt && _lastInjected - _firstInjected > Rate * 3 / 2 && _injection.Count == 0 && Now - _lastInjected >= Quiet;
            var tired = Now - Math.Max(_answeredAt, _lastInjected) > SayAgain * 3;
            if (script.Announces is { } pbx)
            {
                var end = _answeredAt + (long)(pbx.After * Rate) + pbx.Samples.Length;
                if (Now < end) return;
                Happened(end - 1, "said");
                (told, _lastInjected) = (true, Math.Max(_lastInjected, end - 1));
            }
            if (told) (_toldAt, _talkAt) = (_lastInjected, _lastInjected + Math.Max(Rate / 5, Delay));
            else if (tired) _talkAt = Now;
            if (_talkAt >= 0) Happened(_talkAt, "talk");
            return;
        }
        _silent = script.PausesForAnnouncements && Now > _talkAt && (_injection.Count > 0 || Now - _lastInjected < Rate / 5);
        if (_silent) _paused++;
        var talked = Now - _talkAt - _paused;
        if (Script.MarksTalk && talked % TalkMark == 0) Script.Told?.Invoke(new(Now, "talk"));
        if (talked < 0) return;
        if (_flash < script.Flashes.Count && talked >= (long)(script.Flashes[_flash].After * Rate))
        {
            _downUntil = Now + (script.Flashes[_flash].Ms * 8);
            _flash++;
            Happened(Now, "flash");
        }
        if (_keyed < script.Keyed.Count && talked >= (long)(script.Keyed[_keyed].After * Rate))
        {
            _keying = Signals.Dtmf(script.Keyed[_keyed].Digits, 60, 60, _profile.Levels.KeysDbm0);
            _keyedAt = Now;
            _keyed++;
        }
        if (talked < script.Talk.Length + (long)(script.Longer * Rate)) return;
        if (script.Clear is { } clear && _clearedAt < 0)
        {
            _clearedAt = Now;
            if (clear.Reversal) Turn();
            Happened(Now, "far ended");
        }
        if (_clearedAt < 0 || Now - _clearedAt >= (long)(script.Clear!.Seconds * Rate)) Hang("lowered");
    }

    private void Turn() => (_polarity, _turnedAt) = (-_polarity, Now);

    private long _keyedAt;

    // A second after the last of its ringback bursts.
    private long AnswerAfter(CallScript script)
    {
        if (script.AnswersAfter is { } after) return (long)(after * Rate);
        if (script.Kind == ScriptKind.Busy) return DialledBy(script) + Rate + (long)(script.Seconds * Rate);
        var (burst, period) = IsAmerican ? (2, 6) : (1, 5);
        return DialledBy(script) + Rate + (long)((((script.Rings - 1) * period) + burst) * (1 + (_profile.Levels.CadenceOffPercent / 100)) * Rate) + Rate;
    }

    private static long DialledBy(CallScript script) => (long)(0.8 * Rate) + ((script.Number?.Length ?? 0) * 160 * 8);

    private const int TalkMark = 800;

    private void Lift(long at, bool answered)
    {
        _liftedAt = at;
        _answeredAt = answered ? at : -1;
        _clearedAt = -1;
        _rangUntil = _phase == Phase.Ringing ? Now : -1;
        _rangSince = _since;
        (_talkAt, _flash, _keyed, _firstInjected, _lastInjected, _announcedAt, _toldAt, _paused, _silent) = (-1, 0, 0, -1, -1, -1, -1, 0, false);
        _keying = [];
        _dialling = Script.Kind is ScriptKind.Outgoing or ScriptKind.NotAnswered or ScriptKind.Busy && Script.Number is { } number ? Signals.Dtmf(number, 80, 80, _profile.Levels.KeysDbm0) : [];
        To(Phase.Lifted, "lifted");
    }

    private float[] _dialling = [];
    private long _clearedAt = -1, _turnedAt = long.MinValue / 2, _rangUntil = -1, _rangSince;

    private void Hang(string what)
    {
        if (_polarity < 0) Turn();
        _answeredAt = -1;
        To(Phase.Idle, what);
        _call++;
    }

    private void To(Phase phase, string what)
    {
        (_phase, _since) = (phase, Now);
        Happened(Now, what);
    }

    private void Happened(long at, string what)
    {
        var truth = new Truth(at, what);
        Truths.Add(truth);
        Truth?.Happened(truth, IsThrough);
        if (_call < _calls.Count) Script.Told?.Invoke(truth);
    }

    private long At(Cue cue) => cue switch { Cue.Lifted => _liftedAt, Cue.Announced => _announcedAt, Cue.Told => _toldAt, Cue.Answered => _answeredAt, _ => _talkAt };
}
