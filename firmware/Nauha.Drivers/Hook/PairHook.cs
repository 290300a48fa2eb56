using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>A pair's readings, laid beside the sound: as volts (measured, or what a loop's current stands for), or, where they only stand for a contact, as what it says.</summary>
public sealed class PairHook(IPairVolts volts) : IHookSense
{
    public HookSource Source => volts.HookSource;

    public void Sense(SampleBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        volts.Read(block.Volts);
        if (Source != HookSource.Contact) return;
        block.HandsetUp = block.Volts[^1] == ContactGauge.OffHookVolts;
        block.Ringing = ContactGauge.Rings(block.Volts);
    }
}
