using Nauha.Drivers.Board;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>
/// The loop's current through the in-line board and one channel of the converter, told in the volts that it stands for: 10 mA
/// and more are a lifted handset, less than 5 mA one that rests. Its sign is the polarity, so an answer that turns it is seen;
/// pulses of a dial and flashes too, and a ring by what it drives through the phone's bell. A pair that is cut or not fed reads
/// as one that rests, and an open loop as a flash.
/// </summary>
/// <param name="onHookVolts">The profile's, which no current stands for.</param>
public sealed class CurrentGauge(Mcp3208 converter, int channel, VoltsWiring wiring, double onHookVolts) : IPairGauge
{
    private const double LiftedMilliamps = 10, RestingMilliamps = 5, BellMilliamps = 1.5;
    private const int LongestHalfCycle = 36;        // readings: a ring of 15 Hz drives 33 ms one way
    private const int JustLowered = 1_000;          // within a second of it nobody rings: a make between two pulses is a lift at once

    private bool _up;
    private int _flows, _rests = JustLowered, _sign;

    public HookSource HookSource => HookSource.Current;

    public float Read()
    {
        var milliamps = (((converter.Read(channel) + 0.5) / (Mcp3208.FullScale + 1) * wiring.ReferenceVolts) - wiring.MidVolts) * wiring.MilliampsPerVolt;
        var (size, sign) = (Math.Abs(milliamps), Math.Sign(milliamps));
        _flows = size >= LiftedMilliamps ? sign == _sign ? _flows + 1 : 1 : 0;
        _sign = sign;
        _up = _up ? size >= RestingMilliamps : _flows > LongestHalfCycle || (_flows > 0 && _rests < JustLowered);
        _rests = _up ? 0 : Math.Min(_rests + 1, JustLowered);
        if (_up) return sign * ContactGauge.OffHookVolts;
        return (float)(onHookVolts + (size >= BellMilliamps && _rests == JustLowered ? sign * ContactGauge.RingVolts : 0));
    }
}
