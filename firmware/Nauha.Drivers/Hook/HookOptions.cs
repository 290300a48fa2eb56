using System.ComponentModel.DataAnnotations;

namespace Nauha.Drivers.Hook;

/// <summary>How a line on a sound device knows its hook.</summary>
public sealed class HookOptions
{
    /// <summary>volts: the line interface's converter. contact: the board's pins hookN and ringN. voice: the sound itself.</summary>
    [AllowedValues("voice", "volts", "contact", ErrorMessage = "It is voice, volts or contact.")]
    public string Source { get; set; } = "voice";

    /// <summary>The converter's channel, from 1; null: the line's number.</summary>
    [Range(1, Mcp3208.Channels)]
    public int? Channel { get; set; }

    /// <summary>What a pair that nobody feeds shows, taken off; measured at installation.</summary>
    [Range(-5.0, 5.0)]
    public double ZeroVolts { get; set; }

    /// <summary>The same, with the zero that was measured; null: with the value it has.</summary>
    public HookOptions Measured(double? zeroVolts) => new() { Source = Source, Channel = Channel, ZeroVolts = zeroVolts ?? ZeroVolts };
}
