namespace Nauha.Simulation;

// Who sounds what on the pair, what the network makes of it on its way, and the pair's volts.
public sealed partial class ExchangeLine
{
    private double PhoneVolts()
    {
        var script = Script;
        var near = 0.0;
        var dial = Now - _liftedAt - (long)(0.8 * Rate);
        if (dial >= 0 && dial < _dialling.Length) near = _dialling[dial];
        if (_talkAt >= 0 && !_silent) near += Sample(script.Talk.Near, Now - _talkAt - _paused);
        foreach (var sound in script.Sounds)
            if (sound.Side == Side.Near && At(sound.From) is >= 0 and var cue) near += Sample(sound.Samples, Now - cue - (long)(sound.After * Rate));
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
        if (_phase == Phase.CallerId && Now - _since < _callerId.Length) far = _callerId[Now - _since] * 0.35;
        if (_phase == Phase.Lifted && IsUp)
        {
            var up = Now - _liftedAt;
            var dialled = DialledBy(script);
            if (script.OwnTones) far += 0;
            else if (script.Kind is ScriptKind.LiftOnly) far += DialTone(up - 1_600);
            else if (_answeredAt < 0 && up < (long)(0.8 * Rate)) far += DialTone(up - 1_600);
            else if (_answeredAt < 0 && script.Kind == ScriptKind.Busy && up > dialled) far += Signals.Tone(up - dialled - Rate, 0.3, 0.3);
            else if (_answeredAt < 0 && script.Kind is ScriptKind.Outgoing or ScriptKind.NotAnswered && up > dialled) far += Signals.Tone(up - dialled - Rate, 1, 4);
            foreach (var sound in script.Sounds)
                if (sound.Side == Side.Port && At(sound.From) is >= 0 and var cue) far += Sample(sound.Samples, Now - cue - (long)(sound.After * Rate));
        }
        if (_phase == Phase.Lifted && IsUp && _answeredAt >= 0 && script.Announces is { } pbx) far += Sample(pbx.Samples, Now - _answeredAt - (long)(pbx.After * Rate));
        return 2 * far * PeakVolts;
    }

    private double DialTone(long n)
    {
        var sum = 0.0;
        foreach (var hertz in _profile.DialTone) sum += Signals.Tone(n, 1_000, 0, hertz, -15 - (3 * (_profile.DialTone.Count - 1)));
        return sum;
    }

    // The far mouth, in the moment in which it speaks: the script counts on the pair, where it will be heard.
    private double FarMouth()
    {
        if (_phase != Phase.Lifted) return 0;
        var (script, there) = (Script, Now + Delay);
        double far = 0;
        if (_talkAt >= 0 && !_silent) far = Sample(script.Talk.Far, there - _talkAt - _paused);
        // Somebody answers, says who it is, and again if nothing comes back.
        if (_answeredAt >= 0 && script is { Kind: ScriptKind.Outgoing, Reversal: false } && _firstInjected < _answeredAt) far += Babble() * 0.05;
        foreach (var sound in script.Sounds)
            if (sound.Side == Side.Far && At(sound.From) is >= 0 and var cue) far += Sample(sound.Samples, there - cue - Math.Max((long)(sound.After * Rate), Delay));
        return far;
    }

    private int Delay => _profile.DelayMs * 8;

    // Until it has cut through the network carries nothing, either way.
    private bool IsThrough => _phase == Phase.Lifted && _answeredAt >= 0 && Now - _liftedAt >= _profile.CutThroughMs * 8;

    private double Arrived()
    {
        _in[Now % Rate] = (float)FarMouth();
        return IsThrough && IsUp ? 2 * ((PeakVolts * _in[(Now - Delay + (2L * Rate)) % Rate]) + (Comfort() * _comfort)) : 0;
    }

    private void Depart(double volts)
    {
        _out[Now % Rate] = IsThrough ? (float)volts : 0;
        if (KeepsEars) FarEar.Add(Now < Delay ? (short)0 : Digital(_out[(Now - Delay + (2L * Rate)) % Rate]));
    }

    private bool RingsAt(double second)
    {
        second %= _ringPeriod;
        foreach (var (on, off) in _profile.Ring)
        {
            if (second < on) return true;
            if (second < on + off) return false;
            second -= on + off;
        }
        return false;
    }

    private static float Sample(float[] samples, long at) => at >= 0 && at < samples.Length ? samples[at] : 0;

    private float Volts()
    {
        var ripple = 0.1 * Math.Sin(2 * Math.PI * 50 * Now / Rate);
        var onHook = _profile.OnHookVolts * _polarity;
        if (Forced() is { } forced) return (float)(forced == 0 ? 0 : ripple + (forced * _polarity));
        return (float)(ripple + _phase switch
        {
            Phase.Cut => 0,
            Phase.Lifted when IsUp => _profile.OffHookVolts * _polarity,
            Phase.Ringing when RingsAt((Now - _since) / (double)Rate) => onHook + (75 * Math.Sin(2 * Math.PI * 25 * (Now - _since) / Rate)),
            _ => onHook,
        });
    }

    // By itself, so that it leaves the pair's own noise as it was.
    private double Comfort()
    {
        _comforting = unchecked((_comforting * 1_664_525) + 1_013_904_223);
        return ((_comforting >> 8) / (double)(1 << 23)) - 1;
    }

    private double Noise()
    {
        _noise = unchecked((_noise * 1_664_525) + 1_013_904_223);
        return ((_noise >> 8) / (double)(1 << 23)) - 1;
    }

    // Noise in syllables: talk for detectors, nobody's words.
    private double Babble() => Noise() * Math.Max(0, Math.Sin(2 * Math.PI * 4 * Now / Rate)) * 2;
}
