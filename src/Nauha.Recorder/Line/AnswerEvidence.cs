namespace Nauha.Recorder.Line;

/// <summary>Whether the far end has answered an outgoing call, as far as the pair can tell.</summary>
public enum AnswerLevel
{
    None,

    /// <summary>People are told; what they say waits in memory, and is dropped when the evidence turns.</summary>
    Likely,
    Certain,
}

/// <summary>
/// What speaks for an answer, in points: most ports say nothing of it by themselves. The table stands in README.md.
/// Tones speak against all that was gathered before them.
/// </summary>
public readonly record struct AnswerEvidence
{
    private const int Rate = 8_000;
    private const int Likely = 50, Certain = 100;
    private const long TalkAlone = 3 * Rate, NoToneAtAll = 35 * Rate;
    private const int EnoughTurns = 2;
    private const int Little = 20;

    /// <summary>The polarity turned after dialling.</summary>
    public bool Reversal { get; init; }

    /// <summary>This port has turned it at an answer before.</summary>
    public bool ReversalIsKnown { get; init; }

    /// <summary>Line time of the last tone or digit: nothing before it counts.</summary>
    public long QuietSince { get; init; }

    public bool Ringback { get; init; }

    /// <summary>Line time since which there has been talk without a longer pause; null: there is none.</summary>
    public long? TalkSince { get; init; }

    /// <summary>Changes between two voices of different loudness.</summary>
    public int Turns { get; init; }

    /// <summary>The talk since had syllables.</summary>
    public bool Syllables { get; init; }

    /// <summary>The noise behind the silence has become another since.</summary>
    public bool Stepped { get; init; }

    /// <summary>A tone was heard: whatever spoke for an answer before it did not mean one.</summary>
    public AnswerEvidence Tone(long at, bool ringback) => new() { QuietSince = at, Ringback = Ringback || ringback };

    public AnswerEvidence Digit(long at) => this with { QuietSince = at, TalkSince = null, Turns = 0, Syllables = false, Stepped = false };

    /// <param name="ringbackGone">Samples without ringback after which it has ended: 1.5 periods.</param>
    public int Points(long at, long ringbackGone)
    {
        var points = 0;
        var talk = TalkSince is { } since ? at - since : -1;
        if (Reversal) points += ReversalIsKnown ? 100 : 60;
        if (Ringback && talk >= 0 && at - QuietSince > ringbackGone) points += 55;
        if (Turns >= EnoughTurns && at - QuietSince > ringbackGone) points += 50;
        if (!Ringback && talk > TalkAlone && at - QuietSince > NoToneAtAll) points += 50;
        // Both together are no answer, and make a likely one certain only beside a polarity that turned.
        if (Syllables) points += Little;
        if (Stepped) points += Little;
        return points;
    }

    public AnswerLevel Judge(long at, long ringbackGone) => Points(at, ringbackGone) switch { >= Certain => AnswerLevel.Certain, >= Likely => AnswerLevel.Likely, _ => AnswerLevel.None };
}
