namespace Nauha.Telephony;

/// <summary>
/// How loud a frequency and its harmonics hum: each in windows of half a second, counted where it stands 10 dB over what
/// lies 12 Hz beside it, so that talk does not count. The level of a line is the median of the windows in which it stood.
/// </summary>
internal sealed class HumMeter
{
    private const int Window = 4_000, Bins = 140;           // decibels from −120 to +20
    private const double Beside = 12, Over = 10;
    private const double Least = 1e-9;                      // power: some −84 dBm0
    private static readonly float[] Shape = [.. Enumerable.Range(0, Window).Select(i => (float)(0.5 - (0.5 * Math.Cos(2 * Math.PI * (i + 0.5) / Window))))];

    private readonly float[] _window = new float[Window];
    private readonly double _hertz;
    private readonly int[][] _counts;
    private readonly double[][] _powers;
    private int _filled, _windows;

    public HumMeter(double hertz, int lines) =>
        (_hertz, _counts, _powers) = (hertz, [.. Enumerable.Range(0, lines).Select(_ => new int[Bins])], [.. Enumerable.Range(0, lines).Select(_ => new double[Bins])]);

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
            for (var i = 0; i < count; i++) _window[_filled + i] = samples[i] / 32_768f * Shape[_filled + i];
            samples = samples[count..];
            _filled += count;
            if (_filled < Window) return;
            (_filled, _windows) = (0, _windows + 1);
            for (var line = 0; line < _counts.Length; line++) Look(line);
        }
    }

    private void Look(int line)
    {
        var hertz = _hertz * (line + 1);
        var power = Power(hertz);
        if (power < Least || power < Over * Power(hertz - Beside) || power < Over * Power(hertz + Beside)) return;
        var bin = Math.Clamp((int)(120 + (10 * Math.Log10(power))), 0, Bins - 1);
        _counts[line][bin]++;
        _powers[line][bin] += power;
    }

    // Goertzel: the mean power of a sine at this frequency.
    private double Power(double hertz)
    {
        var turn = 2 * Math.Cos(2 * Math.PI * hertz / 8_000);
        double one = 0, two = 0;
        foreach (var sample in _window) (one, two) = (sample + (turn * one) - two, one);
        const double gain = Window / 2.0 / 2;               // of the window over a sine of amplitude 1
        return ((one * one) + (two * two) - (turn * one * two)) / (gain * gain) / 2;
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
