using Nauha.Recorder.Ports;

namespace Nauha.Simulation;

/// <summary>Something that truly happened on a line, in line time at the pair.</summary>
public sealed record Truth(long At, string What);

/// <summary>
/// One simulated pair as a two-wire circuit (<see cref="Circuit"/>): phone, line card and the recorder's injection each as a
/// source behind an impedance; what the pair carries is where they meet. The line card's <see cref="Hybrid"/> sends what it
/// hears to a network (<see cref="NetworkLeg"/>, one each way), at whose end are the far party's ear and mouth; the phone's
/// own hybrid makes the agent's ear. <see cref="PairNoise"/> lies on the pair, <see cref="Capture"/> is the recorder's own.
/// State at sample n follows from script, seed, n and what was injected.
/// </summary>
public sealed partial class ExchangeLine
{
    /// <summary>A full-scale sine in the samples is +6.5 dBV on the pair.</summary>
    public const double DbvAtFullScale = 6.5;

    /// <summary>A full-scale injected sine, 2 Vrms behind 600 Ω, on a pair with phone and line card.</summary>
    public static readonly double InjectionDbvAtFullScale = 20 * Math.Log10(2.0 / 3);

    /// <summary>A full-scale sine of the current beside the pair, mA rms: as much as its volts drive through 600 Ω, and a half.</summary>
    public const double MilliampsAtFullScale = 5;

    private const double HandsetSidetone = 0.1;     // −20 dB, in a handset's receive wires
    private const double InjectedFullDbv = 6.02;          // 2 Vrms
    private const int Quiet = Rate / 50;
    private const int Rate = 8_000;
    private const long SayAgain = 6 * Rate;
    private static readonly double PeakVolts = Math.Pow(10, DbvAtFullScale / 20) * Math.Sqrt(2);
    private static readonly double InjectedPeakVolts = 2 * Math.Sqrt(2);
    private static readonly double PeakAmperes = MilliampsAtFullScale / 1_000 * Math.Sqrt(2);

    private readonly PortProfile _profile;
    private readonly List<CallScript> _calls;
    private readonly Queue<short> _injection = new();
    private uint _comforting = 2_463_534_242;
    private readonly double _comfort, _ringPeriod;
    private int _call;
    private Phase _phase;
    private long _since, _liftedAt = -1, _answeredAt = -1, _talkAt = -1, _downUntil = -1, _announcedAt = -1, _toldAt = -1;
    private long _lastInjected = -1, _firstInjected = -1;
    private int _flash, _keyed, _paused;
    private bool _silent;
    private int _latency;
    private long _played = -1;
    private int _polarity = 1;
    private float[] _callerId = [];
    private float[] _keying = [];

    private readonly PairNoise _noise;
    private readonly Circuit[] _circuits, _balances;
    private readonly Circuit _handset;
    private readonly Hybrid _hybrid;
    private readonly NetworkLeg _outward, _inward;
    private readonly Capture _capture;
    private readonly bool _isMatched;
    private readonly double _sidetone, _farEcho, _callerIdShare;
    private readonly int _farEchoAgo;
    private readonly double[] _pair = new double[Signal.Count], _own = new double[Signal.Count], _arrived = new double[Signal.Count];
    private uint _chance;
    private double _playing, _playedBefore, _playedLast, _comfortStep = 1;

    private enum Phase { Idle, CallerId, Ringing, Lifted, Cut }

    public ExchangeLine(PortProfile profile, IEnumerable<CallScript> calls, int seed)
    {
        _profile = profile;
        _calls = [.. calls.OrderBy(call => call.At).Select(call => profile.Levels is { AgentDbv: 0, CallerDbv: 0 } ? call : call with { Talk = call.Talk.At(profile.Levels.AgentDbv, profile.Levels.CallerDbv) })];
        _noise = new(profile.Noises, seed);
        _circuits = [.. Enumerable.Range(0, Signal.Count).Select(_ => new Circuit(profile.Wire.Card, profile.Wire.Phone))];
        _balances = [.. Enumerable.Range(0, Signal.Count).Select(_ => new Circuit(profile.Wire.Card, profile.Wire.Phone))];
        _handset = new(profile.Wire.Card, profile.Wire.Phone);
        _isMatched = profile.Wire.Card == profile.Wire.Phone;
        InjectionDbv = Measured(profile.Wire);
        _sidetone = Math.Pow(10, profile.Wire.SidetoneDb / 20);
        _hybrid = new(profile.Wire, Signal.Count);
        _farEcho = profile.Network.FarEchoDb >= 100 ? 0 : Math.Pow(10, -profile.Network.FarEchoDb / 20) / PeakVolts;
        _farEchoAgo = Math.Max(Math.Max(1, Delay), (int)(profile.Network.FarEchoMs * 8) - Delay);
        _outward = new(profile.Network, Delay, 1, PeakVolts, steps: false, Signal.Count, Chance.Of(seed, 1), _farEcho > 0 ? _farEchoAgo : 0);
        _inward = new(profile.Network, Delay, PeakVolts, PeakVolts, steps: true, Signal.Count, Chance.Of(seed, 2));
        _capture = new(profile.Converter);
        _chance = Chance.Of(seed, 3);
        _latency = profile.InjectionLatencyMs * 8;
        _callerIdShare = 0.35 * Math.Pow(10, profile.Levels.CallerIdDb / 20);
        _comfort = Math.Pow(10, profile.ComfortNoiseDbv / 20) * Math.Sqrt(3);   // of an even distribution's peak
        _ringPeriod = profile.Ring.Sum(burst => burst.On + burst.Off);
        if (_calls is [{ Kind: ScriptKind.FoundLifted }, ..]) Lift(0, answered: true);
    }

    /// <summary>What a full-scale injected sine is on this pair, with its phone up, as a listening test measures it: by speech.</summary>
    public double InjectionDbv { get; }

    public long Now { get; private set; }

    /// <summary>What truly happened so far.</summary>
    public List<Truth> Truths { get; } = [];

    /// <summary>Keeps what is heard at the three capture points, from line time 0; off by default, it grows.</summary>
    public bool KeepsEars { get; init; }

    /// <summary>What the far party heard: later than the pair by the network's delay.</summary>
    public List<short> FarEar { get; } = [];

    /// <summary>What the agent heard: the pair without his own voice but for the sidetone; nothing while the handset is down.</summary>
    public List<short> AgentEar { get; } = [];

    /// <summary>What the pair carried, as the tap hears it where nothing is wrong with the tap.</summary>
    public List<short> Pair { get; } = [];

    /// <summary>Keeps each voice by itself at the pair and at the far ear; null, the default: nobody does.</summary>
    public Stems? Stems { get; init; }

    /// <summary>Where the truth is written; it wants <see cref="Stems"/>, and empties them.</summary>
    public GroundTruth? Truth { get; init; }

    /// <summary>Packets of 20 ms that the network has lost on their way to the far ear.</summary>
    public long LostPackets => _outward.Lost;

    /// <summary>Nothing more will happen.</summary>
    public bool IsOver => _call >= _calls.Count && _phase == Phase.Idle;

    /// <summary>The next samples of the pair, and its volts, one reading every 8 samples.</summary>
    public void Fill(Span<short> samples, Span<float> volts) => Fill(samples, volts, default, default);

    /// <summary>The same, with a second channel: in-line the current towards the phone; at a handset the two pairs of wires, the samples being their sum.</summary>
    /// <param name="second">In-line: the current, full scale <see cref="MilliampsAtFullScale"/>. At a handset: the microphone's wires.</param>
    /// <param name="third">At a handset: the earpiece's wires.</param>
    public void Fill(Span<short> samples, Span<float> volts, Span<short> second, Span<short> third)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            if (i % 8 == 0 && i / 8 < volts.Length) volts[i / 8] = Volts();
            samples[i] = Digital(Step());
            if (second.Length > 0) second[i] = third.Length > 0 ? Digital(_send) : short.CreateSaturating(Math.Round(_towardsPhone / PeakAmperes * 32_768));
            if (third.Length > 0) third[i] = Digital(_receive);
        }
        if (Stems is { } stems) Truth?.Take(stems, IsOver);
    }

    private static double Measured(Wire wire)
    {
        if (wire.Card == Impedance.Plain && wire.Phone == Impedance.Plain) return InjectionDbvAtFullScale;
        var circuit = new Circuit(wire.Card, wire.Phone);
        var (there, said) = (0.0, 0.0);
        foreach (var sample in Talk.Bundled.Near.AsSpan(0, 5 * Rate))
        {
            var volts = circuit.Solve(0, 0, sample, secondPhone: false);
            (there, said) = (there + (volts * volts), said + ((double)sample * sample));
        }
        return InjectedFullDbv + (10 * Math.Log10(there / said));
    }

    /// <summary>The handset is up.</summary>
    public bool HandsetUp => IsUp;

    /// <summary>It rings just now.</summary>
    public bool Rings => _phase == Phase.Ringing && RingsAt((Now - _since) / (double)Rate);

    private CallScript Script => _calls[_call];

    private double _towardsPhone, _send, _receive;

    private double Step()
    {
        Advance();
        Played();
        return _profile.Tap == LineSides.Handset ? FourWires() : TwoWires();
    }

    private LineFault Fault => _call < _calls.Count && _phase != Phase.Idle ? Script.Fault : LineFault.None;

    internal static short Digital(double volts) => short.CreateSaturating(Math.Round(volts / PeakVolts * 32_768));

    private bool IsUp => _phase == Phase.Lifted && Now >= _downUntil;

    private bool IsDead => _phase == Phase.Cut || Forced() is 0;
}
