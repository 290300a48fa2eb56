using System.Runtime.Intrinsics;

namespace Nauha.Telephony;

/// <summary>Measures a line, block by block: peak, power, speech (<see cref="SpeechLevel"/>), noise floor, clipping, offset, hum and buzz (<see cref="HumMeter"/>).</summary>
public sealed class LevelMeter
{
    private const int Quiet = 160, Bins = 480;      // 20 ms; a quarter of a dB from −120 to 0
    private const int FlatTop = 3, NearlyFull = 32_700;

    private readonly long[] _bins = new long[Bins];
    private readonly SpeechLevel _speech = new();
    private readonly float[] _window = new float[HumMeter.Window];      // a multiple of 20 ms
    private readonly HumMeter _mains = new(50, 20), _mains60 = new(60, 16), _gsm = new(216.6667, 12);
    private long _count, _sum, _clipped;
    private double _squares;
    private long _block;
    private int _peak, _inBlock, _filled, _flat;
    private short _last;

    /// <summary>Forgets what was measured.</summary>
    public void Clear()
    {
        Array.Clear(_bins);
        _speech.Clear();
        _mains.Clear();
        _mains60.Clear();
        _gsm.Clear();
        (_count, _sum, _clipped, _squares, _block, _peak, _inBlock, _filled, _flat, _last) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    public void Process(ReadOnlySpan<short> samples)
    {
        while (samples.Length > 0)
        {
            var some = samples[..Math.Min(samples.Length, Quiet - _inBlock)];
            samples = samples[some.Length..];
            Take(some, _window.AsSpan(_filled + _inBlock));
            if ((_inBlock += some.Length) == Quiet) EndOfBlock();
        }
    }

    private void Take(ReadOnlySpan<short> samples, Span<float> heard)
    {
        const float scale = 1 / 32_768f;
        var (sums, energy, most) = (Vector256<int>.Zero, Vector256<long>.Zero, Vector256<int>.Zero);
        var i = 0;
        for (; i + Vector256<int>.Count <= samples.Length; i += Vector256<int>.Count)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(samples[i..]));
            var some = Vector256.Create(low, high);
            (Vector256.ConvertToSingle(some) * scale).CopyTo(heard[i..]);
            sums += some;
            most = Vector256.Max(most, Vector256.Abs(some));
            var (one, two) = Vector256.Widen((some * some).AsUInt32());      // −32,768 squared does just fit
            energy += one.AsInt64() + two.AsInt64();
        }
        var (sum, squares, peak) = ((long)Vector256.Sum(sums), Vector256.Sum(energy), 0);
        for (var lane = 0; lane < Vector256<int>.Count; lane++) peak = Math.Max(peak, most[lane]);
        for (; i < samples.Length; i++)
        {
            heard[i] = samples[i] * scale;
            sum += samples[i];
            squares += samples[i] * samples[i];
            peak = Math.Max(peak, Math.Abs((int)samples[i]));
        }
        (_count, _sum, _squares, _block, _peak) = (_count + samples.Length, _sum + sum, _squares + squares, _block + squares, Math.Max(_peak, peak));
        if (peak >= NearlyFull) Clip(samples);
        else _flat = 1;
        _last = samples[^1];
    }

    // Three alike at the end of the scale are no crest.
    private void Clip(ReadOnlySpan<short> samples)
    {
        foreach (var sample in samples)
        {
            _flat = sample == _last && Math.Abs((int)sample) >= NearlyFull ? _flat + 1 : 1;
            if (_flat >= FlatTop) _clipped += _flat == FlatTop ? FlatTop : 1;
            _last = sample;
        }
    }

    private void EndOfBlock()
    {
        var bin = _block > 0 ? (int)(4 * (120 + (10 * Math.Log10((double)_block / Quiet / 32_768 / 32_768)))) : 0;
        _bins[Math.Clamp(bin, 0, Bins - 1)]++;
        (_inBlock, _block) = (0, 0);
        _speech.Take(_window.AsSpan(_filled, Quiet));
        if ((_filled += Quiet) < _window.Length) return;
        _filled = 0;
        _mains.Take(_window);
        _mains60.Take(_window);
        _gsm.Take(_window);
    }

    /// <summary>What has been measured so far.</summary>
    public Levels Read()
    {
        if (_peak == 0) return new(null, null);
        var full = 32_768.0 * 32_768;
        var mean = (double)_sum / _count;
        var speech = _speech.Copy();
        speech.Take(_window.AsSpan(_filled, _inBlock));
        var (active, activity) = speech.Read(_squares / full);
        var (fifty, sixty) = (_mains.Lines(), _mains60.Lines());
        var hum = Power(fifty) >= Power(sixty) ? fifty : sixty;
        var buzz = _gsm.Lines();
        return new(Levels.Decibel(_peak * (double)_peak / 2 / full), Levels.Decibel(_squares / _count / full))
        {
            ActiveSpeechDbm0 = active is { } power ? Levels.Decibel(power) : null,
            Activity = activity,
            NoiseFloorDbm0 = Floor(),
            ClippedSamples = _clipped,
            DcOffsetDbm0 = Math.Abs(mean) < 0.5 ? null : Levels.Decibel(mean * mean / full),
            HumDbm0 = Levels.Decibel(Power(hum)),
            Hum = hum.Count == 0 ? null : hum,
            // A ring of bells has one or two such lines; short bursts have them all.
            GsmBuzzDbm0 = buzz.Count >= 5 ? Levels.Decibel(Power(buzz)) : null,
        };
    }

    private static double Power(List<HumLine> lines) => lines.Sum(l => Math.Pow(10, (l.Dbm0 - 3.14) / 10) / 2);

    private double? Floor()
    {
        var left = (_bins.Sum() + 19) / 20;
        for (var bin = 0; bin < Bins; bin++)
        {
            left -= _bins[bin];
            if (left <= 0 && _bins[bin] > 0) return bin == 0 ? null : Math.Round((bin + 0.5) / 4 - 120 + 3.01 + 3.14, 1);
        }
        return null;
    }
}
