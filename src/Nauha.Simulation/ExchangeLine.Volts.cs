namespace Nauha.Simulation;

// The pair's volts: hook, ring, polarity, feed.
public sealed partial class ExchangeLine
{
    private const long DroopAfter = 10 * Rate;
    private double _stuck = double.NaN;

    private float Volts()
    {
        var volts = TrueVolts();
        if (Fault == LineFault.VoltsStuck) return (float)(double.IsNaN(_stuck) ? _stuck = volts : _stuck);
        _stuck = double.NaN;
        return (float)(Fault == LineFault.VoltsLegOpen ? volts / 2 : volts);
    }

    private double TrueVolts()
    {
        var feed = _profile.Feed;
        var ripple = feed.RippleMillivolts / 1_000 * Math.Sin(2 * Math.PI * 50 * Now / Rate);
        var sign = Polarity();
        if (Forced() is { } forced) return forced == 0 ? 0 : ripple + (forced * sign);
        return ripple + _phase switch
        {
            Phase.Cut => 0,
            Phase.Lifted when IsUp => Bounces(_liftedAt) ? OnHook() * sign : (OffHook() * sign) + Tripping(),
            Phase.Ringing when RingsAt((Now - _since) / (double)Rate) => (OnHook() * sign * _profile.Wave.BiasPercent / 100) + _profile.Wave.At((Now - _since) / (double)Rate),
            Phase.Idle when _call > 0 && Bounces(_since) => OffHook() * sign,
            _ => OnHook() * sign,
        };
    }

    /// <summary>Direct current out of the port through the phone, with its sign; 0 while no handset is up or nobody feeds the pair.</summary>
    public double LoopMilliamps => !IsUp || IsDead ? 0 : Math.Sign(Polarity()) * Math.Min((OnHook() - OffHook()) / _profile.Feed.Ohms * 1_000, _profile.Feed.LimitMilliamps);

    private double OnHook()
    {
        var droop = _profile.Feed.DroopPercent;
        if (droop == 0 || _phase != Phase.Idle) return _profile.OnHookVolts;
        return _profile.OnHookVolts * (1 - (droop / 100 * Math.Clamp((Now - _since - DroopAfter) / (double)Rate, 0, 1)));
    }

    private double OffHook() => _profile.OffHookVolts - (IsSecondUp() ? _profile.Feed.SecondPhoneVolts : 0);

    // Contacts that open and close, a millisecond each.
    private bool Bounces(long since) => _profile.Feed.BounceMs > 0 && Now - since < _profile.Feed.BounceMs * 8 && ((Now - since) / 8 & 1) == 1;

    // The port has not yet seen that the phone is up, and rings on into it.
    private double Tripping() => _rangUntil >= 0 && Now - _rangUntil < _profile.Wave.TripMs * 8 && RingsAt((_rangUntil - _rangSince) / (double)Rate) ? _profile.Wave.At((Now - _rangSince) / (double)Rate) / 3 : 0;

    private double Polarity()
    {
        var sign = _polarity * (_profile.Feed.Swapped ? -1 : 1);
        var (ms, takes) = ((Now - _turnedAt) / 8.0, _profile.Feed.ReversalMs);
        if (takes <= 0 || ms > takes + 40) return sign;
        // It swings over, and rings out at 200 Hz.
        return ms < takes ? sign * ((2 * ms / takes) - 1) : sign * (1 + (0.3 * Math.Exp((takes - ms) / 5) * Math.Sin(2 * Math.PI * 0.2 * (ms - takes))));
    }

    private bool RingsAt(double second)
    {
        second %= _ringPeriod;
        for (var i = 0; i < _profile.Ring.Count; i++)
        {
            var (on, off) = _profile.Ring[i];
            if (second < on) return true;
            if (second < on + off) return false;
            second -= on + off;
        }
        return false;
    }

    private bool IsSecondUp()
    {
        if (_phase != Phase.Lifted) return false;
        var phones = Script.SecondPhones;
        for (var i = 0; i < phones.Count; i++)
            if (At(phones[i].From) is >= 0 and var cue && Now - cue - (long)(phones[i].After * Rate) is >= 0 and var since && since < phones[i].Ms * 8L) return true;
        return false;
    }

    private double? Forced()
    {
        if (_phase != Phase.Lifted) return null;
        if (_clearedAt >= 0 && Now - _clearedAt < Script.Clear!.OpenLoopMs * 8L) return 0;
        foreach (var step in Script.VoltsSteps)
            if (At(step.From) is >= 0 and var cue && Now - cue - (long)(step.After * Rate) is >= 0 and var since && since < step.Ms * 8L) return step.Volts;
        return null;
    }
}
