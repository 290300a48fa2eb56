using System.Collections.Concurrent;
using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// How loud a frequency and its harmonics hum: each in windows of half a second, counted where it stands 10 dB over what
/// lies 12 Hz beside it, so that talk does not count. The level of a line is the median of the windows in which it stood.
/// All lines repeat within some periods: the window is folded to that length first, once as it is, and once turned by 12 Hz.
/// </summary>
internal sealed class HumMeter
{
    public const int Window = 4_000;

    private const int Bins = 140;                           // decibels from −120 to +20
    private const double Beside = 12, Over = 10;
    private const double Least = 1e-9;                      // power: some −84 dBm0
    private const int Eight = 8;
    private static readonly float[] Shape = Turned(_ => 1), ShapeCosine = Turned(Math.Cos), ShapeSine = Turned(Math.Sin);
    private static readonly ConcurrentDictionary<(double Hertz, int Lines), float[]> Tables = new();

    private readonly double _hertz;
    private readonly int[][] _counts;
    private readonly double[][] _powers;
    private readonly int _period;
    private readonly float[] _waves, _plain, _cosine, _sine;
    private int _windows;

    /// <param name="hertz">Of the first line; it repeats an odd number of times within samples that sixteen divides.</param>
    public HumMeter(double hertz, int lines)
    {
        (_hertz, _counts, _powers) = (hertz, [.. Enumerable.Range(0, lines).Select(_ => new int[Bins])], [.. Enumerable.Range(0, lines).Select(_ => new double[Bins])]);
        _period = 2 * Eight;
        while (Math.Abs((_period * hertz / 8_000) - Math.Round(_period * hertz / 8_000)) > 1e-4) _period += 2 * Eight;
        (_plain, _cosine, _sine) = (new float[_period], new float[_period], new float[_period]);
        _waves = Tables.GetOrAdd((hertz, lines), _ => Waves(hertz, lines, _period));
    }

    public void Clear()
    {
        foreach (var line in _counts) Array.Clear(line);
        foreach (var line in _powers) Array.Clear(line);
        _windows = 0;
    }

    /// <summary>Takes a window of <see cref="Window"/> samples, full scale being 1.</summary>
    public void Take(ReadOnlySpan<float> window)
    {
        _windows++;
        Fold(window);
        for (var line = 0; line < _counts.Length; line++) Look(line);
    }

    // Half a period on, the odd lines stand on their heads and the even ones do not: those see the difference of the halves, these the sum.
    private void Fold(ReadOnlySpan<float> window)
    {
        var half = _period / 2;
        for (var at = 0; at < half; at += Eight)
        {
            var (plain, cosine, sine) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var (plain2, cosine2, sine2) = (plain, cosine, sine);
            for (var i = at; i < Window; i += _period)
            {
                var samples = Vector256.Create(window.Slice(i, Eight));
                plain = Vector256.MultiplyAddEstimate(samples, Vector256.Create(Shape, i), plain);
                cosine = Vector256.MultiplyAddEstimate(samples, Vector256.Create(ShapeCosine, i), cosine);
                sine = Vector256.MultiplyAddEstimate(samples, Vector256.Create(ShapeSine, i), sine);
                var j = i + half;
                if (j >= Window) break;
                samples = Vector256.Create(window.Slice(j, Eight));
                plain2 = Vector256.MultiplyAddEstimate(samples, Vector256.Create(Shape, j), plain2);
                cosine2 = Vector256.MultiplyAddEstimate(samples, Vector256.Create(ShapeCosine, j), cosine2);
                sine2 = Vector256.MultiplyAddEstimate(samples, Vector256.Create(ShapeSine, j), sine2);
            }
            Halves(plain, plain2, _plain, at);
            Halves(cosine, cosine2, _cosine, at);
            Halves(sine, sine2, _sine, at);
        }

        void Halves(Vector256<float> first, Vector256<float> second, float[] folded, int at)
        {
            (first - second).CopyTo(folded, at);
            (first + second).CopyTo(folded, at + half);
        }
    }

    private void Look(int line)
    {
        var (real, imaginary) = Sum(_plain, line);
        var power = Power(real, imaginary);
        if (power < Least) return;
        // Turned by 12 Hz to either side: of a real signal the one is the sum, the other the difference of the same two.
        var (cosine, sine) = (Sum(_cosine, line), Sum(_sine, line));
        if (power < Over * Power(cosine.Real + sine.Imaginary, cosine.Imaginary - sine.Real) || power < Over * Power(cosine.Real - sine.Imaginary, cosine.Imaginary + sine.Real)) return;
        var bin = Math.Clamp((int)(120 + (10 * Math.Log10(power))), 0, Bins - 1);
        _counts[line][bin]++;
        _powers[line][bin] += power;
    }

    // The first line is odd.
    private (double Real, double Imaginary) Sum(float[] folded, int line)
    {
        var half = _period / 2;
        var (real, imaginary) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var (i, at) = (line % 2 * half, line * _period); i < (line % 2 * half) + half; i += Eight, at += Eight)
        {
            var some = Vector256.Create(folded, i);
            real = Vector256.MultiplyAddEstimate(some, Vector256.Create(_waves, at), real);
            imaginary = Vector256.MultiplyAddEstimate(some, Vector256.Create(_waves, at + half), imaginary);
        }
        return (Vector256.Sum(real), Vector256.Sum(imaginary));
    }

    // The mean power of a sine at this frequency.
    private static double Power(double real, double imaginary)
    {
        const double gain = Window / 2.0 / 2;               // of the window over a sine of amplitude 1
        return ((real * real) + (imaginary * imaginary)) / (gain * gain) / 2;
    }

    private static float[] Turned(Func<double, double> by) =>
        [.. Enumerable.Range(0, Window).Select(i => (float)((0.5 - (0.5 * Math.Cos(2 * Math.PI * (i + 0.5) / Window))) * by(2 * Math.PI * Beside * i / 8_000)))];

    // Of each line half a period of cosines and one of minus sines.
    private static float[] Waves(double hertz, int lines, int period)
    {
        var half = period / 2;
        var waves = new float[lines * period];
        for (var line = 0; line < lines; line++)
        {
            for (var i = 0; i < half; i++)
            {
                var turn = 2 * Math.PI * hertz * (line + 1) * i / 8_000;
                (waves[(line * period) + i], waves[(line * period) + half + i]) = ((float)Math.Cos(turn), (float)-Math.Sin(turn));
            }
        }
        return waves;
    }

    /// <summary>The lines that stood in a quarter of the windows, if one of the lowest three is among them.</summary>
    public List<HumLine> Lines()
    {
        var lines = new List<HumLine>();
        for (var line = 0; line < _counts.Length; line++)
        {
            var stood = _counts[line].Sum();
            if (stood == 0 || stood * 4 < _windows) continue;
            if (line >= 3 && lines.Count == 0) break;
            var (bin, left) = (0, (stood + 1) / 2);
            while ((left -= _counts[line][bin]) > 0) bin++;
            lines.Add(new(Math.Round(_hertz * (line + 1), 1), Levels.Decibel(_powers[line][bin] / _counts[line][bin])!.Value));
        }
        return lines;
    }
}
