namespace Nauha.Simulation;

/// <summary>Signals of the line as samples, full scale = 1: what an exchange or a phone sends.</summary>
public static class Signals
{
    private const string Keys = "123A456B789C*0#D";
    private static readonly int[] Chords = [0, 5, 7, 3];
    private static readonly double[] Rows = [697, 770, 852, 941];
    private static readonly double[] Columns = [1_209, 1_336, 1_477, 1_633];

    /// <summary>Digits one after the other.</summary>
    /// <param name="dbm0">Of each tone; a full-scale sine is +3.14 dBm0.</param>
    public static float[] Dtmf(string digits, int onMs = 70, int offMs = 70, double dbm0 = -12)
    {
        ArgumentNullException.ThrowIfNull(digits);
        var amplitude = Math.Pow(10, (dbm0 - 3.14) / 20);
        var samples = new List<float>();
        foreach (var digit in digits)
        {
            var key = Keys.IndexOf(digit, StringComparison.Ordinal);
            if (key < 0) throw new ArgumentException($"'{digit}' is no DTMF digit", nameof(digits));
            for (var i = 0; i < onMs * 8; i++)
                samples.Add((float)(amplitude * (Math.Sin(2 * Math.PI * Rows[key / 4] * i / 8_000) + Math.Sin(2 * Math.PI * Columns[key % 4] * i / 8_000))));
            samples.AddRange(new float[offMs * 8]);
        }
        return [.. samples];
    }

    /// <summary>A number by pulses: breaks of 60 ms, makes of 40 ms, 700 ms between digits.</summary>
    public static IReadOnlyList<VoltsStep> Pulses(string number, double after, double onHookVolts = 48)
    {
        ArgumentNullException.ThrowIfNull(number);
        var steps = new List<VoltsStep>();
        foreach (var digit in number)
        {
            for (var pulse = 0; pulse < (digit == '0' ? 10 : digit - '0'); pulse++, after += 0.1) steps.Add(new(Cue.Lifted, after, 60, onHookVolts));
            after += 0.7;
        }
        return steps;
    }

    /// <summary>A call setup message by V.23 (EN 300 659-1): seizure, mark, message with checksum.</summary>
    /// <param name="number">Null: restricted.</param>
    /// <param name="bell">With Bell 202's tones (1,200 and 2,200 Hz) instead of V.23's (1,300 and 2,100 Hz).</param>
    public static float[] V23(string? number, string dateTime = "01011200", double dbm0 = -14, bool bell = false)
    {
        ArgumentNullException.ThrowIfNull(dateTime);
        List<byte> body = [0x01, (byte)dateTime.Length, .. System.Text.Encoding.ASCII.GetBytes(dateTime)];
        if (number is null) body.AddRange([0x04, 1, (byte)'P']);
        else body.AddRange([0x02, (byte)number.Length, .. System.Text.Encoding.ASCII.GetBytes(number)]);
        List<byte> message = [0x80, (byte)body.Count, .. body];
        message.Add((byte)(256 - (message.Sum(b => b) & 0xFF)));
        var bits = new List<bool>();
        for (var i = 0; i < 300; i++) bits.Add((i & 1) == 1);
        for (var i = 0; i < 180; i++) bits.Add(true);
        foreach (var one in message)
        {
            bits.Add(false);
            for (var bit = 0; bit < 8; bit++) bits.Add((one >> bit & 1) == 1);
            bits.Add(true);
        }
        var amplitude = Math.Pow(10, (dbm0 - 3.14) / 20);
        var samples = new float[bits.Count * 20 / 3];
        var phase = 0.0;
        for (var i = 0; i < samples.Length; i++)
        {
            phase += 2 * Math.PI * (bits[Math.Min(bits.Count - 1, i * 3 / 20)] ? (bell ? 1_200 : 1_300) : (bell ? 2_200 : 2_100)) / 8_000;
            samples[i] = (float)(amplitude * Math.Sin(phase));
        }
        return samples;
    }

    /// <summary>A cadenced tone, or several at once, for so long; offSeconds 0 is continuous.</summary>
    public static float[] Tones(double seconds, double onSeconds, double offSeconds, double dbm0, params double[] hertz)
    {
        var samples = new float[(int)(seconds * 8_000)];
        for (var i = 0; i < samples.Length; i++)
            foreach (var tone in hertz) samples[i] += (float)Tone(i, onSeconds, offSeconds, tone, dbm0);
        return samples;
    }

    /// <summary>Flags of V.21's upper channel at 300 bit/s.</summary>
    public static float[] V21Flags(double seconds, double dbm0 = -14)
    {
        var samples = new float[(int)(seconds * 8_000)];
        var phase = 0.0;
        for (var i = 0; i < samples.Length; i++)
        {
            phase += 2 * Math.PI * ((0x7E >> (i * 300 / 8_000 % 8) & 1) == 1 ? 1_650 : 1_850) / 8_000;
            samples[i] = (float)(Math.Pow(10, (dbm0 - 3.14) / 20) * Math.Sin(phase));
        }
        return samples;
    }

    /// <summary>Random bits by two tones, as text telephones and alarm diallers send them.</summary>
    public static float[] Fsk(double seconds, double baud, double oneHertz, double zeroHertz, double dbm0 = -14)
    {
        var samples = new float[(int)(seconds * 8_000)];
        var (phase, chance) = (0.0, Chance.Of(1, 31));
        var (bit, one) = (-1L, true);
        for (var i = 0; i < samples.Length; i++)
        {
            if ((long)(i * baud / 8_000) is var now && now != bit) (bit, one) = (now, ((chance = Chance.Next(chance)) >> 31) == 1);
            phase += 2 * Math.PI * (one ? oneHertz : zeroHertz) / 8_000;
            samples[i] = (float)(Math.Pow(10, (dbm0 - 3.14) / 20) * Math.Sin(phase));
        }
        return samples;
    }

    /// <summary>Noise in syllables: talk for detectors, nobody's words.</summary>
    public static float[] Babble(double seconds, double dbv, int seed = 1)
    {
        var random = new Random(seed);
        var peak = Math.Pow(10, (dbv - ExchangeLine.DbvAtFullScale) / 20) * 1.73;
        return [.. Enumerable.Range(0, (int)(seconds * 8_000)).Select(i => (float)(peak * ((random.NextDouble() * 2) - 1) * Math.Abs(Math.Sin(2 * Math.PI * 2 * i / 8_000))))];
    }

    /// <summary>Music on hold: chords that change and never pause.</summary>
    public static float[] Music(double seconds, double dbv = -25)
    {
        var peak = Math.Pow(10, (dbv - ExchangeLine.DbvAtFullScale) / 20) / 2;
        return [.. Enumerable.Range(0, (int)(seconds * 8_000)).Select(i =>
        {
            var root = 220 * Math.Pow(2, Chords[i / 6_000 % 4] / 12.0);
            return (float)(peak * (Math.Sin(2 * Math.PI * root * i / 8_000) + Math.Sin(2 * Math.PI * root * 1.26 * i / 8_000) + (0.7 * Math.Sin(2 * Math.PI * root * 1.5 * i / 8_000))));
        })];
    }

    /// <summary>One sample of a cadenced tone, counted from its beginning.</summary>
    public static double Tone(long n, double onSeconds, double offSeconds, double hertz = 425, double dbm0 = -15) =>
        n >= 0 && n / 8_000.0 % Math.Max(onSeconds + offSeconds, 1e-9) < onSeconds ? Math.Pow(10, (dbm0 - 3.14) / 20) * Math.Sin(2 * Math.PI * hertz * n / 8_000) : 0;
}
