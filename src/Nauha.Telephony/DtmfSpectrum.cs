using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// What a window of 16 ms holds at the eight DTMF frequencies, at the dial tone's, and (when asked) in 48 bands from 560 Hz
/// to 3.5 kHz. Eight frequencies go through the arithmetic unit together.
/// </summary>
internal sealed class DtmfSpectrum
{
    public const int Window = 128, Step = 32;
    public const int Bands = 48;
    private const int Lanes = 8;
    private const double Shape = 0.54;      // Hamming: no side lobe above −43 dB

    public static readonly double[] Tones = [697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633];

    public const double Dial = 425;
    public const int DialLane = 8;

    private static readonly float[] Weights = Weigh();
    private static readonly double WeightSum = Weights.Sum(w => (double)w);
    private static readonly double WeightSquares = Weights.Sum(w => (double)w * w);
    private static readonly float[] ToneTable = Table([.. Tones, Dial, .. Enumerable.Repeat(Dial, 7)]);
    private static readonly float[] BandTable = Table([.. Enumerable.Range(0, Bands).Select(Band)]);
    private static readonly float Scale = (float)(Math.Sqrt(2) / WeightSum);    // a sine of amplitude a has power a²/2

    private readonly float[] _samples = new float[Window];
    private readonly float[] _real = new float[2 * Lanes], _imaginary = new float[2 * Lanes], _powers = new float[2 * Lanes];
    private readonly float[] _bandReal = new float[Bands], _bandImaginary = new float[Bands];

    public static double Band(int index) => 562.5 + (62.5 * index);

    public ReadOnlySpan<float> Powers => _powers;

    /// <summary>Mean power of the window.</summary>
    public double Energy { get; private set; }

    /// <summary>Power of what lies at the dial tone's frequency.</summary>
    public double DialPower => _powers[DialLane];

    public (float Real, float Imaginary) At(int tone) => (_real[tone], _imaginary[tone]);

    /// <summary>Takes the last window of a ring; its mean power as weighted by the window, full scale being 1.</summary>
    public double Take(ReadOnlySpan<short> ring, long end)
    {
        var mean = 0;
        for (var i = 0; i < Window; i++) mean += ring[(int)((end - Window + i) & (ring.Length - 1))];
        var middle = mean / (float)Window;
        var energy = 0f;
        for (var i = 0; i < Window; i++)
        {
            var sample = (ring[(int)((end - Window + i) & (ring.Length - 1))] - middle) / 32_768f;
            _samples[i] = sample;
            var weighted = sample * Weights[i];
            energy += weighted * weighted;
        }
        return Energy = energy / WeightSquares;
    }

    /// <summary>Powers and phases at the tones.</summary>
    public void Transform()
    {
        Turn(ToneTable, _real, _imaginary);
        for (var i = 0; i < _powers.Length; i++) _powers[i] = (_real[i] * _real[i]) + (_imaginary[i] * _imaginary[i]);
    }

    /// <summary>Adds the power of each band to <paramref name="sums"/>.</summary>
    public void AddBands(Span<double> sums)
    {
        Turn(BandTable, _bandReal, _bandImaginary);
        for (var i = 0; i < Bands; i++) sums[i] += (_bandReal[i] * _bandReal[i]) + (_bandImaginary[i] * _bandImaginary[i]);
    }

    // A table holds, for each sample, the weighted cosines of all frequencies and then their sines.
    private void Turn(float[] table, float[] real, float[] imaginary)
    {
        var stride = 2 * real.Length;
        for (var lane = 0; lane < real.Length; lane += Lanes)
        {
            var (re, im) = (Vector256<float>.Zero, Vector256<float>.Zero);
            var at = lane;
            foreach (var sample in _samples)
            {
                var value = Vector256.Create(sample);
                re = Vector256.MultiplyAddEstimate(value, Vector256.Create(table, at), re);
                im = Vector256.MultiplyAddEstimate(value, Vector256.Create(table, at + real.Length), im);
                at += stride;
            }
            (re * Scale).CopyTo(real, lane);
            (im * Scale).CopyTo(imaginary, lane);
        }
    }

    private static float[] Weigh()
    {
        var weights = new float[Window];
        for (var i = 0; i < Window; i++) weights[i] = (float)(Shape - ((1 - Shape) * Math.Cos(2 * Math.PI * (i + 0.5) / Window)));
        return weights;
    }

    private static float[] Table(double[] hertz)
    {
        var table = new float[Window * hertz.Length * 2];
        for (var n = 0; n < Window; n++)
        {
            for (var i = 0; i < hertz.Length; i++)
            {
                var turn = 2 * Math.PI * hertz[i] * n / 8_000;
                table[(n * hertz.Length * 2) + i] = (float)(Weights[n] * Math.Cos(turn));
                table[(n * hertz.Length * 2) + hertz.Length + i] = (float)(-Weights[n] * Math.Sin(turn));
            }
        }
        return table;
    }
}
