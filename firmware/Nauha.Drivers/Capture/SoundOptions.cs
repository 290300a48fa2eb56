using System.ComponentModel.DataAnnotations;

namespace Nauha.Drivers.Capture;

/// <summary>A line's sound device.</summary>
public sealed class SoundOptions
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

    /// <summary>The same, with what was measured of its ear; null: with the value it has.</summary>
    public SoundOptions Measured(double? dbvAtFullScale)
    {
        var measured = (SoundOptions)MemberwiseClone();
        measured.DbvAtFullScale = dbvAtFullScale ?? DbvAtFullScale;
        return measured;
    }
}
