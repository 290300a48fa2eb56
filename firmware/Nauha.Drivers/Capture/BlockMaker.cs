using System.Buffers.Binary;
using Nauha.Audio;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Capture;

/// <summary>
/// Makes of what a device gives (its rate, its channels, its width) blocks of 160 samples at 8 kHz of one channel. At 8 kHz
/// and 16 bit the samples stay bit for bit what they were. What is lost lies between two blocks: a block begun before a loss
/// is lost with it, so that every kept sample stands at its own line time.
/// </summary>
/// <param name="channel">From 0.</param>
internal sealed class BlockMaker(PcmShape shape, int channel, BlockRing blocks)
{
    private const int Rate = 8_000;

    private readonly Resampler? _resampler = shape.RateHz == Rate ? null : new(shape.RateHz, Rate);
    private readonly float[] _in = new float[shape.PeriodFrames];
    private float[] _out = [];
    private readonly short[] _block = new short[SampleBlock.Length];
    private int _filled, _lost;
    private long _at;
    private bool _clipped;
    private double _power, _lookPower;
    private int _peak, _lookPeak, _lookCount;

    /// <summary>Samples lost before they were blocks, at 8 kHz.</summary>
    public long Lost { get; private set; }

    /// <summary>Mean square and height of the last whole second, full scale being 1.</summary>
    public (double Power, double Peak) LastSecond => (_lookPower, _lookPeak / 32_768.0);

    public void Take(ReadOnlySpan<byte> frames)
    {
        var count = frames.Length / shape.FrameBytes;
        while (count > 0)
        {
            var some = Math.Min(count, shape.PeriodFrames);
            TakePeriod(frames[..(some * shape.FrameBytes)], some);
            frames = frames[(some * shape.FrameBytes)..];
            count -= some;
        }
    }

    /// <summary>The device has lost so many of its frames at this place.</summary>
    public void Lose(long frames)
    {
        // Whatever half filter waits in the resampler belongs to neither side: 8 ms at the most, in the length of the loss.
        var lost = (int)Math.Min(int.MaxValue / 2, (frames * Rate / shape.RateHz) + _filled);
        _at += lost;
        Lost += lost;
        _lost += lost;
        _filled = 0;
        _clipped = false;
    }

    private void TakePeriod(ReadOnlySpan<byte> frames, int count)
    {
        if (_resampler is null && shape.Format == SampleFormat.S16)
        {
            for (var i = 0; i < count; i++) Add(BinaryPrimitives.ReadInt16LittleEndian(frames[((i * shape.FrameBytes) + (channel * 2))..]));
            return;
        }
        for (var i = 0; i < count; i++) _in[i] = Sample(frames.Slice((i * shape.FrameBytes) + (channel * shape.SampleBytes), shape.SampleBytes));
        if (_resampler is null)
        {
            for (var i = 0; i < count; i++) Add(short.CreateSaturating(MathF.Round(_in[i] * 32_768f)));
            return;
        }
        if (_out.Length == 0) _out = new float[_resampler.MostOutput(shape.PeriodFrames)];
        var made = _resampler.Process(_in.AsSpan(0, count), _out);
        for (var i = 0; i < made; i++) Add(short.CreateSaturating(MathF.Round(_out[i] * 32_768f)));
    }

    private float Sample(ReadOnlySpan<byte> bytes) => shape.Format switch
    {
        SampleFormat.S16 => BinaryPrimitives.ReadInt16LittleEndian(bytes) / 32_768f,
        SampleFormat.S24In3 => (bytes[0] | (bytes[1] << 8) | (unchecked((sbyte)bytes[2]) << 16)) / 8_388_608f,
        _ => BinaryPrimitives.ReadInt32LittleEndian(bytes) / 2_147_483_648f,
    };

    private void Add(short sample)
    {
        _block[_filled++] = sample;
        _clipped |= sample is short.MaxValue or short.MinValue;
        _power += (double)sample * sample;
        _peak = Math.Max(_peak, Math.Abs((int)sample));
        if (_filled < SampleBlock.Length) return;
        blocks.Push(_at, _block, _lost, _clipped);
        _at += SampleBlock.Length;
        (_filled, _lost, _clipped) = (0, 0, false);
        if ((_lookCount += SampleBlock.Length) < Rate) return;
        (_lookPower, _lookPeak) = (_power / _lookCount / 32_768 / 32_768, _peak);
        (_power, _peak, _lookCount) = (0, 0, 0);
    }
}
