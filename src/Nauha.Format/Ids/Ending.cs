using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>How a numbered call ended. Salvaged is no ending: it is recorded, closed by salvage.</summary>
public enum EndingKind { Recorded, Excluded, Failed, Missed, ExpiredUnsent }

/// <summary>Why. A closed list: a code belongs to one kind of ending, or to a blind interval.</summary>
public enum EndingCode
{
    // excluded
    Emergency, DataCall, SignIn, NoCall, NotAnswered, AnswerUncertain, Listed, AgentChoice,
    // failed
    NotHeard, NoSpace, AudioLost, KeyMissing, WriteError,
    // recorded
    LeftOffHook,
    // blind
    Power, Update, Crash, LineLost, Unplugged,
}

public readonly record struct Ending(EndingKind What, EndingCode? Code)
{
    public static Ending Recorded => new(EndingKind.Recorded, null);

    public static Ending Missed => new(EndingKind.Missed, null);

    public static Ending ExpiredUnsent => new(EndingKind.ExpiredUnsent, null);

    public static Ending Excluded(EndingCode code) => new(EndingKind.Excluded, code);

    public static Ending Failed(EndingCode code) => new(EndingKind.Failed, code);

    /// <summary>The kind's word and the code's word go together.</summary>
    public bool IsValid => What switch
    {
        EndingKind.Recorded => Code is null or EndingCode.LeftOffHook,
        EndingKind.Excluded => Code is >= EndingCode.Emergency and <= EndingCode.AgentChoice,
        EndingKind.Failed => Code is >= EndingCode.NotHeard and <= EndingCode.WriteError,
        _ => Code is null,
    };
}

/// <summary>The words of endings on the wire and before people.</summary>
public static class EndingWords
{
    private static readonly string[] Kinds = ["recorded", "excluded", "failed", "missed", "expired-unsent"];

    private static readonly string[] Codes =
    [
        "emergency", "data-call", "sign-in", "no-call", "not-answered", "answer-uncertain", "listed", "agent-choice",
        "not-heard", "no-space", "audio-lost", "key-missing", "write-error",
        "left-off-hook",
        "power", "update", "crash", "line-lost", "unplugged",
    ];

    public static string Word(this EndingKind kind) => Kinds[(int)kind];

    public static string Word(this EndingCode code) => Codes[(int)code];

    public static bool IsBlindCode(this EndingCode code) => code >= EndingCode.Power;

    public static bool TryParse([NotNullWhen(true)] string? word, out EndingKind kind)
    {
        kind = (EndingKind)Math.Max(0, Array.IndexOf(Kinds, word));
        return word is not null && Kinds.Contains(word);
    }

    public static bool TryParse([NotNullWhen(true)] string? word, out EndingCode code)
    {
        code = (EndingCode)Math.Max(0, Array.IndexOf(Codes, word));
        return word is not null && Codes.Contains(word);
    }

    public static string Word(this Direction direction) => direction == Direction.Incoming ? "incoming" : "outgoing";
}
