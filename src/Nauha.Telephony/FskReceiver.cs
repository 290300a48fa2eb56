namespace Nauha.Telephony;

/// <summary>
/// One FSK modem's ear: 1,200 bit/s, 8N1, least significant bit first, at 8 kHz. A turn from mark to space begins a byte;
/// all its turns together say where its bits lie. The phase of such a carrier is continuous, so each bit is judged with
/// its neighbours (<see cref="FiveBits"/>).
/// </summary>
internal sealed class FskReceiver
{
    public const double Bit = 8_000.0 / 1_200;

    private const int Ring = 128;               // samples; a byte is 67
    private const int Table = 80;               // 1200, 1300, 2100 and 2200 Hz all repeat within 10 ms
    private const int Window = 7;               // samples that a level is taken over: about one bit
    private const double Half = 0.5;            // a sample stands for the time from half before it to half after
    private const int Late = 10;                // samples after a byte's end: its last turn is known, the next byte's first is not
    private const int Settled = 4;              // samples that a turn must last: less is noise
    private const int Block = 32, Blocks = 512; // levels of the last 2 s
    private const double LeastPower = 25;       // of a sample at mark or space: some −56 dBm0
    private const int Bits = 11;                // the stop bit before, start, eight, stop
    private const double Astray = 0.3;          // of a bit: a turn that far off its place says nothing
    private const double Trust = 4;             // turns: how much the byte before says of where this one lies

    private readonly double _markTurn, _spaceTurn;
    private readonly Phasor[] _markTable = new Phasor[Table], _spaceTable = new Phasor[Table];
    private readonly Phasor[] _markSums = new Phasor[Ring], _spaceSums = new Phasor[Ring];
    private readonly Phasor[] _marks = new Phasor[Bits], _spaces = new Phasor[Bits];
    private readonly float[] _levels = new float[Blocks];
    private readonly FiveBits _bits;
    private Phasor _markSum, _spaceSum;
    private long _at;
    private double _slope, _level, _turn;
    private int _untilSettled, _untilBlock = Block;
    private bool _inByte;
    private double _start, _ended, _markSince, _offs, _weights;

    public FskReceiver(double markHertz, double spaceHertz)
    {
        (_markTurn, _spaceTurn) = (2 * Math.PI * markHertz / 8_000, 2 * Math.PI * spaceHertz / 8_000);
        for (var i = 0; i < Table; i++) (_markTable[i], _spaceTable[i]) = (Phasor.Of(-_markTurn * i), Phasor.Of(-_spaceTurn * i));
        _bits = new(Phasor.Of(-_markTurn * Bit), Phasor.Of(-_spaceTurn * Bit));
    }

    /// <summary>Bits of unbroken mark before the last byte.</summary>
    public double MarkBefore { get; private set; }

    /// <summary>Bits between the last byte and the one before it.</summary>
    public double RestBefore { get; private set; }

    /// <summary>What mark and space of this receiver gathered of the last byte: more at the right frequencies.</summary>
    public double Fit { get; private set; }

    /// <summary>
    /// Sample at which the present carrier began: back from now until the level falls away. A ring or an alerting tone
    /// before it is parted by a silence.
    /// </summary>
    public long CarrierSince()
    {
        var block = (_at / Block) - 1;
        double level = 0;
        for (var i = 0; i < 8; i++) level += Level(block - i) / 8;
        var low = 0;
        var first = block;
        for (var back = block; back > block - Blocks + 1 && back >= 0 && low < 2; back--)
        {
            if (Level(back) > level / 4) (first, low) = (back, 0);
            else low++;
        }
        // The block before may hold the beginning.
        return Math.Max(0, (first * Block) - (Level(first - 1) > level / 16 ? Block / 2 : 0));
    }

    private float Level(long block) => block < 0 ? 0 : _levels[block % Blocks];

    /// <summary>Takes one sample and what <see cref="FskSlope"/> makes of it. True: <paramref name="value"/> is a byte, or −1 for a byte without its stop bit.</summary>
    public bool Take(short sample, double slope, out int value)
    {
        value = 0;
        var slot = (int)(_at % Table);
        _markSum += _markTable[slot] * sample;
        _spaceSum += _spaceTable[slot] * sample;
        _at++;
        _markSums[_at % Ring] = _markSum;
        _spaceSums[_at % Ring] = _spaceSum;
        if (_at % (1 << 20) == 0) Settle();
        Weigh();
        Follow(slope);
        if (!_inByte || _at < _start + (10 * Bit) + Late) return false;
        _inByte = false;
        value = Byte();
        return true;
    }

    // Sums over years would lose their small digits.
    private void Settle()
    {
        for (var i = 0; i < Ring; i++) (_markSums[i], _spaceSums[i]) = (_markSums[i] - _markSum, _spaceSums[i] - _spaceSum);
        (_markSum, _spaceSum) = (default, default);
    }

    private void Weigh()
    {
        var from = (_at - Window + Ring) % Ring;
        _level += Math.Max((_markSum - _markSums[from]).Power, (_spaceSum - _spaceSums[from]).Power);
        if (--_untilBlock > 0) return;
        _levels[((_at / Block) - 1) % Blocks] = (float)(_level * 2 / (Block * Window * Window));
        (_untilBlock, _level) = (Block, 0);
    }

    private void Follow(double slope)
    {
        var before = _slope;
        _slope = slope;
        if (_untilSettled > 0 && --_untilSettled == 0) Turned();
        if (before > 0 == _slope > 0) return;
        // Back again at once: neither was a turn.
        _untilSettled = _untilSettled > 0 ? 0 : Settled;
        _turn = _at - 1 + (before / (before - _slope)) - FskSlope.Late - Half;
    }

    private void Turned()
    {
        if (_inByte)
        {
            var off = (_turn - _start) / Bit;
            off -= Math.Round(off);
            if (Math.Abs(off) < Astray) (_offs, _weights) = (_offs + off, _weights + 1);
        }
        else if (_slope < 0 && _turn > _ended - (0.75 * Bit) && Level((_at / Block) - 1) > LeastPower)
        {
            (_inByte, _start, _offs, _weights) = (true, _turn, 0, 1);
            MarkBefore = (_turn - _markSince) / Bit;
            RestBefore = (_turn - _ended) / Bit;
            // Within a message bytes mostly keep step; where they do not, the turns alone count.
            var expected = (_ended - _start) / Bit;
            expected -= Math.Round(expected);
            if (RestBefore < 3 && Math.Abs(expected) < Astray) (_offs, _weights) = (expected * Trust, 1 + Trust);
        }
        if (_slope > 0) _markSince = _turn;
    }

    private int Byte()
    {
        var start = _start + (Bit * _offs / _weights);
        _ended = start + (10 * Bit);
        for (var bit = 0; bit < Bits; bit++)
        {
            var (from, until) = (start + ((bit - 1) * Bit), start + (bit * Bit));
            _marks[bit] = Phasor.Of(_markTurn * from % (2 * Math.PI)) * (Sum(_markSums, until) - Sum(_markSums, from));
            _spaces[bit] = Phasor.Of(_spaceTurn * from % (2 * Math.PI)) * (Sum(_spaceSums, until) - Sum(_spaceSums, from));
        }
        var value = 0;
        Fit = 0;
        for (var bit = 0; bit < 9; bit++)
        {
            var first = Math.Min(bit, Bits - FiveBits.Count);
            Fit += _bits.Judge(_marks.AsSpan(first, FiveBits.Count), _spaces.AsSpan(first, FiveBits.Count), bit + 2 - first, out var isMark);
            if (bit == 8) return isMark ? value : -1;
            if (isMark) value |= 1 << bit;
        }
        return value;
    }

    private static Phasor Sum(Phasor[] sums, double at)
    {
        var whole = (long)Math.Floor(at);
        var (one, two) = (sums[(whole + Ring) % Ring], sums[(whole + 1 + Ring) % Ring]);
        return one + ((two - one) * (at - whole));
    }
}
