namespace Nauha.Telephony;

/// <summary>Tells talk from tones and silence, block by block: level that comes and goes, and is not one frequency.</summary>
public sealed class SpeechDetector
{
    private const double LeastPower = 32_768.0 * 32_768 / 2 * 3e-5;   // some −42 dBm0
    private int _voiced;

    /// <summary>Talk has been heard for some 200 ms of the last second.</summary>
    public bool IsSpeech => _voiced >= 10;

    /// <summary>Takes one block of about 20 ms.</summary>
    public void Process(ReadOnlySpan<short> block)
    {
        double energy = 0;
        foreach (var sample in block) energy += (double)sample * sample;
        energy /= block.Length;
        _voiced = energy > LeastPower && !IsTonal(block) ? Math.Min(_voiced + 1, 25) : Math.Max(_voiced - 1, 0);
    }

    public void Reset() => _voiced = 0;

    // A single sine obeys x[n] = c·x[n−1] − x[n−2]: what is left over by the best c is nothing.
    private static bool IsTonal(ReadOnlySpan<short> block)
    {
        double cross = 0, square = 0;
        for (var i = 2; i < block.Length; i++)
        {
            cross += ((double)block[i] + block[i - 2]) * block[i - 1];
            square += (double)block[i - 1] * block[i - 1];
        }
        if (square <= 0) return true;
        var c = Math.Clamp(cross / square, -2, 2);
        double left = 0, all = 0;
        for (var i = 2; i < block.Length; i++)
        {
            var rest = block[i] + block[i - 2] - (c * block[i - 1]);
            left += rest * rest;
            all += (double)block[i] * block[i];
        }
        return left < 0.02 * all;
    }
}
