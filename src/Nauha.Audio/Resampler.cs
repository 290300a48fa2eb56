using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Nauha.Audio;

/// <summary>
/// Changes the rate of one channel by a polyphase windowed sinc (Kaiser). State is explicit: blocks of any size give the
/// same samples as the whole at once. Pass band to 0.9 of the lower Nyquist, images and aliases 80 dB down.
/// </summary>
public sealed class Resampler
{
    private const int Wings = 32;          // zero crossings of the sinc on either side
    private const double Beta = 8;
    private const double PassBand = 0.93;

    private readonly float[][] _phases;
    private readonly int _up, _down, _taps;
    private readonly float[] _past;
    private int _filled;
    private long _phase;

    /// <param name="fromHz">8,000 to 48,000.</param>
    /// <param name="toHz">8,000 to 48,000.</param>
    public Resampler(int fromHz, int toHz)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fromHz, 8_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fromHz, 48_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(toHz, 8_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(toHz, 48_000);
        var common = Gcd(fromHz, toHz);
        (_up, _down) = (toHz / common, fromHz / common);
        var cut = Math.Min(1.0, (double)toHz / fromHz) * PassBand;
        _taps = 2 * (int)Math.Ceiling(Wings / cut);
        _phases = new float[_up][];
        for (var phase = 0; phase < _up; phase++) _phases[phase] = Phase(phase, cut);
        _past = new float[_taps + 4_096];
        _filled = _taps / 2;   // the filter's delay is filled with silence: output begins with the first input sample
    }

    /// <summary>Most samples that <paramref name="input"/> samples can give.</summary>
    public int MostOutput(int input) => (int)(((long)input + _taps) * _up / _down) + 2;

    /// <summary>Takes all input, gives what it can; the last half filter waits for more (see <see cref="Flush"/>).</summary>
    /// <returns>Samples written.</returns>
    public int Process(ReadOnlySpan<float> input, Span<float> output)
    {
        var written = 0;
        while (input.Length > 0)
        {
            var take = Math.Min(input.Length, _past.Length - _filled);
            input[..take].CopyTo(_past.AsSpan(_filled));
            _filled += take;
            input = input[take..];
            written += Drain(output[written..]);
        }
        return written;
    }

    /// <summary>Gives what is still in the filter.</summary>
    public int Flush(Span<float> output) => Process(new float[_taps / 2], output);

    /// <summary>The whole of one channel; as long as the input, at the new rate.</summary>
    public static float[] Convert(ReadOnlySpan<float> samples, int fromHz, int toHz)
    {
        if (fromHz == toHz) return samples.ToArray();
        var resampler = new Resampler(fromHz, toHz);
        var output = new float[resampler.MostOutput(samples.Length)];
        var length = resampler.Process(samples, output);
        length += resampler.Flush(output.AsSpan(length));
        return output[..Math.Min(length, (int)(((long)samples.Length * toHz) / fromHz))];
    }

    private int Drain(Span<float> output)
    {
        var written = 0;
        var position = (int)(_phase / _up);
        while (position + _taps <= _filled)
        {
            output[written++] = Dot(_phases[_phase % _up], _past.AsSpan(position, _taps));
            _phase += _down;
            position = (int)(_phase / _up);
        }
        var used = Math.Min(position, _filled);
        _past.AsSpan(used, _filled - used).CopyTo(_past);
        _filled -= used;
        _phase -= (long)used * _up;
        return written;
    }

    // Four sums side by side: one alone would wait for each addition. From 48 kHz this is all that resampling costs.
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var wide = MemoryMarshal.Cast<float, Vector128<float>>(a);
        var other = MemoryMarshal.Cast<float, Vector128<float>>(b[..a.Length]);
        var (one, two, three, four) = (Vector128<float>.Zero, Vector128<float>.Zero, Vector128<float>.Zero, Vector128<float>.Zero);
        var i = 0;
        for (; i + 4 <= wide.Length; i += 4)
        {
            one += wide[i] * other[i];
            two += wide[i + 1] * other[i + 1];
            three += wide[i + 2] * other[i + 2];
            four += wide[i + 3] * other[i + 3];
        }
        for (; i < wide.Length; i++) one += wide[i] * other[i];
        var sum = Vector128.Sum(one + two + (three + four));
        for (i *= Vector128<float>.Count; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private float[] Phase(int phase, double cut)
    {
        var taps = new double[_taps];
        var half = _taps / 2;
        for (var i = 0; i < _taps; i++)
        {
            var x = i - half - ((double)phase / _up);
            var window = Bessel(Beta * Math.Sqrt(Math.Max(0, 1 - (x / half * (x / half))))) / Bessel(Beta);
            taps[i] = (Math.Abs(x) < 1e-9 ? 1 : Math.Sin(Math.PI * cut * x) / (Math.PI * cut * x)) * window;
        }
        var sum = taps.Sum();
        return [.. taps.Select(tap => (float)(tap / sum))];
    }

    private static double Bessel(double x)
    {
        double sum = 1, term = 1;
        for (var k = 1; k < 40; k++) sum += term *= x / (2 * k) * (x / (2 * k));
        return sum;
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
