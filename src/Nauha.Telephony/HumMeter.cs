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
    private const int Window = 4_000, Bins = 140;           // decibels from −120 to +20
    private const double Beside = 12, Over = 10;
    private const double Least = 1e-9;                      // power: some −84 dBm0
    private const int Eight = 8;
    private static readonly float[] Shape = Turned(_ => 1), ShapeCosine = Turned(Math.Cos), ShapeSine = Turned(Math.Sin);
    private static readonly ConcurrentDictionary<(double Hertz, int Lines), float[]> Tables = new();

    private readonly float[] _window = new float[Window];
    private readonly double _hertz;
    private readonly int[][] _counts;
    private readonly double[][] _powers;
    private readonly int _period;
    private readonly float[] _waves, _plain, _cosine, _sine;
    private int _filled, _windows;

    /// <param name="hertz">Of the first line; it repeats within a whole number of samples that eight divides.</param>
    public HumMeter(double hertz, int lines)
    {
        (_hertz, _counts, _powers) = (hertz, [.. Enumerable.Range(0, lines).Select(_ => new int[Bins])], [.. Enumerable.Range(0, lines).Select(_ => new double[Bins])]);
        _period = Eight;
        while (Math.Abs((_period * hertz / 8_000) - Math.Round(_period * hertz / 8_000)) > 1e-4) _period += Eight;
        (_plain, _cosine, _sine) = (new float[_period], new float[_period], new float[_period]);
        _waves = Tables.GetOrAdd((hertz, lines), _ => Waves(hertz, lines, _period));
    }

    public void Clear()
    {
        foreach (var line in _counts) Array.Clear(line);
        foreach (var line in _powers) Array.Clear(line);
        (_filled, _windows) = (0, 0);
    }

    public void Process(ReadOnlySpan<short> samples)
    {
        while (samples.Length > 0)
        {
            var count = Math.Min(Window - _filled, samples.Length);
            Copy(samples[..count], _window.AsSpan(_filled));
            samples = samples[count..];
            _filled += count;
            if (_filled < Window) return;
            (_filled, _windows) = (0, _windows + 1);
            Fold();
            for (var line = 0; line < _counts.Length; line++) Look(line);
        }
    }

    private static void Copy(ReadOnlySpan<short> samples, Span<float> into)
    {
        const float scale = 1 / 32_768f;
        var i = 0;
        for (; i + Eight <= samples.Length; i += Eight)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(samples[i..]));
            (Vector256.ConvertToSingle(Vector256.Create(low, high)) * scale).CopyTo(into[i..]);
        }
        for (; i < samples.Length; i++) into[i] = samples[i] * scale;
    }

    private void Fold()
    {
        Array.Clear(_plain);
        Array.Clear(_cosine);
        Array.Clear(_sine);
        for (var (i, at) = (0, 0); i < Window; i += Eight, at = at + Eight == _period ? 0 : at + Eight)
        {
            var samples = Vector256.Create(_window, i);
            Vector256.MultiplyAddEstimate(samples, Vector256.Create(Shape, i), Vector256.Create(_plain, at)).CopyTo(_plain, at);
            Vector256.MultiplyAddEstimate(samples, Vector256.Create(ShapeCosine, i), Vector256.Create(_cosine, at)).CopyTo(_cosine, at);
            Vector256.MultiplyAddEstimate(samples, Vector256.Create(ShapeSine, i), Vector256.Create(_sine, at)).CopyTo(_sine, at);
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

    private (double Real, double Imaginary) Sum(float[] folded, int line)
    {
        var (real, imaginary) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var (i, at) = (0, line * 2 * _period); i < _period; i += Eight, at += Eight)
        {
            var some = Vector256.Create(folded, i);
            real = Vector256.MultiplyAddEstimate(some, Vector256.Create(_waves, at), real);
            imaginary = Vector256.MultiplyAddEstimate(some, Vector256.Create(_waves, at + _period), imaginary);
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

    // Of each line a period of cosines and one of minus sines.
    private static float[] Waves(double hertz, int lines, int period)
    {
        var waves = new float[lines * 2 * period];
        for (var line = 0; line < lines; line++)
        {
            for (var i = 0; i < period; i++)
            {
                var turn = 2 * Math.PI * hertz * (line + 1) * i / 8_000;
                (waves[(line * 2 * period) + i], waves[(((line * 2) + 1) * period) + i]) = ((float)Math.Cos(turn), (float)-Math.Sin(turn));
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
