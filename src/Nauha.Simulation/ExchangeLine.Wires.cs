namespace Nauha.Simulation;

// One sample of the wires: the pair and its circuit, or a handset's two pairs; and what of it reaches the recorder's converter.
public sealed partial class ExchangeLine
{
    private double TwoWires()
    {
        var (up, count) = (IsUp, Stems is null ? 1 : Signal.Count);
        // What is queued is being said, from the relay's closing to its opening.
        var muted = up && _profile.MutesPhone && !LeavesPhoneOn && _injection.Count > 0 && !RelayHeldOpen;
        var pair = _pair.AsSpan(0, count);
        var own = _own.AsSpan(0, count);
        var phone = up ? PhoneVolts() : 0;
        var port = ExchangeVolts();
        var arrived = _arrived.AsSpan(0, count);
        Arrive(arrived);
        arrived[Signal.All] += port;
        var injected = Injected();
        var closed = injected is not null || Fault == LineFault.RelayStuckClosed;
        var second = IsSecondUp();
        for (var i = 0; i < count; i++)
        {
            double? said = up && !muted ? (i is Signal.All or Signal.Agent ? phone : 0) : null;
            double? played = closed ? (i is Signal.All or Signal.Announcement ? injected ?? 0 : 0) : null;
            pair[i] = _circuits[i].Solve(arrived[i], said, played, second, muted);
            // The hybrid's belief: what the far side alone would be on a pair with one phone and nothing else.
            own[i] = _isMatched ? arrived[i] / 2 : _balances[i].Solve(arrived[i], 0, null, secondPhone: false);
        }
        _towardsPhone = muted || !up ? pair[Signal.All] / (muted ? Circuit.InjectionOhms : Circuit.Resting) : -_circuits[Signal.All].PhoneAmps;
        if (IsDead) pair.Clear();
        pair[Signal.All] += _noise.Volts(Now);
        _hybrid.Send(Now, pair, own);
        if (!IsThrough) own.Clear();
        _outward.Step(Now, own);
        Keep(pair, own, muted ? null : phone);
        var heard = Heard(pair[Signal.All], injected);
        Now++;
        return heard;
    }

    // A digital telephone's handset: one pair of wires from the microphone, where the recorder speaks too, one to the earpiece.
    private double FourWires()
    {
        var (up, count) = (IsUp, Stems is null ? 1 : Signal.Count);
        var both = _pair.AsSpan(0, count);
        var sent = _own.AsSpan(0, count);
        var arrived = _arrived.AsSpan(0, count);
        var (phone, port) = (up ? PhoneVolts() : 0, ExchangeVolts());
        Arrive(arrived);
        arrived[Signal.All] += port;
        var injected = Injected() ?? 0;
        for (var i = 0; i < count; i++)
        {
            sent[i] = (i is Signal.All or Signal.Agent ? phone / 2 : 0) + (i is Signal.All or Signal.Announcement ? injected / 3 : 0);
            both[i] = sent[i] + (up ? (arrived[i] / 2) + (HandsetSidetone * sent[i]) : 0);
        }
        _send = sent[Signal.All] + _noise.Volts(Now);
        _receive = both[Signal.All] - sent[Signal.All];
        both[Signal.All] = _send + _receive;
        if (!up || !IsThrough) sent.Clear();
        _outward.Step(Now, sent);
        if (KeepsEars)
        {
            FarEar.Add(Digital(sent[Signal.All]));
            Pair.Add(Digital(both[Signal.All]));
            AgentEar.Add(Digital(_receive));
        }
        Stems?.Add(both, sent);
        Now++;
        return _send + _receive;
    }

    // What reaches the converter: the pair, unless something is wrong on the way.
    private double Heard(double pair, double? injected)
    {
        var fault = Fault;
        if (_loop is { } loop) pair = loop + (pair - Carried(injected));
        if (fault == LineFault.ReceiveOpen) pair = 1e-4 * Chance.Signed(_chance = Chance.Next(_chance));
        if (fault == LineFault.OtherPair) pair = 0.03 * Talk.Neighbour[Now % Talk.Neighbour.Length];
        return _capture.IsIdle && fault != LineFault.AutomaticGain ? pair : PeakVolts * _capture.Take(pair / PeakVolts, fault == LineFault.AutomaticGain);
    }

    private void Keep(ReadOnlySpan<double> pair, ReadOnlySpan<double> far, double? spoken)
    {
        if (KeepsEars)
        {
            var phone = spoken ?? 0;
            var voice = _isMatched ? phone / 2 : _handset.Solve(0, IsUp ? phone : null, null, secondPhone: false);
            FarEar.Add(Digital(far[Signal.All]));
            Pair.Add(Digital(pair[Signal.All]));
            AgentEar.Add(IsUp && spoken is not null ? Digital(pair[Signal.All] - voice + (_sidetone * voice)) : (short)0);
        }
        Stems?.Add(pair, far);
    }
}
