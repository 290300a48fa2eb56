using Microsoft.Extensions.Hosting;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ports;

namespace Nauha.Recorder.Status;

/// <summary>
/// Whether capture is alive: every line's time has moved within ten seconds, or its source is known to be lost and is tried
/// again by itself. A loop that hangs is neither, and nothing but a new start helps it.
/// </summary>
public sealed class CaptureWatch(Func<IReadOnlyList<LineSnapshot>> lines, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly Dictionary<int, (long Heard, long At)> _moved = [];

    /// <summary>A line that does not move; null: all are alive.</summary>
    public int? Hangs()
    {
        foreach (var line in lines())
        {
            var known = _moved.TryGetValue(line.Line.Number, out var last);
            if (!known || line.Lost || line.Heard != last.Heard) _moved[line.Line.Number] = (line.Heard, time.GetTimestamp());
            else if (time.GetElapsedTime(last.At) > Longest) return line.Line.Number;
        }
        return null;
    }
}

/// <summary>Feeds the watchdog three times within its time, for as long as capture is alive.</summary>
/// <param name="hangs">Said once when it is not: line number.</param>
public sealed class WatchdogFeeder(IWatchdog watchdog, CaptureWatch capture, TimeProvider time, Action<int>? hangs = null) : BackgroundService
{
    private bool _told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(watchdog.Timeout / 3, time);
        do
        {
            if (capture.Hangs() is { } line)
            {
                if (!_told) hangs?.Invoke(line);
                _told = true;
                continue;
            }
            watchdog.Feed();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}
