using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// What the last 20 ms hold at the frequencies of signal tones, as shares of their energy. Two blocks of 10 ms: how the
/// phase runs from one to the other says how far a tone lies off its nominal frequency, so that a tone of a worn generator
/// counts in full. Two tones side by side take 60 ms to be told apart.
/// </summary>
internal sealed class ToneSpectrum(double progressHertz)
{
    public const int Block = 80;
    private const int Lanes = 40, Half = 8, Long = 6, Fold = Block / 2;
    private const ToneLane FirstOfPairs = ToneLane.Hz350;   // and all that follow: eight at most
    private const double LeastPower = 1e-4 / 2.06 / 2;      // about −40 dBm0, full scale being 1

    // In the order of ToneLane. Within a family the lanes lie on a grid of 100 Hz: there they do not see each other.
    private static readonly double[] Nominal =
    [
        425, 950, 1_400, 1_800, 1_100, 2_100, 2_300, 2_060, 2_450, 2_600,
        1_550, 1_650, 1_750, 1_850, 1_950,
        880, 980, 1_080, 1_180, 1_280,
        970, 1_070, 1_170, 1_270, 1_370,
        2_225, 2_130, 2_750,
        350, 400, 440, 450, 480, 620,
        0, 0, 0, 0, 0, 0,
    ];

    private static readonly float[] Table = Turns(Nominal);
    private static readonly double[] Bell = [.. Enumerable.Range(0, Long).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * (i + 0.5) / Long)))];

    private static readonly double Weights = Bell.Sum();

    // Of each age the cosines of the pairs' lanes, then the sines, both weighed by the bell.
    private static readonly float[] Back = [.. Enumerable.Range(0, Long).SelectMany(age => new[] { Turn(age, Math.Cos), Turn(age, Math.Sin) }).SelectMany(eight => eight)];

    private readonly float[] _table = progressHertz == 425 ? Table : Turns([progressHertz, .. Nominal[1..]]);
    private readonly float[][] _real = [.. Enumerable.Range(0, Long).Select(_ => new float[Lanes])], _imaginary = [.. Enumerable.Range(0, Long).Select(_ => new float[Lanes])];
    private readonly double[] _energy = new double[Long];
    private readonly float[] _even = new float[Fold], _odd = new float[Fold], _pairs = new float[Half];
    private int _now, _before;
    private double _whole;
    private bool _gathered;

    public static double Hertz(ToneLane lane, double progress) => lane == ToneLane.Progress ? progress : Nominal[(int)lane];

    /// <summary>Enough is heard to be a tone at all.</summary>
    public bool IsLoud => (_energy[_now] + _energy[_before]) / (2 * Block) > LeastPower;

    public void Take(ReadOnlySpan<float> block)
    {
        (_before, _now, _gathered) = (_now, _now + 1 == Long ? 0 : _now + 1, false);
        var sum = Vector256<float>.Zero;
        for (var i = 0; i < Block; i += Half)
        {
            var samples = Vector256.Create(block.Slice(i, Half));
            sum += samples * samples;
        }
        _energy[_now] = Vector256.Sum(sum);
        var (real, imaginary) = (_real[_now], _imaginary[_now]);
        if (_energy[_now] < LeastPower * Block / 100)
        {
            // Nothing that is ever loud enough, not even beside a loud block.
            Array.Clear(real);
            Array.Clear(imaginary);
            return;
        }
        // Folded about the middle: what is even makes the cosines, what is odd the sines.
        for (var i = 0; i < Fold; i += Half)
        {
            var near = Vector256.Create(block.Slice(Fold + i, Half));
            var far = Vector256.Shuffle(Vector256.Create(block.Slice(Fold - Half - i, Half)), Vector256.Create(7, 6, 5, 4, 3, 2, 1, 0));
            (near + far).CopyTo(_even, i);
            (near - far).CopyTo(_odd, i);
        }
        var (re, re2, re3, re4, re5) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (im, im2, im3, im4, im5) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var (i, at) = (0, 0); i < Fold; i++, at += 2 * Lanes)
        {
            var (even, odd) = (Vector256.Create(_even[i]), Vector256.Create(_odd[i]));
            var lanes = (ReadOnlySpan<float>)_table.AsSpan(at, 2 * Lanes);
            re = Vector256.MultiplyAddEstimate(even, Vector256.Create(lanes), re);
            re2 = Vector256.MultiplyAddEstimate(even, Vector256.Create(lanes[Half..]), re2);
            re3 = Vector256.MultiplyAddEstimate(even, Vector256.Create(lanes[(2 * Half)..]), re3);
            re4 = Vector256.MultiplyAddEstimate(even, Vector256.Create(lanes[(3 * Half)..]), re4);
            re5 = Vector256.MultiplyAddEstimate(even, Vector256.Create(lanes[(4 * Half)..]), re5);
            im = Vector256.MultiplyAddEstimate(odd, Vector256.Create(lanes[(5 * Half)..]), im);
            im2 = Vector256.MultiplyAddEstimate(odd, Vector256.Create(lanes[(6 * Half)..]), im2);
            im3 = Vector256.MultiplyAddEstimate(odd, Vector256.Create(lanes[(7 * Half)..]), im3);
            im4 = Vector256.MultiplyAddEstimate(odd, Vector256.Create(lanes[(8 * Half)..]), im4);
            im5 = Vector256.MultiplyAddEstimate(odd, Vector256.Create(lanes[(9 * Half)..]), im5);
        }
        Store(real, re, re2, re3, re4, re5);
        Store(imaginary, im, im2, im3, im4, im5);

        static void Store(float[] into, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, Vector256<float> e)
        {
            a.CopyTo(into);
            b.CopyTo(into, Half);
            c.CopyTo(into, 2 * Half);
            d.CopyTo(into, 3 * Half);
            e.CopyTo(into, 4 * Half);
        }
    }

    /// <summary>Share of the energy that one tone within <paramref name="within"/> hertz of the lane's frequency holds; 0 where it is less than <paramref name="least"/>.</summary>
    public double Single(ToneLane lane, double within, double least)
    {
        var i = (int)lane;
        var (re, im, reBefore, imBefore) = (_real[_now][i], _imaginary[_now][i], _real[_before][i], _imaginary[_before][i]);
        var both = Math.Sqrt(Power(re, im)) + Math.Sqrt(Power(reBefore, imBefore));
        var share = both * both / (Block * Math.Max(_energy[_now] + _energy[_before], 1e-12));
        // Even the most that an off frequency can have cost does not bring it up.
        var most = Loss(2 * Math.PI * within * Block / 8_000);
        if (share < least * most * most) return 0;
        var turn = Math.Atan2((im * reBefore) - (re * imBefore), (re * reBefore) + (im * imBefore)) - (2 * Math.PI * (lane == ToneLane.Progress ? progressHertz : Nominal[i]) * Block / 8_000);
        turn -= 2 * Math.PI * Math.Round(turn / (2 * Math.PI));
        if (Math.Abs(turn) * 8_000 / (2 * Math.PI * Block) > within) return 0;
        var loss = Loss(turn);
        return share / (loss * loss);
    }

    private static double Loss(double turn) => Math.Abs(turn) < 1e-6 ? 1 : Math.Sin(turn / 2) / (turn / 2);

    /// <summary>
    /// Share of the last 60 ms' energy that two tones side by side hold, each of them enough to be heard as such. A tone that
    /// began within that time counts from its beginning.
    /// </summary>
    public double Pair(ToneLane low, ToneLane high, double least)
    {
        if (!_gathered) Gather();
        if (_whole == 0) return 0;
        var (one, two) = (_pairs[low - FirstOfPairs] * 2 / _whole, _pairs[high - FirstOfPairs] * 2 / _whole);
        return one < 0.15 || two < 0.15 || one + two < least ? 0 : one + two;
    }

    // The lanes of pairs, all at once. A block's own phase counts from its middle: back to that of the newest.
    private void Gather()
    {
        var (energy, real, imaginary) = (0.0, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var (age, slot) = (0, _now); age < Long; age++, slot = slot == 0 ? Long - 1 : slot - 1)
        {
            energy += Bell[age] * _energy[slot];
            var (re, im) = (Vector256.Create(_real[slot], (int)FirstOfPairs), Vector256.Create(_imaginary[slot], (int)FirstOfPairs));
            var (turnRe, turnIm) = (Vector256.Create(Back, age * 2 * Half), Vector256.Create(Back, (age * 2 * Half) + Half));
            real += (re * turnRe) - (im * turnIm);
            imaginary += (re * turnIm) + (im * turnRe);
        }
        _gathered = true;
        _whole = energy < LeastPower * Block * Weights / 4 ? 0 : Block * Weights * energy;
        ((real * real) + (imaginary * imaginary)).CopyTo(_pairs);
    }

    /// <summary>Share of the last block's energy at one lane alone.</summary>
    public double Share(ToneLane lane) => 2 * Power(_real[_now][(int)lane], _imaginary[_now][(int)lane]) / (Block * Math.Max(_energy[_now], 1e-12));

    /// <summary>Share of the last block's energy at a lane and those that follow it.</summary>
    public double Share(ToneLane first, int count)
    {
        double sum = 0;
        for (var i = 0; i < count; i++) sum += Share(first + i);
        return sum;
    }

    private static double Power(float real, float imaginary) => (real * real) + (imaginary * imaginary);

    private static IEnumerable<float> Turn(int age, Func<double, double> wave) =>
        Nominal.Skip((int)FirstOfPairs).Take(Half).Select(hertz => (float)(Bell[age] * wave(2 * Math.PI * (hertz * Block / 8_000 * age % 1))));

    // From the middle outwards: the cosines of all lanes sample by sample, and the sines.
    private static float[] Turns(double[] hertz)
    {
        var table = new float[Block * Lanes];
        for (var n = 0; n < Fold; n++)
        {
            for (var i = 0; i < Lanes; i++)
            {
                table[(n * 2 * Lanes) + i] = (float)Math.Cos(2 * Math.PI * hertz[i] * (n + 0.5) / 8_000);
                table[(n * 2 * Lanes) + Lanes + i] = (float)-Math.Sin(2 * Math.PI * hertz[i] * (n + 0.5) / 8_000);
            }
        }
        return table;
    }
}

internal enum ToneLane
{
    Progress, Hz950, Hz1400, Hz1800, Hz1100, Hz2100, Hz2300, Hz2060, Hz2450, Hz2600,
    Hz1550, Hz1650, Hz1750, Hz1850, Hz1950,
    Hz880, Hz980, Hz1080, Hz1180, Hz1280,
    Hz970, Hz1070, Hz1170, Hz1270, Hz1370,
    Hz2225, Hz2130, Hz2750,
    Hz350, Hz400, Hz440, Hz450, Hz480, Hz620,
}
