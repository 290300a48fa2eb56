using System.ComponentModel.DataAnnotations;

namespace Nauha.Recorder.Announcements;

public sealed class AnnouncementOptions
{
    public const string Section = "Announcement";

    /// <summary>Languages in the order in which they are said: names of bundled announcements (fi, sv, en).</summary>
    [MinLength(1)]
    public IReadOnlyList<string> Sequence { get; set; } = ["fi", "sv"];

    /// <summary>Active speech level on the pair, dBV. −24 to −12: the caller arrives at −25 to −30, and a much louder announcement is pulled out by the agents.</summary>
    [Range(-24.0, -12.0)]
    public double LevelDbv { get; set; } = -17;
}
