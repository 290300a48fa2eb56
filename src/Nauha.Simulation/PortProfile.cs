using Nauha.Recorder.Ports;

namespace Nauha.Simulation;

/// <summary>
/// What kind of port a simulated line is, as data. The four presets are plain: what a port does beside carrying a call is
/// off. <see cref="Typical"/> has it on as a port of that kind usually has it; <see cref="Drawn"/> draws all of it by a seed.
/// </summary>
/// <param name="CutThroughMs">From off-hook until the network carries audio, 0 to 2,500.</param>
/// <param name="DelayMs">One way through the network, 0 to 400.</param>
/// <param name="InjectionLatencyMs">From what is played to the pair, 0 to 200.</param>
/// <param name="ComfortNoiseDbv">What the network sounds of itself once it has cut through; it hides that somebody is silent.</param>
public sealed record PortProfile(string Name, double OnHookVolts, double OffHookVolts, int CutThroughMs, int DelayMs, int InjectionLatencyMs, double ComfortNoiseDbv)
{
    public static readonly PortProfile Ata = new("ata", 48, 7.5, 600, 80, 40, -66);
    public static readonly PortProfile MobileGateway = new("mobile-gateway", 24, 6, 1_100, 180, 40, -64);
    public static readonly PortProfile PbxExtension = new("pbx-extension", 40, 9, 300, 30, 40, -67);
    public static readonly PortProfile Exchange = new("exchange", 52, 10, 50, 20, 40, -66);

    /// <summary>Ring bursts and the rests after them, seconds.</summary>
    public IReadOnlyList<(double On, double Off)> Ring { get; init; } = [(1, 4)];

    /// <summary>The dial tone's frequency, or 350 and 440 Hz; the port's other tones go with it.</summary>
    public IReadOnlyList<double> DialTone { get; init; } = [425];

    /// <summary>How the recorder hangs on it: a tap across the pair, in-line (volts and current, references of 600 Ω), or at a telephone's handset.</summary>
    public LineSides Tap { get; init; }

    /// <summary>A relay takes the telephone off while the recorder speaks, and puts 600 Ω in its place. In-line only.</summary>
    public bool MutesPhone { get; init; }

    public Wire Wire { get; init; } = new();

    public Network Network { get; init; } = new();

    public Noises Noises { get; init; } = new();

    public Feed Feed { get; init; } = new();

    public RingWave Wave { get; init; } = new();

    public PortLevels Levels { get; init; } = new();

    public Converter Converter { get; init; } = new();

    public static IReadOnlyList<PortProfile> All { get; } = [Ata, MobileGateway, PbxExtension, Exchange];

    /// <summary>The same port as such ports usually are.</summary>
    public PortProfile Typical() => Name switch
    {
        "mobile-gateway" => this with
        {
            Wire = new() { Card = Impedance.Plain, Phone = Impedance.European, TransHybridLossDb = 14, EchoMs = 4, CancellerSeconds = 0.8, SuppressesDb = 10 },
            Network = new() { Codec = Codec.Amr122, LossPercent = 1, LossBurst = 2, ClipMs = 40, AgcDb = 4, ComfortStepDb = 3, JitterMs = 5 },
            Noises = new() { WhiteDbv = -72, HumDbv = -68, GsmDbv = -60 },
            Feed = new() { BounceMs = 5, ReversalMs = 5 },
            Wave = new() { Vrms = 45, Crest = 1.3, TripMs = 60 },
        },
        "pbx-extension" => this with
        {
            Wire = new() { Card = Impedance.European, Phone = Impedance.European, TransHybridLossDb = 20 },
            Network = new() { Codec = Codec.ALaw },
            Noises = new() { WhiteDbv = -75, HumDbv = -60, CrosstalkDbv = -72 },
            Feed = new() { BounceMs = 5 },
            Wave = new() { Vrms = 50, TripMs = 100 },
        },
        "exchange" => this with
        {
            Wire = new() { Card = Impedance.European, Phone = Impedance.European, TransHybridLossDb = 18 },
            Network = new() { Codec = Codec.ALaw },
            Noises = new() { WhiteDbv = -74, HumDbv = -55, CrosstalkDbv = -70, Clicks = 1 },
            Feed = new() { BounceMs = 8, ReversalMs = 3, Ohms = 1_000 },
            Wave = new() { Vrms = 75, TripMs = 120 },
        },
        _ => this with
        {
            Wire = new() { Card = Impedance.European, Phone = Impedance.European, TransHybridLossDb = 18, EchoMs = 2, CancellerSeconds = 0.5, SuppressesDb = 6 },
            Network = new() { Codec = Codec.ALaw, LossPercent = 0.5, LossBurst = 1.5, ClipMs = 20, ComfortStepDb = 3 },
            Noises = new() { WhiteDbv = -75, HumDbv = -65 },
            Feed = new() { BounceMs = 5, ReversalMs = 2 },
            Wave = new() { Vrms = 50, Crest = 1.35, TripMs = 80 },
        },
    };

    /// <summary>The same kind of port with every parameter drawn from its range: the same for the same seed.</summary>
    public PortProfile Drawn(int seed) => PortKeys.Draw(this, seed);
}

/// <summary>How loud things are on the pair.</summary>
public sealed record PortLevels
{
    /// <summary>Active speech level (P.56) of the agent, −30 to −8 dBV; 0: as his sound is.</summary>
    public double AgentDbv { get; init; }

    /// <summary>Of the far side, −45 to −8 dBV; 0: as its sound is.</summary>
    public double CallerDbv { get; init; }

    /// <summary>Digits dialled and keyed, dBm0 a tone, −20 to 0.</summary>
    public double KeysDbm0 { get; init; } = -6;

    /// <summary>The port's tones, −30 to −5 dBm0.</summary>
    public double TonesDbm0 { get; init; } = -15;

    /// <summary>By how much their frequencies are off, ±2 %.</summary>
    public double TonesOffPercent { get; init; }

    /// <summary>By how much their bursts and rests are longer, ±20 %.</summary>
    public double CadenceOffPercent { get; init; }

    /// <summary>Caller ID, against what it is in the plain presets (−21 dBm0 a tone), −30 to +9 dB.</summary>
    public double CallerIdDb { get; init; }
}
