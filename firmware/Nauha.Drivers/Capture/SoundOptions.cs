using System.ComponentModel.DataAnnotations;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Capture;

/// <summary>A line's sound device.</summary>
public sealed class SoundOptions : IValidatableObject
{
    /// <summary>What is heard: an ALSA name (hw:1,0), usb:PATH for whatever card sits in that socket (usb:1-1.3), or serial:NUMBER.</summary>
    [RegularExpression("[!-~]{1,200}")]
    public string Device { get; set; } = "default";

    /// <summary>What speaks, where it is another device.</summary>
    [RegularExpression("[!-~]{1,200}")]
    public string? Playback { get; set; }

    /// <summary>Channel that hears the line, from 1.</summary>
    [Range(1, 16)]
    public int Channel { get; set; } = 1;

    /// <summary>Channel that speaks, where it is another.</summary>
    [Range(1, 16)]
    public int? PlaybackChannel { get; set; }

    /// <summary>In-line tap: channel that hears the current towards the phone, where <see cref="Channel"/> hears the volts. Null: no current is heard.</summary>
    [Range(1, 16)]
    public int? CurrentChannel { get; set; }

    /// <summary>Current of a full-scale sine as that channel hears it, mA rms.</summary>
    [Range(0.1, 100.0)]
    public double MilliampsAtFullScale { get; set; } = 5;

    /// <summary>The current transformer is wired the other way about.</summary>
    public bool CurrentReversed { get; set; }

    /// <summary>What the phone's end of the pair is taken for when agent and caller are told apart, ohms.</summary>
    [Range(100.0, 2_000.0)]
    public double NearOhms { get; set; } = 600;

    /// <summary>The same of the port's end, ohms.</summary>
    [Range(100.0, 2_000.0)]
    public double FarOhms { get; set; } = 600;

    /// <summary>Handset tap: channel that hears the microphone's wires (the agent). With <see cref="FarChannel"/>, in place of <see cref="Channel"/>.</summary>
    [Range(1, 16)]
    public int? NearChannel { get; set; }

    /// <summary>Handset tap: channel that hears the earpiece's wires (the caller).</summary>
    [Range(1, 16)]
    public int? FarChannel { get; set; }

    /// <summary>What the capture device holds: a stall of less loses nothing. Milliseconds, 100 to 2,000.</summary>
    [Range(100, 2_000)]
    public int BufferMs { get; set; } = 500;

    /// <summary>What the playback device holds: how late an announcement sounds, and how long a stall may last while it does. Milliseconds, 60 to 240.</summary>
    [Range(60, 240)]
    public int PlaybackBufferMs { get; set; } = 200;

    /// <summary>Level on the pair of a full-scale sine as the device hears it, dBV. The line interface's own is 6.5.</summary>
    [Range(-40.0, 40.0)]
    public double DbvAtFullScale { get; set; } = 6.5;

    /// <summary>Level on the pair of a full-scale sine that the device plays, dBV: −3.5 behind the line interface, until it is calibrated.</summary>
    [Range(-40.0, 40.0)]
    public double InjectionDbvAtFullScale { get; set; } = -3.5;

    /// <summary>The card whose mixer is set, where it is not the capture device's.</summary>
    [RegularExpression("[!-~]{1,200}")]
    public string? MixerCard { get; set; }

    /// <summary>Controls by name as the mixer must stand: on, off, or 0 to 100 (per cent of the range).</summary>
    public Dictionary<string, string> Mixer { get; set; } = [];

    /// <summary>How this device tells agent from caller.</summary>
    public LineSides Sides => NearChannel is not null ? LineSides.Handset : CurrentChannel is not null ? LineSides.Inline : LineSides.None;

    /// <summary>The highest channel that is heard.</summary>
    internal int HighestChannel => Sides == LineSides.Handset ? Math.Max(NearChannel!.Value, FarChannel!.Value) : Math.Max(Channel, CurrentChannel ?? 1);

    /// <summary>The channel that speaks. A handset's is the first, unless it is said: its ear has two.</summary>
    internal int SpokenChannel => PlaybackChannel ?? (Sides == LineSides.Handset ? 1 : Channel);

    /// <summary>Channels to ask of what speaks: on one alone a sound server would put a handset's announcement onto the earpiece's wires too.</summary>
    internal int SpokenChannels => Sides == LineSides.Handset ? 2 : 1;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CurrentChannel == Channel) yield return new("it is the channel that hears the volts (channel); the current comes by another.", [nameof(CurrentChannel)]);
        if (CurrentChannel is not null && NearChannel is not null) yield return new("a line is tapped in-line (currentChannel) or at the handset (nearChannel, farChannel), not both.", [nameof(CurrentChannel)]);
        if (NearChannel is null && FarChannel is not null) yield return new("it goes with farChannel: a handset tap has a channel for either side.", [nameof(NearChannel)]);
        if (FarChannel is null && NearChannel is not null) yield return new("it goes with nearChannel: a handset tap has a channel for either side.", [nameof(FarChannel)]);
        if (NearChannel is not null && NearChannel == FarChannel) yield return new("it is nearChannel as well: agent and caller come by two.", [nameof(FarChannel)]);
    }

    /// <summary>The same, with what was measured of its ear; null: with the value it has.</summary>
    public SoundOptions Measured(double? dbvAtFullScale)
    {
        var measured = (SoundOptions)MemberwiseClone();
        measured.DbvAtFullScale = dbvAtFullScale ?? DbvAtFullScale;
        return measured;
    }
}
