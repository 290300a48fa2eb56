using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Vault;
using Nauha.Telephony;

namespace Nauha.Recorder.Calls;

/// <summary>How one line is handled.</summary>
public sealed record LineSettings(LineProfile Profile, Announcement Announcement, double AnnouncementDbv, AgentId? Agent, IReadOnlyList<string> Emergency)
{
    /// <summary>No announcement ever goes to these: the caller must be heard at once.</summary>
    public static IReadOnlyList<string> EmergencyNumbers { get; } = ["112"];

    /// <summary>The box says nothing: <see cref="Announcement"/> is what network or PBX say, and a call is kept from where it was heard to its end.</summary>
    public bool Listens { get; init; }

    /// <summary>Active speech level at which that comes, dBV; null: any that is no crosstalk.</summary>
    public double? KnownDbv { get; init; }

    /// <summary>What the port was seen to do before; null: nothing is known.</summary>
    public LearnedLine? Known { get; init; }

    /// <summary>Takes what was learned from a call, off the line's own thread; null: nobody keeps it.</summary>
    public Action<LearnedLine>? Learned { get; init; }

    /// <summary>Waits for room instead of losing samples: only where the source is faster than real time.</summary>
    public bool WaitsForRoom { get; init; }

    /// <summary>Numbers that are never recorded; null: there are none.</summary>
    public ExclusionList? Excluded { get; init; }

    /// <summary>Who is signed in; null: nobody ever is.</summary>
    public AgentDesk? Desk { get; init; }

    /// <summary>Codes by which one signs in by telephone; null: nobody does.</summary>
    public SignInOptions? SignIn { get; init; }

    /// <summary>The port's progress tones; null: as its dial tone says, Finland's until one was heard.</summary>
    public ToneSet? Tones { get; init; }

    /// <summary>The progress tones to begin with.</summary>
    public ToneSet KnownTones => Tones ?? DialTone.Named(Known?.DialTone)?.Set ?? ToneSet.Finnish;

    /// <summary>What is dialled to get an outside line; null: nothing.</summary>
    public string? Outside { get; init; }

    /// <summary>After so long a mask ends by itself.</summary>
    public TimeSpan LongestMask { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The agent's code for masking, two to four keys; null: none. Without effect on a source that does not tell its sides apart.</summary>
    public string? MaskCode { get; init; }
}
