using System.Text.Json;
using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Leds;

/// <summary>
/// The front of a box that has none: the LEDs as they shine stand in <c>run/panel.json</c>, and a file <c>run/press-button</c>
/// (or -mask, -noRecord) is a pressed contact for as long as it is there. Nothing personal.
/// </summary>
public sealed class SimulatedPanel(string run) : IFrontPanel
{
    private static readonly LedColour[] Dark = new LedColour[4];
    private readonly LedColour[] _shown = [.. Dark];
    private readonly Lock _one = new();
    private double _share = 1;
    private long _beats;

    public static string PathOf(string run) => Path.Combine(run, "panel.json");

    public static string PressOf(string run, PanelContact contact) => Path.Combine(run, "press-" + JsonNamingPolicy.CamelCase.ConvertName(contact.ToString()));

    public void Show(ReadOnlySpan<LedColour> leds)
    {
        lock (_one)
        {
            if (leds.SequenceEqual(_shown)) return;
            leds.CopyTo(_shown);
        }
        Write();
    }

    public void Dim(double share)
    {
        lock (_one) _share = share;
        Write();
    }

    public void Beat() => Interlocked.Increment(ref _beats);

    public bool IsDown(PanelContact contact) => File.Exists(PressOf(run, contact));

    private void Write()
    {
        lock (_one)
        {
            try
            {
                Directory.CreateDirectory(run);
                var path = PathOf(run);
                File.WriteAllText(path + ".new", $$"""{"leds":[{{string.Join(',', _shown.Select(led => $"\"{JsonNamingPolicy.CamelCase.ConvertName(led.ToString())}\""))}}],"share":{{_share.ToString(System.Globalization.CultureInfo.InvariantCulture)}},"beats":{{Interlocked.Read(ref _beats)}}}""");
                File.Move(path + ".new", path, overwrite: true);
            }
            catch (IOException)
            {
                // Nobody waits for it: the next change writes another.
            }
        }
    }

    public void Dispose()
    {
        // nothing is held
    }
}
