namespace Nauha.Recorder.Line;

/// <summary>
/// Hook, ring, reversal and cut pair from measured volts, 1,000 readings a second. No clock: time is the count of readings.
/// </summary>
/// <remarks>
/// On-hook lies above, off-hook below <c>on-hook − max(6 V, 25 %)</c>, with 3 V of hysteresis and the on-hook volts learned
/// while the line rests; fixed 25 V thresholds fail on 24 V ports and on ports that keep 40 V off-hook. Below 3 V nobody
/// feeds the pair: a fault, never a call. Ringing swings through zero, so a lift counts only when the volts stay low for
/// longer than the slowest ring's low half-cycle (15 Hz: 33 ms), and the edge is dated back to where it began.
/// </remarks>
/// <param name="learnedOnHook">On-hook volts that this port was seen to have before; null: the profile's.</param>
public sealed class HookSensor(LineProfile profile, double? learnedOnHook = null)
{
    private const int SamplesPerReading = 8;
    private const double Fed = 3;
    private const double Hysteresis = 3;
    private const int LiftReadings = 45;
    private const int HangUpReadings = 18;
    private const int PulseReadings = 12;       // a make between two pulses is at least 30 ms, its edges bounce
    private const int ShortestPulse = 30, LongestPulse = 90;
    private const int FeedLostReadings = 20;
    private const int ShortestOpenLoop = 150, LongestOpenLoop = 1_000;
    private const int ShortestBrownOut = 50;
    private const int StepReadings = 200;
    private const double Step = 3;
    private const int CutReadings = 2_000;
    private const int RestoreReadings = 1_000;
    private const int ReversalReadings = 40;
    private const double RingSwing = 20;
    private const int RingHalfCycles = 3;
    private const int LongestHalfCycle = 34;
    private const int ShortestHalfCycle = 7;
    private const int RingOverReadings = 90;

    private enum State { Unknown, OnHook, OffHook, Cut }

    private State _state;
    private double _learned = learnedOnHook ?? profile.OnHookVolts;
    private double _mean = learnedOnHook ?? profile.OnHookVolts;
    private double _slow = learnedOnHook ?? profile.OnHookVolts;
    private int _low, _high, _rest, _dead, _fed, _gone, _turned;
    private int _polarity;
    private bool _ringing, _foundUp;
    private int _swing, _halfCycles, _sinceSwing = int.MaxValue / 2;
    private long _firstSwing;
    private long _downAt = long.MinValue / 2;
    private double _level = double.NaN, _stepped;
    private int _stepFor, _feedLost;

    /// <summary>On-hook volts as learned so far, absolute.</summary>
    public double OnHookVolts => _learned;

    /// <summary>Off-hook volts of the call in progress, absolute; NaN until they have settled.</summary>
    public double OffHookVolts => _level;

    public double Threshold => _learned - Math.Max(6, _learned * 0.25);

    public bool IsOffHook => _state == State.OffHook;

    public bool IsCut => _state == State.Cut;

    public bool IsRinging => _ringing;

    /// <summary>Somebody feeds the pair.</summary>
    public bool IsFed => _dead < FeedLostReadings;

    /// <summary>Takes the readings of one block and adds what they mean, in order of time.</summary>
    public void Process(ReadOnlySpan<float> volts, long firstSample, List<HookEvent> events)
    {
        for (var i = 0; i < volts.Length; i++) Read(volts[i], firstSample + (i * SamplesPerReading), events);
    }

    private void Read(double volts, long at, List<HookEvent> events)
    {
        if (!double.IsFinite(volts)) volts = 0;
        volts = Math.Clamp(volts, -200, 200);
        var size = Math.Abs(volts);
        Ring(volts, at, events);
        _dead = size < Fed ? _dead + 1 : 0;
        _fed = size >= Fed ? _fed + 1 : 0;
        _low = size < Threshold && size >= Fed ? _low + 1 : size < Fed && _low > 0 && _low < LiftReadings ? _low + 1 : 0;
        _high = size > Threshold + Hysteresis ? _high + 1 : 0;
        _rest = size >= Threshold ? _rest + 1 : 0;
        BrownOut(at, events);
        switch (_state)
        {
            case State.Unknown:
                // No edge yet that hysteresis could hold on to: a port that rests between the two is at rest all the same.
                if (_rest >= HangUpReadings) _state = State.OnHook;
                else if (_dead < LiftReadings && _low >= 2 * LiftReadings && !_ringing) Lift(0, events, atStartUp: true);
                else if (_dead >= CutReadings) Cut(at, events);
                break;
            case State.OnHook:
                if (_low >= PulseReadings && _dead == 0 && !_ringing && at - ((_low - 1) * SamplesPerReading) - _downAt is >= ShortestPulse * SamplesPerReading and < LongestPulse * SamplesPerReading) Pulse(at, events);
                else if (_low >= LiftReadings && _dead < LiftReadings / 2) Lift(at - ((_low - 1) * SamplesPerReading), events, atStartUp: false);
                else if (_dead >= CutReadings) Cut(at, events);
                else if (!_ringing && _rest > 500) _learned += (size - _learned) * 0.0005;
                break;
            case State.OffHook:
                if (_high >= HangUpReadings) HangUp(at, events);
                else if (_dead >= CutReadings) Cut(at, events);
                else OffHook(volts, at, events);
                break;
            default:
                if (_fed < RestoreReadings) break;
                _state = State.Unknown;
                (_low, _high) = (0, 0);
                events.Add(new(HookChange.Restored, at));
                break;
        }
    }

    private void BrownOut(long at, List<HookEvent> events)
    {
        if (_dead > 0) _gone = _dead;
        if (_fed != FeedLostReadings) return;
        var until = at - ((FeedLostReadings - 1) * SamplesPerReading);
        if (_gone >= (_state switch { State.OnHook => ShortestBrownOut, State.OffHook => LongestOpenLoop + 1, _ => int.MaxValue })) events.Add(new(HookChange.BrownOut, until - (_gone * SamplesPerReading), Until: until));
        _gone = 0;
    }

    private void Lift(long at, List<HookEvent> events, bool atStartUp)
    {
        (_state, _foundUp) = (State.OffHook, atStartUp);
        (_polarity, _level, _stepFor, _feedLost) = (0, double.NaN, 0, 0);
        StopRing(at, events);
        events.Add(new(HookChange.OffHook, at, atStartUp));
    }

    private void HangUp(long at, List<HookEvent> events)
    {
        _state = State.OnHook;
        _downAt = at - ((_high - 1) * SamplesPerReading);
        events.Add(new(HookChange.OnHook, _downAt));
    }

    // Nobody rings within 90 ms of a hang-up: no need to wait for the longest half-cycle of a ring.
    private void Pulse(long at, List<HookEvent> events)
    {
        _state = State.OffHook;
        events.Add(new(HookChange.Pulse, at - ((_low - 1) * SamplesPerReading)));
    }

    private void OffHook(double volts, long at, List<HookEvent> events)
    {
        Reversal(volts, at, events);
        if (_dead == FeedLostReadings) events.Add(new(HookChange.FeedLost, at - ((_dead - 1) * SamplesPerReading)));
        if (_dead > 0)
        {
            (_feedLost, _stepFor) = (_dead, 0);
            return;
        }
        if (_fed == FeedLostReadings)
        {
            if (_feedLost is >= ShortestOpenLoop and <= LongestOpenLoop) events.Add(new(HookChange.OpenLoop, at - ((_fed - 1) * SamplesPerReading)));
            _feedLost = 0;
        }
        SecondPhone(Math.Abs(volts), at, events);
    }

    // A step that stays: the first level is learned for 200 ms, then each that lies 3 V off it for as long is another phone.
    private void SecondPhone(double size, long at, List<HookEvent> events)
    {
        if (_high > 0) return;   // on its way to the hook
        if (_stepFor > 0 && Math.Abs(size - _stepped) > Step / 2) _stepFor = 0;
        if (!double.IsNaN(_level) && Math.Abs(size - _level) < Step)
        {
            _stepFor = 0;
            return;
        }
        if (_stepFor++ == 0) _stepped = size;
        if (_stepFor < StepReadings) return;
        if (!double.IsNaN(_level)) events.Add(new(HookChange.SecondPhone, at - ((_stepFor - 1) * SamplesPerReading)));
        (_level, _stepFor) = (_stepped, 0);
    }

    private void Cut(long at, List<HookEvent> events)
    {
        _state = State.Cut;
        StopRing(at, events);
        events.Add(new(HookChange.Cut, at - ((_dead - 1) * SamplesPerReading)));
    }

    // An edge of the polarity rings for some milliseconds: it counts when it has stood for 40 ms (Si3050: the lowest ring is 15 Hz).
    private void Reversal(double volts, long at, List<HookEvent> events)
    {
        var sign = volts >= Fed ? 1 : volts <= -Fed ? -1 : 0;
        if (sign == 0) return;
        if (_polarity == 0) _polarity = sign;
        _turned = sign == _polarity ? 0 : _turned + 1;
        if (_turned < ReversalReadings) return;
        _polarity = sign;
        _turned = 0;
        events.Add(new(HookChange.Reversal, at - ((ReversalReadings - 1) * SamplesPerReading)));
    }

    // Nobody rings a handset that is up: what was found at the start was a port that feeds less than it did. It is learned anew.
    private void NeverUp(List<HookEvent> events)
    {
        var up = _state == State.OffHook;   // else the ring's first swing has been taken for a hang-up
        (_state, _foundUp) = (State.OnHook, false);
        (_learned, _downAt, _low, _high) = (Math.Abs(_slow), _firstSwing, 0, 0);
        if (up) events.Add(new(HookChange.OnHook, _firstSwing));
    }

    // Ring: three half-cycles of 15 to 70 Hz around the mean; one reversal alone makes only one.
    private void Ring(double volts, long at, List<HookEvent> events)
    {
        _mean += (volts - _mean) / 64;
        _slow += (volts - _slow) / 1_024;     // a second: a ring's first swings do not move it
        _sinceSwing++;
        var swing = volts - _mean > RingSwing ? 1 : volts - _mean < -RingSwing ? -1 : 0;
        if (swing != 0 && swing != _swing)
        {
            var regular = _sinceSwing is >= ShortestHalfCycle and <= LongestHalfCycle;
            if (regular) _halfCycles++;
            else (_halfCycles, _firstSwing) = (0, at);
            (_swing, _sinceSwing) = (swing, 0);
            if (_halfCycles >= RingHalfCycles && !_ringing && (_state is State.OnHook or State.Unknown || _foundUp))
            {
                if (_foundUp && Math.Abs(_slow) < Threshold + Hysteresis) NeverUp(events);
                _ringing = true;
                events.Add(new(HookChange.RingStarted, _firstSwing));
            }
        }
        if (_ringing && _sinceSwing > RingOverReadings) StopRing(at - (RingOverReadings * SamplesPerReading), events);
    }

    private void StopRing(long at, List<HookEvent> events)
    {
        if (!_ringing) return;
        _ringing = false;
        _halfCycles = 0;
        events.Add(new(HookChange.RingStopped, at));
    }
}
