using System.Device.Gpio;
using Nauha.Drivers.Ring;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>
/// One bit for the hook and one for the ring, as cheap adapters have them, told in the volts that they stand for. It
/// cannot see a cut pair (it reads as a lifted handset, or as one that rests), nor reversal, open loop or a second phone.
/// </summary>
/// <param name="hook">Low while the handset is up: the opto or comparator conducts.</param>
/// <param name="ring">Low in each half-cycle of a ring; null: nothing shows it.</param>
/// <param name="onHookVolts">The profile's, which it stands for.</param>
public sealed class ContactGauge(GpioPin hook, GpioPin? ring, double onHookVolts) : IPairGauge
{
    internal const float OffHookVolts = 8;
    internal const double RingVolts = 30;

    private readonly RingPulses _ring = new();

    public HookSource HookSource => HookSource.Contact;

    public float Read()
    {
        var swing = ring is null ? 0 : _ring.Take(ring.Read() == PinValue.Low);
        var up = hook.Read() == PinValue.Low;
        // A ring's swing passes through the hook's comparator too: while it rings, the swing is all there is.
        return (float)(swing != 0 ? onHookVolts + (RingVolts * swing) : up ? OffHookVolts : onHookVolts);
    }

    /// <summary>Somewhere in these readings both ends of a ring's swing were shown.</summary>
    internal static bool Rings(ReadOnlySpan<float> volts)
    {
        var (low, high) = (float.MaxValue, float.MinValue);
        foreach (var v in volts)
            if (v != OffHookVolts) (low, high) = (Math.Min(low, v), Math.Max(high, v));
        return high - low >= RingVolts - 1;
    }
}
