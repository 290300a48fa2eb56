using Nauha.Recorder.Ports;

namespace Nauha.Drivers.Hook;

/// <summary>Looks at all pairs a thousand times a second, in a thread of its own; a line takes its readings from its queue.</summary>
public sealed class VoltsSampler : IDisposable
{
    private const int MostAtOnce = 20;
    private static readonly TimeSpan Reading = TimeSpan.FromMilliseconds(1), Rest = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<IPairGauge> _gauges;
    private readonly VoltsQueue[] _queues;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread? _thread;

    /// <param name="starts">False: <see cref="Sample"/> is called instead.</param>
    public VoltsSampler(IReadOnlyList<IPairGauge> gauges, TimeProvider time, bool starts = true)
    {
        ArgumentNullException.ThrowIfNull(gauges);
        (_gauges, _time) = (gauges, time);
        _queues = [.. gauges.Select(gauge => new VoltsQueue(gauge.HookSource))];
        if (!starts) return;
        _thread = new(Run) { IsBackground = true, Name = "pair volts", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>The readings of a gauge, by its place.</summary>
    public IPairVolts this[int place] => _queues[place];

    /// <summary>Readings that were due while the thread did not run.</summary>
    public long Late { get; private set; }

    /// <summary>One reading of every pair.</summary>
    internal void Sample()
    {
        for (var i = 0; i < _gauges.Count; i++) _queues[i].Write(_gauges[i].Read());
    }

    private void Run()
    {
        var (started, done) = (_time.GetTimestamp(), 0L);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var due = (long)_time.GetElapsedTime(started).TotalMilliseconds - done;
                if (due > MostAtOnce)
                {
                    (Late, done) = (Late + due - MostAtOnce, done + due - MostAtOnce);
                    due = MostAtOnce;
                }
                for (var i = 0; i < due; i++, done++) Sample();
                foreach (var queue in _queues) queue.Fail(null);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // A loose wire: the lines know, open again in their time, and it is tried once a second.
                foreach (var queue in _queues) queue.Fail(e);
                if (_stop.Token.WaitHandle.WaitOne(Rest)) return;
                (started, done) = (_time.GetTimestamp(), 0);
            }
            _stop.Token.WaitHandle.WaitOne(Reading);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join();
        _stop.Dispose();
    }
}
