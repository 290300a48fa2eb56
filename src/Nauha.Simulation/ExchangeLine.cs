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

    /// <summary>Line time of the first sample of what was last injected without a break of a second; −1 before.</summary>
    public long FirstInjected => _firstInjected;

    /// <summary>Line time of the last sample that was injected, silence left out; −1 before.</summary>
    public long LastInjected => _lastInjected;

    /// <summary>Line time of the last sample that was injected, silence and all; −1 before.</summary>
    public long InjectedUntil { get; private set; } = -1;

    /// <summary>What is injected goes nowhere but where a fault leads it.</summary>
    public bool RelayHeldOpen { get; set; }

    /// <summary>The relay of <see cref="PortProfile.MutesPhone"/> rests while the recorder speaks.</summary>
    public bool LeavesPhoneOn { get; set; }

    public int InjectionPending => _injection.Count;

    /// <summary>Nothing more will happen.</summary>
    public bool IsOver => _call >= _calls.Count && _phase == Phase.Idle;

    /// <summary>Queues what the recorder plays; at most two seconds.</summary>
    public int Inject(ReadOnlySpan<short> samples)
    {
        if (_injection.Count == 0) _latency = _profile.InjectionLatencyMs * 8;
        var taken = Math.Min(samples.Length, (2 * Rate) - _injection.Count);
        foreach (var sample in samples[..taken]) _injection.Enqueue(sample);
        return taken;
    }

    public void StopInjection() => _injection.Clear();

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

    private static double Carried(double? injected) => (injected ?? 0) / 3;

    internal static short Digital(double volts) => short.CreateSaturating(Math.Round(volts / PeakVolts * 32_768));

    private bool IsUp => _phase == Phase.Lifted && Now >= _downUntil;

    private bool IsDead => _phase == Phase.Cut || Forced() is 0;

    private double? _loop;

    private bool IsSecondUp()
    {
        if (_phase != Phase.Lifted) return false;
        var phones = Script.SecondPhones;
        for (var i = 0; i < phones.Count; i++)
            if (At(phones[i].From) is >= 0 and var cue && Now - cue - (long)(phones[i].After * Rate) is >= 0 and var since && since < phones[i].Ms * 8L) return true;
        return false;
    }

    private double? Forced()
    {
        if (_phase != Phase.Lifted) return null;
        if (_clearedAt >= 0 && Now - _clearedAt < Script.Clear!.OpenLoopMs * 8L) return 0;
        foreach (var step in Script.VoltsSteps)
            if (At(step.From) is >= 0 and var cue && Now - cue - (long)(step.After * Rate) is >= 0 and var since && since < step.Ms * 8L) return step.Volts;
        return null;
    }

    private long At(Cue cue) => cue switch { Cue.Lifted => _liftedAt, Cue.Announced => _announcedAt, Cue.Told => _toldAt, Cue.Answered => _answeredAt, _ => _talkAt };

    // The recorder's source: closed only while it plays; its latency is the codec's.
    private double? Injected()
    {
        _loop = null;
        if (_injection.Count == 0) return null;
        if (_latency > 0)
        {
            _latency--;
            return null;
        }
        var sample = Play();
        InjectedUntil = Now;
        if (Math.Abs(sample) > 0.002)
        {
            if (_firstInjected < 0 || Now - _lastInjected > Rate)
            {
                _firstInjected = Now;
                Happened(Now, "announced");
            }
            if (_announcedAt < _liftedAt) _announcedAt = Now;
            _lastInjected = Now;
        }
        _loop = Fault switch { LineFault.LoopbackTrap => sample * PeakVolts, LineFault.LoopbackAtLevel => sample * InjectedPeakVolts / 3, _ => null };
        return Fault is LineFault.None or >= LineFault.RelayStuckClosed && Fault != LineFault.OtherPair && !RelayHeldOpen ? sample * InjectedPeakVolts : null;
    }

    // With another crystal than capture's: now and then a sample is played twice, or left out, and between them a straight line.
    private double Play()
    {
        if (_profile.Converter.PlaybackPpm == 0) return _injection.Dequeue() / 32_768.0;
        _playing += _profile.Converter.PlaybackPpm * 1e-6;
        if (_playing >= 1 && _injection.Count > 1) (_playing, _playedBefore, _playedLast) = (_playing - 1, _playedLast, _injection.Dequeue() / 32_768.0);
        if (_playing < 0) _playing += 1;
        else (_playedBefore, _playedLast) = (_playedLast, _injection.Dequeue() / 32_768.0);
        return _playedBefore + ((_playedLast - _playedBefore) * _playing);
    }

    // An announcement, or what was left of it, has ended: at its last sample.
    private void Played()
    {
        if (_injection.Count > 0 || InjectedUntil <= _played) return;
        _played = InjectedUntil;
        Happened(_played, "played");
    }

    // Where the script stands, and what that changes.
    private void Advance()
    {
        if (_phase == Phase.Idle)
        {
            if (_call < _calls.Count && Now >= (long)(Script.At * Rate) && Now - _since >= (long)(Math.Max(Script.Gap, _call == 0 ? 0 : _calls[_call - 1].Rest) * Rate)) Begin();
            return;
        }
        var script = Script;
        var elapsed = Now - _since;
        switch (_phase)
        {
            case Phase.CallerId when script.CallerIdAfterRing || elapsed >= _callerId.Length + (Rate / 2):
                To(Phase.Ringing, "ring");
                break;
            case Phase.Ringing when script.Kind == ScriptKind.Missed && elapsed >= (long)((((script.Rings - 1) * _ringPeriod) + _profile.Ring[0].On) * Rate):
                Hang("caller gives up");
                break;
            case Phase.Ringing when script.Kind != ScriptKind.Missed && elapsed >= (long)((((script.Rings - 1) * _ringPeriod) + _profile.Ring[0].On) * Rate) + (script.AnswersInBurst ? (long)(-0.4 * _profile.Ring[0].On * Rate) : Rate * 8 / 10):
                Lift(Now, answered: true);
                break;
            case Phase.Lifted:
                Talking(script);
                break;
            case Phase.Cut when elapsed >= (long)(script.Seconds * Rate):
                Hang("restored");
                break;
            default:
                break;
        }
    }

    private void Begin()
    {
        var script = Script;
        switch (script.Kind)
        {
            case ScriptKind.Incoming or ScriptKind.Missed:
                _callerId = (script.CallerId, script.Number) switch
                {
                    (CallerIdForm.Dtmf, { } number) => Signals.Dtmf($"A{number}C"),
                    (CallerIdForm.V23, { } number) => Signals.V23(number),
                    (CallerIdForm.Bell202, { } number) => Signals.V23(number, bell: true),
                    (CallerIdForm.Restricted, _) => Signals.Dtmf("B10C"),
                    (CallerIdForm.Unavailable, _) => Signals.Dtmf("B00C"),
                    (CallerIdForm.Garbage, _) => Signals.Dtmf("A3C9AD07B"),
                    _ => [],
                };
                To(Phase.CallerId, "caller id");
                break;
            case ScriptKind.Cut:
                To(Phase.Cut, "cut");
                break;
            case ScriptKind.FoundLifted:
                break;
            default:
                Lift(Now, answered: false);
                break;
        }
    }

    private void Talking(CallScript script)
    {
        var up = Now - _liftedAt;
        if (_answeredAt < 0 && script.Kind is ScriptKind.Outgoing && up >= AnswerAfter(script))
        {
            _answeredAt = Now;
            if (script.Reversal) Turn();
            Happened(Now, "answered");
        }
        if (script.Kind is ScriptKind.NotAnswered or ScriptKind.Busy && up >= AnswerAfter(script)) Hang("lowered");
        else if (script.Kind == ScriptKind.LiftOnly && up >= (long)(script.Seconds * Rate)) Hang("lowered");
        if (_phase != Phase.Lifted || _answeredAt < 0) return;
        if (_talkAt < 0)
        {
            // Told: something was played for a second and a half, and then nothing. Talk begins 200 ms later; the far party,
            // who hears the end later, has spoken in time for that where the network's delay allows it.
            var told = _firstInjected > _answeredAt && _lastInjected - _firstInjected > Rate * 3 / 2 && _injection.Count == 0 && Now - _lastInjected >= Quiet;
            var tired = Now - Math.Max(_answeredAt, _lastInjected) > SayAgain * 3;
            if (script.Announces is { } pbx)
            {
                var end = _answeredAt + (long)(pbx.After * Rate) + pbx.Samples.Length;
                if (Now < end) return;
                Happened(end - 1, "said");
                (told, _lastInjected) = (true, Math.Max(_lastInjected, end - 1));
            }
            if (told) (_toldAt, _talkAt) = (_lastInjected, _lastInjected + Math.Max(Rate / 5, Delay));
            else if (tired) _talkAt = Now;
            if (_talkAt >= 0) Happened(_talkAt, "talk");
            return;
        }
        _silent = script.PausesForAnnouncements && Now > _talkAt && (_injection.Count > 0 || Now - _lastInjected < Rate / 5);
        if (_silent) _paused++;
        var talked = Now - _talkAt - _paused;
        if (Script.MarksTalk && talked % TalkMark == 0) Script.Told?.Invoke(new(Now, "talk"));
        if (talked < 0) return;
        if (_flash < script.Flashes.Count && talked >= (long)(script.Flashes[_flash].After * Rate))
        {
            _downUntil = Now + (script.Flashes[_flash].Ms * 8);
            _flash++;
            Happened(Now, "flash");
        }
        if (_keyed < script.Keyed.Count && talked >= (long)(script.Keyed[_keyed].After * Rate))
        {
            _keying = Signals.Dtmf(script.Keyed[_keyed].Digits, 60, 60, _profile.Levels.KeysDbm0);
            _keyedAt = Now;
            _keyed++;
        }
        if (talked < script.Talk.Length + (long)(script.Longer * Rate)) return;
        if (script.Clear is { } clear && _clearedAt < 0)
        {
            _clearedAt = Now;
            if (clear.Reversal) Turn();
            Happened(Now, "far ended");
        }
        if (_clearedAt < 0 || Now - _clearedAt >= (long)(script.Clear!.Seconds * Rate)) Hang("lowered");
    }

    private void Turn() => (_polarity, _turnedAt) = (-_polarity, Now);

    private long _keyedAt;

    // A second after the last of its ringback bursts.
    private long AnswerAfter(CallScript script)
    {
        if (script.AnswersAfter is { } after) return (long)(after * Rate);
        if (script.Kind == ScriptKind.Busy) return DialledBy(script) + Rate + (long)(script.Seconds * Rate);
        var (burst, period) = IsAmerican ? (2, 6) : (1, 5);
        return DialledBy(script) + Rate + (long)((((script.Rings - 1) * period) + burst) * (1 + (_profile.Levels.CadenceOffPercent / 100)) * Rate) + Rate;
    }

    private static long DialledBy(CallScript script) => (long)(0.8 * Rate) + ((script.Number?.Length ?? 0) * 160 * 8);

    private const int TalkMark = 800;

    private void Lift(long at, bool answered)
    {
        _liftedAt = at;
        _answeredAt = answered ? at : -1;
        _clearedAt = -1;
        _rangUntil = _phase == Phase.Ringing ? Now : -1;
        _rangSince = _since;
        (_talkAt, _flash, _keyed, _firstInjected, _lastInjected, _announcedAt, _toldAt, _paused, _silent) = (-1, 0, 0, -1, -1, -1, -1, 0, false);
        _keying = [];
        _dialling = Script.Kind is ScriptKind.Outgoing or ScriptKind.NotAnswered or ScriptKind.Busy && Script.Number is { } number ? Signals.Dtmf(number, 80, 80, _profile.Levels.KeysDbm0) : [];
        To(Phase.Lifted, "lifted");
    }

    private float[] _dialling = [];
    private long _clearedAt = -1, _turnedAt = long.MinValue / 2, _rangUntil = -1, _rangSince;

    private void Hang(string what)
    {
        if (_polarity < 0) Turn();
        _answeredAt = -1;
        To(Phase.Idle, what);
        _call++;
    }

    private void To(Phase phase, string what)
    {
        (_phase, _since) = (phase, Now);
        Happened(Now, what);
    }

    private void Happened(long at, string what)
    {
        var truth = new Truth(at, what);
        Truths.Add(truth);
        Truth?.Happened(truth, IsThrough);
        if (_call < _calls.Count) Script.Told?.Invoke(truth);
    }
}
