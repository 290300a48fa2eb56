using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>The tone that a port sounds when the handset is lifted, by its frequencies.</summary>
/// <param name="Low">Hertz: 350 of a pair; 400, 425, 440 or 450 alone.</param>
/// <param name="High">Hertz: 440; 0 where there is one frequency.</param>
public readonly record struct DialTone(int Low, int High)
{
    /// <summary>425, or 350+440.</summary>
    public override string ToString() => High == 0 ? $"{Low}" : $"{Low}+{High}";

    /// <summary>The progress tones that go with it: a pair is American or British, which the ringback alone tells.</summary>
    public ToneSet Set => High != 0 ? ToneSet.Any : ToneSet.Of(Low);

    /// <returns>Null where it is none of those that ports have.</returns>
    public static DialTone? Named(string? name) => name switch
    {
        "350+440" => new(350, 440),
        "400" or "425" or "440" or "450" => new(int.Parse(name, System.Globalization.CultureInfo.InvariantCulture), 0),
        _ => null,
    };
}

/// <summary>
/// Measures a dial tone: what holds most of the energy between 330 and 485 Hz for 0.4 s, one frequency or 350 and 440 Hz.
/// Blocks of 100 ms on a grid of 5 Hz, because adapters stray by some hertz from what E.180 names.
/// </summary>
/// <remarks>Pure; nothing is allocated per block.</remarks>
public sealed class DialToneMeter
{
    private const int Block = 800, Lanes = 32, Lowest = 330, Grid = 5;
    private const int Alike = 4, Eight = 8, Down = 4;
    private const double LeastPower = 2e-5 * 32_768 * 32_768;    // about −44 dBm0
    private const double Alone = 0.6, Each = 0.2, Both = 0.6;

    private static readonly int[] Singles = [400, 425, 440, 450];
    private static readonly float[] Turn = [.. Enumerable.Range(0, Lanes).Select(i => (float)(2 * Math.Cos(2 * Math.PI * Down * (Lowest + (i * Grid)) / 8_000)))];

    // Of a line's energy in the sums to its share in the samples.
    private static readonly float[] Gain = [.. Enumerable.Range(0, Lanes).Select(i =>
    {
        var half = Math.PI * (Lowest + (i * Grid)) / 8_000;
        return (float)(2.0 * Down * Down / Block * Math.Pow(Math.Sin(half) / Math.Sin(Down * half), 2));
    })];

    private readonly float[] _slow = new float[Block / Down], _share = new float[Lanes];
    private double _energy;
    private int _filled, _alike, _slowCount, _sum, _summed;
    private DialTone? _last;

    /// <summary>Takes samples; the tone once it is known, and again with each block in which it still is.</summary>
    public DialTone? Process(ReadOnlySpan<short> samples)
    {
        DialTone? known = null;
        while (samples.Length > 0)
        {
            var some = samples[..Math.Min(samples.Length, Block - _filled)];
            samples = samples[some.Length..];
            Take(some);
            if ((_filled += some.Length) < Block) continue;
            var heard = Heard();
            _alike = heard is not null && heard == _last ? _alike + 1 : heard is null ? 0 : 1;
            _last = heard;
            if (_alike >= Alike) known = heard;
            Clear();
        }
        return known;
    }

    // Four samples to one, by their sum: at these frequencies it loses a tenth of a decibel or two, which each line gets back.
    private void Take(ReadOnlySpan<short> samples)
    {
        var (energy, sum, summed) = (0L, _sum, _summed);
        foreach (var sample in samples)
        {
            energy += sample * sample;
            sum += sample;
            if (++summed < Down) continue;
            _slow[_slowCount++] = sum;
            (sum, summed) = (0, 0);
        }
        (_energy, _sum, _summed) = (_energy + energy, sum, summed);
    }

    private void Resound()
    {
        for (var lane = 0; lane < Lanes; lane += 2 * Eight)
        {
            var (turn, turn2) = (Vector256.Create(Turn, lane), Vector256.Create(Turn, lane + Eight));
            var (one, two, one2, two2) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var i = 0; i < _slowCount; i++)
            {
                var now = Vector256.Create(_slow[i]);
                (one, two) = (Vector256.MultiplyAddEstimate(turn, one, now - two), one);
                (one2, two2) = (Vector256.MultiplyAddEstimate(turn2, one2, now - two2), one2);
            }
            var scale = (float)_energy;
            (Vector256.Create(Gain, lane) / scale * ((one * one) + (two * two) - (turn * one * two))).CopyTo(_share, lane);
            (Vector256.Create(Gain, lane + Eight) / scale * ((one2 * one2) + (two2 * two2) - (turn2 * one2 * two2))).CopyTo(_share, lane + Eight);
        }
    }

    public void Reset()
    {
        Clear();
        (_alike, _last) = (0, null);
    }

    private void Clear()
    {
        (_energy, _filled, _slowCount, _sum, _summed) = (0, 0, 0, 0, 0);
    }

    private DialTone? Heard()
    {
        if (_energy < LeastPower * Block) return null;
        Resound();
        var best = 0;
        for (var i = 1; i < Lanes; i++)
            if (Share(i) > Share(best)) best = i;
        var share = Share(best);
        // Between two lanes one frequency loses up to a sixth.
        if (share > Alone) return Nearest(Lowest + (best * Grid));
        var (low, high) = (Most(335, 365), Most(425, 455));
        return low > Each && high > Each && low + high > Both ? new(350, 440) : null;
    }

    private double Most(int from, int to)
    {
        var most = 0.0;
        for (var i = (from - Lowest) / Grid; i <= (to - Lowest) / Grid; i++) most = Math.Max(most, Share(i));
        return most;
    }

    private double Share(int i) => _share[i];

    private static DialTone? Nearest(int hertz)
    {
        var nearest = Singles[0];
        foreach (var one in Singles)
            if (Math.Abs(one - hertz) < Math.Abs(nearest - hertz)) nearest = one;
        return Math.Abs(nearest - hertz) <= 15 ? new(nearest, 0) : null;
    }
}
