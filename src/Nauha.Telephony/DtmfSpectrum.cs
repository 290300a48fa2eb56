using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// What a window of 16 ms holds at the eight DTMF frequencies, at the dial tone's, and (when asked) in 48 bands from 560 Hz
/// to 3.5 kHz. Eight frequencies go through the arithmetic unit together; the window is symmetric, so it is folded in the
/// middle first: cosines see the sum of the halves, sines their difference.
/// </summary>
internal sealed class DtmfSpectrum
{
    public const int Window = 128, Step = 32;
    public const int Bands = 48;
    private const int Lanes = 8, Fold = Window / 2;
    private const double Shape = 0.54;      // Hamming: no side lobe above −43 dB

    public static readonly double[] Tones = [697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633];

    public const double Dial = 425;

    private static readonly float[] Weights = Weigh();
    private static readonly double WeightSum = Weights.Sum(w => (double)w);
    private static readonly double WeightSquares = Weights.Sum(w => (double)w * w);
    private static readonly float[] ToneTable = Table(Tones);
    private static readonly float[] DialTable = Table([Dial]);
    private static readonly float[] BandTable = Table([.. Enumerable.Range(0, Bands).Select(Band)]);
    private static readonly float Scale = (float)(Math.Sqrt(2) / WeightSum);    // a sine of amplitude a has power a²/2

    /// <summary>How much of a band's power is its own: the window lets each see into its neighbours.</summary>
    public static readonly double BandShare = 62.5 / 8_000 * WeightSum * WeightSum / WeightSquares;

    private readonly float[] _sums = new float[Fold], _differences = new float[Fold];
    private readonly float[] _real = new float[Lanes], _imaginary = new float[Lanes], _powers = new float[Lanes];
    private readonly float[] _bandReal = new float[Bands], _bandImaginary = new float[Bands];

    public static double Band(int index) => 562.5 + (62.5 * index);

    public ReadOnlySpan<float> Powers => _powers;

    /// <summary>Mean power of the window.</summary>
    public double Energy { get; private set; }

    /// <summary>What lies at the dial tone's frequency: see <see cref="ListenForDial"/>.</summary>
    public (float Real, float Imaginary) AtDial { get; private set; }

    public double DialPower => (AtDial.Real * AtDial.Real) + (AtDial.Imaginary * AtDial.Imaginary);

    public (float Real, float Imaginary) At(int tone) => (_real[tone], _imaginary[tone]);

    /// <summary>Takes a window; its mean power as weighted by the window, full scale being 1.</summary>
    public double Take(ReadOnlySpan<float> window)
    {
        var energy = Vector256<float>.Zero;
        for (var i = 0; i < Fold; i += Lanes)
        {
            var near = Vector256.Create(window.Slice(Fold + i, Lanes));
            var far = Vector256.Shuffle(Vector256.Create(window.Slice(Fold - Lanes - i, Lanes)), Vector256.Create(7, 6, 5, 4, 3, 2, 1, 0));
            var weight = Vector256.Create(Weights, Fold + i);
            (near, far) = (near * weight, far * weight);
            energy += (near * near) + (far * far);
            (near + far).CopyTo(_sums, i);
            (near - far).CopyTo(_differences, i);
        }
        return Energy = Vector256.Sum(energy) / WeightSquares;
    }

    /// <summary>Powers and phases at the tones.</summary>
    public void Transform()
    {
        Turn(ToneTable, _real, _imaginary);
        for (var i = 0; i < Lanes; i++) _powers[i] = (_real[i] * _real[i]) + (_imaginary[i] * _imaginary[i]);
    }

    public void ListenForDial()
    {
        var (re, im) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var i = 0; i < Fold; i += Lanes)
        {
            re += Vector256.Create(_sums, i) * Vector256.Create(DialTable, i);
            im += Vector256.Create(_differences, i) * Vector256.Create(DialTable, Fold + i);
        }
        AtDial = (Vector256.Sum(re) * Scale, Vector256.Sum(im) * Scale);
    }

    /// <summary>Adds the power of each band to <paramref name="sums"/>.</summary>
    public void AddBands(Span<double> sums)
    {
        Turn(BandTable, _bandReal, _bandImaginary);
        for (var i = 0; i < Bands; i++) sums[i] += (_bandReal[i] * _bandReal[i]) + (_bandImaginary[i] * _bandImaginary[i]);
    }

    // Two samples a round: each sum is waited for half as often.
    private void Turn(float[] table, float[] real, float[] imaginary)
    {
        var stride = real.Length;
        var sines = Fold * stride;
        for (var lane = 0; lane < stride; lane += Lanes)
        {
            var (re, im, re2, im2) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var (i, at) = (0, lane); i < Fold; i += 2, at += 2 * stride)
            {
                re = Vector256.MultiplyAddEstimate(Vector256.Create(_sums[i]), Vector256.Create(table, at), re);
                im = Vector256.MultiplyAddEstimate(Vector256.Create(_differences[i]), Vector256.Create(table, sines + at), im);
                re2 = Vector256.MultiplyAddEstimate(Vector256.Create(_sums[i + 1]), Vector256.Create(table, at + stride), re2);
                im2 = Vector256.MultiplyAddEstimate(Vector256.Create(_differences[i + 1]), Vector256.Create(table, sines + at + stride), im2);
            }
            ((re + re2) * Scale).CopyTo(real, lane);
            ((im + im2) * Scale).CopyTo(imaginary, lane);
        }
    }

    private static float[] Weigh()
    {
        var weights = new float[Window];
        for (var i = 0; i < Window; i++) weights[i] = (float)(Shape - ((1 - Shape) * Math.Cos(2 * Math.PI * (i + 0.5) / Window)));
        return weights;
    }

    // From the middle outwards: the cosines of all frequencies sample by sample, then the sines.
    private static float[] Table(double[] hertz)
    {
        var table = new float[Window * hertz.Length];
        for (var n = 0; n < Fold; n++)
        {
            for (var i = 0; i < hertz.Length; i++)
            {
                var turn = 2 * Math.PI * hertz[i] * (n + 0.5) / 8_000;
                table[(n * hertz.Length) + i] = (float)Math.Cos(turn);
                table[((Fold + n) * hertz.Length) + i] = (float)-Math.Sin(turn);
            }
        }
        return table;
    }
}
