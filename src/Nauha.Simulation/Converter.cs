namespace Nauha.Simulation;

/// <summary>What is not as it should be in the recorder's own converters, all the time (what goes wrong in one call: <see cref="LineFault"/>).</summary>
public sealed record Converter
{
    /// <summary>Constant part of what is captured, of full scale, ±10 %.</summary>
    public double OffsetPercent { get; init; }

    /// <summary>What is captured is so much louder than the calibration says, ±6 dB.</summary>
    public double GainDb { get; init; }

    /// <summary>And by so much more with each hour, ±1 dB.</summary>
    public double DriftDbPerHour { get; init; }

    /// <summary>Where the input clips, of full scale, 5 to 100 %.</summary>
    public double ClipPercent { get; init; } = 100;

    /// <summary>The crystal of playback against that of capture, ±200 ppm.</summary>
    public double PlaybackPpm { get; init; }
}

/// <summary>From the volts at the tap to samples, with what the converter adds.</summary>
internal sealed class Capture(Converter converter)
{
    private const double Target = 0.09, Attack = 1 / 400.0, Release = 1 / 40_000.0, Most = 10;

    private readonly double _gain = Math.Pow(10, converter.GainDb / 20), _clip = converter.ClipPercent / 100, _offset = converter.OffsetPercent / 100;
    private readonly double _drift = Math.Pow(10, converter.DriftDbPerHour / 20 / 3_600 / 8_000);
    private double _drifted = 1, _automatic = 1, _envelope;

    /// <param name="share">Of full scale.</param>
    /// <param name="automatic">The codec's automatic gain is on: it lifts what is soft and holds down what is loud.</param>
    public double Take(double share, bool automatic)
    {
        _drifted *= _drift;
        var taken = (share * _gain * _drifted) + _offset;
        if (automatic)
        {
            _envelope += (Math.Abs(share) - _envelope) * (Math.Abs(share) > _envelope ? Attack : Release);
            _automatic += (Math.Clamp(Target / Math.Max(_envelope, 1e-6), 0.1, Most) - _automatic) * Attack;
            taken *= _automatic;
        }
        else
        {
            _automatic = 1;
        }
        return Math.Clamp(taken, -_clip, _clip);
    }

    /// <summary>Nothing is changed but by a fault.</summary>
    public bool IsIdle { get; } = converter == new Converter();
}
