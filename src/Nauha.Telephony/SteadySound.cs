using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>
/// Finds what stands still in pitch: the notes of music, a beep. A voice glides all the time, by 10 % a second and more. The
/// band up to 1 kHz is brought down to 2,000 samples a second; every 32 ms the last 64 ms of it are taken apart, and a line
/// that stays within 1 % for 160 ms is a steady one, from its beginning on. Higher up a single tone is followed alone.
/// </summary>
/// <remarks>Lines of the mains, and of a mobile's bursts (217 Hz), belong to the line itself and do not count.</remarks>
internal sealed class SteadySound
{
    /// <summary>Samples a step at 8 kHz.</summary>
    public const int Step = 256;

    /// <summary>Steps after which a line is steady.</summary>
    public const int Settled = 5;

    private const int Down = 4, Taps = 48, Slow = Step / Down, Window = 2 * Slow, Half = 8;
    private const int Lanes = 64, Bins = 56, Lowest = 8;   // bins of 15.6 Hz: 125 to 984 Hz
    private const float Bin = 2_000f / Window;
    private const int Most = 16;
    private const float LeastShare = 0.04f;                // of the band: a line that can be followed
    private const float AtTop = 1.458f;                    // 2·cos of 960 Hz
    private const float Alike = 0.012f, Drift = 0.01f;
    private const float Buzz = 650f / 3, HighestHum = 360, Lone = 0.9f;    // hum has its lowest lines, or several; a beep of 400 Hz has one
    private const double LeastPower = 32_768.0 * 32_768 / 2 * 3e-5;    // some −42 dBm0

    private static readonly float[] Low = LowPass();
    private static readonly float[] Cosines = Waves(Math.Cos), Sines = Waves(Math.Sin);

    private readonly float[] _heard = new float[Taps - Down + Step];
    private readonly float[] _slow = new float[Window];
    private readonly float[] _even = new float[Slow], _odd = new float[Slow];
    private readonly float[] _power = new float[Lanes];
    private Line[] _lines = new Line[Most], _before = new Line[Most];
    private int _count, _countBefore, _filled;
    private Line _alone;

    private record struct Line(float Hertz, float Least, float Greatest, int Age);

    /// <summary>The last step is loud enough to be anything.</summary>
    public bool IsLoud { get; private set; }

    /// <summary>Power in the band, in units of its own.</summary>
    public float Band { get; private set; }

    /// <summary>Share of that which steady lines hold, 0 to 1.</summary>
    public float Steady { get; private set; }

    /// <summary>The same, with the lines that may be the mains' own: a note of 300 Hz is none the less a note where there is music.</summary>
    public float Still { get; private set; }

    /// <summary>Hertz of the loudest steady line; 0 where there is none.</summary>
    public float Hertz { get; private set; }

    /// <summary>Takes what completes one step; true when it is complete: look, then call again.</summary>
    public bool Take(ref ReadOnlySpan<short> samples)
    {
        var count = Math.Min(Step - _filled, samples.Length);
        Copy(samples[..count], _heard.AsSpan(Taps - Down + _filled));
        samples = samples[count..];
        _filled += count;
        if (_filled < Step) return false;
        _filled = 0;
        Look();
        return true;
    }

    private static void Copy(ReadOnlySpan<short> samples, Span<float> into)
    {
        var i = 0;
        for (; i + Half <= samples.Length; i += Half)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(samples[i..]));
            Vector256.ConvertToSingle(Vector256.Create(low, high)).CopyTo(into[i..]);
        }
        for (; i < samples.Length; i++) into[i] = samples[i];
    }

    public void Reset()
    {
        Array.Clear(_heard);
        Array.Clear(_slow);
        (_count, _filled, _alone, IsLoud, Band, Steady, Still, Hertz) = (0, 0, default, false, 0, 0, 0, 0);
    }

    private void Look()
    {
        var newest = _heard.AsSpan(Taps - Down, Step);
        var sum = Vector256<float>.Zero;
        for (var i = 0; i < Step; i += Half)
        {
            var some = Vector256.Create<float>(newest.Slice(i, Half));
            sum += some * some;
        }
        IsLoud = Vector256.Sum(sum) > LeastPower * Step;
        var alone = IsLoud ? Alone(newest) : 0;
        Slower();
        (_lines, _before, _countBefore, _count) = (_before, _lines, _count, 0);
        (Band, Steady, Still, Hertz) = (0, 0, 0, 0);
        _alone = alone > 0 ? Continue(_alone, alone) : default;
        if (!IsLoud) return;
        TakeApart();
        Follow();
        if (_alone.Age >= Settled) (Steady, Still, Hertz) = (1, 1, alone);
    }

    // A single sine obeys x[n − 1] + x[n + 1] = c·x[n]: what is left over by the best c is nothing. Hertz of it above the band, else 0.
    private static float Alone(ReadOnlySpan<float> samples)
    {
        var (cross, square, sums) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var i = 1; i + Half < samples.Length; i += Half)
        {
            var (middle, sum) = (Vector256.Create(samples.Slice(i, Half)), Vector256.Create(samples.Slice(i - 1, Half)) + Vector256.Create(samples.Slice(i + 1, Half)));
            (cross, square, sums) = (cross + (sum * middle), square + (middle * middle), sums + (sum * sum));
        }
        var (all, over) = (Vector256.Sum(square), Vector256.Sum(sums));
        var c = Vector256.Sum(cross) / Math.Max(all, 1);
        return Math.Abs(c) >= AtTop || over - (c * c * all) > 0.02f * all ? 0 : MathF.Acos(c / 2) * 8_000 / (2 * MathF.PI);
    }

    private void Slower()
    {
        _slow.AsSpan(Slow).CopyTo(_slow);
        for (var i = 0; i < Slow; i++)
        {
            var sum = Vector256<float>.Zero;
            for (var tap = 0; tap < Taps; tap += Half) sum = Vector256.MultiplyAddEstimate(Vector256.Create(_heard, (Down * i) + tap), Vector256.Create(Low, tap), sum);
            _slow[Slow + i] = Vector256.Sum(sum);
        }
        _heard.AsSpan(Step).CopyTo(_heard);
    }

    // Folded about the window's middle: what is even makes the cosines, what is odd the sines.
    private void TakeApart()
    {
        for (var i = 0; i < Slow; i++) (_even[i], _odd[i]) = (_slow[Slow + i] + _slow[Slow - 1 - i], _slow[Slow + i] - _slow[Slow - 1 - i]);
        var band = Vector256<float>.Zero;
        for (var lane = 0; lane < Lanes; lane += 4 * Half)
        {
            var (re, re2, re3, re4) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var (im, im2, im3, im4) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var (i, at) = (0, lane); i < Slow; i++, at += Lanes)
            {
                var (even, odd) = (Vector256.Create(_even[i]), Vector256.Create(_odd[i]));
                re = Vector256.MultiplyAddEstimate(even, Vector256.Create(Cosines, at), re);
                re2 = Vector256.MultiplyAddEstimate(even, Vector256.Create(Cosines, at + Half), re2);
                re3 = Vector256.MultiplyAddEstimate(even, Vector256.Create(Cosines, at + (2 * Half)), re3);
                re4 = Vector256.MultiplyAddEstimate(even, Vector256.Create(Cosines, at + (3 * Half)), re4);
                im = Vector256.MultiplyAddEstimate(odd, Vector256.Create(Sines, at), im);
                im2 = Vector256.MultiplyAddEstimate(odd, Vector256.Create(Sines, at + Half), im2);
                im3 = Vector256.MultiplyAddEstimate(odd, Vector256.Create(Sines, at + (2 * Half)), im3);
                im4 = Vector256.MultiplyAddEstimate(odd, Vector256.Create(Sines, at + (3 * Half)), im4);
            }
            band += Store(re, im, lane) + Store(re2, im2, lane + Half) + Store(re3, im3, lane + (2 * Half)) + Store(re4, im4, lane + (3 * Half));
        }
        Band = Vector256.Sum(band);

        Vector256<float> Store(Vector256<float> real, Vector256<float> imaginary, int at)
        {
            var power = (real * real) + (imaginary * imaginary);
            power.CopyTo(_power, at);
            return power;
        }
    }

    private void Follow()
    {
        var (steady, still, loudest) = (0f, 0f, 0f);
        for (var bin = 1; bin < Bins - 1 && _count < Most; bin++)
        {
            var (left, top, right) = (_power[bin - 1], _power[bin], _power[bin + 1]);
            if (top <= left || top < right || left + top + right < LeastShare * Band) continue;
            var (a, b, c) = (Log2(left + 1e-9f), Log2(top + 1e-9f), Log2(right + 1e-9f));
            var hertz = (bin + Lowest + (0.5f * (a - c) / (a - (2 * b) + c))) * Bin;
            var line = Continue(hertz);
            _lines[_count++] = line;
            if (line.Age < Settled) continue;
            still += left + top + right;
            if (IsTheLinesOwn(hertz) && (hertz < HighestHum || left + top + right < Lone * Band)) continue;
            steady += left + top + right;
            if (top > loudest) (loudest, Hertz) = (top, hertz);
        }
        if (Band > 0) (Steady, Still) = (steady / Band, still / Band);
    }

    // To within a thousandth: a hundredth of a hertz.
    private static float Log2(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value);
        var mantissa = BitConverter.Int32BitsToSingle((bits & 0x7F_FFFF) | 0x3F80_0000);
        return (bits >> 23) - 127 - 1.741_793_9f + ((2.821_202_6f + ((-1.469_956_8f + ((0.447_179_55f - (0.056_570_85f * mantissa)) * mantissa)) * mantissa)) * mantissa);
    }

    private Line Continue(float hertz)
    {
        var (nearest, apart) = (-1, Alike * hertz);
        for (var i = 0; i < _countBefore; i++)
            if (Math.Abs(_before[i].Hertz - hertz) is var off && off < apart) (nearest, apart) = (i, off);
        return nearest < 0 ? new(hertz, hertz, hertz, 1) : Continue(_before[nearest], hertz);
    }

    private static Line Continue(Line last, float hertz)
    {
        var (least, greatest) = (Math.Min(last.Least, hertz), Math.Max(last.Greatest, hertz));
        return greatest - least <= Drift * hertz ? new(hertz, least, greatest, last.Age + 1) : new(hertz, hertz, hertz, 1);
    }

    private static bool IsTheLinesOwn(float hertz) => Off(hertz, 50) < 1.2f || Off(hertz, Buzz) < 1.2f;

    private static float Off(float hertz, float of) => Math.Abs(hertz - (of * MathF.Round(hertz / of)));

    private static float[] LowPass()
    {
        var taps = new double[Taps];
        for (var i = 0; i < Taps; i++)
        {
            var t = i - ((Taps - 1) / 2.0);
            taps[i] = Math.Sin(2 * Math.PI * 880 / 8_000 * t) / (Math.PI * t) * (0.54 - (0.46 * Math.Cos(2 * Math.PI * i / (Taps - 1))));
        }
        var sum = taps.Sum();
        return [.. taps.Select(tap => (float)(tap / sum))];
    }

    private static float[] Waves(Func<double, double> wave)
    {
        var table = new float[Slow * Lanes];
        for (var i = 0; i < Slow; i++)
            for (var lane = 0; lane < Bins; lane++)
                table[(i * Lanes) + lane] = (float)((0.5 + (0.5 * Math.Cos(2 * Math.PI * (i + 0.5) / Window))) * wave(2 * Math.PI * (lane + Lowest) * (i + 0.5) / Window));
        return table;
    }
}
