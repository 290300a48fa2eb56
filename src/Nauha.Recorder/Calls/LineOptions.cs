using System.ComponentModel.DataAnnotations;
using Nauha.Recorder.Announcements;

namespace Nauha.Recorder.Calls;

/// <summary>How one line is to be handled, where that differs from the defaults.</summary>
public class LineOptions
{
    /// <summary>Kind of port, as starting values: ata, mobile-gateway, pbx-extension or exchange.</summary>
    [AllowedValues(null, "ata", "mobile-gateway", "pbx-extension", "exchange")]
    public string? Profile { get; set; }

    /// <summary>Who answers this line, as an opaque id.</summary>
    [RegularExpression("[a-z0-9-]{1,32}")]
    public string? Agent { get; set; }

    /// <summary>Numbers that are never announced to besides 112, separated by spaces: 0112 behind a PBX that dials out with 0.</summary>
    [RegularExpression("[0-9]{2,20}( +[0-9]{2,20}){0,31}")]
    public string? Emergency { get; set; }

    /// <summary>The port's progress tones: learned (from its dial tone), finnish (425 Hz), american (two frequencies, as many adapters come), british, any, or one frequency in hertz.</summary>
    [AllowedValues("learned", "finnish", "american", "british", "any", "400", "440", "450")]
    public string Tones { get; set; } = "learned";

    /// <summary>What is dialled to get an outside line: taken off before a number is looked up among those never recorded.</summary>
    [RegularExpression("[0-9]{1,4}")]
    public string? Outside { get; set; }

    /// <summary>Seconds after which a mask ends by itself.</summary>
    [Range(10, 600)]
    public int MaskSeconds { get; set; } = 120;

    /// <summary>The agent's code for masking, on a line that tells agent from caller; null: there is none.</summary>
    [RegularExpression("[0-9*#]{2,4}", ErrorMessage = "a code is two to four of 0-9, * and #.")]
    public string? MaskCode { get; set; }

    /// <summary>The box's foot switch and button for masking and "do not record" act on this line.</summary>
    public bool Switches { get; set; } = true;

    /// <summary>Signing in by telephone; off unless it has codes.</summary>
    public SignInOptions SignIn { get; set; } = new();

    public AnnouncementOptions Announcement { get; set; } = new();
}
