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

    /// <summary>What waits at a caller's ear, of a kind: no two seeds have the same tune, pace and pitch.</summary>
    public static float[] Music(MusicKind kind, double seconds, int seed, double dbv = -25)
    {
        var random = new Random(seed);
        var sounds = new float[(int)(seconds * 8_000)];
        var (tuning, beat) = (220 * Math.Pow(2, (random.NextDouble() - 0.5) / 12), 60 / (80 + (60 * random.NextDouble())));
        var (beepHertz, beepEvery, beepFor) = (400 + (1_000 * random.NextDouble()), 2 + (3 * random.NextDouble()), 0.25 + (0.4 * random.NextDouble()));
        for (var at = 0.0; at < seconds;)
        {
            var note = tuning * Math.Pow(2, Steps[random.Next(Steps.Length)] / 12.0);
            switch (kind)
            {
                case MusicKind.Chords:
                    var lasts = 0.6 + (1.2 * random.NextDouble());
                    foreach (var above in (double[])[1, 1.26, 1.5]) Note(sounds, at, lasts, note * above, 0, 3);
                    at += lasts;
                    break;
                case MusicKind.LongChord:
                    foreach (var above in (double[])[1, 1.26, 1.5]) Note(sounds, at, 7.7, note * above, 0, 3);
                    at += 8;
                    break;
                case MusicKind.Plucked:
                    Note(sounds, at, 0.5, note, 0.12 + (0.15 * random.NextDouble()), 4);
                    at += 0.5 + (random.Next(3) == 0 ? 0.3 + (0.3 * random.NextDouble()) : 0);
                    break;
                case MusicKind.Piano:
                    Note(sounds, at, 1.2, note, 0.4, 5);
                    if (random.Next(2) == 0) Note(sounds, at, 1.2, note / 2, 0.5, 6);
                    at += beat / 2;
                    break;
                case MusicKind.Beat:
                    Drum(sounds, at, 1, 0.05, random);
                    Drum(sounds, at + (beat / 2), 0.8, 0.04, random);
                    Note(sounds, at, beat * 0.9, note, 0, 4);
                    at += beat;
                    break;
                case MusicKind.Vibrato:
                    lasts = beat * (1 + random.Next(3));
                    Note(sounds, at, lasts, note, 0, 6, 0.01);
                    at += lasts;
                    break;
                default:
                    Note(sounds, at, beepFor, beepHertz, 0, 1);
                    at += beepEvery;
                    break;
            }
        }
        var power = Math.Sqrt(2 * sounds.Average(s => (double)s * s));
        var gain = Math.Pow(10, (dbv - ExchangeLine.DbvAtFullScale) / 20) / power;
        return Array.ConvertAll(sounds, s => (float)(s * gain));
    }

    /// <summary>A textphone that types (five bits, 1,400 and 1,800 Hz at 45.45 bit/s).</summary>
    public static float[] Textphone(double seconds, double dbm0 = -14, int seed = 1)
    {
        var (random, phase, bit, mark) = (new Random(seed), 0.0, -1, true);
        var samples = new float[(int)(seconds * 8_000)];
        for (var i = 0; i < samples.Length; i++)
        {
            if ((int)(i * 45.45 / 8_000) != bit) (bit, mark) = (bit + 1, random.Next(2) == 0);
            phase += 2 * Math.PI * (mark ? 1_400 : 1_800) / 8_000;
            samples[i] = (float)(Math.Pow(10, (dbm0 - 3.14) / 20) * Math.Sin(phase));
        }
        return samples;
    }

    private static readonly int[] Steps = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16];

    private static void Note(float[] into, double at, double seconds, double hertz, double decay, int harmonics, double vibrato = 0)
    {
        var (from, count) = ((int)(at * 8_000), (int)(seconds * 8_000));
        for (var i = 0; i < count && from + i < into.Length; i++)
        {
            var time = i / 8_000.0;
            var loud = Math.Min(1, Math.Min(i, count - i) / 80.0) * (decay > 0 ? Math.Exp(-time / decay) : 1);
            var turn = 2 * Math.PI * hertz * (time + (vibrato / (2 * Math.PI * 5.5) * Math.Sin(2 * Math.PI * 5.5 * time)));
            for (var harmonic = 1; harmonic <= harmonics && hertz * harmonic < 3_400; harmonic++) into[from + i] += (float)(loud * Math.Sin(turn * harmonic) / harmonic);
        }
    }

    private static void Drum(float[] into, double at, double loud, double decay, Random random)
    {
        var from = (int)(at * 8_000);
        for (var i = 0; i < 3_200 && from + i < into.Length; i++) into[from + i] += (float)(loud * Math.Exp(-i / 8_000.0 / decay) * ((2 * random.NextDouble()) - 1));
    }
}

/// <summary>What callers hear who wait.</summary>
public enum MusicKind
{
    /// <summary>Chords of 0.6 to 1.8 s without a pause.</summary>
    Chords,

    /// <summary>One chord, with a rest of 0.3 s every 8 s.</summary>
    LongChord,

    /// <summary>Notes of 0.5 s that die away, with rests.</summary>
    Plucked,

    /// <summary>Notes that ring on into each other.</summary>
    Piano,

    /// <summary>A melody and two drums.</summary>
    Beat,

    /// <summary>A tone that swings by 1 % five times a second: strings, a singer.</summary>
    Vibrato,

    /// <summary>A beep of 0.25 to 0.65 s every 2 to 5 s.</summary>
    Beeps,
}
