namespace Nauha.Telephony;

/// <summary>One keyed digit.</summary>
/// <param name="At">Sample of the tone's beginning.</param>
/// <param name="Samples">How long it lasted; at 8 kHz.</param>
public readonly record struct DtmfTone(long At, char Digit, int Samples);

/// <summary>
/// DTMF receiver (ITU-T Q.23/Q.24 class) at 8 kHz. Windows of 16 ms every 4 ms; a digit is two tones, one of either
/// group, that hold nearly all energy of the voice band, within the frequency tolerance and the twist, for long enough.
/// </summary>
/// <remarks>Pure: state is the object, time is the count of samples; any block size gives the same digits; nothing is allocated per block.</remarks>
public sealed class DtmfDetector
{
    /// <summary>Window of 16 ms, a step every 4 ms.</summary>
    private const int Window = 128, Step = 32;

    private const string Keys = "123A456B789C*0#D";

    // Each tone is looked for at its own frequency and a little beside it: 1.5 % + 2 Hz must pass, 3.5 % must not.
    private static readonly double[] Rows = [697, 770, 852, 941];
    private static readonly double[] Columns = [1_209, 1_336, 1_477, 1_633];

    private const int BeginSteps = 3;      // about 20 ms of tone
    private const int EndSteps = 4;        // about 25 ms without
    private const int LeastSamples = 8 * 23;
    private const double PeakOverGroup = 5;    // the tone over the others of its group, power (7 dB)
    private const double HighTwist = 5.6;      // high over low, power: +7.5 dB, an echo in the comb included
    private const double LowTwist = 10.0;      // low over high, power: 10 dB
    private readonly double _leastPower;

    private readonly short[] _ring = new short[Window];
    private readonly double[] _window = new double[Window];
    private readonly double[] _shape = new double[Window];
    private readonly double _shapeSum;
    private long _at;
    private int _untilStep = Window;
    private int _hits, _misses;
    private int _candidate = -1;
    private int _digit = -1;
    private long _candidateAt, _beganAt, _lastHitAt;

    /// <param name="leastDbm0">Weakest tone taken, each; −36 off-hook by default, lower for what comes through a tap on the hook.</param>
    public DtmfDetector(double leastDbm0 = -38)
    {
        // 0 dBm0 is a sine 3.14 dB under full scale.
        var amplitude = 32_768 * Math.Pow(10, (leastDbm0 - 3.14) / 20);
        _leastPower = amplitude * amplitude / 2;
        for (var i = 0; i < Window; i++) _shape[i] = 0.54 - (0.46 * Math.Cos(2 * Math.PI * (i + 0.5) / Window));
        _shapeSum = _shape.Sum();
    }

    /// <summary>A tone is on, or looks like beginning: what is heard now may be a digit.</summary>
    public bool ToneSuspected => _digit >= 0 || _hits > 0;

    /// <summary>Where the suspected tone began.</summary>
    public long SuspectedSince => _digit >= 0 ? _beganAt : _candidateAt;

    /// <summary>Takes samples; adds the digits that ended.</summary>
    public void Process(ReadOnlySpan<short> samples, List<DtmfTone> digits)
    {
        foreach (var sample in samples)
        {
            _ring[(int)(_at % Window)] = sample;
            _at++;
            if (--_untilStep > 0) continue;
            _untilStep = Step;
            Look(digits);
        }
    }

    /// <summary>The samples ended: a tone that is still on ends here.</summary>
    public void Finish(List<DtmfTone> digits)
    {
        if (_digit >= 0) End(digits);
        (_hits, _candidate) = (0, -1);
    }

    private void Look(List<DtmfTone> digits)
    {
        var key = Judge();
        if (_digit >= 0)
        {
            if (key == _digit)
            {
                _misses = 0;
                _lastHitAt = _at;
                return;
            }
            if (++_misses < EndSteps && key < 0) return;
            if (key >= 0 && _misses < 2) return;
            End(digits);
        }
        if (key < 0)
        {
            (_hits, _candidate) = (0, -1);
            return;
        }
        if (key != _candidate) (_candidate, _hits, _candidateAt) = (key, 0, _at - Window);
        _lastHitAt = _at;
        if (++_hits < BeginSteps) return;
        (_digit, _misses, _beganAt) = (key, 0, _candidateAt);
    }

    private void End(List<DtmfTone> digits)
    {
        // A window is taken as tone when some three quarters of it are: trimmed by a quarter at either end.
        var began = Math.Max(0, _beganAt + (Window / 4));
        var length = (int)(_lastHitAt - (Window / 4) - began);
        if (length >= LeastSamples) digits.Add(new(began, Keys[_digit], length));
        (_digit, _hits, _misses, _candidate) = (-1, 0, 0, -1);
    }

    /// <summary>The key that this window holds, or −1.</summary>
    private int Judge()
    {
        double energy = 0, mean = 0;
        for (var i = 0; i < Window; i++) mean += _ring[i];
        mean /= Window;
        for (var i = 0; i < Window; i++)
        {
            var sample = (_ring[(int)((_at + i) % Window)] - mean) * _shape[i];
            _window[i] = sample;
            energy += sample * sample;
        }
        if (energy < _leastPower * 10) return -1;
        Span<double> rows = stackalloc double[4];
        Span<double> columns = stackalloc double[4];
        for (var i = 0; i < 4; i++)
        {
            rows[i] = Power(Rows[i]);
            columns[i] = Power(Columns[i]);
        }
        var (row, column) = (Peak(rows), Peak(columns));
        if (row < 0 || column < 0 || rows[row] < _leastPower || columns[column] < _leastPower) return -1;
        var twist = columns[column] / rows[row];
        if (twist > HighTwist || twist < 1 / LowTwist) return -1;
        if (!InTune(Rows[row], rows[row]) || !InTune(Columns[column], columns[column])) return -1;

        // What the two tones leave: taken out of the energy that the window would have if it held nothing else.
        var tones = (rows[row] + columns[column]) * Window * 0.3974;
        var dial = Power(425) * Window * 0.3974;   // a dial tone under the digit is nobody's voice
        return tones > 0.55 * (energy - Math.Min(dial, energy * 0.9)) ? (row * 4) + column : -1;
    }

    private static int Peak(ReadOnlySpan<double> group)
    {
        var best = 0;
        for (var i = 1; i < 4; i++)
            if (group[i] > group[best]) best = i;
        for (var i = 0; i < 4; i++)
            if (i != best && group[i] * (Math.Abs(i - best) == 1 ? PeakOverGroup / 2 : PeakOverGroup) > group[best]) return -1;
        return best;
    }

    // Off by more than some 2.5 %, one side is stronger than the middle.
    private bool InTune(double hertz, double power) => Power(hertz * 0.965) < power * 0.985 && Power(hertz * 1.035) < power * 0.985;

    /// <summary>Mean power of a tone of this frequency in the window.</summary>
    private double Power(double hertz)
    {
        var turn = 2 * Math.Cos(2 * Math.PI * hertz / 8_000);
        double one = 0, two = 0;
        foreach (var sample in _window) (one, two) = (sample + (turn * one) - two, one);
        var squared = (one * one) + (two * two) - (turn * one * two);
        return 2 * squared / (_shapeSum * _shapeSum);
    }
}
