using System.ComponentModel.DataAnnotations;

namespace Nauha.Device.Settings;

/// <summary>One badge reader or keypad.</summary>
internal sealed class ReaderOptions
{
    /// <summary>The input device, /dev/input/by-id/…-event-kbd.</summary>
    [Required]
    public string? Device { get; set; }

    /// <summary>badge or keypad: how the record says that the agent is known.</summary>
    [AllowedValues("badge", "keypad")]
    public string Kind { get; set; } = "badge";

    /// <summary>For which lines one signs in there, separated by spaces; null: for all.</summary>
    [RegularExpression("[0-9]{1,2}( +[0-9]{1,2}){0,63}")]
    public string? Lines { get; set; }
}
