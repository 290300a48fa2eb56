namespace Nauha.Telephony;

/// <summary>One progress tone's bursts and rests, joined into runs: each is named once, when its cadence is known.</summary>
internal sealed class ToneRun(ToneSound sound)
{
    private const double LeastShare = 0.7;
    private const double RunEnds = 10;              // seconds of rest: 8 s between two call waitings, and a fifth more
    private const double DialAfter = 2;
    private const double Short = 0.5;               // a rest within a signal
    private const int PairOn = 330, PairOff = 140;  // samples that two tones are known after they began or ceased

    private readonly ToneBurst _burst = new();
    private long _runBegan;
    private double _lastOn, _lastOff, _offBefore;
    private int _bursts;
    private string? _named;

    /// <summary>What the run is; null: not known yet.</summary>
    public string? Named => _named;

    /// <summary>Its whole bursts so far.</summary>
    public int Bursts => _bursts;

    public bool IsOn => _burst.IsOn;

    public double Since(long at) => _burst.Since(at);

    /// <summary>The run's tone is heard in the last step, whatever else is.</summary>
    public void Look(ToneSpectrum spectrum, long at, bool elsewhere, List<ToneEvent> tones)
    {
        if (sound.High is { } high) _burst.Take(!elsewhere && spectrum.Pair(sound.Low, high, LeastShare) > 0, at, PairOn, PairOff);
        else _burst.Take(!elsewhere && spectrum.IsLoud && spectrum.Single(sound.Low, sound.Tolerance, LeastShare) > LeastShare, at);
        if (_burst.Turned && _burst.IsOn) Began();
        else if (_burst.Turned) Ceased(tones);
        else if (_burst.IsOn && _named is null && _burst.Since(at) > DialAfter && sound.High is null or ToneLane.Hz440) Name("dial", _burst.Began, tones);
        else if (!_burst.IsOn && _burst.Since(at) > RunEnds) (_bursts, _named) = (0, null);
    }

    private void Began()
    {
        var rest = _burst.Rest;
        // The pair of a call-waiting tone comes again after 8 s; so does a ringback's rest differ from its first silence.
        if (_bursts > 0 && (_named is null || _named != sound.Uneven) && _lastOff > 0 && !Alike(rest, _lastOff)) (_bursts, _named) = (0, null);
        if (_bursts == 0) _runBegan = _burst.Began;
        if (_bursts > 0) _lastOff = rest;
    }

    private void Ceased(List<ToneEvent> tones)
    {
        var burst = _burst.Burst;
        var before = _lastOn;
        _lastOn = burst;
        _bursts++;
        var evenly = _lastOff < Short && _offBefore < Short && _bursts > 2;
        _offBefore = _lastOff;
        if (_named is not null && _named == sound.Uneven)
        {
            // A quick congestion begins as a call-waiting tone does: the third burst tells.
            if (evenly && _named == "callWaiting" && sound.Cadence(_bursts, burst, _lastOff, before) is { } other && other != _named) Name(other, _runBegan, tones);
            return;
        }
        if (_bursts > 1 && !Alike(burst, before) && sound.Cadence(_bursts, burst, _lastOff, before) is null) (_bursts, _named, _runBegan, _lastOff) = (1, null, _burst.Began, 0);
        if (_bursts == 1) _lastOff = 0;
        if (_named is null && sound.Cadence(_bursts, burst, _lastOff, before) is { } name) Name(name, _runBegan, tones);
    }

    private void Name(string name, long at, List<ToneEvent> tones)
    {
        _named = name;
        tones.Add(new(at, name));
    }

    private static bool Alike(double a, double b) => Math.Abs(a - b) < Math.Max(0.04, b * 0.25);
}
