namespace Nauha.Telephony;

/// <summary>
/// What the windows of one tone say together. A key's two oscillators hold their frequencies, and nothing else sounds;
/// a voice that passes through two of the frequencies glides, or its other harmonics tell.
/// </summary>
internal sealed class DtmfEvidence
{
    private const int LeastWindows = 5;         // 25 ms fill three and touch two
    private const int Long = 8 * 60;            // samples: noise no longer makes the middle of a tone look weak
    /// <summary>Samples that are measured besides on either side of a short tone.</summary>
    public const int Beside = 80;

    private const int Flat = 80, Ramp = 64;     // samples beside the middle of a break, and from there outwards
    private const double LeastTwistDb = -9.5, MostTwistDb = 7.5;
    private const double DialTolerance = 20;
    private const int Short = 7;
    private const double Even = 0.42;           // of all that is not the tones: white noise leaves 0.63 in the bands, a voice 0.1 to 0.25
    private const double Peaky = 5;             // the strongest band over the mean: noise 2 to 4, a voice 5 to 15

    /// <summary>Samples on either side of a break that are looked at.</summary>
    public const int Side = Flat + Ramp;

    private static readonly float[] Rising = [.. Enumerable.Range(0, Side).Select(i => i >= Ramp ? 1 : (float)(0.5 - (0.5 * Math.Cos(Math.PI * (i + 0.5) / Ramp))))];

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
        // A dial tone under the digit does not count against it; a voice's harmonic near 425 Hz glides or lies beside it.
        var dial = Math.Abs(_dial.Off(DtmfSpectrum.Dial)) < DialTolerance && _dialSum > 0.8 * _windows * _dial.Power ? _dialSum : 0;
        var tones = _lowSum + _highSum;
        var share = tones / (_energy - Math.Min(dial, _energy * 0.9));
        var (loudest, mean, rest) = Others(low + lowOff, high + highOff);
        if (rest > Even * (_energy - tones) && loudest < Peaky * mean) return share > (_windows < Short ? 0.65 : 0.42);
        return loudest < (0.03 + (0.15 / _windows)) * tones && share > LeastShare(twist);
    }

    // A short tone gives less to judge by, and voices fall with frequency: either has to be purer.
    private double LeastShare(double twist) =>
        Math.Max(_windows < Short ? 0.8 : _windows < 2 * Short ? 0.75 : 0.65, 0.62 + (0.045 * Math.Max(0, -3 - twist)));

    /// <summary>
    /// What sounds besides the tones, from 560 Hz up: the strongest voice, the mean of all, and the power of the whole. Noise is
    /// everywhere alike; what a voice has besides two of its harmonics is a third one, or lies below.
    /// </summary>
    private (double Loudest, double Mean, double Whole) Others(double low, double high)
    {
        double most = 0, sum = 0;
        var count = 0;
        for (var i = 0; i < _bands.Length; i++)
        {
            var hertz = DtmfSpectrum.Band(i);
            if (Math.Abs(hertz - low) < 135 || Math.Abs(hertz - high) < 135) continue;
            (most, sum, count) = (Math.Max(most, _bands[i]), sum + _bands[i], count + 1);
        }
        return (most, sum / count, sum * DtmfSpectrum.BandShare);
    }

    /// <summary>
    /// Length of a short tone: all of it, summed in phase, against its strongest window. Edges that fall between two steps
    /// count by what they hold. 0 where the middle is hollow: two bursts are not one tone.
    /// </summary>
    /// <param name="from">The first sample, and <see cref="Beside"/> before it.</param>
    /// <param name="until">Its end, and so many after it.</param>
    public int Measure(HeardSteps line, long from, long until, int key)
    {
        var length = (int)(until - from) - (2 * Beside);
        from = Math.Max(Math.Max(0, line.At - line.Kept), from);
        var heard = line.Last((int)(line.At - from))[..(int)(Math.Min(line.At, until) - from)];
        var (row, column) = (DtmfSpectrum.Tones[key / 4], DtmfSpectrum.Tones[4 + (key % 4)]);
        var (rowHertz, columnHertz) = (row + _low.Off(row), column + _high.Off(column));
        var third = Math.Min(length, heard.Length) / 3;
        if (third > 0 && Samples(heard.Slice((heard.Length - third) / 2, third)) < third * (length < Long ? 0.55 : 0.75)) return 0;
        return (int)Samples(heard);

        double Samples(ReadOnlySpan<float> stretch) => ((Sum(stretch, rowHertz) / Math.Sqrt(2 * _low.Power)) + (Sum(stretch, columnHertz) / Math.Sqrt(2 * _high.Power))) / 2;
    }

    /// <summary>
    /// How long a break is that lies about this sample: what the stretch around it lacks of both tones. Each side is summed for
    /// itself, because a key that is pressed again begins at whatever phase; and from nothing upwards, so that neither tone
    /// sees the other at the stretch's end.
    /// </summary>
    /// <returns>Samples; 0 where too little is heard yet.</returns>
    public double Missing(HeardSteps line, long middle, int key)
    {
        if (line.At - middle < Side || middle < Side) return 0;
        var heard = line.Last((int)(line.At - middle) + Side)[..(2 * Side)];
        Span<float> before = stackalloc float[Side], after = stackalloc float[Side];
        for (var i = 0; i < Side; i++) (before[i], after[i]) = (heard[i] * Rising[i], heard[^(i + 1)] * Rising[i]);
        var (row, column) = (DtmfSpectrum.Tones[key / 4], DtmfSpectrum.Tones[4 + (key % 4)]);
        var (rowHertz, columnHertz) = (row + _low.Off(row), column + _high.Off(column));
        var (low, high) = (Sum(before, rowHertz) + Sum(after, rowHertz), Sum(before, columnHertz) + Sum(after, columnHertz));
        return (2 * Rising.Sum()) - (((low / Math.Sqrt(2 * _low.Usual)) + (high / Math.Sqrt(2 * _high.Usual))) / 2);
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
        private const double NotEmpty = 0.8;

        private (float Real, float Imaginary) _before;
        private bool _has;
        private double _real, _imaginary, _sum;
        private int _count;

        /// <summary>Power in the strongest window.</summary>
        public double Power { get; private set; }

        /// <summary>Mean power of the windows that were not half empty: noise does not raise it.</summary>
        public double Usual => _sum / _count;

        /// <summary>How many hertz the frequency is off.</summary>
        public double Off(double nominal)
        {
            var turn = (Math.Atan2(_imaginary, _real) / (2 * Math.PI)) - (nominal * DtmfSpectrum.Step / 8_000);
            return (turn - Math.Round(turn)) * 8_000 / DtmfSpectrum.Step;
        }

        public void Clear() => (_has, _real, _imaginary, _sum, _count, Power) = (false, 0, 0, 0, 0, 0);

        public void Break() => _has = false;

        public void Add((float Real, float Imaginary) now)
        {
            double power = (now.Real * now.Real) + (now.Imaginary * now.Imaginary);
            Power = Math.Max(Power, power);
            if (power > Power * NotEmpty) (_sum, _count) = (_sum + power, _count + 1);
            if (_has)
            {
                _real += (now.Real * _before.Real) + (now.Imaginary * _before.Imaginary);
                _imaginary += (now.Imaginary * _before.Real) - (now.Real * _before.Imaginary);
            }
            (_before, _has) = (now, true);
        }
    }
}
