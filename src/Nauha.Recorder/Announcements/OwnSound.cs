using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Announcements;

/// <summary>
/// Takes what the box itself plays out of what it hears, so that its own detectors hear the others: the lead-in noise says
/// how late the own sound comes back and, by a short adaptive filter (NLMS), how the line changes it.
/// </summary>
internal sealed class OwnSound
{
    private const int Taps = 32, Ahead = 8;
    private const int Probe = 1_600, Order = 8, Further = 400;
    private const double Found = 0.3;

    private const double LeastSlope = 100 * 100, Following = 0.3, Pacing = 0.1, Sure = 0.0025, MostDrift = 0.05;    // of a block: 300 ppm

    // On the lead-in alone, over and over: fast to where it is, slowly to what hum and others had made of that. Beside hum of −37 dBV
    // three fast rounds leave 10 to 15 dB more of the own sound (computed with the bundled texts, 2026-11-25).
    private static readonly float[] Learning = [0.5f, 0.2f, 0.05f];

    private readonly float[] _weights = new float[Taps], _window = new float[Taps];
    private int _delay = -1;
    private int _sought;                        // delays that it is not
    private bool _searched;
    private double _drift, _pace;               // samples by which it comes later than it did, and later still with each block: two crystals
    private readonly float[] _line = new float[SampleBlock.Length + 3];

    public void Reset()
    {
        Array.Clear(_weights);
        (_delay, _sought, _searched, _drift, _pace) = (-1, 0, false, 0, 0);
    }

    /// <summary>Whether it is still to be found out how late the own sound comes back.</summary>
    public bool IsSearching => !_searched;

    /// <summary>So much has been heard that looking for it, or looking on, is worth while: a slow sound device is as late as 400 ms.</summary>
    /// <param name="heard">Samples since the first was handed over; the lead-in is among them.</param>
    public bool CanSearch(long heard) => !_searched && (_sought == 0 || heard >= _sought + Further + Probe);

    /// <summary>Others may sound already, a fax for one: whatever of it can be foretold is left out before the own sound is sought.</summary>
    /// <param name="heard">From the moment the first sample was handed over; the longer, the later the own sound may come back.</param>
    /// <param name="leadIn">What was handed over first: noise, and nothing of the announcement after it.</param>
    public void Find(ReadOnlySpan<short> heard, ReadOnlySpan<short> leadIn, int longest)
    {
        // Where the lead-in may lie, and no further: the announcement after it is louder than it.
        var white = Predictor(heard[_sought..]);
        var (heardWhite, playedWhite) = (Filter(heard, white), Filter(leadIn[..Math.Min(leadIn.Length, heard.Length)], white));
        var best = Found;
        var until = Math.Min(longest, heard.Length - Probe);
        for (var delay = _sought; delay <= until; delay++)
        {
            double cross = 0, there = 0, own = 0;
            for (var i = 0; i < Probe; i++)
            {
                cross += (double)heardWhite[delay + i] * playedWhite[i];
                there += (double)heardWhite[delay + i] * heardWhite[delay + i];
                own += (double)playedWhite[i] * playedWhite[i];
            }
            var alike = Math.Abs(cross) / Math.Sqrt((there * own) + 1);
            if (alike > best) (best, _delay) = (alike, delay);
        }
        _sought = until + 1;
        _searched = _delay >= 0 || _sought > longest;
        if (_delay < 0) return;
        _searched = true;
        // What is linear is the same between the two as between their errors of prediction.
        foreach (var rate in Learning) Learn(heardWhite, playedWhite, rate);
    }

    // Where all that is looked back on is noise. Before and after it the own sound is next to nothing, and whatever else is on the
    // pair (hum, a fax) would be learned as an answer to that: weights without bounds.
    private void Learn(float[] heard, float[] played, float rate)
    {
        var until = Math.Min(heard.Length, _delay - Ahead + played.Length);
        for (var i = _delay - Ahead + Order + Taps; i < until; i++)
        {
            var (own, power) = Own<float>(played, i);
            var gain = rate * (heard[i] - own) / power;
            for (var tap = 0; tap < Taps; tap++) _weights[tap] += gain * _window[tap];
        }
    }

    // Linear prediction (Levinson-Durbin): the coefficients that foretell a sample by those before it.
    private static double[] Predictor(ReadOnlySpan<short> samples)
    {
        var correlation = new double[Order + 1];
        for (var lag = 0; lag <= Order; lag++)
            for (var i = lag; i < samples.Length; i++) correlation[lag] += (double)samples[i] * samples[i - lag];
        var error = (correlation[0] * (1 + 1e-9)) + 1;
        var a = new double[Order + 1];
        for (var order = 1; order <= Order; order++)
        {
            var reflection = correlation[order];
            for (var i = 1; i < order; i++) reflection -= a[i] * correlation[order - i];
            reflection /= error;
            var before = (double[])a.Clone();
            a[order] = reflection;
            for (var i = 1; i < order; i++) a[i] = before[i] - (reflection * before[order - i]);
            error *= 1 - (reflection * reflection);
        }
        return a;
    }

    private static float[] Filter(ReadOnlySpan<short> samples, double[] a)
    {
        var left = new float[samples.Length];
        for (var i = Order; i < samples.Length; i++)
        {
            double rest = samples[i];
            for (var tap = 1; tap <= Order; tap++) rest -= a[tap] * samples[i - tap];
            left[i] = (float)rest;
        }
        return left;
    }

    /// <param name="since">Samples from the moment the first was handed over to the first heard here.</param>
    public void Remove(ReadOnlySpan<short> heard, ReadOnlySpan<short> played, long since, Span<short> left)
    {
        heard.CopyTo(left);
        if (_delay < 0) return;
        for (; heard.Length > SampleBlock.Length; since += SampleBlock.Length, heard = heard[SampleBlock.Length..], left = left[SampleBlock.Length..]) RemoveSome(heard[..SampleBlock.Length], played, since, left);
        RemoveSome(heard, played, since, left);
    }

    // Playback and capture may have a crystal each: 100 ppm are a sample in 1.3 s, and a sample is enough to take hardly anything
    // out. Only the delay is followed, by what the slope of the own sound explains of what is left: no other voice goes that way.
    private void RemoveSome(ReadOnlySpan<short> heard, ReadOnlySpan<short> played, long since, Span<short> left)
    {
        var whole = (int)Math.Floor(_drift);
        var part = (float)(_drift - whole);
        for (var i = 0; i < heard.Length + 3; i++) _line[i] = Own(played, since + i - whole - 2).Own;
        double along = 0, slopes = 0, rests = 0;
        for (var i = 0; i < heard.Length; i++)
        {
            var own = _line[i + 2] + (part * (_line[i + 1] - _line[i + 2]));
            var slope = ((1 - part) * (_line[i + 3] - _line[i + 1]) / 2) + (part * (_line[i + 2] - _line[i]) / 2);
            var rest = heard[i] - own;
            left[i] = short.CreateSaturating(rest);
            (along, slopes, rests) = (along - (rest * slope), slopes + (slope * slope), rests + (rest * rest));
        }
        _drift += _pace;            // in its pauses too
        if (slopes <= LeastSlope * heard.Length) return;
        // The louder the others, the less it says.
        var trust = 1 / (1 + (rests / heard.Length / slopes / Sure));
        var off = Math.Clamp(trust * Following * along / slopes, -MostDrift, MostDrift);
        (_drift, _pace) = (_drift + off, Math.Clamp(_pace + (Pacing * off), -MostDrift, MostDrift));
    }

    private (float Own, float Power) Own<T>(ReadOnlySpan<T> played, long at) where T : System.Numerics.INumber<T>
    {
        float own = 0, power = 1;
        for (var tap = 0; tap < Taps; tap++)
        {
            var from = at - _delay + Ahead - tap;
            var sample = _window[tap] = from >= 0 && from < played.Length ? float.CreateTruncating(played[(int)from]) : 0;
            own += _weights[tap] * sample;
            power += sample * sample;
        }
        return (own, power);
    }
}
