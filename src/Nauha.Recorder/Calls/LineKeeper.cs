using Microsoft.Extensions.Logging;
using Nauha.Format;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Calls;

/// <summary>
/// Keeps one line going: opens its source and runs its loop. When either fails it says so, the call in progress is closed
/// as it stands, and it begins again; the time in between is a blind interval in the journal. Other lines notice nothing.
/// </summary>
public sealed partial class LineKeeper(LineId line, Func<ILineSource> open, LineSettings settings, CallVault vault, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(30), Steady = TimeSpan.FromMinutes(1);

    /// <summary>What is only not there is looked for so often: an adapter that is plugged in again is taken at once.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly List<Task> _closing = [];
    private LineConductor? _conductor;
    private LearnedLine? _learned;
    private LineSnapshot _last = new(line, Line.CallPhase.Idle, null, default, 0, 0, 0, false, false, false) { Learning = LineConductor.Learns(settings.Known) };
    private long _lost, _clipped;
    private bool _isLost;

    /// <summary>Times the line failed since the start; while it is not there, once for each reason.</summary>
    public int Failures { get; private set; }

    public LineSnapshot Snapshot
    {
        get
        {
            var now = _conductor?.Snapshot ?? _last;
            return now with { LostSamples = now.LostSamples + _lost, ClippedBlocks = now.ClippedBlocks + _clipped, Lost = _isLost };
        }
    }

    public LineId Id => line;

    /// <summary>See <see cref="LineConductor"/>; nothing where the line is down.</summary>
    public void ToggleMask() => _conductor?.ToggleMask();

    public void Mask(int seconds) => _conductor?.Mask(seconds);

    public void Hold() => _conductor?.Hold();

    public void Decline() => _conductor?.Decline();

    /// <summary>Runs until the source ends or is stopped; then every call is closed in the journal.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var wait = First;
        long? lostSince = null;
        var said = new HashSet<string>();     // why it cannot be opened: once, not each try
        while (!stop.IsCancellationRequested)
        {
            var (began, opened) = (time.GetTimestamp(), false);
            try
            {
                await using var source = open();
                opened = true;
                said.Clear();
                using var conductor = new LineConductor(source, Taught(), vault, log);
                if (lostSince is { } since) vault.Blind(line, since, vault.Now().UnixMs, EndingCode.LineLost);
                (lostSince, _isLost, _conductor) = (null, false, conductor);
                try
                {
                    await conductor.RunAsync(stop).ConfigureAwait(false);
                    break;
                }
                finally
                {
                    _closing.RemoveAll(task => task.IsCompletedSuccessfully);
                    _closing.Add(conductor.Closed);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                // A source, a detector, the journal: whatever it was, it is this line's alone.
                if (opened || said.Add(e.Message))
                {
                    Failed(e, line.Number);
                    Failures++;
                }
                if (_conductor is { Snapshot: var last }) (_lost, _clipped, _last, _conductor) = (_lost + last.LostSamples, _clipped + last.ClippedBlocks, last with { LostSamples = 0, ClippedBlocks = 0, Sound = null }, null);
                _isLost = true;
                lostSince ??= vault.Now().UnixMs;
            }
            wait = !opened || time.GetElapsedTime(began) > Steady ? First : wait;
            await Task.Delay(opened ? wait : Look, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opened) wait = wait * 2 > Longest ? Longest : wait * 2;
        }
        await Task.WhenAll(_closing).ConfigureAwait(false);
        if (lostSince is { } from) vault.Blind(line, from, vault.Now().UnixMs, EndingCode.LineLost);
    }

    // What the port has taught since the start is not forgotten with a source that comes back.
    private LineSettings Taught() => settings with
    {
        Known = _learned ?? settings.Known,
        Learned = settings.Learned is not { } keep ? null : learned =>
        {
            _learned = learned;
            keep(learned);
        },
    };

    [LoggerMessage(EventId = 5301, Level = LogLevel.Error, Message = "Line {Line} failed and is started again")]
    private partial void Failed(Exception why, int line);
}
