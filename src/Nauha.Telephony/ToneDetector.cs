namespace Nauha.Telephony;

/// <summary>A signal tone: one event a run of its cadence.</summary>
/// <param name="At">Sample of its first burst.</param>
/// <param name="Name">dial, stutterDial, busy, congestion, ringback, callWaiting, sit, record, howler, cng, ced, v21, contactId.</param>
public readonly record struct ToneEvent(long At, string Name);

/// <summary>
/// Call progress tones of one frequency (Finland: 425 Hz) by their cadence, and the tones of machines and networks
/// (<see cref="SpecialTones"/>). Steps of 10 ms; a tone is there while it holds most of the energy.
/// </summary>
/// <remarks>Pure: time is the count of samples; any block size gives the same events; nothing is allocated per block.</remarks>
public sealed class ToneDetector(double hertz = 425)
{
    private const double LeastShare = 0.7;
    private const double Tolerance = 25;            // Hz
    private const double RunEnds = 9;               // seconds of rest
    private const double DialAfter = 2;

    private readonly HumFilter _hum = new();
    private readonly ToneSpectrum _spectrum = new(hertz);
    private readonly ToneBurst _progress = new();
    private readonly SpecialTones _special = new();
    private readonly short[] _block = new short[ToneSpectrum.Block];
    private int _filled;
    private long _at;
    private long _runBegan;
    private double _lastOn, _lastOff;
    private int _cycles;
    private string? _named;

    /// <summary>The progress tone sounds now.</summary>
    public bool IsOn => _progress.IsOn;

    /// <summary>Seconds since the progress tone last began or ceased.</summary>
    public double SecondsSinceTurn => _progress.Since(_at);

    /// <summary>Takes samples; adds tones as soon as their cadence is known.</summary>
    public void Process(ReadOnlySpan<short> samples, List<ToneEvent> tones)
    {
        foreach (var sample in samples)
        {
            _block[_filled++] = _hum.Take(sample);
            _at++;
            if (_filled < ToneSpectrum.Block) continue;
            _filled = 0;
            _spectrum.Take(_block);
            Look(tones);
            _special.Look(_spectrum, _at, tones);
        }
    }

    private void Look(List<ToneEvent> tones)
    {
        _progress.Take(_spectrum.IsLoud && _spectrum.Single(ToneLane.Progress, Tolerance) > LeastShare, _at);
        if (_progress.Turned && _progress.IsOn) Began();
        else if (_progress.Turned) Ceased(tones);
        else if (_progress.IsOn && _named is null && _progress.Since(_at) > DialAfter) Name("dial", _progress.Began, tones);
        else if (!_progress.IsOn && _progress.Since(_at) > RunEnds) (_cycles, _named) = (0, null);
    }

    private void Began()
    {
        var rest = _progress.Rest;
        // The pair of a call-waiting tone comes again after 8 s; so does a ringback's rest differ from its first silence.
        if (_cycles > 0 && _named != "callWaiting" && _lastOff > 0 && !Alike(rest, _lastOff)) (_cycles, _named) = (0, null);
        if (_cycles == 0) _runBegan = _progress.Began;
        if (_cycles > 0) _lastOff = rest;
    }

    private void Ceased(List<ToneEvent> tones)
    {
        var burst = _progress.Burst;
        if (_cycles > 0 && !Alike(burst, _lastOn)) (_cycles, _named, _runBegan, _lastOff) = (0, null, _progress.Began, 0);
        if (_cycles == 0) _lastOff = 0;
        _lastOn = burst;
        _cycles++;
        if (_named is not null) return;
        var name = (burst, _lastOff) switch
        {
            _ when _cycles == 1 => Near(burst, 1.0) ? "ringback" : null,
            var (on, off) when Near(on, 1.0) && Near(off, 4.0) => "ringback",
            var (on, off) when Near(on, 0.65) && off < 0.08 => "stutterDial",
            var (on, off) when Near(on, 0.3) && Near(off, 0.3) => "busy",
            var (on, off) when Near(on, 0.2) && Near(off, 0.2) => "congestion",
            var (on, off) when _cycles == 2 && Near(on, 0.15) && Near(off, 0.15) => "callWaiting",
            _ => null,
        };
        if (name is not null) Name(name, _runBegan, tones);
    }

    private void Name(string name, long at, List<ToneEvent> tones)
    {
        _named = name;
        tones.Add(new(at, name));
    }

    // ITU-T E.180 lets cadences vary by some 10 %; generators by more, and steps of 10 ms count at the short ones.
    private static bool Near(double seconds, double wanted) => Math.Abs(seconds - wanted) < Math.Max(0.026, wanted * 0.2);

    private static bool Alike(double a, double b) => Math.Abs(a - b) < Math.Max(0.04, b * 0.25);
}
