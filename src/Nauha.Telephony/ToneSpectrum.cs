using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// What the last 20 ms hold at the frequencies of signal tones, as shares of their energy. Two blocks of 10 ms: how the
/// phase runs from one to the other says how far a tone lies off its nominal frequency, so that a tone of a worn generator
/// counts in full.
/// </summary>
internal sealed class ToneSpectrum(double progressHertz)
{
    public const int Block = 80;
    private const int Lanes = 16, Half = 8;
    private const double LeastPower = 1e-4 / 2.06 / 2;      // about −40 dBm0, full scale being 1

    // Lanes: tones that stand alone, then the howler's, then V.21's neighbours; those on a 100 Hz grid do not see each other.
    private static readonly double[] Nominal = [425, 950, 1_400, 1_800, 1_100, 2_100, 2_300, 2_060, 2_450, 2_600, 1_550, 1_650, 1_750, 1_850, 1_950, 0];
    private static readonly float[] Table = Turns(Nominal);

    private readonly float[] _table = progressHertz == 425 ? Table : Turns([progressHertz, .. Nominal[1..]]);
    private readonly float[] _samples = new float[Block];
    private readonly float[] _real = new float[Lanes], _imaginary = new float[Lanes], _realBefore = new float[Lanes], _imaginaryBefore = new float[Lanes];
    private double _energy, _energyBefore;

    /// <summary>Enough is heard to be a tone at all.</summary>
    public bool IsLoud => (_energy + _energyBefore) / (2 * Block) > LeastPower;

    public void Take(ReadOnlySpan<short> block)
    {
        _real.CopyTo(_realBefore, 0);
        _imaginary.CopyTo(_imaginaryBefore, 0);
        (_energyBefore, _energy) = (_energy, 0);
        for (var i = 0; i < Block; i++)
        {
            _samples[i] = block[i] / 32_768f;
            _energy += _samples[i] * _samples[i];
        }
        for (var lane = 0; lane < Lanes; lane += Half)
        {
            var (re, im) = (Vector256<float>.Zero, Vector256<float>.Zero);
            for (var i = 0; i < Block; i++)
            {
                var sample = Vector256.Create(_samples[i]);
                re = Vector256.MultiplyAddEstimate(sample, Vector256.Create(_table, (i * 2 * Lanes) + lane), re);
                im = Vector256.MultiplyAddEstimate(sample, Vector256.Create(_table, (i * 2 * Lanes) + Lanes + lane), im);
            }
            re.CopyTo(_real, lane);
            im.CopyTo(_imaginary, lane);
        }
    }

    /// <summary>Share of the energy that one tone within <paramref name="within"/> hertz of the lane's frequency holds.</summary>
    public double Single(ToneLane lane, double within)
    {
        var i = (int)lane;
        var (power, before) = (Power(_real[i], _imaginary[i]), Power(_realBefore[i], _imaginaryBefore[i]));
        var real = (_real[i] * _realBefore[i]) + (_imaginary[i] * _imaginaryBefore[i]);
        var imaginary = (_imaginary[i] * _realBefore[i]) - (_real[i] * _imaginaryBefore[i]);
        var turn = Math.Atan2(imaginary, real) - (2 * Math.PI * (lane == ToneLane.Progress ? progressHertz : Nominal[i]) * Block / 8_000);
        turn -= 2 * Math.PI * Math.Round(turn / (2 * Math.PI));
        if (Math.Abs(turn) * 8_000 / (2 * Math.PI * Block) > within) return 0;
        var loss = Math.Abs(turn) < 1e-6 ? 1 : Math.Sin(turn / 2) / (turn / 2);
        var both = Math.Sqrt(power) + Math.Sqrt(before);
        return both * both / (Block * Math.Max(_energy + _energyBefore, 1e-12) * loss * loss);
    }

    /// <summary>Share of the last block's energy at one lane alone.</summary>
    public double Share(ToneLane lane) => 2 * Power(_real[(int)lane], _imaginary[(int)lane]) / (Block * Math.Max(_energy, 1e-12));

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

internal enum ToneLane { Progress, Hz950, Hz1400, Hz1800, Hz1100, Hz2100, Hz2300, Hz2060, Hz2450, Hz2600, Hz1550, Hz1650, Hz1750, Hz1850, Hz1950 }
