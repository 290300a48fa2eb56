using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>A turn of the carrier from mark to space or back.</summary>
/// <param name="At">When, in samples: sample k lasts from k to k + 1.</param>
/// <param name="KnownAt">Sample at which it is known.</param>
internal readonly record struct FskTurn(double At, long KnownAt, bool ToMark);

/// <summary>
/// Where the carrier turns between mark and space: on which side of 1,700 Hz it is, the middle of V.23's and of Bell 202's
/// tones. Brought down by that frequency, kept within 900 Hz either way, and compared with itself half a bit ago: how far
/// its phase has run does not depend on how loud mark and space are. One for all modems; in steps of 4 ms.
/// </summary>
internal sealed class FskTurns
{
    public const int Step = 32, Kept = 320;     // a byte is 67 samples, the mark before it up to 80 are looked at

    private const int Taps = 15, Apart = 4, Lanes = 8;
    private const double Late = ((Taps - 1) / 2.0) + (Apart / 2.0);     // a turn shows so many samples after it was
    private const double Half = 0.5;            // a sample stands for the time from half before it to half after
    private const int Settled = 4;              // samples that a turn must last: less is noise
    private const int Table = 80;               // 1700 Hz repeats within 10 ms
    private const int Levels = 512;             // steps: the last 2 s
    private static readonly float[] Cosines = Waves(Math.Cos), Sines = Waves(turn => -Math.Sin(turn));
    private static readonly float[] Shape = Weigh();

    private readonly HeardSteps _line = new(Step, Kept);
    private readonly float[] _downReal = new float[Taps - 1 + Step], _downImaginary = new float[Taps - 1 + Step];
    private readonly float[] _keptReal = new float[Apart + Step], _keptImaginary = new float[Apart + Step];
    private readonly float[] _slopes = new float[1 + Step];
    private readonly float[] _levels = new float[Levels];
    private readonly FskTurn[] _turns = new FskTurn[Step];
    private int _count;
    private bool _pending, _side;
    private long _changedAt;
    private double _turn;

    public HeardSteps Line => _line;

    /// <summary>Turns that became known in the last step.</summary>
    public ReadOnlySpan<FskTurn> Turns => _turns.AsSpan(0, _count);

    /// <summary>Mean power of the band in a step, counted from 0; full scale is 1.</summary>
    public float Level(long step) => step < 0 ? 0 : _levels[step % Levels];

    /// <summary>Steps whose level is still known.</summary>
    public const int LevelsKept = Levels - 1;

    /// <summary>Takes what completes one step; true when it is complete.</summary>
    public bool Take(ref ReadOnlySpan<short> samples)
    {
        if (!_line.Take(ref samples)) return false;
        Slope();
        Find();
        return true;
    }

    private void Slope()
    {
        var first = _line.At - Step;
        var heard = _line.Last(Step);
        var phase = (int)(first % Table);
        Array.Copy(_downReal, Step, _downReal, 0, Taps - 1);
        Array.Copy(_downImaginary, Step, _downImaginary, 0, Taps - 1);
        Array.Copy(_keptReal, Step, _keptReal, 0, Apart);
        Array.Copy(_keptImaginary, Step, _keptImaginary, 0, Apart);
        _slopes[0] = _slopes[Step];
        for (var i = 0; i < Step; i += Lanes)
        {
            var samples = Vector256.Create(heard.Slice(i, Lanes));
            (samples * Vector256.Create(Cosines, phase + i)).CopyTo(_downReal, Taps - 1 + i);
            (samples * Vector256.Create(Sines, phase + i)).CopyTo(_downImaginary, Taps - 1 + i);
        }
        var level = Vector256<float>.Zero;
        for (var i = 0; i < Step; i += Lanes)
        {
            var (re, im) = (Vector256<float>.Zero, Vector256<float>.Zero);
            for (var tap = 0; tap < Taps; tap++)
            {
                var weight = Vector256.Create(Shape[tap]);
                re = Vector256.MultiplyAddEstimate(Vector256.Create(_downReal, i + tap), weight, re);
                im = Vector256.MultiplyAddEstimate(Vector256.Create(_downImaginary, i + tap), weight, im);
            }
            re.CopyTo(_keptReal, Apart + i);
            im.CopyTo(_keptImaginary, Apart + i);
            level += (re * re) + (im * im);
        }
        for (var i = 0; i < Step; i += Lanes)
        {
            // More than zero on mark's side, less on space's.
            var slope = (Vector256.Create(_keptReal, Apart + i) * Vector256.Create(_keptImaginary, i)) - (Vector256.Create(_keptImaginary, Apart + i) * Vector256.Create(_keptReal, i));
            slope.CopyTo(_slopes, 1 + i);
        }
        _levels[(_line.At / Step - 1) % Levels] = Vector256.Sum(level) * 2 / Step;
    }

    private void Find()
    {
        _count = 0;
        var marks = 0u;
        for (var i = 0; i < Step; i += Lanes)
            marks |= Vector256.GreaterThan(Vector256.Create(_slopes, 1 + i), Vector256<float>.Zero).ExtractMostSignificantBits() << i;
        var changes = marks ^ ((marks << 1) | (_side ? 1u : 0u));
        var first = _line.At - Step;
        while (changes != 0)
        {
            var i = BitOperations.TrailingZeroCount(changes);
            changes &= changes - 1;
            Settle(first + i);
            // Back again at once: neither was a turn.
            _pending = !_pending;
            (_changedAt, _side) = (first + i, (marks >> i & 1) != 0);
            if (_pending) _turn = first + i + (_slopes[i] / (_slopes[i] - _slopes[i + 1])) - Late - Half;
        }
        Settle(_line.At - 1);
    }

    private void Settle(long now)
    {
        if (!_pending || now - _changedAt < Settled) return;
        _pending = false;
        _turns[_count++] = new(_turn, _changedAt + Settled, _side);
    }

    private static float[] Waves(Func<double, double> wave) => [.. Enumerable.Range(0, Table + Step).Select(i => (float)wave(2 * Math.PI * 1_700 * i / 8_000))];

    private static float[] Weigh()
    {
        const double cut = 900 / 8_000.0;
        var shape = new float[Taps];
        for (var i = 0; i < Taps; i++)
        {
            var x = i - ((Taps - 1) / 2.0);
            var sinc = x == 0 ? 2 * cut : Math.Sin(2 * Math.PI * cut * x) / (Math.PI * x);
            shape[i] = (float)(sinc * (0.54 + (0.46 * Math.Cos(2 * Math.PI * x / (Taps - 1)))));
        }
        return shape;
    }
}
