namespace Nauha.Simulation;

/// <summary>What is on a pair that nobody means to be there. Levels in dBV on the pair; −100: there is none.</summary>
public sealed record Noises
{
    /// <summary>White, −100 to −45.</summary>
    public double WhiteDbv { get; init; } = 20 * Math.Log10(0.0004 / Math.Sqrt(3));

    /// <summary>Mains: 50 Hz and its harmonics to 1 kHz, each a little less, −70 to −30.</summary>
    public double HumDbv { get; init; } = -100;

    /// <summary>A GSM telephone nearby: bursts of 577 µs, 217 a second, −70 to −30.</summary>
    public double GsmDbv { get; init; } = -100;

    /// <summary>An LTE gateway (TDD): half of every 10 ms and of every 5 ms, −70 to −40.</summary>
    public double LteDbv { get; init; } = -100;

    /// <summary>A USB adapter's frames, 1 kHz and its harmonics, −80 to −45.</summary>
    public double WhineDbv { get; init; } = -100;

    /// <summary>A broadcast transmitter, detected by a bad joint: music, −75 to −45.</summary>
    public double RadioDbv { get; init; } = -100;

    /// <summary>Another pair's talk, −75 to −55.</summary>
    public double CrosstalkDbv { get; init; } = -100;

    /// <summary>Another pair's ring, 1 s of every 5 in a third of every minute, −50 to −40.</summary>
    public double RingLeakDbv { get; init; } = -100;

    /// <summary>Clicks a minute, of 1 to 3 ms, 0 to 60.</summary>
    public double Clicks { get; init; }

    /// <summary>Their peak in dBV, −50 to −10.</summary>
    public double ClickDbv { get; init; } = -30;
}

/// <summary>
/// The noise of a pair, sample by sample. All that repeats does so within 120 ms, which is one table; radio and the
/// other pair's talk are sounds that go round.
/// </summary>
internal sealed class PairNoise
{
    private const int Period = 960, Rate = 8_000;
    private static readonly Lazy<float[]> Radio = new(() => Unit(Signals.Music(7)));

    private readonly Noises _noises;
    private readonly float[] _repeats = new float[Period];
    private readonly float[] _talk = [], _radio = [];
    private readonly double _white, _talkVolts, _radioVolts, _ringVolts, _clickVolts, _clickChance;
    private readonly bool _isPlain;
    private uint _random, _click;
    private int _clickLeft;

    public PairNoise(Noises noises, int seed)
    {
        (_noises, _random, _click) = (noises, unchecked((uint)(seed * 2_654_435_761L)) | 1, Chance.Of(seed, 11));
        _white = Rms(noises.WhiteDbv) * Math.Sqrt(3);
        Add(noises.HumDbv, n => Enumerable.Range(1, 20).Sum(h => Math.Sin((2 * Math.PI * 50 * h * n / Rate) + h) / h));
        Add(noises.GsmDbv, n => n * 26.0 / Period % 1 < 0.125 ? 1 : 0);                      // 26 frames of 4.615 ms are 120 ms; a burst is an eighth
        Add(noises.LteDbv, n => (n % 80 < 40 ? 1 : 0) + (n % 40 < 20 ? 0.5 : 0));
        Add(noises.WhineDbv, n => Math.Sin(2 * Math.PI * n / 8) + (0.5 * Math.Sin(2 * Math.PI * 2 * n / 8)) + (0.3 * Math.Sin((2 * Math.PI * 3 * n / 8) + 1)));
        if (noises.RadioDbv > -100) (_radio, _radioVolts) = (Radio.Value, Rms(noises.RadioDbv));
        if (noises.CrosstalkDbv > -100) (_talk, _talkVolts) = (Talk.Neighbour, Rms(noises.CrosstalkDbv));
        if (noises.RingLeakDbv > -100) _ringVolts = Rms(noises.RingLeakDbv) * Math.Sqrt(2);
        (_clickVolts, _clickChance) = (Math.Pow(10, noises.ClickDbv / 20), noises.Clicks / 60 / Rate);
        _isPlain = _clickChance == 0 && _ringVolts == 0 && _radioVolts == 0 && _talkVolts == 0 && noises is { HumDbv: <= -100, GsmDbv: <= -100, LteDbv: <= -100, WhineDbv: <= -100 };
    }

    /// <summary>The white part as a share of its peak, −1 to 1: also what people mumble in a test.</summary>
    public double White()
    {
        _random = Chance.Next(_random);
        return Chance.Signed(_random);
    }

    public double Volts(long now)
    {
        var volts = White() * _white;
        if (_isPlain) return volts;
        volts += _repeats[now % Period];
        if (_radioVolts > 0) volts += _radioVolts * _radio[now % _radio.Length];
        if (_talkVolts > 0) volts += _talkVolts * _talk[now % _talk.Length];
        if (_ringVolts > 0 && now / Rate % 60 is < 20 and var second && second % 5 == 0) volts += _ringVolts * Ring(now);
        if (_clickChance > 0) volts += Click();
        return volts;
    }

    // Through the coupling of two pairs the edges come, not the 25 Hz: harmonics of equal size.
    private static double Ring(long now)
    {
        var sum = 0.0;
        for (var harmonic = 9; harmonic <= 17; harmonic += 2) sum += Math.Sin(2 * Math.PI * 25 * harmonic * (now % 320) / Rate);
        return sum / Math.Sqrt(5);
    }

    private double Click()
    {
        _click = Chance.Next(_click);
        if (_clickLeft == 0 && Chance.Share(_click) < _clickChance) _clickLeft = 8 + (int)(_click % 17);
        if (_clickLeft == 0) return 0;
        _clickLeft--;
        return _clickVolts * ((_clickLeft & 1) == 0 ? 1 : -1) * (_clickLeft + 1) / 24;
    }

    // Without its mean, at the level asked.
    private void Add(double dbv, Func<int, double> shape)
    {
        if (dbv <= -100) return;
        var samples = Unit([.. Enumerable.Range(0, Period).Select(n => (float)shape(n))]);
        for (var n = 0; n < Period; n++) _repeats[n] += (float)(Rms(dbv) * samples[n]);
    }

    private static double Rms(double dbv) => dbv <= -100 ? 0 : Math.Pow(10, dbv / 20);

    /// <summary>Without its mean, and with an effective value of 1.</summary>
    internal static float[] Unit(float[] samples)
    {
        var mean = samples.Average(s => (double)s);
        var rms = Math.Sqrt(samples.Average(s => (s - mean) * (s - mean)));
        return Array.ConvertAll(samples, s => (float)((s - mean) / rms));
    }
}
