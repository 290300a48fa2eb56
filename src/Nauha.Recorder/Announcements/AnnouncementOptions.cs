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

    /// <summary>A WAV of what network or PBX say on the line. Where it is given the box itself says nothing: it records from where that was heard to its end, and nothing where it was not.</summary>
    [RegularExpression(@".{1,4096}\.[wW][aA][vV]", ErrorMessage = "It is the path of a WAV file.")]
    public string? Known { get; set; }

    /// <summary>How each call names that text; null: by the file's name.</summary>
    [RegularExpression("[A-Za-z0-9._+-]{1,64}", ErrorMessage = "It is 1 to 64 of A-Z, a-z, 0-9, . _ + -")]
    public string? KnownText { get; set; }

    /// <summary>Active speech level at which it comes, dBV, within 2.5; null: any from −40 to −6.</summary>
    [Range(-40.0, -6.0)]
    public double? KnownDbv { get; set; }

    /// <summary>This, and the other's values where this says nothing.</summary>
    public AnnouncementOptions Over(AnnouncementOptions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new() { Sequence = Sequence ?? other.Sequence, LevelDbv = LevelDbv ?? other.LevelDbv, Known = Known ?? other.Known, KnownText = Known is null ? KnownText ?? other.KnownText : KnownText, KnownDbv = KnownDbv ?? other.KnownDbv };
    }
}
