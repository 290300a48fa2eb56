using Nauha.Audio;

namespace Nauha.Simulation;

/// <summary>What a network makes of a voice.</summary>
public enum Codec
{
    /// <summary>Nothing.</summary>
    Linear,

    /// <summary>G.711's own steps.</summary>
    ALaw,

    /// <summary>300 to 3,400 Hz : a wideband voice on its way to a narrow one.</summary>
    Narrow,

    /// <summary>Band and coarseness like G.729's; no coder is run.</summary>
    G729,

    /// <summary>Like AMR at 12.2 kbit/s.</summary>
    Amr122,

    /// <summary>Like AMR at 4.75 kbit/s.</summary>
    Amr475,
}

/// <summary>
/// A codec as the line hears it: its band, and its error as noise that follows the voice. Speech coders are stood in for by a
/// band and a ratio of voice to error; their words stay words.
/// </summary>
internal sealed class CodecModel
{
    private const double Fast = 1 / 40.0;

    private readonly Biquad[][] _filters;       // each signal's own
    private readonly double _error, _fullVolts;
    private readonly bool _quantises;
    private double _envelope;
    private uint _random;

    public CodecModel(Codec codec, double fullVolts, int signals, uint seed)
    {
        (var low, var high, var errorDb) = codec switch
        {
            Codec.Narrow => (300, 3_400, 100),
            Codec.G729 => (140, 3_500, 14),
            Codec.Amr122 => (80, 3_500, 18),
            Codec.Amr475 => (80, 3_100, 9),
            _ => (0, 0, 100),
        };
        (_fullVolts, _random, _quantises) = (fullVolts, seed | 1, codec == Codec.ALaw);
        _error = errorDb >= 100 ? 0 : Math.Pow(10, -errorDb / 20.0) * Math.Sqrt(3);
        IsIdle = codec == Codec.Linear;
        // Butterworth: of the fourth order above, and of the second below, as speech coders begin.
        Biquad[] Band() => low == 0 ? [] : [Biquad.HighPass(low, Math.Sqrt(0.5)), Biquad.LowPass(high, 0.541), Biquad.LowPass(high, 1.307)];
        _filters = [.. Enumerable.Range(0, signals).Select(_ => Band())];
    }

    public bool IsIdle { get; }

    /// <summary>The next sample of each signal. The first, all of them together, bears the codec's error; the others are what it would be without.</summary>
    public void Step(Span<double> signals)
    {
        for (var i = 0; i < signals.Length; i++)
        {
            var filters = _filters[i];
            for (var f = 0; f < filters.Length; f++) signals[i] = filters[f].Step(signals[i]);
        }
        if (_quantises) signals[0] = G711.FromALaw(G711.ToALaw(short.CreateSaturating(signals[0] / _fullVolts * 32_768))) / 32_768.0 * _fullVolts;
        if (_error == 0) return;
        _envelope += (Math.Abs(signals[0]) - _envelope) * Fast;
        _random = Chance.Next(_random);
        signals[0] += _error * _envelope * Chance.Signed(_random);
    }

    private struct Biquad(double b0, double b1, double b2, double a1, double a2)
    {
        private double _one, _two;

        public double Step(double x)
        {
            var y = (b0 * x) + _one;
            _one = (b1 * x) - (a1 * y) + _two;
            _two = (b2 * x) - (a2 * y);
            return y;
        }

        public static Biquad LowPass(double hertz, double q)
        {
            var (cos, alpha) = Angle(hertz, q);
            return new((1 - cos) / 2 / (1 + alpha), (1 - cos) / (1 + alpha), (1 - cos) / 2 / (1 + alpha), -2 * cos / (1 + alpha), (1 - alpha) / (1 + alpha));
        }

        public static Biquad HighPass(double hertz, double q)
        {
            var (cos, alpha) = Angle(hertz, q);
            return new((1 + cos) / 2 / (1 + alpha), -(1 + cos) / (1 + alpha), (1 + cos) / 2 / (1 + alpha), -2 * cos / (1 + alpha), (1 - alpha) / (1 + alpha));
        }

        private static (double Cos, double Alpha) Angle(double hertz, double q)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * hertz / 8_000);
            return (cos, sin / (2 * q));
        }
    }
}

/// <summary>Chance that follows from a seed: the same on every machine and for every size of block.</summary>
internal static class Chance
{
    public static uint Next(uint state) => unchecked((state * 1_664_525) + 1_013_904_223);

    /// <summary>−1 to 1.</summary>
    public static double Signed(uint state) => ((state >> 8) / (double)(1 << 23)) - 1;

    /// <summary>0 to 1.</summary>
    public static double Share(uint state) => (state >> 8) / (double)(1 << 24);

    /// <summary>A seed for one purpose out of the line's.</summary>
    public static uint Of(int seed, uint purpose) => unchecked(((uint)seed * 2_654_435_761u) ^ (purpose * 2_246_822_519u)) | 1;
}
