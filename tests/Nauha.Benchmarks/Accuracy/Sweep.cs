using Nauha.Recorder.Tests.Telephony;

namespace Nauha.Benchmarks.Accuracy;

internal enum Signal { Dtmf, V23, Bell202 }

/// <summary>What is asked of ours at a point, besides that nothing is heard that was not sent.</summary>
internal enum Demand
{
    /// <summary>At least as many as each peer hears.</summary>
    Peers,

    /// <summary>At least as many as spandsp: multimon-ng, which hears more, hears as well what is no digit or parts what is one.</summary>
    Spandsp,

    /// <summary>Between what must be heard and what must not: nothing.</summary>
    None,

    /// <summary>This is no digit, whatever the peers say.</summary>
    Never,
}

/// <summary>One point of a sweep.</summary>
/// <param name="Least">Per cent that must be heard; 0 where the peers alone are the measure.</param>
/// <param name="Make">Lays keys or a message, as the seeded sounding is handed over, on the line.</param>
internal sealed record Point(Signal Signal, string Series, double X, double Least, Demand Demand, Func<Sounding, string, Sounding> Make);

/// <summary>The points: noise, twist, frequency, timing and level, one swept at a time.</summary>
internal static class Sweep
{
    public const string Number = "0409990123";

    private const double Clean = 20;        // dB of noise under the signal where noise is not what is swept

    public static readonly IReadOnlyDictionary<string, string> Axes = new Dictionary<string, string>
    {
        ["noise"] = "signal over noise, dB",
        ["twist"] = "high over low group, or space over mark, dB",
        ["frequency"] = "frequency off, %",
        ["length"] = "tone and pause, ms",
        ["pause"] = "pause between tones of 50 ms, ms",
        ["level"] = "level of a tone, dBm0",
        ["speed"] = "bit rate off, %",
        ["rest"] = "bits of mark before the message",
        ["stop"] = "stop bits",
    };

    public static IEnumerable<Point> Points() => [.. Keys(), .. Callers(Signal.V23), .. Callers(Signal.Bell202)];

    private static IEnumerable<Point> Keys()
    {
        foreach (var db in (double[])[30, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2, 1, 0])
            yield return Key("noise", db, db switch { >= 8 => 99.9, >= 6 => 99.5, >= 4 => 99, _ => 0 }, Demand.Peers, (s, keys) => s.Keyed(keys, 50, 50), db);
        foreach (var db in (double[])[-12, -10, -9, -8, -6, -4, -2, 0, 2, 3, 4, 5, 6, 8])
            yield return Key("twist", db, db is >= -8 and <= 4 ? 99.9 : 0, Demand.Peers, (s, keys) => s.Keyed(keys, 50, 50, -12, db), Clean - PairDb(-12, db) + PairDb(-10, 0));
        foreach (var off in (double[])[-4, -3.5, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4])
        {
            var demand = Math.Abs(off) switch { >= 3.5 => Demand.Never, > 2 => Demand.None, _ => Demand.Peers };
            yield return Key("frequency", off, Math.Abs(off) <= 1.5 ? 99.9 : 0, demand, (s, keys) => s.Keyed(keys, 50, 50, lowOff: off / 100, highOff: off / 100), Clean);
        }
        foreach (var ms in (double[])[10, 15, 20, 22, 24, 26, 28, 30, 32, 35, 40, 45, 50, 60, 80])
        {
            // Q.24: what is shorter than 20 to 24 ms, by country, is no digit.
            var demand = ms switch { <= 20 => Demand.Never, < 26 => Demand.Spandsp, _ => Demand.Peers };
            yield return Key("length", ms, ms switch { >= 40 => 100, >= 30 => 90, _ => 0 }, demand, (s, keys) => s.Keyed(keys, ms, ms), Clean);
        }
        // Q.24: a tone that breaks off for 10 ms is one digit, and random keys hold the same one twice now and then.
        foreach (var ms in (double[])[10, 15, 20, 25, 30, 35, 40, 50])
            yield return Key("pause", ms, ms >= 40 ? 99.9 : 0, ms < 15 ? Demand.None : Demand.Peers, (s, keys) => s.Keyed(keys, 50, ms), Clean);
        foreach (var dbm0 in (double[])[0, -4, -10, -16, -22, -28, -32, -36, -38, -40, -42, -44])
            yield return Key("level", dbm0, dbm0 is <= -4 and >= -36 ? 99.9 : 0, Demand.Peers, (s, keys) => s.Keyed(keys, 50, 50, dbm0), Clean - dbm0 - 10);
    }

    private static Point Key(string series, double x, double least, Demand demand, Func<Sounding, string, Sounding> make, double noiseDb) =>
        new(Signal.Dtmf, series, x, least, demand, (s, keys) => make(s, keys).Silence(150).Noise(noiseDb, PairDb(-10, 0)));

    private static double PairDb(double lowDbm0, double twistDb) => lowDbm0 + (10 * Math.Log10(1 + Math.Pow(10, twistDb / 10)));

    private static IEnumerable<Point> Callers(Signal signal)
    {
        var (mark, space) = signal == Signal.V23 ? (1_300, 2_100) : (1_200, 2_200);
        foreach (var db in (double[])[20, 16, 14, 12, 11, 10, 9, 8, 7, 6, 5])
        {
            var least = (signal, db) switch { (Signal.V23, >= 12) => 99.5, (_, >= 10) => 99, (_, >= 8) => 95, _ => 0.0 };
            yield return Caller("noise", db, least, (s, m) => s.Fsk(m, mark, space), db);
        }
        foreach (var db in (double[])[-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10])
            yield return Caller("twist", db, 0, (s, m) => s.Fsk(m, mark, space, spaceDb: db), Clean);
        foreach (var off in (double[])[-4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4])
            yield return Caller("frequency", off, 0, (s, m) => s.Fsk(m, mark * (1 + (off / 100)), space * (1 + (off / 100))), Clean);
        foreach (var off in (double[])[-3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3])
            yield return Caller("speed", off, 0, (s, m) => s.Fsk(m, mark, space, baud: 1_200 * (1 + (off / 100))), Clean);
        foreach (var bits in (double[])[20, 30, 55, 80, 130, 180, 205])
            yield return Caller("rest", bits, 0, (s, m) => s.Fsk(m, mark, space, marks: bits), Clean);
        foreach (var bits in (double[])[1, 1.25, 1.5, 2, 3, 4])
            yield return Caller("stop", bits, 0, (s, m) => s.Fsk(m, mark, space, stops: bits), Clean);
        foreach (var dbm0 in (double[])[0, -8, -14, -20, -30, -36, -40, -44, -46, -48])
            yield return Caller("level", dbm0, 0, (s, m) => s.Fsk(m, mark, space, dbm0), Clean - 14 - dbm0);

        Point Caller(string series, double x, double least, Func<Sounding, byte[], Sounding> make, double noiseDb) =>
            new(signal, series, x, least, Demand.Peers, (s, hex) => make(s, Convert.FromHexString(hex)).Silence(200).Noise(noiseDb, -14));
    }
}
