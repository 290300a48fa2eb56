namespace Nauha.Telephony;

/// <summary>Tells talk from tones and silence, 20 ms by 20 ms: level that comes and goes, and is not one frequency.</summary>
public sealed class SpeechDetector
{
    private const int Step = 160;
    private const double LeastPower = 32_768.0 * 32_768 / 2 * 3e-5;   // some −42 dBm0
    private readonly short[] _step = new short[Step];
    private int _filled;
    private int _voiced;

    /// <summary>Talk has been heard for some 200 ms of the last second.</summary>
    public bool IsSpeech => _voiced >= 10;

    public void Process(ReadOnlySpan<short> samples)
    {
        while (samples.Length > 0)
        {
            var count = Math.Min(Step - _filled, samples.Length);
            samples[..count].CopyTo(_step.AsSpan(_filled));
            samples = samples[count..];
            _filled += count;
            if (_filled < Step) return;
            _filled = 0;
            Look(_step);
        }
    }

    public void Reset() => (_voiced, _filled) = (0, 0);

    private void Look(ReadOnlySpan<short> step)
    {
        long energy = 0;
        foreach (var sample in step) energy += sample * sample;
        _voiced = energy > LeastPower * Step && !IsTonal(step) ? Math.Min(_voiced + 1, 25) : Math.Max(_voiced - 1, 0);
    }

    // A single sine obeys x[n] = c·x[n−1] − x[n−2]: what is left over by the best c is nothing. Whole numbers: sums are exact.
    private static bool IsTonal(ReadOnlySpan<short> step)
    {
        long cross = 0, square = 0, sums = 0, all = 0;
        for (var i = 2; i < step.Length; i++)
        {
            long middle = step[i - 1], sum = step[i] + step[i - 2];
            cross += sum * middle;
            square += middle * middle;
            sums += sum * sum;
            all += step[i] * step[i];
        }
        if (square <= 0) return true;
        var c = Math.Clamp((double)cross / square, -2, 2);
        return sums - (2 * c * cross) + (c * c * square) < 0.02 * all;
    }
}
