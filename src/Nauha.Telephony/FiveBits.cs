namespace Nauha.Telephony;

/// <summary>
/// Judges one of five bits of a carrier whose phase does not jump: each of the 32 ways fixes how the phase runs, and
/// the way that gathers the most of what was heard decides.
/// </summary>
/// <param name="markStep">The turn back over one bit of mark.</param>
internal sealed class FiveBits(Phasor markStep, Phasor spaceStep)
{
    public const int Count = 5;

    private readonly Phasor[] _gathered = new Phasor[1 << Count];
    private readonly Phasor[] _turns = new Phasor[1 << Count];

    /// <param name="marks">What each bit holds at mark's frequency, its phase counted from the bit's beginning.</param>
    /// <returns>The power that the best way gathers.</returns>
    public double Judge(ReadOnlySpan<Phasor> marks, ReadOnlySpan<Phasor> spaces, int which, out bool isMark)
    {
        (_gathered[0], _turns[0]) = (default, new(1, 0));
        for (var bit = 0; bit < Count; bit++)
        {
            // The last bit's index is the lowest: ways grow by one bit each round, from the far end so that none is overwritten.
            for (var way = (1 << bit) - 1; way >= 0; way--)
            {
                var (gathered, turn) = (_gathered[way], _turns[way]);
                _gathered[(way << 1) | 1] = gathered + (turn * marks[bit]);
                _gathered[way << 1] = gathered + (turn * spaces[bit]);
                _turns[(way << 1) | 1] = turn * markStep;
                _turns[way << 1] = turn * spaceStep;
            }
        }
        double mark = 0, space = 0;
        for (var way = 0; way < 1 << Count; way++)
        {
            var power = _gathered[way].Power;
            if ((way & (1 << (Count - 1 - which))) != 0) mark = Math.Max(mark, power);
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

    public static Phasor Of(double angle) => new(Math.Cos(angle), Math.Sin(angle));

    public static Phasor operator +(Phasor a, Phasor b) => new(a.Real + b.Real, a.Imaginary + b.Imaginary);

    public static Phasor operator -(Phasor a, Phasor b) => new(a.Real - b.Real, a.Imaginary - b.Imaginary);

    public static Phasor operator *(Phasor a, Phasor b) => new((a.Real * b.Real) - (a.Imaginary * b.Imaginary), (a.Real * b.Imaginary) + (a.Imaginary * b.Real));

    public static Phasor operator *(Phasor a, double b) => new(a.Real * b, a.Imaginary * b);
}
