using System.ComponentModel.DataAnnotations;

namespace Nauha.Recorder.Announcements;

/// <summary>What callers are told and how loud. A value that is not set is the box's, or the default.</summary>
public sealed class AnnouncementOptions
{
    public const string DefaultSequence = "fi+sv";

    public const double DefaultLevelDbv = -17;

    /// <summary>Bundled announcements in the order in which they are said, joined by +: fi, sv, en. One text, so that a higher source replaces it whole.</summary>
    [RegularExpression(@"[a-z]{2}(\+[a-z]{2}){0,5}")]
    public string? Sequence { get; set; }

    /// <summary>Active speech level on the pair, dBV. −24 to −12: the caller arrives at −25 to −30, and a much louder announcement is pulled out by the agents.</summary>
    [Range(-24.0, -12.0)]
    public double? LevelDbv { get; set; }

    /// <summary>This, and the other's values where this says nothing.</summary>
    public AnnouncementOptions Over(AnnouncementOptions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new() { Sequence = Sequence ?? other.Sequence, LevelDbv = LevelDbv ?? other.LevelDbv };
    }
}
