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
        long energy = 0;
        foreach (var sample in block) energy += sample * sample;
        _voiced = energy > LeastPower * block.Length && !IsTonal(block) ? Math.Min(_voiced + 1, 25) : Math.Max(_voiced - 1, 0);
    }

    public void Reset() => _voiced = 0;

    // A single sine obeys x[n] = c·x[n−1] − x[n−2]: what is left over by the best c is nothing. Whole numbers: sums are exact.
    private static bool IsTonal(ReadOnlySpan<short> block)
    {
        long cross = 0, square = 0, sums = 0, all = 0;
        for (var i = 2; i < block.Length; i++)
        {
            long middle = block[i - 1], sum = block[i] + block[i - 2];
            cross += sum * middle;
            square += middle * middle;
            sums += sum * sum;
            all += block[i] * block[i];
        }
        if (square <= 0) return true;
        var c = Math.Clamp((double)cross / square, -2, 2);
        return sums - (2 * c * cross) + (c * c * square) < 0.02 * all;
    }
}
