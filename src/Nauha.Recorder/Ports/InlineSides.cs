namespace Nauha.Recorder.Ports;

/// <summary>
/// Who speaks, from volts V and current I of a pair: either end is a source behind an impedance, so V − Zp·I is what the
/// phone's end drives and V + Zx·I what the port's end does, whatever the other does. I is counted towards the phone. Both are
/// halved: a voice stands in its own side as loud as on a pair that is terminated as the references say.
/// </summary>
/// <remarks>
/// Between 300 and 3,400 Hz what is left of the one in the other is |Z − R| / |Z + R| of a real end Z and its reference R: 9 to
/// 12 dB down for 600 Ω against 270 Ω + 750 Ω ∥ 150 nF, 24 to 28 dB where they are 10 % apart. Pure: nothing is kept from
/// block to block, nothing allocated.
/// </remarks>
public sealed class InlineSides
{
    private readonly float _near, _far;

    /// <param name="dbvAtFullScale">Of the volts' samples: a full-scale sine on the pair, dBV rms.</param>
    /// <param name="milliampsAtFullScale">Of the current's samples: a full-scale sine, mA rms. Negative: it is counted towards the port.</param>
    /// <param name="nearOhms">What the phone's end is taken for, ohms.</param>
    /// <param name="farOhms">What the port's end is taken for, ohms.</param>
    public InlineSides(double dbvAtFullScale, double milliampsAtFullScale, double nearOhms = 600, double farOhms = 600)
    {
        var perOhm = milliampsAtFullScale / 1_000 / Math.Pow(10, dbvAtFullScale / 20);
        (_near, _far) = ((float)(nearOhms * perOhm), (float)(farOhms * perOhm));
    }

    /// <summary>One stretch of the same moments: all four have one length. What does not fit the scale is clipped.</summary>
    public void Split(ReadOnlySpan<short> volts, ReadOnlySpan<short> current, Span<short> near, Span<short> far)
    {
        for (var i = 0; i < volts.Length; i++)
        {
            near[i] = short.CreateSaturating(MathF.Round((volts[i] - (_near * current[i])) / 2));
            far[i] = short.CreateSaturating(MathF.Round((volts[i] + (_far * current[i])) / 2));
        }
    }
}
