namespace Nauha.Telephony;

/// <summary>
/// Tones that are known by their frequency: networks' special information tone (ITU-T E.180 and the Finnish form), record
/// tone, howler; fax CNG and CED (T.30), V.21 flags, textphones (V.18: V.21's lower channel, and 1400/1800 Hz at 45 to 50
/// bit/s), and alarm receivers and diallers (Contact ID's handshake, SIA's tone and modem). The alerting signal before a
/// caller ID is counted.
/// </summary>
internal sealed class SpecialTones
{
    private const double LeastShare = 0.7;

    private readonly ToneBurst _hz950 = new(), _hz1400 = new(), _hz1800 = new(), _hz1100 = new(), _hz2100 = new(), _hz2300 = new(), _hz2225 = new(), _alert = new(), _howler = new();
    private readonly TwoTones _v21 = new(ToneLane.Hz1550), _v18 = new(ToneLane.Hz880), _sia = new(ToneLane.Hz970), _fiveBits = new(ToneLane.Hz1400, ToneLane.Hz1800);
    private readonly double[] _last = new double[9];        // seconds at which each name's run last sounded
    private double _now;
    private bool _sitOpen, _sitAtLeast1400;
    private long _sitBegan;
    private double _howled;
    private long _howlBegan;

    private enum Run { Sit, Record, Howler, Cng, Ced, V21, V18, ContactId, Sia }

    public SpecialTones() => Array.Fill(_last, double.NegativeInfinity);

    /// <summary>Alerting signals so far.</summary>
    public int Alerts { get; private set; }

    public void Look(ToneSpectrum spectrum, long at, List<ToneEvent> tones)
    {
        _now = at / 8_000.0;
        var loud = spectrum.IsLoud;
        _hz950.Take(loud && spectrum.Single(ToneLane.Hz950, 45, LeastShare) > LeastShare, at);
        _hz1400.Take(loud && spectrum.Single(ToneLane.Hz1400, 45, LeastShare) > LeastShare, at);
        _hz1800.Take(loud && spectrum.Single(ToneLane.Hz1800, 45, LeastShare) > LeastShare, at);
        _hz1100.Take(loud && spectrum.Single(ToneLane.Hz1100, 40, LeastShare) > LeastShare, at);
        _hz2100.Take(loud && spectrum.Single(ToneLane.Hz2100, 25, LeastShare) > LeastShare, at);
        _hz2225.Take(loud && spectrum.Single(ToneLane.Hz2225, 25, LeastShare) > LeastShare, at);
        _hz2300.Take(loud && spectrum.Single(ToneLane.Hz2300, 40, LeastShare) > LeastShare, at);
        Sit(at, tones);
        Record(tones);
        Machines(at, tones);
        Howler(spectrum, loud, at, tones);
        Modems(spectrum, loud, at, tones);
        Alert(spectrum, loud, at);
    }

    // 950, 1400, 1800 Hz of 330 ms each; or 950, 950 and a long 1400.
    private void Sit(long at, List<ToneEvent> tones)
    {
        if (_hz950.Turned && _hz950.IsOn && !_sitOpen) (_sitOpen, _sitAtLeast1400, _sitBegan) = (true, false, _hz950.Began);
        if (!_sitOpen) return;
        if (_hz1400.Turned && _hz1400.IsOn && (_hz950.IsOn || _hz950.Since(at) < 0.45)) _sitAtLeast1400 = _hz1400.Began > _sitBegan;
        if (_sitAtLeast1400 && ((_hz1800.IsOn && _hz1800.Since(at) > 0.15 && _hz1400.Burst > 0.2) || (_hz1400.IsOn && _hz1400.Since(at) > 0.9)))
        {
            Tell(Run.Sit, "sit", _sitBegan, 6, tones);
            _sitOpen = false;
        }
        else if (!_hz950.IsOn && !_hz1400.IsOn && !_hz1800.IsOn && _hz950.Since(at) > 0.45 && _hz1400.Since(at) > 0.45)
        {
            _sitOpen = false;
        }
    }

    // 1400 Hz for half a second, every 15 s.
    private void Record(List<ToneEvent> tones)
    {
        if (_hz1400.Turned && !_hz1400.IsOn && !_sitOpen && _hz1400.Burst is > 0.4 and < 0.6) Tell(Run.Record, "record", _hz1400.Began, 20, tones);
    }

    private void Machines(long at, List<ToneEvent> tones)
    {
        // CNG: half a second every 3.5 s. CED and ANSam: some 3 s; ANSam turns its phase over every 450 ms.
        if (_hz1100.IsOn && _hz1100.Since(at) > 0.38) Tell(Run.Cng, "cng", _hz1100.Began, 4.5, tones);
        if (_hz2100.IsOn && _hz2100.Since(at) > 0.4) Tell(Run.Ced, "ced", _hz2100.Began, 2, tones);
        // The receiver's handshake: 1400 Hz and 2300 Hz, 100 ms each with 100 ms between.
        var between = (_hz2300.Began - _hz1400.TurnedAt) / 8_000.0;
        if (_hz2300.Turned && !_hz2300.IsOn && !_hz1400.IsOn && _hz2300.Burst is > 0.06 and < 0.16 && _hz1400.Burst is > 0.06 and < 0.16 && between is > 0.04 and < 0.18)
            Tell(Run.ContactId, "contactId", _hz1400.Began, 4, tones);
    }

    // Four tones at once, continuous or in bursts: the phone was left off the hook.
    private void Howler(ToneSpectrum spectrum, bool loud, long at, List<ToneEvent> tones)
    {
        var (a, b, c, d) = (spectrum.Share(ToneLane.Hz1400), spectrum.Share(ToneLane.Hz2060), spectrum.Share(ToneLane.Hz2450), spectrum.Share(ToneLane.Hz2600));
        _howler.Take(loud && a + b + c + d > 0.7 && Math.Min(Math.Min(a, b), Math.Min(c, d)) > 0.05, at);
        if (_howler.Turned && _howler.IsOn && _howler.Rest > 0.3) (_howled, _howlBegan) = (0, _howler.Began);
        if (!_howler.IsOn) return;
        if (_howlBegan == 0 && _howled == 0) _howlBegan = _howler.Began;
        _howled += 0.01;
        if (_howled > 0.3) Tell(Run.Howler, "howler", _howlBegan, 2, tones);
    }

    // Both tones of a modem in turn, and nothing else.
    private void Modems(ToneSpectrum spectrum, bool loud, long at, List<ToneEvent> tones)
    {
        if (_v21.Take(spectrum, loud, at, 0.3)) Tell(Run.V21, "v21", _v21.Began, 2, tones);
        if (_v18.Take(spectrum, loud, at, 0.3)) Tell(Run.V18, "v18", _v18.Began, 2, tones);
        if (_fiveBits.Take(spectrum, loud, at, 0.3)) Tell(Run.V18, "v18", _fiveBits.Began, 2, tones);
        if (_sia.Take(spectrum, loud, at, 0.3)) Tell(Run.Sia, "sia", _sia.Began, 4, tones);
        // The receiver invites by 2225 Hz.
        if (_hz2225.IsOn && _hz2225.Since(at) > 0.3) Tell(Run.Sia, "sia", _hz2225.Began, 4, tones);
    }

    // EN 300 659-1: 2130 and 2750 Hz at once, 88 to 110 ms; call waiting's 75 to 85 ms.
    private void Alert(ToneSpectrum spectrum, bool loud, long at)
    {
        var (low, high) = (spectrum.Share(ToneLane.Hz2130), spectrum.Share(ToneLane.Hz2750));
        _alert.Take(loud && low + high > LeastShare && Math.Min(low, high) > 0.12, at);
        if (_alert.Turned && !_alert.IsOn && _alert.Burst is > 0.055 and < 0.15) Alerts++;
    }

    // One event a run: a tone that comes again within its rest belongs to the run before.
    private void Tell(Run run, string name, long began, double rest, List<ToneEvent> tones)
    {
        if (_now - _last[(int)run] > rest) tones.Add(new(began, name));
        _last[(int)run] = _now;
    }
}
