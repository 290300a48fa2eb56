namespace Nauha.Simulation;

/// <summary>Something that truly happened on a line, in line time at the pair.</summary>
public sealed record Truth(long At, string What);

/// <summary>
/// One simulated pair as a two-wire circuit: phone, line card and the recorder's injection each as a source behind an
/// impedance; what the pair carries is where they meet. The line card's hybrid sends what it hears to a network with delay
/// and cut-through, at whose end are the far party's ear and mouth; the phone's own hybrid makes the agent's ear.
/// State at sample n follows from script, seed, n and what was injected.
/// </summary>
public sealed partial class ExchangeLine
{
    /// <summary>A full-scale sine in the samples is +6.5 dBV on the pair.</summary>
    public const double DbvAtFullScale = 6.5;

    /// <summary>A full-scale injected sine, 2 Vrms behind 600 Ω, on a pair with phone and line card.</summary>
    public static readonly double InjectionDbvAtFullScale = 20 * Math.Log10(2.0 / 3);

    private const double Ohms = 600;
    private const double Sidetone = 0.25;     // of one's own voice, in one's own ear: −12 dB
    private const int Quiet = Rate / 50;
    private const int Rate = 8_000;
    private const long SayAgain = 6 * Rate;
    private static readonly double PeakVolts = Math.Pow(10, DbvAtFullScale / 20) * Math.Sqrt(2);
    private static readonly double InjectedPeakVolts = 2 * Math.Sqrt(2);

    private readonly PortProfile _profile;
    private readonly List<CallScript> _calls;
    private readonly Queue<short> _injection = new();
    private readonly float[] _out = new float[Rate], _in = new float[Rate];
    private uint _noise, _comforting = 2_463_534_242;
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

    private enum Phase { Idle, CallerId, Ringing, Lifted, Cut }

    public ExchangeLine(PortProfile profile, IEnumerable<CallScript> calls, int seed)
    {
        _profile = profile;
        _calls = [.. calls.OrderBy(call => call.At)];
        _noise = unchecked((uint)(seed * 2_654_435_761L)) | 1;
        _latency = profile.InjectionLatencyMs * 8;
        _comfort = Math.Pow(10, profile.ComfortNoiseDbv / 20) * Math.Sqrt(3);   // of an even distribution's peak
        _ringPeriod = profile.Ring.Sum(burst => burst.On + burst.Off);
        if (_calls is [{ Kind: ScriptKind.FoundLifted }, ..]) Lift(0, answered: true);
    }

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

    /// <summary>Line time of the first sample of what was last injected without a break of a second; −1 before.</summary>
    public long FirstInjected => _firstInjected;

    /// <summary>Line time of the last sample that was injected, silence left out; −1 before.</summary>
    public long LastInjected => _lastInjected;

    /// <summary>Line time of the last sample that was injected, silence and all; −1 before.</summary>
    public long InjectedUntil { get; private set; } = -1;

    /// <summary>What is injected goes nowhere but where a fault leads it.</summary>
    public bool RelayHeldOpen { get; set; }

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
    public void Fill(Span<short> samples, Span<float> volts)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            if (i % 8 == 0 && i / 8 < volts.Length) volts[i / 8] = Volts();
            samples[i] = Digital(Step());
        }
    }

    private CallScript Script => _calls[_call];

    private double Step()
    {
        Advance();
        Played();
        var phone = IsUp ? PhoneVolts() : 0;
        var far = ExchangeVolts() + Arrived();
        var injected = Injected();
        // Kirchhoff at the pair: each source pushes through its own impedance; a lowered phone is not there.
        var admittance = (1 / Ohms) + (IsUp ? 1 / Ohms : 1 / 20_000.0) + (injected is null ? 0 : 1 / Ohms);
        var pair = ((far / Ohms) + (IsUp ? phone / Ohms : 0) + ((injected ?? 0) / Ohms)) / admittance;
        if (IsDead) pair = 0;
        pair += Noise() * 0.0004;
        // The hybrid takes its own half out again: what is left goes to the network.
        Depart(pair - (far / 2));
        var heard = _loop is { } loop ? loop + (pair - Carried(injected, admittance)) : pair;
        if (KeepsEars)
        {
            Pair.Add(Digital(pair));
            AgentEar.Add(IsUp ? Digital(pair - (phone / 2) + (Sidetone * phone / 2)) : (short)0);
        }
        Now++;
        return heard;
    }

    private LineFault Fault => _call < _calls.Count && _phase != Phase.Idle ? Script.Fault : LineFault.None;

    private static double Carried(double? injected, double admittance) => (injected ?? 0) / Ohms / admittance;

    private static short Digital(double volts) => short.CreateSaturating(Math.Round(volts / PeakVolts * 32_768));

    private bool IsUp => _phase == Phase.Lifted && Now >= _downUntil;

    private bool IsDead => _phase == Phase.Cut || Forced() is 0;

    private double? _loop;

    private double? Forced()
    {
        if (_phase != Phase.Lifted) return null;
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
        var sample = _injection.Dequeue() / 32_768.0;
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
        return Fault == LineFault.None && !RelayHeldOpen ? sample * InjectedPeakVolts : null;
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
            case Phase.CallerId when elapsed >= _callerId.Length + (Rate / 2):
                To(Phase.Ringing, "ring");
                break;
            case Phase.Ringing when script.Kind == ScriptKind.Missed && elapsed >= (long)((((script.Rings - 1) * _ringPeriod) + _profile.Ring[0].On) * Rate):
                Hang("caller gives up");
                break;
            case Phase.Ringing when script.Kind != ScriptKind.Missed && elapsed >= (long)((((script.Rings - 1) * _ringPeriod) + _profile.Ring[0].On) * Rate) + (Rate * 8 / 10):
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
                    (CallerIdForm.Restricted, _) => Signals.Dtmf("B10C"),
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
            if (script.Reversal) _polarity = -_polarity;
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
            _keying = Signals.Dtmf(script.Keyed[_keyed].Digits, 60, 60, -6);
            _keyedAt = Now;
            _keyed++;
        }
        if (talked >= script.Talk.Length) Hang("lowered");
    }

    private long _keyedAt;

    private static long AnswerAfter(CallScript script) => script.AnswersAfter is { } after ? (long)(after * Rate) : DialledBy(script) + Rate + (script.Kind == ScriptKind.Busy ? (long)(script.Seconds * Rate) : (((script.Rings - 1) * 5L) + 2) * Rate);

    private static long DialledBy(CallScript script) => (long)(0.8 * Rate) + ((script.Number?.Length ?? 0) * 160 * 8);

    private const int TalkMark = 800;

    private void Lift(long at, bool answered)
    {
        _liftedAt = at;
        _answeredAt = answered ? at : -1;
        (_talkAt, _flash, _keyed, _firstInjected, _lastInjected, _announcedAt, _toldAt, _paused, _silent) = (-1, 0, 0, -1, -1, -1, -1, 0, false);
        _keying = [];
        _dialling = Script.Kind is ScriptKind.Outgoing or ScriptKind.NotAnswered or ScriptKind.Busy && Script.Number is { } number ? Signals.Dtmf(number, 80, 80, -6) : [];
        To(Phase.Lifted, "lifted");
    }

    private float[] _dialling = [];

    private void Hang(string what)
    {
        _polarity = 1;
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
        if (_call < _calls.Count) Script.Told?.Invoke(truth);
    }
}
