using Nauha.Format;
using Nauha.Recorder.Ports;

namespace Nauha.Simulation;

/// <summary>How many samples are due: line time, scaled by a speed; 0 is as fast as they are read.</summary>
public sealed class LinePacer(TimeProvider time, double speed)
{
    private readonly long _start = time.GetTimestamp();

    public bool WaitsForRoom => speed != 1;

    /// <summary>Waits until this many samples since the start are due.</summary>
    public async ValueTask UntilDueAsync(long samples, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (speed <= 0) return;
        for (; ; )
        {
            var left = TimeSpan.FromSeconds(samples / 8_000.0 / speed) - time.GetElapsedTime(_start);
            if (left <= TimeSpan.Zero) return;
            // A few blocks at a time: at high speed many are due at each waking.
            await Task.Delay(left > TimeSpan.FromMilliseconds(10) ? left : TimeSpan.FromMilliseconds(10), time, cancel).ConfigureAwait(false);
        }
    }
}

/// <summary>A line of the simulated exchange, where a device on a real pair would be.</summary>
/// <param name="injects">False: a tap that hears alone.</param>
public sealed class SimulatedLine(LineId line, PortProfile profile, ExchangeLine exchange, LinePacer pacer, bool injects = true) : ILineSource
{
    private readonly long _first = exchange.Now;
    private long _at = exchange.Now;

    public LineId Line => line;

    public HookSource HookSource => HookSource.Volts;

    public double DbvAtFullScale => ExchangeLine.DbvAtFullScale;

    public double InjectionDbvAtFullScale => ExchangeLine.InjectionDbvAtFullScale;

    public string Profile => profile.Name;

    public bool Simulated => true;

    public bool CanInject => injects;

    public ExchangeLine Exchange => exchange;

    public int InjectionPending => exchange.InjectionPending;

    public async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(block);
        await pacer.UntilDueAsync(_at - _first + SampleBlock.Length, cancel).ConfigureAwait(false);
        exchange.Fill(block.Samples, block.Volts);
        block.FirstSample = _at;
        block.LostBefore = 0;
        block.Clipped = block.Samples.AsSpan().ContainsAny(short.MaxValue, short.MinValue);
        _at += SampleBlock.Length;
        return true;
    }

    public int Inject(ReadOnlySpan<short> samples) => injects ? exchange.Inject(samples) : 0;

    public void StopInjection() => exchange.StopInjection();

    public bool HoldRelayOpen(bool open)
    {
        exchange.RelayHeldOpen = open;
        return true;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
