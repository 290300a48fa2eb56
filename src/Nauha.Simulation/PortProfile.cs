using Nauha.Recorder.Ports;

namespace Nauha.Simulation;

/// <summary>What kind of port a simulated line is, as data.</summary>
/// <param name="CutThroughMs">From off-hook until the network carries audio.</param>
/// <param name="DelayMs">One way through the network.</param>
/// <param name="ComfortNoiseDbv">What the network sounds of itself once it has cut through; it hides that somebody is silent.</param>
public sealed record PortProfile(string Name, double OnHookVolts, double OffHookVolts, int CutThroughMs, int DelayMs, int InjectionLatencyMs, double ComfortNoiseDbv)
{
    public static readonly PortProfile Ata = new("ata", 48, 7.5, 600, 80, 40, -66);
    public static readonly PortProfile MobileGateway = new("mobile-gateway", 24, 6, 1_100, 180, 40, -64);
    public static readonly PortProfile PbxExtension = new("pbx-extension", 40, 9, 300, 30, 40, -67);
    public static readonly PortProfile Exchange = new("exchange", 52, 10, 50, 20, 40, -66);

    /// <summary>Ring bursts and the rests after them, seconds.</summary>
    public IReadOnlyList<(double On, double Off)> Ring { get; init; } = [(1, 4)];

    /// <summary>The dial tone's frequencies.</summary>
    public IReadOnlyList<double> DialTone { get; init; } = [425];

    /// <summary>How the recorder hangs on it: a tap across the pair, in-line (volts and current, references of 600 Ω), or at a telephone's handset.</summary>
    public LineSides Tap { get; init; }

    /// <summary>The telephone, as the pair sees it.</summary>
    public LineEnd PhoneEnd { get; init; } = LineEnd.Ohms600;

    /// <summary>The port itself.</summary>
    public LineEnd PortEnd { get; init; } = LineEnd.Ohms600;

    /// <summary>A relay takes the telephone off while the recorder speaks, and puts 600 Ω in its place. In-line only.</summary>
    public bool MutesPhone { get; init; }

    public static IReadOnlyList<PortProfile> All { get; } = [Ata, MobileGateway, PbxExtension, Exchange];
}
