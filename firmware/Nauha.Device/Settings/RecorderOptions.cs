using Nauha.Drivers.Board;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Calls;

namespace Nauha.Device.Settings;

/// <summary>The recorder's configuration: /etc/nauha/recorder.json, NAUHA_… in the environment above it, arguments above both.</summary>
internal sealed class RecorderOptions
{
    /// <summary>The data folder.</summary>
    public string? Data { get; set; }

    /// <summary>For all lines that say nothing else.</summary>
    public AnnouncementOptions Announcement { get; set; } = new();

    /// <summary>What the box is built on.</summary>
    public BoardOptions Board { get; set; } = new();

    public LedOptions Leds { get; set; } = new();

    /// <summary>Badge readers and keypads, by any name.</summary>
    public Dictionary<string, ReaderOptions> Readers { get; set; } = [];

    /// <summary>By line number.</summary>
    public Dictionary<string, LineOptions> Lines { get; set; } = [];

    public LineOptions Line(int number) => Lines.GetValueOrDefault(number.ToString(System.Globalization.CultureInfo.InvariantCulture)) ?? new();
}
