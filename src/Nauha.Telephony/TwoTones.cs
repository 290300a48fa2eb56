namespace Nauha.Telephony;

/// <summary>A slow modem: two tones in turn hold the energy, and both are heard.</summary>
internal sealed class TwoTones
{
    private const double LeastShare = 0.75, LeastEach = 0.12;
    private const int LeastTurns = 5;       // of slow bits: two notes of a signal are no modem

    private readonly ToneBurst _burst = new();
    private readonly ToneLane _low, _high;
    private readonly ToneLane? _family;
    private double _lowShare, _highShare;
    private bool _isHigh;
    private int _turns;

    /// <param name="family">The first of five lanes 100 Hz apart: the second and the fourth are the modem's tones.</param>
    public TwoTones(ToneLane family) => (_low, _high, _family) = (family + 1, family + 3, family);

    /// <summary>Bits longer than a step, so that nothing lies between the tones.</summary>
    public TwoTones(ToneLane low, ToneLane high) => (_low, _high) = (low, high);

    public long Began => _burst.Began;

    /// <summary>True while the modem has been heard for so many seconds.</summary>
    public bool Take(ToneSpectrum spectrum, bool loud, long at, double seconds)
    {
        var (low, high) = loud ? (spectrum.Share(_low), spectrum.Share(_high)) : (0, 0);
        var all = !loud ? 0 : _family is { } family ? spectrum.Share(family, 5) : low + high;
        _burst.Take(all > LeastShare, at);
        if (_burst.Turned) (_lowShare, _highShare, _turns) = (0, 0, 0);
        if (!_burst.IsOn) return false;
        (_lowShare, _highShare) = (_lowShare + ((low - _lowShare) / 16), _highShare + ((high - _highShare) / 16));
        if (high > low != _isHigh) (_isHigh, _turns) = (high > low, _turns + 1);
        return _burst.Since(at) > seconds && _lowShare > LeastEach && _highShare > LeastEach && (_family is not null || _turns >= LeastTurns);
    }
}
