namespace Nauha.Recorder.Calls;

/// <summary>
/// Whether what sounds comes and goes as syllables do, two to eight a second: the envelope of two seconds, 20 ms a point.
/// Tones, chords and noise have no such swing; drums and plucked notes may, so it says little by itself.
/// </summary>
internal sealed class Syllables
{
    private const int Window = 100, Every = 10;        // points of 20 ms
    private const int Slowest = 4, Fastest = 16;       // periods in the window: 2 to 8 Hz
    private const double LeastSwing = 0.35;            // of the mean, effective value
    private const double LeastShare = 0.5;             // of the swing lies in that band

    private static readonly double[] Bell = [.. Enumerable.Range(0, Window).Select(i => 1 - Math.Cos(2 * Math.PI * (i + 0.5) / Window))];
    private static readonly double[] Cosine = [.. Enumerable.Range(0, Window).Select(i => Math.Cos(2 * Math.PI * i / Window))];

    private readonly double[] _points = new double[Window], _swing = new double[Window];
    private int _count;

    /// <param name="power">Mean square of the next 20 ms.</param>
    /// <returns>The last two seconds were such; it is looked at five times a second.</returns>
    public bool Take(double power)
    {
        _points[_count++ % Window] = Math.Sqrt(power);
        return _count >= Window && _count % Every == 0 && Swings();
    }

    public void Reset() => _count = 0;

    private bool Swings()
    {
        double sum = 0, weights = 0;
        for (var i = 0; i < Window; i++) (sum, weights) = (sum + (Bell[i] * Point(i)), weights + Bell[i]);
        var mean = sum / weights;
        if (mean <= 0) return false;
        double all = 0;
        for (var i = 0; i < Window; i++)
        {
            _swing[i] = Bell[i] * (Point(i) - mean);
            all += _swing[i] * _swing[i];
        }
        double band = 0;
        for (var k = Slowest; k <= Fastest; k++)
        {
            double re = 0, im = 0;
            for (var i = 0; i < Window; i++) (re, im) = (re + (_swing[i] * Cosine[i * k % Window]), im + (_swing[i] * Cosine[((i * k) + (3 * Window / 4)) % Window]));
            band += 2 * ((re * re) + (im * im)) / Window;
        }
        // A bell of mean 1 has a mean square of 1.5.
        return all > LeastSwing * LeastSwing * mean * mean * 1.5 * Window && band > LeastShare * all;
    }

    private double Point(int i) => _points[(_count + i) % Window];
}
