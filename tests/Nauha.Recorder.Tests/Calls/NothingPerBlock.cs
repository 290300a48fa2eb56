using Microsoft.Extensions.Logging.Abstractions;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ports;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>A line at rest, and one in the middle of a talk: its own thread allocates nothing for a block of 20 ms.</summary>
public sealed class NothingPerBlock
{
    private const double Talk = 60;

    [Theory]
    [InlineData(3, 13, "at rest", LineSides.None)]
    [InlineData(45, 65, "recording", LineSides.None)]
    [InlineData(45, 65, "recording, with sides", LineSides.Inline)]
    public async Task A_line_allocates_next_to_nothing(double from, double until, string when, LineSides tap)
    {
        var port = PortProfile.Ata with { Tap = tap };
        using var box = new Box { MaskCode = "*5" };
        using var vault = box.OpenVault();
        var talk = Nauha.Simulation.Talk.Bundled.First(20);
        var call = new CallScript { Kind = ScriptKind.Incoming, At = 15, Number = "0409990123", Talk = new([.. Enumerable.Repeat(talk.Near, 3).SelectMany(n => n)], [.. Enumerable.Repeat(talk.Far, 3).SelectMany(f => f)]) };
        var source = new Counted(new SimulatedLine(new(1), port, new ExchangeLine(port, [call], seed: 7), new LinePacer(TimeProvider.System, 0)), (long)(from * 8_000), (long)(until * 8_000), (long)((15 + Talk) * 8_000));
        using var conductor = new LineConductor(source, box.Settings(), vault, NullLogger.Instance);
        await conductor.RunAsync(CancellationToken.None);
        source.Blocks.ShouldBeGreaterThan(300, when);
        (source.Bytes / (double)source.Blocks).ShouldBeLessThan(24, when);   // the look that others have at the line, twice a second
    }

    /// <summary>Counts what the thread that reads allocates between two reads, whichever thread that is.</summary>
    private sealed class Counted(SimulatedLine line, long from, long until, long end) : ILineSource
    {
        private (int Thread, long Bytes)? _before;

        public long Bytes { get; private set; }

        public int Blocks { get; private set; }

        public LineId Line => line.Line;

        public HookSource HookSource => line.HookSource;

        public double DbvAtFullScale => line.DbvAtFullScale;

        public double InjectionDbvAtFullScale => line.InjectionDbvAtFullScale;

        public string Profile => line.Profile;

        public bool Simulated => true;

        public int InjectionPending => line.InjectionPending;

        public ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
        {
            if (_before is { } before && before.Thread == Environment.CurrentManagedThreadId && line.Exchange.Now >= from && line.Exchange.Now < until)
            {
                Bytes += GC.GetAllocatedBytesForCurrentThread() - before.Bytes;
                Blocks++;
            }
            if (line.Exchange.Now > end) return ValueTask.FromResult(false);
            var read = line.ReadAsync(block, cancel);
            if (!read.IsCompletedSuccessfully) throw new InvalidOperationException("a simulated line is there at once");
            _before = (Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread());
            return ValueTask.FromResult(read.Result);
        }

        public int Inject(ReadOnlySpan<short> samples) => line.Inject(samples);

        public void StopInjection() => line.StopInjection();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
