using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>A turn of the carrier from mark to space or back.</summary>
/// <param name="At">When, in samples: sample k lasts from k to k + 1.</param>
/// <param name="KnownAt">Sample at which it is known.</param>
internal readonly record struct FskTurn(double At, long KnownAt, bool ToMark);

/// <summary>
/// Where the carrier turns between mark and space: on which side of 1,700 Hz it is, the middle of V.23's and of Bell 202's
/// tones. Kept within 900 Hz either way, and compared with itself half a bit ago: how much farther its phase has run than that
/// frequency's does not depend on how loud mark and space are. One for all modems; in steps of 4 ms.
/// </summary>
internal sealed class FskTurns
{
    public const int Step = 32, Kept = 320;     // a byte is 67 samples, the mark before it up to 80 are looked at

    private const int Taps = 15, Apart = 4, Lanes = 8;
    private const double Late = ((Taps - 1) / 2.0) + (Apart / 2.0);     // a turn shows so many samples after it was
    private const double Half = 0.5;            // a sample stands for the time from half before it to half after
    private const int Settled = 4;              // samples that a turn must last: less is noise
    private const double Middle = 1_700;
    private const int Levels = 512;             // steps: the last 2 s
    private static readonly float[] Cosines = Band(Math.Cos), Sines = Band(turn => -Math.Sin(turn));
    private static readonly float TurnReal = (float)Math.Cos(2 * Math.PI * Middle * Apart / 8_000), TurnImaginary = (float)Math.Sin(2 * Math.PI * Middle * Apart / 8_000);

    private readonly HeardSteps _line = new(Step, Kept);
    private readonly float[] _real = new float[Step], _imaginary = new float[Step];
    private readonly float[] _turnedReal = new float[Apart + Step], _turnedImaginary = new float[Apart + Step];
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
        var heard = _line.Last(Step + Taps - 1);
        Array.Copy(_turnedReal, Step, _turnedReal, 0, Apart);
        Array.Copy(_turnedImaginary, Step, _turnedImaginary, 0, Apart);
        _slopes[0] = _slopes[Step];
        var level = Vector256<float>.Zero;
        for (var i = 0; i < Step; i += 2 * Lanes)
        {
            var (re, im, re2, im2) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var tap = 0; tap < Taps; tap++)
            {
                var (cosine, sine) = (Vector256.Create(Cosines[tap]), Vector256.Create(Sines[tap]));
                var (samples, samples2) = (Vector256.Create(heard.Slice(i + tap, Lanes)), Vector256.Create(heard.Slice(i + Lanes + tap, Lanes)));
                re = Vector256.MultiplyAddEstimate(samples, cosine, re);
                im = Vector256.MultiplyAddEstimate(samples, sine, im);
                re2 = Vector256.MultiplyAddEstimate(samples2, cosine, re2);
                im2 = Vector256.MultiplyAddEstimate(samples2, sine, im2);
            }
            level += Keep(re, im, i) + Keep(re2, im2, i + Lanes);
        }
        for (var i = 0; i < Step; i += Lanes)
        {
            // More than zero on mark's side, less on space's.
            var slope = (Vector256.Create(_real, i) * Vector256.Create(_turnedImaginary, i)) - (Vector256.Create(_imaginary, i) * Vector256.Create(_turnedReal, i));
            slope.CopyTo(_slopes, 1 + i);
        }
        _levels[(_line.At / Step - 1) % Levels] = Vector256.Sum(level) * 2 / Step;
    }

    // As it is, and turned as far as 1700 Hz turns until it is compared.
    private Vector256<float> Keep(Vector256<float> real, Vector256<float> imaginary, int at)
    {
        real.CopyTo(_real, at);
        imaginary.CopyTo(_imaginary, at);
        ((real * TurnReal) - (imaginary * TurnImaginary)).CopyTo(_turnedReal, Apart + at);
        ((real * TurnImaginary) + (imaginary * TurnReal)).CopyTo(_turnedImaginary, Apart + at);
        return (real * real) + (imaginary * imaginary);
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

    // A low pass of 900 Hz, moved up to the middle.
    private static float[] Band(Func<double, double> wave)
    {
        const double cut = 900 / 8_000.0;
        var shape = new float[Taps];
        for (var i = 0; i < Taps; i++)
        {
            var x = i - ((Taps - 1) / 2.0);
            var sinc = x == 0 ? 2 * cut : Math.Sin(2 * Math.PI * cut * x) / (Math.PI * x);
            shape[i] = (float)(sinc * (0.54 + (0.46 * Math.Cos(2 * Math.PI * x / (Taps - 1)))) * wave(2 * Math.PI * Middle * x / 8_000));
        }
        return shape;
    }
}
