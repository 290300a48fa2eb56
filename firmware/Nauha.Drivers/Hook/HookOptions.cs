using System.ComponentModel.DataAnnotations;

namespace Nauha.Drivers.Hook;

/// <summary>How a line on a sound device knows its hook.</summary>
public sealed class HookOptions
{
    /// <summary>volts: the line interface's converter. current: the same converter behind the in-line board's loop current. contact: the board's pins hookN and ringN. voice: the sound itself.</summary>
    [AllowedValues("voice", "volts", "current", "contact", ErrorMessage = "It is voice, volts, current or contact.")]
    public string Source { get; set; } = "voice";

    /// <summary>The converter's channel, from 1; null: the line's number.</summary>
    [Range(1, Mcp3208.Channels)]
    public int? Channel { get; set; }

    /// <summary>What a pair that nobody feeds shows, taken off; measured at installation.</summary>
    [Range(-5.0, 5.0)]
    public double ZeroVolts { get; set; }

    /// <summary>The relay of pin muteN takes the phone off while the box speaks.</summary>
    public bool MutePhone { get; set; }

    /// <summary>The same, with the zero that was measured; null: with the value it has.</summary>
    public HookOptions Measured(double? zeroVolts) => new() { Source = Source, Channel = Channel, ZeroVolts = zeroVolts ?? ZeroVolts, MutePhone = MutePhone };
}
