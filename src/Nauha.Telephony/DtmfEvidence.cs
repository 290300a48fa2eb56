namespace Nauha.Telephony;

/// <summary>
/// What the windows of one tone say together. A key's two oscillators hold their frequencies, and nothing else sounds;
/// a voice that passes through two of the frequencies glides, or its other harmonics tell.
/// </summary>
internal sealed class DtmfEvidence
{
    private const int LeastWindows = 5;         // 25 ms fill three and touch two
    private const double LeastTwistDb = -9.5, MostTwistDb = 7.5;
    private const double DialTolerance = 20;

    private readonly double[] _bands = new double[DtmfSpectrum.Bands];
    private readonly Turning _low = new(), _high = new(), _dial = new();
    private int _windows;
    private double _power, _energy, _lowSum, _highSum, _dialSum;

    /// <summary>Power of both tones in the strongest window.</summary>
    public double Power => _power;

    public void Clear()
    {
        Array.Clear(_bands);
        _low.Clear();
        _high.Clear();
        _dial.Clear();
        (_windows, _power, _energy, _lowSum, _highSum, _dialSum) = (0, 0, 0, 0, 0, 0);
    }

    /// <summary>A window without the tone: phases do not run over it.</summary>
    public void Skip()
    {
        _low.Break();
        _high.Break();
        _dial.Break();
    }

    public void Add(DtmfSpectrum spectrum, int key)
    {
        var (row, column) = (key / 4, 4 + (key % 4));
        _windows++;
        var power = (double)spectrum.Powers[row] + spectrum.Powers[column];
        _power = Math.Max(_power, power);
        _lowSum += spectrum.Powers[row];
        _highSum += spectrum.Powers[column];
        _dialSum += spectrum.DialPower;
        _energy += spectrum.Energy;
        _dial.Add(spectrum.AtDial);
        _low.Add(spectrum.At(row));
        _high.Add(spectrum.At(column));
        spectrum.AddBands(_bands);
    }

    // 1.5 % + 2 Hz must pass (Q.24), 3.5 % must not.
    private static double Tolerance(double hertz) => (0.024 * hertz) + 1;

    /// <summary>Whether this was a key and not a voice.</summary>
    public bool IsDigit(int key)
    {
        if (_windows < LeastWindows) return false;
        var (low, high) = (DtmfSpectrum.Tones[key / 4], DtmfSpectrum.Tones[4 + (key % 4)]);
        var (lowOff, highOff) = (_low.Off(low), _high.Off(high));
        if (Math.Abs(lowOff) > Tolerance(low) || Math.Abs(highOff) > Tolerance(high)) return false;
        var twist = 10 * Math.Log10(_highSum / _lowSum);
        if (twist is < LeastTwistDb or > MostTwistDb) return false;
        if (Loudest(low + lowOff, high + highOff) > 0.03 + (0.15 / _windows)) return false;
        // A dial tone under the digit does not count against it; a voice's harmonic near 425 Hz glides or lies beside it.
        var others = Math.Abs(_dial.Off(DtmfSpectrum.Dial)) < DialTolerance && _dialSum > 0.8 * _windows * _dial.Power ? _dialSum : 0;
        var share = (_lowSum + _highSum) / (_energy - Math.Min(others, _energy * 0.9));
        return share > LeastShare(twist);
    }

    // Noise at +4 dB leaves 0.7. A short tone gives less to judge by, and voices fall with frequency: either has to be purer.
    private double LeastShare(double twist) =>
        Math.Max(_windows < 7 ? 0.75 : 0.62, 0.62 + (0.03 * Math.Max(0, -3 - twist)));

    /// <summary>The strongest third voice, as a share of the tones' power.</summary>
    private double Loudest(double low, double high)
    {
        var most = 0.0;
        for (var i = 0; i < _bands.Length; i++)
        {
            var hertz = DtmfSpectrum.Band(i);
            if (Math.Abs(hertz - low) < 135 || Math.Abs(hertz - high) < 135) continue;
            most = Math.Max(most, _bands[i]);
        }
        return most / (_lowSum + _highSum);
    }

    /// <summary>
    /// Length of a short tone: all of it, summed in phase, against its strongest window. Edges that fall between two steps
    /// count by what they hold.
    /// </summary>
    public int Measure(LineMemory line, long began, int length, int key)
    {
        var from = Math.Max(Math.Max(0, line.At - line.Kept), began - 80);
        var until = Math.Min(line.At, began + length + 80);
        var heard = line.Last((int)(line.At - from))[..(int)(until - from)];
        var (row, column) = (DtmfSpectrum.Tones[key / 4], DtmfSpectrum.Tones[4 + (key % 4)]);
        var (low, high) = (Sum(heard, row + _low.Off(row)), Sum(heard, column + _high.Off(column)));
        return (int)(((low / Math.Sqrt(2 * _low.Power)) + (high / Math.Sqrt(2 * _high.Power))) / 2);
    }

    // Twice the length of the sum over a sine of amplitude a and n samples is a·n.
    private static double Sum(ReadOnlySpan<float> heard, double hertz)
    {
        var (sum, turned, turn) = (default(Phasor), new Phasor(1, 0), Phasor.Of(-2 * Math.PI * hertz / 8_000));
        foreach (var sample in heard)
        {
            sum += turned * sample;
            turned *= turn;
        }
        return 2 * Math.Sqrt(sum.Power);
    }

    /// <summary>One oscillator: how fast its phase runs away from the nominal frequency's.</summary>
    private sealed class Turning
    {
        private (float Real, float Imaginary) _before;
        private bool _has;
        private double _real, _imaginary;

        /// <summary>Power in the strongest window.</summary>
        public double Power { get; private set; }

        /// <summary>How many hertz the frequency is off.</summary>
        public double Off(double nominal)
        {
            var turn = (Math.Atan2(_imaginary, _real) / (2 * Math.PI)) - (nominal * DtmfSpectrum.Step / 8_000);
            return (turn - Math.Round(turn)) * 8_000 / DtmfSpectrum.Step;
        }

        public void Clear() => (_has, _real, _imaginary, Power) = (false, 0, 0, 0);

        public void Break() => _has = false;

        public void Add((float Real, float Imaginary) now)
        {
            Power = Math.Max(Power, (now.Real * now.Real) + (now.Imaginary * now.Imaginary));
            if (_has)
            {
                _real += (now.Real * _before.Real) + (now.Imaginary * _before.Imaginary);
                _imaginary += (now.Imaginary * _before.Real) - (now.Real * _before.Imaginary);
            }
            (_before, _has) = (now, true);
        }
    }
}
