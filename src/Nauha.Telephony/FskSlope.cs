namespace Nauha.Telephony;

/// <summary>
/// Which side of 1,700 Hz the carrier is on, sample by sample: the middle of V.23's and of Bell 202's tones. Brought down by
/// that frequency, kept within 900 Hz either way, and compared with itself half a bit ago: how far its phase has run does
/// not depend on how loud mark and space are.
/// </summary>
internal sealed class FskSlope
{
    /// <summary>A turn shows so many samples after it was.</summary>
    public const double Late = ((Taps - 1) / 2.0) + (Apart / 2.0);

    private const int Taps = 15, Apart = 4, Ring = 16;
    private const int Table = 80;       // 1700 Hz repeats within 10 ms
    private static readonly Phasor[] Down = [.. Enumerable.Range(0, Table).Select(i => Phasor.Of(-2 * Math.PI * 1_700 * i / 8_000))];
    private static readonly double[] Shape = Weigh();

    private readonly Phasor[] _heard = new Phasor[Ring], _kept = new Phasor[Ring];
    private int _slot;
    private long _at;

    /// <summary>More than zero on mark's side, less on space's.</summary>
    public double Take(short sample)
    {
        _slot = (int)(_at % Ring);
        _heard[_slot] = Down[_at % Table] * sample;
        _at++;
        var sum = default(Phasor);
        for (var i = 0; i < Taps; i++) sum += _heard[(_slot - i) & (Ring - 1)] * Shape[i];
        _kept[_slot] = sum;
        var before = _kept[(_slot - Apart) & (Ring - 1)];
        return (sum.Real * before.Imaginary) - (sum.Imaginary * before.Real);
    }

    private static double[] Weigh()
    {
        const double cut = 900 / 8_000.0;
        var shape = new double[Taps];
        for (var i = 0; i < Taps; i++)
        {
            var x = i - ((Taps - 1) / 2.0);
            var sinc = x == 0 ? 2 * cut : Math.Sin(2 * Math.PI * cut * x) / (Math.PI * x);
            shape[i] = sinc * (0.54 + (0.46 * Math.Cos(2 * Math.PI * x / (Taps - 1))));
        }
        return shape;
    }
}
