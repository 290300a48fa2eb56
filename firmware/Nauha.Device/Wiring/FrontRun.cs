using Microsoft.Extensions.Logging;
using Nauha.Device.Settings;
using Nauha.Drivers.Watchdog;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Status;

namespace Nauha.Device.Wiring;

/// <summary>The front while the recorder runs: lit before anything else is opened, dark after everything is closed.</summary>
internal sealed class FrontRun : IAsyncDisposable
{
    private readonly BoxFront _front;
    private readonly CancellationTokenSource _stop;
    private readonly TimeProvider _time;
    private readonly SliceWatch? _panel;
    private readonly string? _night;
    private readonly string _language;
    private volatile bool _byButton;

    public FrontRun(BoxFront front, RecorderOptions options, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        (_front, _time, _night, _language) = (front, time, options.Leds.Night, options.Language ?? Wording.Languages[0]);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (front.Panel is not { } panel) return;
        _panel = SliceWatch.Over("front", new FrontPanel(panel, () => Lamps?.Invoke() ?? [LedLegend.Worst("health", "starting")], StopByButton, time, () => BoxFront.ShareAt(time.GetUtcNow(), _night), contact => Pressed?.Invoke(contact)), time, log);
    }

    /// <summary>Ends the recorder in order: the program's own end, or the button held for five seconds.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>What the LEDs show; null: it starts.</summary>
    public Func<IReadOnlyList<Lamp>>? Lamps { get; set; }

    /// <summary>A foot switch, or what stands for one.</summary>
    public Action<PanelContact>? Pressed { get; set; }

    /// <summary>Its loops, for those that watch them: display and watchdog among them.</summary>
    public IEnumerable<SliceWatch> Slices(Func<IReadOnlyList<Recorder.Calls.LineSnapshot>> lines, ILogger log, Action<int> hangs)
    {
        if (_front.Display is { } display) yield return SliceWatch.Over("display", new DisplayPages(display, () => Lamps?.Invoke() ?? [], _time, _language), _time, log);
        if (_front.Watchdog is { } watchdog && watchdog.Timeout > TimeSpan.Zero) yield return SliceWatch.Over("watchdog", new WatchdogFeeder(watchdog, new CaptureWatch(lines, _time), _time, hangs), _time, log);
    }

    public SliceWatch? Panel => _panel;

    public IBoxSensors Sensors => _front.Sensors;

    public Task StartAsync() => _panel?.StartAsync(CancellationToken.None) ?? Task.CompletedTask;

    /// <summary>Every slice runs.</summary>
    public void Ready() => (_front.Watchdog as SystemdNotify)?.Ready();

    private void StopByButton()
    {
        _byButton = true;
        _stop.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        (_front.Watchdog as SystemdNotify)?.Stopping();
        if (_panel is not null)
        {
            await _panel.StopAsync(CancellationToken.None);
            _panel.Dispose();
            if (_byButton) await FrontPanel.MayUnplugAsync(_front.Panel!, _time);
            else FrontPanel.Stopped(_front.Panel!);
        }
        _stop.Dispose();
        _front.Dispose();
    }
}
