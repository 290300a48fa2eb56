using System.Buffers.Binary;
using Nauha.Audio;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Capture;

/// <summary>Which channels of a device, from 0, are a line.</summary>
/// <param name="First">The pair; of a handset the agent's wires.</param>
/// <param name="Second">The pair's current, or the caller's wires; null: the device does not tell the sides apart.</param>
/// <param name="Inline">Makes the sides of volts and current; null with a second channel: the channels are the sides, and the line is their sum.</param>
internal readonly record struct LineChannels(int First, int? Second = null, InlineSides? Inline = null)
{
    public static LineChannels Of(SoundOptions options) => options.Sides switch
    {
        LineSides.Handset => new(options.NearChannel!.Value - 1, options.FarChannel!.Value - 1),
        LineSides.Inline => new(options.Channel - 1, options.CurrentChannel!.Value - 1, new(options.DbvAtFullScale, options.CurrentReversed ? -options.MilliampsAtFullScale : options.MilliampsAtFullScale, options.NearOhms, options.FarOhms)),
        _ => new(options.Channel - 1),
    };
}

/// <summary>
/// Makes of what a device gives (its rate, its channels, its width) blocks of 160 samples at 8 kHz of one line, and its two
/// sides beside them where a second channel tells. At 8 kHz and 16 bit the samples of a channel stay bit for bit what they
/// were. What is lost lies between two blocks: a block begun before a loss is lost with it, so that every kept sample stands at
/// its own line time.
/// </summary>
internal sealed class BlockMaker(PcmShape shape, LineChannels channels, BlockRing blocks)
{
    private const int Rate = 8_000;

    private readonly ChannelIn _first = new(shape, channels.First);
    private readonly ChannelIn? _second = channels.Second is { } second ? new(shape, second) : null;
    private readonly short[] _one = new short[SampleBlock.Length], _other = new short[SampleBlock.Length];
    private readonly short[] _block = new short[SampleBlock.Length], _near = new short[SampleBlock.Length], _far = new short[SampleBlock.Length];
    private int _filled, _lost;
    private long _at;
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
    }

    // Both channels are filtered alike, so that of either there are equally many.
    private void TakePeriod(ReadOnlySpan<byte> frames, int count)
    {
        var first = _first.Take(frames, count);
        var second = _second is { } channel ? channel.Take(frames, count) : default;
        for (var i = 0; i < first.Length; i++)
        {
            _one[_filled] = first[i];
            if (_second is not null) _other[_filled] = second[i];
            if (++_filled == SampleBlock.Length) Finish();
        }
    }

    private void Finish()
    {
        var clipped = _one.AsSpan().ContainsAny(short.MaxValue, short.MinValue);
        if (_second is null)
        {
            Push(_one, clipped, default, default);
        }
        else if (channels.Inline is { } inline)
        {
            inline.Split(_one, _other, _near, _far);
            Push(_one, clipped, _near, _far);
        }
        else
        {
            for (var i = 0; i < _block.Length; i++) _block[i] = short.CreateSaturating(_one[i] + _other[i]);
            Push(_block, _block.AsSpan().ContainsAny(short.MaxValue, short.MinValue), _one, _other);
        }
    }

    private void Push(ReadOnlySpan<short> samples, bool clipped, ReadOnlySpan<short> near, ReadOnlySpan<short> far)
    {
        foreach (var sample in samples)
        {
            _power += (double)sample * sample;
            _peak = Math.Max(_peak, Math.Abs((int)sample));
        }
        blocks.Push(_at, samples, _lost, clipped, near, far);
        _at += SampleBlock.Length;
        (_filled, _lost) = (0, 0);
        if ((_lookCount += SampleBlock.Length) < Rate) return;
        (_lookPower, _lookPeak) = (_power / _lookCount / 32_768 / 32_768, _peak);
        (_power, _peak, _lookCount) = (0, 0, 0);
    }

    /// <summary>One channel of the device's frames at 8 kHz and 16 bit.</summary>
    private sealed class ChannelIn(PcmShape shape, int channel)
    {
        private readonly Resampler? _resampler = shape.RateHz == Rate ? null : new(shape.RateHz, Rate);
        private readonly float[] _in = new float[shape.PeriodFrames];
        private float[] _out = [];
        private short[] _samples = new short[shape.PeriodFrames];

        /// <summary>At most a period of the device. What is given holds until the next call.</summary>
        public ReadOnlySpan<short> Take(ReadOnlySpan<byte> frames, int count)
        {
            if (_resampler is null && shape.Format == SampleFormat.S16)
            {
                for (var i = 0; i < count; i++) _samples[i] = BinaryPrimitives.ReadInt16LittleEndian(frames[((i * shape.FrameBytes) + (channel * 2))..]);
                return _samples.AsSpan(0, count);
            }
            for (var i = 0; i < count; i++) _in[i] = Sample(frames.Slice((i * shape.FrameBytes) + (channel * shape.SampleBytes), shape.SampleBytes));
            if (_resampler is null) return Rounded(_in.AsSpan(0, count));
            if (_out.Length == 0)
            {
                _out = new float[_resampler.MostOutput(shape.PeriodFrames)];
                _samples = new short[_out.Length];
            }
            return Rounded(_out.AsSpan(0, _resampler.Process(_in.AsSpan(0, count), _out)));
        }

        private ReadOnlySpan<short> Rounded(ReadOnlySpan<float> samples)
        {
            for (var i = 0; i < samples.Length; i++) _samples[i] = short.CreateSaturating(MathF.Round(samples[i] * 32_768f));
            return _samples.AsSpan(0, samples.Length);
        }

        private float Sample(ReadOnlySpan<byte> bytes) => shape.Format switch
        {
            SampleFormat.S16 => BinaryPrimitives.ReadInt16LittleEndian(bytes) / 32_768f,
            SampleFormat.S24In3 => (bytes[0] | (bytes[1] << 8) | (unchecked((sbyte)bytes[2]) << 16)) / 8_388_608f,
            _ => BinaryPrimitives.ReadInt32LittleEndian(bytes) / 2_147_483_648f,
        };
    }
}
