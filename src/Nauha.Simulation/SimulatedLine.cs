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
    private readonly InlineSides _sides = new(ExchangeLine.DbvAtFullScale, ExchangeLine.MilliampsAtFullScale);
    private readonly short[] _current = new short[SampleBlock.Length];
    private long _at = exchange.Now;

    public LineId Line => line;

    /// <summary>A handset has no volts: a contact shows its hook.</summary>
    public HookSource HookSource => Sides == LineSides.Handset ? HookSource.Contact : HookSource.Volts;

    public LineSides Sides => profile.Tap;

    public double DbvAtFullScale => ExchangeLine.DbvAtFullScale;

    /// <summary>As a technician has calibrated this line.</summary>
    public double InjectionDbvAtFullScale => exchange.InjectionDbv;

    public string Profile => profile.Name;

    public bool Simulated => true;

    public bool CanInject => injects;

    public ExchangeLine Exchange => exchange;

    public int InjectionPending => exchange.InjectionPending;

    public async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(block);
        await pacer.UntilDueAsync(_at - _first + SampleBlock.Length, cancel).ConfigureAwait(false);
        Fill(block);
        block.FirstSample = _at;
        block.LostBefore = 0;
        block.Clipped = block.Samples.AsSpan().ContainsAny(short.MaxValue, short.MinValue);
        _at += SampleBlock.Length;
        return true;
    }

    private void Fill(SampleBlock block)
    {
        block.HasSides = Sides != LineSides.None;
        switch (Sides)
        {
            case LineSides.Inline:
                exchange.Fill(block.Samples, block.Volts, _current, default);
                _sides.Split(block.Samples, _current, block.Near, block.Far);
                break;
            case LineSides.Handset:
                exchange.Fill(block.Samples, default, block.Near, block.Far);
                (block.HandsetUp, block.Ringing) = (exchange.HandsetUp, exchange.Rings);
                break;
            default:
                exchange.Fill(block.Samples, block.Volts);
                break;
        }
    }

    public int Inject(ReadOnlySpan<short> samples) => injects ? exchange.Inject(samples) : 0;

    public void StopInjection() => exchange.StopInjection();

    public bool HoldRelayOpen(bool open)
    {
        exchange.RelayHeldOpen = open;
        return true;
    }

    public bool LeavesPhoneOn
    {
        get => exchange.LeavesPhoneOn;
        set => exchange.LeavesPhoneOn = value;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
