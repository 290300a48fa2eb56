namespace Nauha.Simulation;

// Who sounds what on the pair, and what comes in from the network.
public sealed partial class ExchangeLine
{
    private double PhoneVolts()
    {
        var script = Script;
        var near = 0.0;
        var dial = Now - _liftedAt - (long)(0.8 * Rate);
        if (dial >= 0 && dial < _dialling.Length) near = _dialling[dial];
        if (_talkAt >= 0 && !_silent) near += Sample(script.Talk.Near, Now - _talkAt - _paused);
        near += Sounds(Side.Near, Now, 0);
        if (_talkAt >= 0 && Now - _keyedAt < _keying.Length) near += _keying[Now - _keyedAt];
        if (script.TalkOverDb is { } over && _answeredAt >= 0) near += Babble() * Math.Pow(10, (-17 + over - DbvAtFullScale) / 20);
        return 2 * near * PeakVolts;
    }

    // What the port itself sounds: caller ID, dial tone, busy, ringback.
    private double ExchangeVolts()
    {
        if (_call >= _calls.Count) return 0;
        var script = Script;
        var far = 0.0;
        if (_phase == Phase.CallerId && Now - _since < _callerId.Length) far = _callerId[Now - _since] * _callerIdShare;
        if (_phase == Phase.Ringing && script.CallerIdAfterRing && Now - _since - (long)((_profile.Ring[0].On + 0.5) * Rate) is >= 0 and var sent && sent < _callerId.Length) far = _callerId[sent] * _callerIdShare;
        if (_phase == Phase.Lifted && IsUp)
        {
            var up = Now - _liftedAt;
            var dialled = DialledBy(script);
            if (script.OwnTones) far += 0;
            else if (script.Kind is ScriptKind.LiftOnly) far += DialTone(up - 1_600);
            else if (_answeredAt < 0 && up < (long)(0.8 * Rate)) far += DialTone(up - 1_600);
            else if (_answeredAt < 0 && script.Kind == ScriptKind.Busy && up > dialled) far += Busy(up - dialled - Rate);
            else if (_answeredAt < 0 && script.Kind is ScriptKind.Outgoing or ScriptKind.NotAnswered && up > dialled) far += Ringback(up - dialled - Rate);
            if (_clearedAt >= 0) far += Cleared(script.Clear!.Tone, Now - _clearedAt);
            far += Sounds(Side.Port, Now, 0);
        }
        if (_phase == Phase.Lifted && IsUp && _answeredAt >= 0 && script.Announces is { } pbx) far += Sample(pbx.Samples, Now - _answeredAt - (long)(pbx.After * Rate));
        return 2 * far * PeakVolts;
    }

    private double DialTone(long n)
    {
        var sum = 0.0;
        for (var i = 0; i < _profile.DialTone.Count; i++) sum += PortTone(n, 1_000, 0, _profile.DialTone[i], -3 * (_profile.DialTone.Count - 1));
        return sum;
    }

    // As loud, as true and as timely as this port's tones are.
    private double PortTone(long n, double on, double off, double hertz, double db = 0)
    {
        var levels = _profile.Levels;
        var longer = 1 + (levels.CadenceOffPercent / 100);
        return Signals.Tone(n, on * longer, off * longer, hertz * (1 + (levels.TonesOffPercent / 100)), levels.TonesDbm0 + db);
    }

    // A port whose dial tone is American has America's other tones too; one of a single frequency has all of them in that.
    private bool IsAmerican => _profile.DialTone.Count > 1;

    private double Ringback(long n) => IsAmerican ? PortTone(n, 2, 4, 440, -3) + PortTone(n, 2, 4, 480, -3) : PortTone(n, 1, 4, _profile.DialTone[0]);

    private double Busy(long n) => IsAmerican ? PortTone(n, 0.5, 0.5, 480, -3) + PortTone(n, 0.5, 0.5, 620, -3) : PortTone(n, 0.3, 0.3, _profile.DialTone[0]);

    private double Cleared(ClearTone tone, long n) => tone switch
    {
        ClearTone.Busy => Busy(n),
        ClearTone.Congestion when IsAmerican => PortTone(n, 0.25, 0.25, 480, -3) + PortTone(n, 0.25, 0.25, 620, -3),
        ClearTone.Congestion => PortTone(n, 0.2, 0.2, _profile.DialTone[0]),
        ClearTone.Dial => DialTone(n),
        _ => 0,
    };

    // The far mouth, in the moment in which it speaks: the script counts on the pair, where it will be heard.
    private double FarMouth()
    {
        if (_phase != Phase.Lifted) return 0;
        var (script, there) = (Script, Now + Delay);
        double far = 0;
        if (_talkAt >= 0 && !_silent) far = Sample(script.Talk.Far, there - _talkAt - _paused);
        // Somebody answers, says who it is, and again if nothing comes back.
        if (_answeredAt >= 0 && script is { Kind: ScriptKind.Outgoing, Reversal: false } && _firstInjected < _answeredAt) far += Babble() * 0.05;
        return far + Sounds(Side.Far, there, Delay);
    }

    // By index: a list behind an interface would be enumerated on the heap, 8,000 times a second.
    private double Sounds(Side side, long now, int earliest)
    {
        var (sounds, sum) = (Script.Sounds, 0.0);
        for (var i = 0; i < sounds.Count; i++)
            if (sounds[i] is { } sound && sound.Side == side && At(sound.From) is >= 0 and var cue) sum += Sample(sound.Samples, now - cue - Math.Max((long)(sound.After * Rate), earliest));
        return sum;
    }

    private int Delay => _profile.DelayMs * 8;

    // Until it has cut through the network carries nothing, either way.
    private bool IsThrough => _phase == Phase.Lifted && _answeredAt >= 0 && Now - _liftedAt >= _profile.CutThroughMs * 8;

    // What the far side says, with what comes back of us from there, as the line card's source has it.
    private void Arrive(Span<double> arrived)
    {
        arrived.Clear();
        var mouth = FarMouth();
        arrived[Signal.All] = mouth;
        if (arrived.Length > Signal.Caller) arrived[Signal.Caller] = mouth;
        if (_farEcho > 0)
            for (var i = 0; i < arrived.Length; i++) arrived[i] += _farEcho * _outward.Past(i, Now, _farEchoAgo);
        _inward.Step(Now, arrived);
        if (!IsThrough || !IsUp || Now - _liftedAt < (_profile.CutThroughMs + _profile.Network.InwardLagMs) * 8)
        {
            arrived.Clear();
            return;
        }
        for (var i = 0; i < arrived.Length; i++) arrived[i] = 2 * PeakVolts * arrived[i];
        if (_profile.Network.ComfortStepDb > 0 && Now % (3 * Rate) == 0) _comfortStep = Math.Pow(10, _profile.Network.ComfortStepDb * Chance.Signed(_chance = Chance.Next(_chance)) / 20);
        arrived[Signal.All] += 2 * Comfort() * _comfort * _comfortStep;
    }

    private static float Sample(float[] samples, long at) => at >= 0 && at < samples.Length ? samples[at] : 0;

    // By itself, so that it leaves the pair's own noise as it was.
    private double Comfort()
    {
        _comforting = unchecked((_comforting * 1_664_525) + 1_013_904_223);
        return ((_comforting >> 8) / (double)(1 << 23)) - 1;
    }

    // Noise in syllables: talk for detectors, nobody's words.
    private double Babble() => _noise.White() * Math.Max(0, Math.Sin(2 * Math.PI * 4 * Now / Rate)) * 2;
}
