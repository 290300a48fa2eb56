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
    private const int Lanes = 40, Half = 8, Long = 6;
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

    private static readonly Phasor[] Back = [.. Nominal.SelectMany(hertz => Enumerable.Range(0, Long).Select(age => Phasor.Of(2 * Math.PI * (hertz * Block / 8_000 * age % 1))))];

    private readonly float[] _table = progressHertz == 425 ? Table : Turns([progressHertz, .. Nominal[1..]]);
    private readonly float[][] _real = [.. Enumerable.Range(0, Long).Select(_ => new float[Lanes])], _imaginary = [.. Enumerable.Range(0, Long).Select(_ => new float[Lanes])];
    private readonly double[] _energy = new double[Long];
    private long _blocks;
    private int _now, _before;

    public static double Hertz(ToneLane lane, double progress) => lane == ToneLane.Progress ? progress : Nominal[(int)lane];

    /// <summary>Enough is heard to be a tone at all.</summary>
    public bool IsLoud => (_energy[_now] + _energy[_before]) / (2 * Block) > LeastPower;

    public void Take(ReadOnlySpan<float> block)
    {
        (_before, _now) = (_now, (int)(++_blocks % Long));
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
        // Two of the eights at once, and the last alone: a sum waits for the one before it, another does not.
        var lane = 0;
        for (; lane + (2 * Half) <= Lanes; lane += 2 * Half)
        {
            var (re, im, re2, im2) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var (re3, im3, re4, im4) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var (i, at) = (0, lane); i < Block; i += 2, at += 4 * Lanes)
            {
                var (one, two) = (Vector256.Create(block[i]), Vector256.Create(block[i + 1]));
                re = Vector256.MultiplyAddEstimate(one, Vector256.Create(_table, at), re);
                im = Vector256.MultiplyAddEstimate(one, Vector256.Create(_table, at + Lanes), im);
                re2 = Vector256.MultiplyAddEstimate(two, Vector256.Create(_table, at + (2 * Lanes)), re2);
                im2 = Vector256.MultiplyAddEstimate(two, Vector256.Create(_table, at + (3 * Lanes)), im2);
                re3 = Vector256.MultiplyAddEstimate(one, Vector256.Create(_table, at + Half), re3);
                im3 = Vector256.MultiplyAddEstimate(one, Vector256.Create(_table, at + Half + Lanes), im3);
                re4 = Vector256.MultiplyAddEstimate(two, Vector256.Create(_table, at + Half + (2 * Lanes)), re4);
                im4 = Vector256.MultiplyAddEstimate(two, Vector256.Create(_table, at + Half + (3 * Lanes)), im4);
            }
            (re + re2).CopyTo(real, lane);
            (im + im2).CopyTo(imaginary, lane);
            (re3 + re4).CopyTo(real, lane + Half);
            (im3 + im4).CopyTo(imaginary, lane + Half);
        }
        for (; lane < Lanes; lane += Half)
        {
            var (re, im, re2, im2) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var (i, at) = (0, lane); i < Block; i += 2, at += 4 * Lanes)
            {
                var (one, two) = (Vector256.Create(block[i]), Vector256.Create(block[i + 1]));
                re = Vector256.MultiplyAddEstimate(one, Vector256.Create(_table, at), re);
                im = Vector256.MultiplyAddEstimate(one, Vector256.Create(_table, at + Lanes), im);
                re2 = Vector256.MultiplyAddEstimate(two, Vector256.Create(_table, at + (2 * Lanes)), re2);
                im2 = Vector256.MultiplyAddEstimate(two, Vector256.Create(_table, at + (3 * Lanes)), im2);
            }
            (re + re2).CopyTo(real, lane);
            (im + im2).CopyTo(imaginary, lane);
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
        double energy = 0, weights = 0;
        for (var age = 0; age < Long; age++)
        {
            var one = _energy[(int)((_blocks - age + Long) % Long)];
            energy += Bell[age] * one;
            weights += Bell[age];
        }
        if (energy < LeastPower * Block * weights / 4) return 0;
        var whole = Block * weights * energy;
        var (one1, two) = (Gathered(low) * 2 / whole, 0.0);
        if (one1 < 0.15) return 0;
        two = Gathered(high) * 2 / whole;
        return two < 0.15 || one1 + two < least ? 0 : one1 + two;
    }

    private double Gathered(ToneLane lane)
    {
        var i = (int)lane;
        double real = 0, imaginary = 0;
        for (var age = 0; age < Long; age++)
        {
            var slot = (int)((_blocks - age + Long) % Long);
            // The block's own phase counts from its beginning: back to that of the newest.
            var turn = Back[(i * Long) + age];
            real += Bell[age] * ((_real[slot][i] * turn.Real) - (_imaginary[slot][i] * turn.Imaginary));
            imaginary += Bell[age] * ((_real[slot][i] * turn.Imaginary) + (_imaginary[slot][i] * turn.Real));
        }
        return (real * real) + (imaginary * imaginary);
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

    private static float[] Turns(double[] hertz)
    {
        var table = new float[Block * 2 * Lanes];
        for (var n = 0; n < Block; n++)
        {
            for (var i = 0; i < Lanes; i++)
            {
                table[(n * 2 * Lanes) + i] = (float)Math.Cos(2 * Math.PI * hertz[i] * n / 8_000);
                table[(n * 2 * Lanes) + Lanes + i] = (float)-Math.Sin(2 * Math.PI * hertz[i] * n / 8_000);
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
