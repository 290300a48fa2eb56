namespace Nauha.Telephony;

/// <summary>One keyed digit.</summary>
/// <param name="At">Sample of the tone's beginning.</param>
/// <param name="Samples">How long it lasted; at 8 kHz.</param>
public readonly record struct DtmfTone(long At, char Digit, int Samples);

/// <summary>
/// DTMF receiver (ITU-T Q.23/Q.24 class) at 8 kHz. Windows of 16 ms every 4 ms find a pair of tones, one of either group,
/// that hold most of the energy within the twist; a tone that has ended is weighed as a whole (<see cref="DtmfEvidence"/>)
/// and is a digit only when both frequencies, the length and the lack of any third voice agree.
/// </summary>
/// <remarks>Pure: state is the object, time is the count of samples; any block size gives the same digits; nothing is allocated per block.</remarks>
public sealed class DtmfDetector
{
    private const int Window = DtmfSpectrum.Window, Step = DtmfSpectrum.Step;
    private const int History = 1_536;          // 192 ms: a short tone with what is around it
    private const string Keys = "123A456B789C*0#D";

    private const int BeginSteps = 3;           // about 20 ms of tone
    private const int EndSteps = 6;             // about 33 ms without: what comes again sooner is measured
    private const int ShortSamples = 8 * 110;   // longer tones need no measuring of their length
    private const int LeastSamples = 179;       // 22.4 ms: 20 ms never, 26 ms always (Q.24: 20 to 24 never, 40 always)
    private const double LeastGap = 40;         // samples that are missing: less is noise
    private const double LeastBreak = 100;      // 12.5 ms: a tone that breaks off for 10 ms is one (Q.24)
    private const double PeakOverGroup = 5;     // the tone over the others of its group, power (7 dB)
    private const double HighTwist = 5.6;       // high over low, power: +7.5 dB, an echo in the comb included
    private const double LowTwist = 10.0;       // low over high, power: 10 dB
    private const double LeastShare = 0.4;      // of a window's energy: some 2 dB under noise
    private const double SureShare = 0.55;      // nobody's talk is taken for a key before it holds so much
    private const double Fall = 10;             // power: what is 10 dB weaker is the tone's echo
    private const int EchoSamples = 8 * 60;

    private readonly double _leastPower;
    private readonly HeardSteps _line = new(Step, History);
    private readonly DtmfSpectrum _spectrum = new();
    private readonly DtmfEvidence _evidence = new();
    private int _hits, _misses;
    private int _candidate = -1;
    private int _digit = -1;
    private long _candidateAt, _beganAt, _lastHitAt;
    private long _brokeAfter, _resumedAt;       // 0: the tone did not break, or that is settled
    private long _bridgedAt;                    // the last break that was too short to part it, 0: none
    private bool _sure;
    private int _sureHits, _sureMisses, _sureKey;
    private long _sureSince;
    private int _lastDigit = -1;
    private long _lastEndedAt;
    private double _lastPower;

    /// <param name="leastDbm0">Weakest tone taken, each. Far under what has to be taken: a card number's echo is silenced as well.</param>
    public DtmfDetector(double leastDbm0 = -46)
    {
        // 0 dBm0 is a sine 3.14 dB under full scale.
        var amplitude = Math.Pow(10, (leastDbm0 - 3.14) / 20);
        _leastPower = amplitude * amplitude / 2;
    }

    /// <summary>A tone is on, or looks like beginning: what is heard now may be a digit.</summary>
    public bool ToneSuspected => _sureHits > 0;

    /// <summary>Where the suspected tone began.</summary>
    public long SuspectedSince => _sureSince;

    /// <summary>Takes samples; adds the digits that ended.</summary>
    public void Process(ReadOnlySpan<short> samples, List<DtmfTone> digits)
    {
        while (_line.Take(ref samples))
            if (_line.At >= Window) Look(digits);
    }

    /// <summary>The samples ended: a tone that is still on ends here.</summary>
    public void Finish(List<DtmfTone> digits)
    {
        if (_digit >= 0) End(digits);
        (_hits, _candidate) = (0, -1);
    }

    private void Look(List<DtmfTone> digits)
    {
        _sure = false;
        var key = Judge();
        _sure &= key >= 0;
        Suspect(key);
        // The tone's own echo is no more of it, but may well be evidence.
        if (key == _digit && key >= 0 && (_spectrum.Powers[key / 4] + _spectrum.Powers[4 + (key % 4)]) * Fall < _evidence.Power) key = -1;
        if (_digit >= 0)
        {
            if (key == _digit)
            {
                if (_misses > 0) (_brokeAfter, _resumedAt) = (_lastHitAt, _line.At);
                _misses = 0;
                _lastHitAt = _line.At;
                _evidence.Add(_spectrum, key);
                if (_resumedAt > 0 && _line.At >= BreakMiddle + DtmfEvidence.Side) Part(digits);
                return;
            }
            _evidence.Skip();
            if (++_misses < EndSteps && key < 0) return;
            if (key >= 0 && _misses < 2) return;
            End(digits);
        }
        if (key < 0)
        {
            (_hits, _candidate) = (0, -1);
            return;
        }
        if (key != _candidate)
        {
            (_candidate, _hits, _candidateAt) = (key, 0, _line.At - Window);
            _evidence.Clear();
        }
        _evidence.Add(_spectrum, key);
        _lastHitAt = _line.At;
        if (++_hits < BeginSteps) return;
        (_digit, _misses, _beganAt) = (key, 0, _candidateAt);
    }

    // What is heard may be evidence long before it is suspicious: whoever listens loses nothing to a guess.
    private void Suspect(int key)
    {
        if (_sure && (_sureHits == 0 || key == _sureKey))
        {
            if (_sureHits++ == 0) (_sureSince, _sureKey) = (_line.At - Window, key);
            _sureMisses = 0;
            return;
        }
        if (_sureHits == 0 || (_sureHits >= BeginSteps && ++_sureMisses < EndSteps && !_sure)) return;
        (_sureHits, _sureMisses) = (0, 0);
        if (_sure) Suspect(key);
    }

    private void End(List<DtmfTone> digits)
    {
        if (_resumedAt > 0) Part(digits);
        Tell(_lastHitAt, digits);
        (_digit, _hits, _misses, _candidate, _bridgedAt) = (-1, 0, 0, -1, 0);
    }

    private long BreakMiddle => ((_brokeAfter + _resumedAt) / 2) - (Window / 2);

    // A tone that broke off and came again: one, or long enough for two. What was heard so far speaks for both, they are the same key.
    private void Part(List<DtmfTone> digits)
    {
        var missing = _evidence.Missing(_line, BreakMiddle, _digit);
        if (missing >= LeastBreak)
        {
            Tell(_brokeAfter, digits);
            (_beganAt, _bridgedAt) = (_resumedAt - Window, 0);
        }
        else if (missing >= LeastGap)
        {
            _bridgedAt = BreakMiddle;
        }
        _resumedAt = 0;
    }

    private void Tell(long lastHitAt, List<DtmfTone> digits)
    {
        // A window is taken as tone when some three quarters of it are: trimmed by a quarter at either end.
        var (began, ended) = (Math.Max(0, _beganAt + (Window / 4)), lastHitAt - (Window / 4));
        var (digit, length, power) = (_digit, (int)(ended - began), _evidence.Power);
        if (digit == _lastDigit && began - _lastEndedAt < EchoSamples && power * Fall < _lastPower) return;
        if (!_evidence.IsDigit(digit)) return;
        if (length < ShortSamples)
        {
            var measured = Measure(began, ended);
            if (measured >= LeastSamples) length = measured;
            else if (!IsBridged(began, ended)) return;
        }
        (_lastDigit, _lastEndedAt, _lastPower) = (digit, began + length, power);
        digits.Add(new(began, Keys[digit], length));
    }

    // Two bursts with a break between them are no digit, unless one of them is.
    private bool IsBridged(long began, long ended) =>
        _bridgedAt > 0 && Math.Max(Measure(began, _bridgedAt - DtmfEvidence.Beside), Measure(_bridgedAt + DtmfEvidence.Beside, ended)) >= LeastSamples;

    private int Measure(long began, long ended) => _evidence.Measure(_line, began - DtmfEvidence.Beside, ended + DtmfEvidence.Beside, _digit);

    /// <summary>The key that this window holds, or −1.</summary>
    private int Judge()
    {
        var energy = _spectrum.Take(_line.Last(Window));
        if (energy < _leastPower) return -1;
        _spectrum.Transform();
        var (row, column) = (Peak(_spectrum.Powers[..4]), Peak(_spectrum.Powers[4..8]));
        if (row < 0 || column < 0) return -1;
        var (low, high) = (_spectrum.Powers[row], _spectrum.Powers[4 + column]);
        if (low < _leastPower || high < _leastPower || high > HighTwist * low || low > LowTwist * high) return -1;
        _spectrum.ListenForDial();
        // A dial tone under the digit is nobody's voice.
        var others = energy - Math.Min(_spectrum.DialPower, energy * 0.9);
        if (low + high < LeastShare * others) return -1;
        _sure = low + high > SureShare * others;
        return (row * 4) + column;
    }

    private static int Peak(ReadOnlySpan<float> group)
    {
        var best = 0;
        for (var i = 1; i < 4; i++)
            if (group[i] > group[best]) best = i;
        for (var i = 0; i < 4; i++)
            if (i != best && group[i] * (Math.Abs(i - best) == 1 ? PeakOverGroup / 2 : PeakOverGroup) > group[best]) return -1;
        return best;
    }
}
