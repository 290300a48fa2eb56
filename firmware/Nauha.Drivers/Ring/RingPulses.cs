namespace Nauha.Drivers.Ring;

/// <summary>
/// A ring from the pulses of an AC opto, one each half-cycle, looked at a thousand times a second. A ring is three
/// half-cycles of 15 to 70 Hz within 250 ms; a polarity that turns makes one pulse, and is none.
/// </summary>
public sealed class RingPulses
{
    private const int Shortest = 7, Longest = 34;      // ms from pulse to pulse: 70 Hz and 15 Hz
    private const int HalfCycles = 3;                  // of 34 ms at most: within 250 ms in any case
    private const int Over = 90;

    private int _regular, _sinceEdge = Over, _sign;
    private bool _lit;

    public bool IsRinging { get; private set; }

    /// <param name="lit">The opto conducts.</param>
    /// <returns>To which side the ring swings now: +1, −1, or 0 where it does not.</returns>
    public int Take(bool lit)
    {
        if (_sinceEdge < Over) _sinceEdge++;
        if (lit && !_lit)
        {
            _regular = _sinceEdge is >= Shortest and <= Longest ? _regular + 1 : 0;
            if (_regular == 0) _sign = 0;
            _sign = _sign == 0 ? 1 : -_sign;           // upwards first: one pulse alone never looks like a lift
            IsRinging |= _regular >= HalfCycles;
            _sinceEdge = 0;
        }
        _lit = lit;
        if (_sinceEdge >= Over) (IsRinging, _regular) = (false, 0);
        return _sinceEdge <= Longest ? _sign : 0;
    }
}
