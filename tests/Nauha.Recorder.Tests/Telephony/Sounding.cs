namespace Nauha.Recorder.Tests.Telephony;

/// <summary>
/// Line audio made to measure: plain sines, phase-continuous FSK and seeded Gaussian noise at 8 kHz. Levels in dBm0 (a
/// full-scale sine is +3.14); noise is white over 0 to 4 kHz against the power of the signal while it sounds.
/// </summary>
internal sealed class Sounding(int seed = 1)
{
    private const string Keys = "123A456B789C*0#D";
    private static readonly double[] Rows = [697, 770, 852, 941], Columns = [1_209, 1_336, 1_477, 1_633];

    private readonly List<double> _samples = [];
    private readonly Random _random = new(seed);

    public int Count => _samples.Count;

    public static double Amplitude(double dbm0) => 32_768 * Math.Pow(10, (dbm0 - 3.14) / 20);

    public Sounding Silence(double ms)
    {
        _samples.AddRange(new double[(int)(ms * 8)]);
        return this;
    }

    public Sounding Tone(double ms, double dbm0, params ReadOnlySpan<double> hertz)
    {
        var from = _samples.Count;
        Silence(ms);
        foreach (var one in hertz)
        {
            var phase = _random.NextDouble() * 2 * Math.PI;
            for (var n = from; n < _samples.Count; n++) _samples[n] += Amplitude(dbm0) * Math.Sin((2 * Math.PI * one / 8_000 * (n - from)) + phase);
        }
        return this;
    }

    public Sounding Raw(IEnumerable<double> samples)
    {
        _samples.AddRange(samples);
        return this;
    }

    /// <summary>Silence in what is there already, as a bad contact makes it: the sound goes on behind it.</summary>
    public Sounding Broken(double atMs, double ms)
    {
        for (var n = (int)(atMs * 8); n < (int)((atMs + ms) * 8); n++) _samples[n] = 0;
        return this;
    }

    /// <param name="twistDb">High group over low; the low group has the level.</param>
    /// <param name="lowOff">Share by which the low tone is off, and <paramref name="hertzOff"/> hertz besides.</param>
    public Sounding Keyed(string digits, double onMs = 70, double offMs = 70, double lowDbm0 = -10, double twistDb = 0, double lowOff = 0, double highOff = 0, double hertzOff = 0)
    {
        foreach (var digit in digits)
        {
            var key = Keys.IndexOf(digit);
            var from = _samples.Count;
            Tone(onMs, lowDbm0, (Rows[key / 4] * (1 + lowOff)) + hertzOff);
            var (phase, high) = (_random.NextDouble() * 2 * Math.PI, 2 * Math.PI * ((Columns[key % 4] * (1 + highOff)) + hertzOff) / 8_000);
            for (var n = from; n < _samples.Count; n++) _samples[n] += Amplitude(lowDbm0 + twistDb) * Math.Sin((high * (n - from)) + phase);
            Silence(offMs);
        }
        return this;
    }

    /// <summary>A caller-ID message with its checksum: seizure, mark, bytes. The rest in mark may last any part of a bit.</summary>
    public Sounding Fsk(byte[] message, double mark = 1_300, double space = 2_100, double dbm0 = -14, int seizure = 300, double marks = 180, double stops = 1, int faulty = -1, double baud = 1_200, double spaceDb = 0)
    {
        var (time, next, phase) = (_random.NextDouble(), 0, _random.NextDouble() * 2 * Math.PI);
        byte[] whole = [.. message, unchecked((byte)-message.Sum(b => b))];
        for (var i = 0; i < seizure; i++) Send(i % 2, 1);
        Send(1, marks);
        for (var i = 0; i < whole.Length; i++)
        {
            var one = i == faulty ? whole[i] ^ 0x04 : whole[i];
            Send(0, 1);
            for (var bit = 0; bit < 8; bit++) Send((one >> bit) & 1, 1);
            Send(1, stops);
        }
        Send(1, 4);
        return this;

        void Send(int bit, double bits)
        {
            for (time += bits * 8_000 / baud; next < time; next++)
            {
                phase += 2 * Math.PI * (bit == 1 ? mark : space) / 8_000;
                _samples.Add(Amplitude(bit == 1 ? dbm0 : dbm0 + spaceDb) * Math.Sin(phase));
            }
        }
    }

    /// <summary>White noise over all so far, <paramref name="db"/> under a sine pair or sine of the given power.</summary>
    public Sounding Noise(double db, double signalDbm0)
    {
        var power = Math.Pow(Amplitude(signalDbm0), 2) / 2;
        var deviation = Math.Sqrt(power / Math.Pow(10, db / 10));
        for (var n = 0; n < _samples.Count; n++) _samples[n] += deviation * Gauss();
        return this;
    }

    public Sounding Echo(double ms, double db)
    {
        var (late, gain) = ((int)(ms * 8), Math.Pow(10, db / 20));
        for (var n = _samples.Count - 1; n >= late; n--) _samples[n] += gain * _samples[n - late];
        return this;
    }

    /// <summary>Something else on the line at the same time.</summary>
    public Sounding Over(ReadOnlySpan<short> other, double gainDb = 0)
    {
        var gain = Math.Pow(10, gainDb / 20);
        for (var n = 0; n < _samples.Count; n++) _samples[n] += gain * other[n % other.Length];
        return this;
    }

    public Sounding OverTone(double dbm0, double hertz)
    {
        for (var n = 0; n < _samples.Count; n++) _samples[n] += Amplitude(dbm0) * Math.Sin(2 * Math.PI * hertz / 8_000 * n);
        return this;
    }

    public short[] Samples() => [.. _samples.Select(s => short.CreateSaturating(Math.Round(s)))];

    public double Gauss() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    public string RandomKeys(int count) => new(Enumerable.Range(0, count).Select(_ => Keys[_random.Next(16)]).ToArray());
}
