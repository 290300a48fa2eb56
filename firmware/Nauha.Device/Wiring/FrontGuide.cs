using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Device.Settings;
using Nauha.Recorder.Status;

namespace Nauha.Device.Wiring;

/// <summary>The front while a command tries a line: LED 2 guides the technician beside the telephone, LED 1 says that nothing is recorded meanwhile. The button held for five seconds breaks the trial off.</summary>
internal sealed class FrontGuide : IAsyncDisposable
{
    /// <summary>As long as a fault stays shown.</summary>
    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(10);

    private readonly BoxFront _front;
    private readonly FrontPanel? _panel;
    private readonly TimeProvider _time;
    private volatile IReadOnlyList<Lamp> _lamps = [Lamps.Stopped];

    private FrontGuide(BoxFront front, Action stop, TimeProvider time, string? night)
    {
        (_front, _time) = (front, time);
        if (front.Panel is { } panel) _panel = new(panel, () => _lamps, stop, time, () => BoxFront.ShareAt(time.GetUtcNow(), night));
    }

    /// <param name="stop">The button was held.</param>
    public static async Task<FrontGuide> StartAsync(RecorderOptions options, Action stop, TimeProvider time)
    {
        var guide = new FrontGuide(BoxFront.OpenPanel(options, simulated: false, NullLogger.Instance), stop, time, options.Leds.Night);
        if (guide._panel is { } panel) await panel.StartAsync(CancellationToken.None);
        return guide;
    }

    /// <summary>False: there are no LEDs that could be reached.</summary>
    public bool Guides => _panel is not null;

    /// <summary>Why not; empty: this box has none.</summary>
    public string Missing => string.Join("; ", _front.Missing);

    public void Show(Lamp lamp) => _lamps = [Lamps.Stopped, lamp];

    /// <summary>What came of it stays until somebody has looked.</summary>
    public Task LingerAsync(CancellationToken cancel) => Guides ? Task.Delay(Shown, _time, cancel) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_panel is { } panel)
        {
            await panel.StopAsync(CancellationToken.None);
            panel.Dispose();
            FrontPanel.Stopped(_front.Panel!);
        }
        _front.Dispose();
    }
}
