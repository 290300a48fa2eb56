using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// Judges one of five bits of a carrier whose phase does not jump: each of the 32 ways fixes how the phase runs, and
/// the way that gathers the most of what was heard decides. Eight ways go through the arithmetic unit together.
/// </summary>
internal sealed class FiveBits
{
    public const int Count = 5;
    private const int Ways = 1 << Count, Lanes = 8;

    // What a way has gathered, and how far it has turned back after as many bits as the index says. The first bit is the lowest.
    private readonly float[] _real = new float[Ways], _imaginary = new float[Ways];
    private readonly float[] _turnReal = new float[Ways], _turnImaginary = new float[Ways];

    /// <summary>Sets the turn back over one bit of mark and of space.</summary>
    public void Step(Phasor mark, Phasor space)
    {
        // Ways of fewer bits are the first ones of more, their last bits space: each number of bits has its own half.
        Span<Phasor> turns = stackalloc Phasor[Ways];
        turns[1] = new(1, 0);
        for (var bits = 0; bits < Count - 1; bits++)
        {
            for (var way = 0; way < 1 << bits; way++)
            {
                var turn = turns[(1 << bits) + way];
                turns[(2 << bits) + way] = turn * space;
                turns[(2 << bits) + (1 << bits) + way] = turn * mark;
            }
        }
        for (var i = 0; i < Ways; i++) (_turnReal[i], _turnImaginary[i]) = ((float)turns[i].Real, (float)turns[i].Imaginary);
    }

    /// <param name="marks">What each bit holds at mark's frequency, its phase counted from the bit's beginning.</param>
    /// <returns>The power that the best way gathers.</returns>
    public double Judge(ReadOnlySpan<Phasor> marks, ReadOnlySpan<Phasor> spaces, int which, out bool isMark)
    {
        (_real[0], _imaginary[0]) = (0, 0);
        for (var bit = 0; bit < Count; bit++)
        {
            var half = 1 << bit;
            float markReal = (float)marks[bit].Real, markImaginary = (float)marks[bit].Imaginary, spaceReal = (float)spaces[bit].Real, spaceImaginary = (float)spaces[bit].Imaginary;
            if (half < Lanes)
            {
                for (var way = 0; way < half; way++)
                {
                    var (real, imaginary, turnReal, turnImaginary) = (_real[way], _imaginary[way], _turnReal[half + way], _turnImaginary[half + way]);
                    _real[half + way] = real + (turnReal * markReal) - (turnImaginary * markImaginary);
                    _imaginary[half + way] = imaginary + (turnReal * markImaginary) + (turnImaginary * markReal);
                    _real[way] = real + (turnReal * spaceReal) - (turnImaginary * spaceImaginary);
                    _imaginary[way] = imaginary + (turnReal * spaceImaginary) + (turnImaginary * spaceReal);
                }
                continue;
            }
            for (var way = 0; way < half; way += Lanes)
            {
                var (real, imaginary) = (Vector256.Create(_real, way), Vector256.Create(_imaginary, way));
                var (turnReal, turnImaginary) = (Vector256.Create(_turnReal, half + way), Vector256.Create(_turnImaginary, half + way));
                (real + (turnReal * markReal) - (turnImaginary * markImaginary)).CopyTo(_real, half + way);
                (imaginary + (turnReal * markImaginary) + (turnImaginary * markReal)).CopyTo(_imaginary, half + way);
                (real + (turnReal * spaceReal) - (turnImaginary * spaceImaginary)).CopyTo(_real, way);
                (imaginary + (turnReal * spaceImaginary) + (turnImaginary * spaceReal)).CopyTo(_imaginary, way);
            }
        }
        float mark = 0, space = 0;
        for (var way = 0; way < Ways; way++)
        {
            var power = (_real[way] * _real[way]) + (_imaginary[way] * _imaginary[way]);
            if ((way >> which & 1) != 0) mark = Math.Max(mark, power);
            else space = Math.Max(space, power);
        }
        isMark = mark > space;
        return Math.Max(mark, space);
    }
}

/// <summary>A complex number that knows its power; <see langword="default"/> is nothing.</summary>
internal readonly record struct Phasor(double Real, double Imaginary)
{
    public double Power => (Real * Real) + (Imaginary * Imaginary);

    /// <summary>The same turned the other way.</summary>
    public Phasor Back => new(Real, -Imaginary);

    public static Phasor Of(double angle)
    {
        var (sine, cosine) = Math.SinCos(angle);
        return new(cosine, sine);
    }

    public static Phasor operator +(Phasor a, Phasor b) => new(a.Real + b.Real, a.Imaginary + b.Imaginary);

    public static Phasor operator *(Phasor a, Phasor b) => new((a.Real * b.Real) - (a.Imaginary * b.Imaginary), (a.Real * b.Imaginary) + (a.Imaginary * b.Real));

    public static Phasor operator *(Phasor a, double b) => new(a.Real * b, a.Imaginary * b);
}
