namespace Nauha.Telephony;

/// <summary>A signal tone by its cadence: one event a run of cadences.</summary>
/// <param name="At">Sample of its first burst.</param>
/// <param name="Name">dial, busy, congestion, ringback, callWaiting, sit.</param>
public readonly record struct ToneEvent(long At, string Name);

/// <summary>
/// Call progress tones of one frequency (Finland: 425 Hz) by their cadence, and the special information tone. Steps of
/// 10 ms; a tone is there while it holds most of the energy.
/// </summary>
public sealed class ToneDetector
{
    private const int Step = 80, Window = 160;
    private const double LeastPower = 32_768.0 * 32_768 / 2 * 1e-4 / 2.06;   // about −40 dBm0
    private static readonly double[] Sit = [950, 1_400, 1_800];

    private readonly double _hertz;
    private readonly double[] _ring = new double[Window];
    private long _at;
    private int _untilStep = Window;
    private bool _on;
    private long _turnedAt, _runBegan;
    private int _pending;
    private double _lastOn, _lastOff;
    private int _cycles;
    private string? _named;
    private int _sitStage;
    private long _sitBegan, _sitSince;

    public ToneDetector(double hertz = 425) => _hertz = hertz;

    /// <summary>The tone sounds now.</summary>
    public bool IsOn => _on;

    /// <summary>Seconds since the tone last began or ceased.</summary>
    public double SecondsSinceTurn => (_at - _turnedAt) / 8_000.0;

    /// <summary>Takes samples; adds tones as soon as their cadence is known.</summary>
    public void Process(ReadOnlySpan<short> samples, List<ToneEvent> tones)
    {
        foreach (var sample in samples)
        {
            _ring[_at % Window] = sample;
            _at++;
            if (--_untilStep > 0) continue;
            _untilStep = Step;
            Look(tones);
        }
    }

    private void Look(List<ToneEvent> tones)
    {
        double energy = 0;
        foreach (var sample in _ring) energy += sample * sample;
        energy /= Window;
        var there = energy > LeastPower && Power(_hertz) > 0.7 * energy;
        LookForSit(energy, tones);
        if (there == _on)
        {
            _pending = 0;
            if (_on && _named is null && _at - _turnedAt > 16_000) Name("dial", tones);
            if (!_on && _at - _turnedAt > 8_000 * 9) (_cycles, _named) = (0, null);
            return;
        }
        if (++_pending < 2) return;
        _pending = 0;
        Turn(_at - Window, tones);
    }

    private void Turn(long at, List<ToneEvent> tones)
    {
        var seconds = Math.Max(0, at - _turnedAt) / 8_000.0;
        _turnedAt = Math.Max(0, at);
        _on = !_on;
        if (_on)
        {
            if (_cycles > 0 && !Alike(seconds, _lastOff) && _lastOff > 0) (_cycles, _named) = (0, null);
            if (_cycles == 0) _runBegan = _turnedAt;
            _lastOff = seconds;
            return;
        }
        if (_cycles > 0 && !Alike(seconds, _lastOn)) (_cycles, _named, _runBegan, _lastOff) = (0, null, _turnedAt - (long)(seconds * 8_000), 0);
        _lastOn = seconds;
        _cycles++;
        if (_named is not null) return;
        if (Near(seconds, 1.0) && (_cycles == 1 || Near(_lastOff, 4.0))) Name("ringback", tones);
        else if (_cycles >= 2 && Near(seconds, 0.3) && Near(_lastOff, 0.3)) Name("busy", tones);
        else if (_cycles >= 2 && Near(seconds, 0.2) && Near(_lastOff, 0.2)) Name("congestion", tones);
        else if (_cycles == 2 && Near(seconds, 0.15) && Near(_lastOff, 0.15)) Name("callWaiting", tones);
    }

    private void Name(string name, List<ToneEvent> tones)
    {
        _named = name;
        if (_on) _runBegan = _turnedAt;
        tones.Add(new(_runBegan, name));
    }

    private static bool Near(double seconds, double wanted) => Math.Abs(seconds - wanted) < Math.Max(0.03, wanted * 0.2);

    private static bool Alike(double a, double b) => Math.Abs(a - b) < Math.Max(0.04, b * 0.25);

    // Three rising tones of about 330 ms each.
    private void LookForSit(double energy, List<ToneEvent> tones)
    {
        var hears = energy > LeastPower && Power(Sit[_sitStage]) > 0.7 * energy;
        if (hears)
        {
            if (_sitStage == 0 && _sitSince == 0) _sitBegan = _at - Window;
            _sitSince++;
            if (_sitSince < 15 || _sitStage < 2) return;
            tones.Add(new(_sitBegan, "sit"));
            (_sitStage, _sitSince) = (0, 0);
            return;
        }
        if (_sitSince >= 15 && _sitStage < 2 && energy > LeastPower && Power(Sit[_sitStage + 1]) > 0.7 * energy) (_sitStage, _sitSince) = (_sitStage + 1, 1);
        else if (_at - _sitBegan > 8_000 * 2 || _sitSince < 15) (_sitStage, _sitSince) = (0, 0);
    }

    private double Power(double hertz)
    {
        var turn = 2 * Math.Cos(2 * Math.PI * hertz / 8_000);
        double one = 0, two = 0;
        for (var i = 0; i < Window; i++) (one, two) = (_ring[(_at + i) % Window] + (turn * one) - two, one);
        return 2 * ((one * one) + (two * two) - (turn * one * two)) / ((double)Window * Window);
    }
}
