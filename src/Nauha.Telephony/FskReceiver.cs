namespace Nauha.Telephony;

/// <summary>
/// One FSK modem's ear: 1,200 bit/s, 8N1, least significant bit first, at 8 kHz. Correlators of one bit's length at mark
/// and space; the difference of their envelopes is the soft bit; bytes are taken from the edge of each start bit.
/// </summary>
internal sealed class FskReceiver
{
    private const double SamplesPerBit = 8_000.0 / 1_200;
    private const int Window = 7;
    private const double LeastPower = 400;      // some −56 dBm0

    private readonly double _mark, _space;
    private readonly double[] _ring = new double[Window * 4];
    private readonly double[] _history = new double[96];
    private double _markI, _markQ, _spaceI, _spaceQ, _power;
    private long _at;
    private double _before;
    private double _edge = -1;
    private int _quiet;

    public FskReceiver(double markHertz, double spaceHertz) => (_mark, _space) = (2 * Math.PI * markHertz / 8_000, 2 * Math.PI * spaceHertz / 8_000);

    /// <summary>Sample at which the present carrier began; −1 without one.</summary>
    public long CarrierSince { get; private set; } = -1;

    /// <summary>
    /// How far the carrier's mark lies from this receiver's, in radians a sample: against the right oscillator the phase
    /// of the mark stands still. The better fitting of two receivers has less.
    /// </summary>
    public double Misfit => Math.Abs(Math.Atan2(_turnQ, _turnI));

    private int _ones;
    private double _turnI, _turnQ, _beforeI, _beforeQ;

    /// <summary>Takes one sample. True: <paramref name="value"/> is a byte, or −1 for a byte without its stop bit.</summary>
    public bool Take(short sample, out int value)
    {
        value = 0;
        Correlate(sample);
        var markPower = (_markI * _markI) + (_markQ * _markQ);
        var spacePower = (_spaceI * _spaceI) + (_spaceQ * _spaceQ);
        var soft = Math.Sqrt(markPower) - Math.Sqrt(spacePower);
        _history[_at % _history.Length] = soft;
        Carrier(markPower + spacePower, soft);
        var now = _at++;
        var crossing = _before > 0 && soft <= 0;
        var fraction = crossing ? _before / (_before - soft) : 0;
        var previous = _before;
        _before = soft;
        if (CarrierSince < 0)
        {
            _edge = -1;
            return false;
        }
        if (_edge < 0)
        {
            // The window's own middle is half a window late, for edges and bits alike: it cancels.
            if (crossing) _edge = now - 1 + fraction;
            return false;
        }
        // Half a bit after the edge the start bit must still be there.
        if (now == (long)Math.Ceiling(_edge + (SamplesPerBit / 2)) && At(_edge + (SamplesPerBit / 2)) > 0)
        {
            _edge = -1;
            return false;
        }
        if (now < _edge + (9.5 * SamplesPerBit)) return false;
        for (var bit = 0; bit < 8; bit++)
            if (At(_edge + ((bit + 1.5) * SamplesPerBit)) > 0) value |= 1 << bit;
        if (At(_edge + (9.5 * SamplesPerBit)) <= 0) value = -1;
        _edge = value < 0 && previous > 0 && crossing ? now - 1 + fraction : -1;
        return true;
    }

    private double At(double position)
    {
        var whole = (long)Math.Floor(position);
        var part = position - whole;
        return (_history[whole % _history.Length] * (1 - part)) + (_history[(whole + 1) % _history.Length] * part);
    }

    // Sliding sums: what leaves the window is taken off with the phase it came in with.
    private void Correlate(short sample)
    {
        var slot = (int)(_at % Window) * 4;
        _markI -= _ring[slot];
        _markQ -= _ring[slot + 1];
        _spaceI -= _ring[slot + 2];
        _spaceQ -= _ring[slot + 3];
        if (_at % 4_000 == 0) Refresh(slot);
        _ring[slot] = sample * Math.Cos(_mark * _at);
        _ring[slot + 1] = sample * Math.Sin(_mark * _at);
        _ring[slot + 2] = sample * Math.Cos(_space * _at);
        _ring[slot + 3] = sample * Math.Sin(_space * _at);
        _markI += _ring[slot];
        _markQ += _ring[slot + 1];
        _spaceI += _ring[slot + 2];
        _spaceQ += _ring[slot + 3];
        _power += (((double)sample * sample) - _power) / 16;
    }

    // Rounding piles up in sliding sums; now and then they are summed anew.
    private void Refresh(int without)
    {
        (_markI, _markQ, _spaceI, _spaceQ) = (0, 0, 0, 0);
        for (var i = 0; i < _ring.Length; i += 4)
        {
            if (i == without) continue;
            (_markI, _markQ, _spaceI, _spaceQ) = (_markI + _ring[i], _markQ + _ring[i + 1], _spaceI + _ring[i + 2], _spaceQ + _ring[i + 3]);
        }
    }

    // A carrier: most of the power lies at mark or space.
    private void Carrier(double power, double soft)
    {
        var there = _power > LeastPower && power > 0.25 * _power * Window * Window / 2;
        _quiet = there ? 0 : _quiet + 1;
        if (there && CarrierSince < 0) (CarrierSince, _turnI, _turnQ) = (_at, 0, 0);
        if (_quiet > 40) CarrierSince = -1;
        // In a run of ones the window holds nothing but mark; at the edges of bits the phase turns by itself.
        _ones = soft > 0 ? _ones + 1 : 0;
        if (_ones > 2 * Window)
        {
            _turnI += (_markI * _beforeI) + (_markQ * _beforeQ);
            _turnQ += (_markQ * _beforeI) - (_markI * _beforeQ);
        }
        (_beforeI, _beforeQ) = (_markI, _markQ);
    }
}
