using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;

namespace Nauha.Recorder.Calls;

/// <summary>How one line is handled.</summary>
public sealed record LineSettings(LineProfile Profile, Announcement Announcement, double AnnouncementDbv, AgentId? Agent, IReadOnlyList<string> Emergency)
{
    /// <summary>No announcement ever goes to these: the caller must be heard at once.</summary>
    public static IReadOnlyList<string> EmergencyNumbers { get; } = ["112"];

    /// <summary>Waits for room instead of losing samples: only where the source is faster than real time.</summary>
    public bool WaitsForRoom { get; init; }
}
