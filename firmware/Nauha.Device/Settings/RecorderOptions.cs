using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Nauha.Drivers.Board;
using Nauha.Drivers.Capture;
using Nauha.Drivers.Hook;
using Nauha.Drivers.Siprec;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Vault;

namespace Nauha.Device.Settings;

/// <summary>The recorder's configuration: /etc/nauha/recorder.json, NAUHA_… in the environment above it, arguments above both.</summary>
internal sealed class RecorderOptions
{
    /// <summary>The data folder.</summary>
    public string? Data { get; set; }

    /// <summary>What the box says to the people at the branch: fi, sv or en. Null: Finnish on the display, on a terminal the terminal's.</summary>
    [AllowedValues(null, "fi", "sv", "en", ErrorMessage = "It is fi, sv or en.")]
    public string? Language { get; set; }

    /// <summary>For all lines that say nothing else.</summary>
    public AnnouncementOptions Announcement { get; set; } = new();

    public StorageOptions Storage { get; set; } = new();

    /// <summary>What the box is built on.</summary>
    public BoardOptions Board { get; set; } = new();

    public LedOptions Leds { get; set; } = new();

    /// <summary>Badge readers and keypads, by any name.</summary>
    public Dictionary<string, ReaderOptions> Readers { get; set; } = [];

    /// <summary>PBXs that send what they record (SIPREC), by any name.</summary>
    public Dictionary<string, TrunkOptions> Trunks { get; set; } = [];

    /// <summary>By line number.</summary>
    public Dictionary<string, LineSetup> Lines { get; set; } = [];

    public LineSetup Line(int number) => Lines.GetValueOrDefault(number.ToString(CultureInfo.InvariantCulture)) ?? new();
}

/// <summary>One line: how it is handled, and what it hangs on.</summary>
internal sealed class LineSetup : LineOptions
{
    /// <summary>What the line hangs on: alsa, a sound device; siprec, a PBX that sends what it records. Null: only the simulated exchange has such a line.</summary>
    [AllowedValues(null, "alsa", "siprec")]
    public string? Source { get; set; }

    /// <summary>Of a line whose source is alsa.</summary>
    public SoundOptions Sound { get; set; } = new();

    /// <summary>Of a line whose source is alsa.</summary>
    public HookOptions Hook { get; set; } = new();

    /// <summary>Of a line whose source is siprec.</summary>
    public SiprecLineOptions Siprec { get; set; } = new();
}
