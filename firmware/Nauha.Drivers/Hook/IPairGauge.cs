using Nauha.Drivers.Board;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>What measures one pair: asked a thousand times a second by the sampler's thread.</summary>
public interface IPairGauge
{
    HookSource HookSource { get; }

    /// <summary>Volts on the pair now, signed.</summary>
    float Read();
}

/// <summary>Volts through the line interface's amplifier and one channel of the converter.</summary>
/// <param name="zeroVolts">What it shows on a pair that nobody feeds, taken off; measured at installation.</param>
public sealed class VoltsGauge(Mcp3208 converter, int channel, VoltsWiring wiring, double zeroVolts = 0) : IPairGauge
{
    public HookSource HookSource => HookSource.Volts;

    public float Read() => (float)(((((converter.Read(channel) + 0.5) / (Mcp3208.FullScale + 1) * wiring.ReferenceVolts) - wiring.MidVolts) * wiring.PairVoltsPerVolt) - zeroVolts);
}
