namespace Nauha.Simulation;

public enum ScriptKind { Incoming, Missed, Outgoing, NotAnswered, Busy, LiftOnly, FoundLifted, Cut }

public enum CallerIdForm
{
    None,
    Dtmf,
    V23,
    Restricted,
    Bell202,
    Unavailable,

    /// <summary>Digits in an order that means nothing.</summary>
    Garbage,
}

/// <summary>What goes wrong between box and pair.</summary>
public enum LineFault
{
    None,

    /// <summary>What is injected never reaches the pair: a dead relay or a dry joint.</summary>
    NotHeard,

    /// <summary>The codec hears itself at full level, and the pair nothing.</summary>
    LoopbackTrap,

    /// <summary>The same at just the level that the pair would show: only the pair's volts can tell.</summary>
    LoopbackAtLevel,

    /// <summary>The relay does not open again: 600 Ω lie across the pair for the whole call.</summary>
    RelayStuckClosed,

    /// <summary>The receiving winding is open: the box hears nothing but its own hiss.</summary>
    ReceiveOpen,

    /// <summary>Two channels are swapped: the box hears another pair, and speaks into it.</summary>
    OtherPair,

    /// <summary>The codec's automatic gain is on.</summary>
    AutomaticGain,

    /// <summary>The volts stay at what they were when the call began.</summary>
    VoltsStuck,

    /// <summary>One leg of the volts' divider is open: half of them is measured.</summary>
    VoltsLegOpen,
}

/// <summary>What a port sounds when the far side has hung up first.</summary>
public enum ClearTone { None, Busy, Congestion, Dial }

/// <summary>The far side hangs up first, at the end of the talk; the handset is lowered so many seconds later.</summary>
/// <param name="OpenLoopMs">For so long nobody feeds the pair; 0: it stays fed.</param>
/// <param name="Reversal">The polarity turns.</param>
public sealed record Clearing(double Seconds, int OpenLoopMs = 0, bool Reversal = false, ClearTone Tone = ClearTone.None);

/// <summary>Another handset on the same pair is up for a while: volts fall, and so does every level.</summary>
public sealed record SecondPhone(Cue From, double After, int Ms);

/// <summary>What a moment of a script counts from: it is known when it has happened.</summary>
public enum Cue
{
    Lifted,

    /// <summary>The announcement's first sample.</summary>
    Announced,

    /// <summary>The announcement's last sample.</summary>
    Told,

    Answered,

    /// <summary>The talk's first sample.</summary>
    Talk,
}

/// <summary>Who makes a sound. The port's own is there at once, the far side's comes through the network.</summary>
public enum Side { Near, Far, Port }

/// <summary>Something that sounds beside the talk: keyed digits, a machine, music, a mark for a test.</summary>
/// <param name="After">Seconds after the cue at which it begins on the pair; from the far side at least the network's delay.</param>
/// <param name="Samples">Full scale = 1 on the pair's digital scale.</param>
public sealed record Sound(Cue From, double After, Side Side, float[] Samples);

/// <summary>The pair's volts for a while, whatever they would be: 0 is a pair that nobody feeds, and carries nothing.</summary>
public sealed record VoltsStep(Cue From, double After, int Ms, double Volts);

/// <summary>What the PBX itself says to both, once the far end has answered.</summary>
/// <param name="After">Seconds after the answer.</param>
/// <param name="Samples">Full scale = 1 on the pair's digital scale.</param>
public sealed record PbxAnnouncement(double After, float[] Samples);

/// <summary>One call as it will happen on a line. Times are seconds of line time.</summary>
public sealed record CallScript
{
    public required ScriptKind Kind { get; init; }

    /// <summary>When the line first does something.</summary>
    public required double At { get; init; }

    /// <summary>Seconds of rest before it, after the call before.</summary>
    public double Gap { get; init; }

    /// <summary>Seconds of rest after it, at least: a ring that nobody answers is over when it has not come again for so long.</summary>
    public double Rest { get; init; }

    /// <summary>The other party: in the caller ID, or dialled.</summary>
    public string? Number { get; init; }

    public CallerIdForm CallerId { get; init; } = CallerIdForm.Dtmf;

    /// <summary>Bursts before the lift, or before the caller gives up; ringback bursts of an outgoing call.</summary>
    public int Rings { get; init; } = 1;

    /// <summary>The port turns its polarity when the far end answers.</summary>
    public bool Reversal { get; init; } = true;

    /// <summary>What is said; it begins 200 ms after the announcement's last sample.</summary>
    public Talk Talk { get; init; } = Talk.Bundled;

    /// <summary>The PBX announces; null: it says nothing.</summary>
    public PbxAnnouncement? Announces { get; init; }

    /// <summary>Talk over the announcement, level against it in dB; null: nobody does.</summary>
    public double? TalkOverDb { get; init; }

    /// <summary>Hook-flashes: seconds after the talk's beginning, and milliseconds on the hook.</summary>
    public IReadOnlyList<(double After, int Ms)> Flashes { get; init; } = [];

    /// <summary>Digits keyed by the agent within the talk: seconds after its beginning.</summary>
    public IReadOnlyList<(double After, string Digits)> Keyed { get; init; } = [];

    public IReadOnlyList<Sound> Sounds { get; init; } = [];

    public IReadOnlyList<VoltsStep> VoltsSteps { get; init; } = [];

    public IReadOnlyList<SecondPhone> SecondPhones { get; init; } = [];

    /// <summary>The caller ID comes half a second after the first ring burst, as in America; else before it.</summary>
    public bool CallerIdAfterRing { get; init; }

    /// <summary>The handset is lifted in the midst of the last ring burst; else 0.8 s after it.</summary>
    public bool AnswersInBurst { get; init; }

    /// <summary>Seconds for which everybody stays on after the talk: silence, or what <see cref="Sounds"/> holds.</summary>
    public double Longer { get; init; }

    /// <summary>Null: the agent hangs up when the talk is over.</summary>
    public Clearing? Clear { get; init; }

    /// <summary>No dial tone, ringback or busy but what <see cref="Sounds"/> holds.</summary>
    public bool OwnTones { get; init; }

    /// <summary>When the far end answers an outgoing call, seconds after the lift; null: after its rings.</summary>
    public double? AnswersAfter { get; init; }

    /// <summary>People fall silent while an announcement plays, and go on after it.</summary>
    public bool PausesForAnnouncements { get; init; }

    public LineFault Fault { get; init; }

    /// <summary>Hears of everything that truly happens in it, when it happens.</summary>
    public Action<Truth>? Told { get; init; }

    /// <summary><see cref="Told"/> hears each tenth of a second of the talk too: what was on the pair, to the sample.</summary>
    public bool MarksTalk { get; init; }

    /// <summary>For calls without talk: how long the handset stays up.</summary>
    public double Seconds { get; init; } = 3;
}

/// <summary>Two stems at 8 kHz, full scale = 1 on the pair's digital scale: the branch's side and the far side.</summary>
public sealed record Talk(float[] Near, float[] Far)
{
    private static readonly Lazy<Talk> BundledStems = new(() => new(Voice("agent", 0.5f), Voice("caller", 0.25f)));

    /// <summary>The bundled Finnish dialogue, agent some 12 dB over the caller as on a real port.</summary>
    public static Talk Bundled => BundledStems.Value;

    /// <summary>Somebody else's talk on another pair: without end, effective value 1.</summary>
    internal static float[] Neighbour => Neighbours.Value;

    private static readonly Lazy<float[]> Neighbours = new(() => PairNoise.Unit([.. Bundled.Far[^104_000..], .. Bundled.Far[..^104_000]]));

    public int Length => Math.Max(Near.Length, Far.Length);

    public static Talk OfFar(float[] samples) => new([], samples);

    /// <summary>The first seconds of both.</summary>
    public Talk First(double seconds) => new(Cut(Near, seconds), Cut(Far, seconds));

    /// <summary>Both at an active speech level (P.56) on the pair, in dBV; 0: as it is. A voice without any is left as it is.</summary>
    public Talk At(double nearDbv, double farDbv) => new(Levelled(Near, nearDbv), Levelled(Far, farDbv));

    private static float[] Levelled(float[] samples, double dbv)
    {
        if (dbv == 0 || samples.Length == 0) return samples;
        var meter = new Telephony.LevelMeter();
        meter.Process(Array.ConvertAll(samples, s => short.CreateSaturating(s * 32_768)));
        if (meter.Read().ActiveSpeechDbm0 is not { } level) return samples;
        var gain = (float)Math.Pow(10, (dbv - (level - 3.14 + ExchangeLine.DbvAtFullScale)) / 20);
        return Array.ConvertAll(samples, s => s * gain);
    }

    // What is not cut is not copied: eight lines talk with the same voices.
    private static float[] Cut(float[] samples, double seconds) => seconds * 8_000 >= samples.Length ? samples : samples[..(int)(seconds * 8_000)];

    private static float[] Voice(string name, float gain)
    {
        var samples = Audio.WavFile.Read(Path.Combine(AppContext.BaseDirectory, "voices", name + ".wav")).Channels[0];
        for (var i = 0; i < samples.Length; i++) samples[i] *= gain;
        return samples;
    }
}
