using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>
/// What a line sounds like while it rests: measured for ten seconds at a time, after two seconds of rest. Hum and noise
/// at −40 dBV stand 10 to 15 dB under a quiet caller, and are heard.
/// </summary>
internal sealed class RestingLevel(double dbvAtFullScale)
{
    public const double Wrong = -40;

    private const int Settles = 2 * 8_000, Measured = 10 * 8_000;
    private const double FullScaleDbm0 = 3.14;

    private readonly LevelMeter _meter = new();
    private int _rested;

    /// <summary>Mains hum with its harmonics, dBV; null: none, or not measured yet.</summary>
    public double? HumDbv { get; private set; }

    /// <summary>The quietest twentieth of the time, dBV.</summary>
    public double? NoiseDbv { get; private set; }

    public bool IsBad => HumDbv > Wrong || NoiseDbv > Wrong;

    /// <param name="rests">On the hook, nothing rings, no edge a moment ago.</param>
    public void Take(ReadOnlySpan<short> block, bool rests)
    {
        if (!rests)
        {
            if (_rested > Settles) _meter.Clear();
            _rested = 0;
            return;
        }
        _rested += block.Length;
        if (_rested <= Settles) return;
        _meter.Process(block);
        if (_rested < Settles + Measured) return;
        var levels = _meter.Read();
        (HumDbv, NoiseDbv) = (Dbv(levels.HumDbm0), Dbv(levels.NoiseFloorDbm0));
        _meter.Clear();
        _rested = Settles;
    }

    private double? Dbv(double? dbm0) => dbm0 is { } level ? Math.Round(level - FullScaleDbm0 + dbvAtFullScale, 1) : null;
}
