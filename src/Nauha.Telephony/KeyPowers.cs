namespace Nauha.Telephony;

/// <summary>How much of a stretch lies at a key's two DTMF tones: what tells from which side a known key came. It finds no keys.</summary>
public static class KeyPowers
{
    /// <summary>Frequencies: four rows, then four columns.</summary>
    public const int Count = 8;

    private const string Keys = "123A456B789C*0#D";
    private static readonly double[] Turns = [.. new[] { 697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633 }.Select(hertz => 2 * Math.Cos(2 * Math.PI * hertz / 8_000))];

    /// <summary>Mean power at each frequency, by Goertzel; samples at 8 kHz, 20 ms of them or more tell the frequencies apart.</summary>
    /// <param name="powers"><see cref="Count"/> of them.</param>
    public static void Of(ReadOnlySpan<short> samples, Span<float> powers)
    {
        for (var i = 0; i < Count; i++)
        {
            var turn = Turns[i];
            double one = 0, two = 0;
            foreach (var sample in samples) (one, two) = (sample + (turn * one) - two, one);
            powers[i] = (float)(Math.Max(0, (one * one) + (two * two) - (turn * one * two)) * 2 / samples.Length / samples.Length);
        }
    }

    /// <summary>The share of those powers that a key's two tones have.</summary>
    public static float At(char key, ReadOnlySpan<float> powers) => Keys.IndexOf(key, StringComparison.Ordinal) is >= 0 and var at ? powers[at / 4] + powers[4 + (at % 4)] : 0;
}
