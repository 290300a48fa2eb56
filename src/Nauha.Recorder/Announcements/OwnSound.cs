namespace Nauha.Recorder.Announcements;

/// <summary>
/// Takes what the box itself plays out of what it hears, so that its own detectors hear the others: the lead-in noise says
/// how late the own sound comes back and, by a short adaptive filter (NLMS), how the line changes it.
/// </summary>
internal sealed class OwnSound
{
    private const int Taps = 32, Ahead = 8;
    private const int Probe = 1_000;
    private const double Found = 0.3;
    private const float Learning = 0.5f;        // on the lead-in alone: what others sound later must not be learned

    private readonly float[] _weights = new float[Taps], _window = new float[Taps];
    private int _delay = -1;
    private bool _searched;

    public void Reset()
    {
        Array.Clear(_weights);
        (_delay, _searched) = (-1, false);
    }

    /// <summary>Whether it is still to be found out how late the own sound comes back.</summary>
    public bool IsSearching => !_searched;

    /// <param name="heard">From the moment the first sample was handed over, at least the probe and the longest delay.</param>
    public void Find(ReadOnlySpan<short> heard, ReadOnlySpan<short> played, int longest)
    {
        _searched = true;
        var best = Found;
        for (var delay = 0; delay <= longest && delay + Probe <= heard.Length; delay++)
        {
            double cross = 0, there = 0, own = 0;
            for (var i = 0; i < Probe; i++)
            {
                cross += (double)heard[delay + i] * played[i];
                there += (double)heard[delay + i] * heard[delay + i];
                own += (double)played[i] * played[i];
            }
            var alike = Math.Abs(cross) / Math.Sqrt((there * own) + 1);
            if (alike > best) (best, _delay) = (alike, delay);
        }
        if (_delay < 0) return;
        var left = new short[heard.Length];
        Remove(heard, played, 0, left, Learning);
        Remove(heard, played, 0, left, Learning);
    }

    /// <param name="since">Samples from the moment the first was handed over to the first heard here.</param>
    public void Remove(ReadOnlySpan<short> heard, ReadOnlySpan<short> played, long since, Span<short> left) => Remove(heard, played, since, left, step: 0);

    private void Remove(ReadOnlySpan<short> heard, ReadOnlySpan<short> played, long since, Span<short> left, float step)
    {
        heard.CopyTo(left);
        if (_delay < 0) return;
        for (var i = 0; i < heard.Length; i++)
        {
            var newest = since + i - _delay + Ahead;
            float own = 0, power = 1;
            for (var tap = 0; tap < Taps; tap++)
            {
                var at = newest - tap;
                var sample = _window[tap] = at >= 0 && at < played.Length ? played[(int)at] : 0;
                own += _weights[tap] * sample;
                power += sample * sample;
            }
            var rest = heard[i] - own;
            left[i] = short.CreateSaturating(rest);
            if (step == 0) continue;
            var gain = step * rest / power;
            for (var tap = 0; tap < Taps; tap++) _weights[tap] += gain * _window[tap];
        }
    }
}
