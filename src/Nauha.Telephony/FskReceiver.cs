using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// One FSK modem's ear: 1,200 bit/s, 8N1, least significant bit first, at 8 kHz. A turn from mark to space begins a byte;
/// all its turns together say where its bits lie and how long they are. The phase of such a carrier is continuous, so each
/// bit is judged with its neighbours (<see cref="FiveBits"/>), at the frequencies that the mark before the message had.
/// </summary>
internal sealed class FskReceiver
{
    public const double Bit = 8_000.0 / 1_200;

    private const int Late = 10;                // samples after a byte's end: its last turn is known, the next byte's first is not
    private const double LeastPower = 25 / 32_768.0 / 32_768;   // some −56 dBm0
    private const int Bits = 11;                // the stop bit before, start, eight, stop
    private const double Astray = 0.3;          // of a bit: a turn that far off its place says nothing
    private const double Trust = 4;             // turns: how much the byte before says of where this one lies
    private const double TrustSpeed = 200;      // squared bits: how much the nominal speed says (a byte of turns is some 80)
    private const double Memory = 0.95;         // of a byte: how much what was learned of the speed still counts at the next
    private const double MostSpeed = 0.035, MostPitch = 0.055;
    private const int Listened = 5;             // bits: twice as many of the mark before a message are measured
    private const int Most = 24;                // turns of a byte: nine, and what noise adds
    private const int Span = 96;                // samples of a byte with its neighbours

    private readonly double _markHertz, _spaceHertz;
    private readonly Vector128<float>[] _table = new Vector128<float>[Span];    // mark's cosine and sine, space's cosine and sine
    private readonly Vector128<float>[] _sums = new Vector128<float>[Span + 1];
    private readonly Phasor[] _marks = new Phasor[Bits], _spaces = new Phasor[Bits];
    private readonly FiveBits _bits = new();
    private double _pitch = double.NaN, _bit = Bit;
    private readonly FskTurn[] _kept = new FskTurn[Most];                       // of this byte
    private int _keptCount;
    private bool _inByte;
    private double _start, _ended, _markSince, _offs, _weights;
    private double _endedBefore, _markBefore;
    private double _places, _placesSquared, _placesOffs, _turns, _turnOffs;     // of this byte's turns
    private double _speedOffs, _speedSquares;                                   // of all bytes, the older the less

    public FskReceiver(double markHertz, double spaceHertz)
    {
        (_markHertz, _spaceHertz) = (markHertz, spaceHertz);
        Tune(0);
    }

    /// <summary>Bits of unbroken mark before the last byte.</summary>
    public double MarkBefore { get; private set; }

    /// <summary>Bits between the last byte and the one before it.</summary>
    public double RestBefore { get; private set; }

    /// <summary>What mark and space of this receiver gathered of the last byte: more at the right frequencies.</summary>
    public double Fit { get; private set; }

    /// <summary>A byte whose end is known by this sample, if there is one: call until there is none, then take the turn.</summary>
    public bool Ended(long now)
    {
        if (!_inByte || now + 1 < _start + (10 * _bit) + Late) return false;
        _inByte = false;
        Learn();
        return true;
    }

    public void Take(in FskTurn turn, FskTurns line)
    {
        if (_inByte)
        {
            Keep(turn);
            var off = (turn.At - _start) / _bit;
            var place = Math.Round(off);
            off -= place;
            if (Math.Abs(off) < Astray)
            {
                (_offs, _weights) = (_offs + off, _weights + 1);
                (_turns, _turnOffs, _places, _placesSquared, _placesOffs) = (_turns + 1, _turnOffs + off, _places + place, _placesSquared + (place * place), _placesOffs + (place * off));
            }
        }
        else if (!turn.ToMark && turn.At > _ended - (0.75 * _bit) && line.Level((turn.KnownAt / FskTurns.Step) - 1) > LeastPower)
        {
            (_inByte, _start, _offs, _weights, _keptCount) = (true, turn.At, 0, 1, 0);
            Keep(turn);
            (_turns, _turnOffs, _places, _placesSquared, _placesOffs) = (1, 0, 0, 0, 0);
            _markBefore = _markSince;
            MarkBefore = (turn.At - _markSince) / Bit;
            RestBefore = (turn.At - _ended) / Bit;
            // Within a message bytes mostly keep step; where they do not, the turns alone count.
            var expected = (_ended - _start) / _bit;
            expected -= Math.Round(expected);
            if (RestBefore < 3 && Math.Abs(expected) < Astray) (_offs, _weights) = (expected * Trust, 1 + Trust);
        }
        if (turn.ToMark) _markSince = turn.At;
    }

    // How the turns' offs grow from bit to bit is how far the sender's speed is off.
    private void Learn()
    {
        _start += _bit * _offs / _weights;
        _endedBefore = _ended;
        _ended = _start + (10 * _bit);
        var squares = _placesSquared - (_places * _places / _turns);
        var offs = _placesOffs - (_places * _turnOffs / _turns);
        // Offs are counted by the bit as it was believed to be.
        offs += squares * ((_bit / Bit) - 1);
        (_speedOffs, _speedSquares) = ((_speedOffs * Memory) + offs, (_speedSquares * Memory) + squares);
        _bit = Bit * (1 + Math.Clamp(_speedOffs / (_speedSquares + TrustSpeed), -MostSpeed, MostSpeed));
    }

    /// <summary>The byte that has ended; −1 without its stop bit; null where noise in the mark was taken for its beginning: what was heard since is then heard again.</summary>
    public int? Byte(FskTurns line, bool first)
    {
        if (first) Tune(Pitch(line));
        // Within a message, noise can hide the turn that begins a byte: then the one after it was taken for that, two bits later or more.
        var hidden = !first && RestBefore is > 1.7 and < 12 && Begins(line, _endedBefore);
        if (hidden) (_start, _ended) = (_endedBefore, _endedBefore + (10 * _bit));
        if (!Begins(line, _start))
        {
            (_ended, _markSince) = (_endedBefore, _markBefore);
            Again(line, 1);
            return null;
        }
        var value = 0;
        Fit = 0;
        for (var bit = 0; bit < 9; bit++)
        {
            var window = Math.Min(bit, Bits - FiveBits.Count);
            Fit += _bits.Judge(_marks.AsSpan(window, FiveBits.Count), _spaces.AsSpan(window, FiveBits.Count), bit + 2 - window, out var isMark);
            if (!isMark) continue;
            value |= 1 << bit;
        }
        if (hidden) Again(line, 0);
        // The ninth is the stop bit.
        return value > 0xFF ? value & 0xFF : -1;
    }

    // Lays the bits of a byte that begins here: is its first one a space?
    private bool Begins(FskTurns line, double start)
    {
        var from = (long)Math.Floor(start - _bit);
        Gather(line.Line, from);
        var (mark, space) = (Turn(_markHertz), Turn(_spaceHertz));
        var (markBit, spaceBit) = (Phasor.Of(mark * _bit), Phasor.Of(space * _bit));
        var first = start - _bit - from;
        var (markTurned, spaceTurned) = (Phasor.Of(mark * (first - 0.5)), Phasor.Of(space * (first - 0.5)));
        for (var bit = 0; bit < Bits; bit++)
        {
            var begin = first + (bit * _bit);
            var sum = Sum(begin + _bit) - Sum(begin);
            _marks[bit] = markTurned * new Phasor(sum[0], sum[1]);
            _spaces[bit] = spaceTurned * new Phasor(sum[2], sum[3]);
            (markTurned, spaceTurned) = (markTurned * markBit, spaceTurned * spaceBit);
        }
        _bits.Step(markBit.Back, spaceBit.Back);
        _bits.Judge(_marks.AsSpan(0, FiveBits.Count), _spaces.AsSpan(0, FiveBits.Count), 1, out var isMark);
        return !isMark;
    }

    private void Keep(in FskTurn turn)
    {
        if (_keptCount < Most) _kept[_keptCount++] = turn;
    }

    // Those that belong to no byte may begin one. A byte that begins keeps them from the front: none is overwritten before it is taken.
    private void Again(FskTurns line, int from)
    {
        var count = _keptCount;
        for (var i = from; i < count; i++)
        {
            var turn = _kept[i];
            Take(turn, line);
        }
    }

    // How far mark's phase runs away over five bits of the rest before a message; nothing where it is not this modem's mark.
    private double Pitch(FskTurns line)
    {
        var until = (long)Math.Floor(_start - 1);
        var count = (int)(Listened * Bit);
        if (line.Line.At - until + (2 * count) > FskTurns.Kept) return 0;
        var heard = line.Line.Last((int)(line.Line.At - until) + (2 * count))[..(2 * count)];
        var turn = Phasor.Of(-2 * Math.PI * _markHertz / 8_000);
        var (before, after) = (Correlate(heard[..count]), Correlate(heard[count..]));
        var off = (Math.Atan2((after.Imaginary * before.Real) - (after.Real * before.Imaginary), (after.Real * before.Real) + (after.Imaginary * before.Imaginary)) / (2 * Math.PI)) - (_markHertz * count / 8_000);
        off = (off - Math.Round(off)) * 8_000 / count / _markHertz;
        return Math.Abs(off) < MostPitch ? off : 0;

        Phasor Correlate(ReadOnlySpan<float> samples)
        {
            var (sum, turned) = (default(Phasor), new Phasor(1, 0));
            foreach (var sample in samples)
            {
                sum += turned * sample;
                turned *= turn;
            }
            return sum;
        }
    }

    private double Turn(double hertz) => 2 * Math.PI * hertz * (1 + _pitch) / 8_000;

    private void Tune(double pitch)
    {
        if (pitch == _pitch) return;
        _pitch = pitch;
        var (markTurn, spaceTurn) = (Phasor.Of(-Turn(_markHertz)), Phasor.Of(-Turn(_spaceHertz)));
        var (mark, space) = (new Phasor(1, 0), new Phasor(1, 0));
        for (var i = 0; i < Span; i++)
        {
            _table[i] = Vector128.Create((float)mark.Real, (float)mark.Imaginary, (float)space.Real, (float)space.Imaginary);
            (mark, space) = (mark * markTurn, space * spaceTurn);
        }
    }

    // Sums from the byte's beginning to each sample: any stretch is the difference of two.
    private void Gather(HeardSteps line, long from)
    {
        var back = (int)(line.At - from);
        var heard = line.Last(back);
        var sum = Vector128<float>.Zero;
        var count = Math.Min(Span, back);
        for (var i = 0; i < count; i++)
        {
            sum += _table[i] * heard[i];
            _sums[i + 1] = sum;
        }
        for (var i = count; i < Span; i++) _sums[i + 1] = sum;
    }

    private Vector128<float> Sum(double at)
    {
        var whole = (int)at;
        return _sums[whole] + ((_sums[whole + 1] - _sums[whole]) * (float)(at - whole));
    }

    /// <summary>
    /// Sample at which the present carrier began: back from the last byte's end until the level falls away. A ring or an
    /// alerting tone before it is parted by a silence.
    /// </summary>
    public static long CarrierSince(FskTurns line)
    {
        var step = (line.Line.At / FskTurns.Step) - 1;
        double level = 0;
        for (var i = 0; i < 8; i++) level += line.Level(step - i) / 8;
        var low = 0;
        var first = step;
        for (var back = step; back > step - FskTurns.LevelsKept && back >= 0 && low < 2; back--)
        {
            if (line.Level(back) > level / 4) (first, low) = (back, 0);
            else low++;
        }
        // The step before may hold the beginning.
        return Math.Max(0, (first * FskTurns.Step) - (line.Level(first - 1) > level / 16 ? FskTurns.Step / 2 : 0));
    }
}
