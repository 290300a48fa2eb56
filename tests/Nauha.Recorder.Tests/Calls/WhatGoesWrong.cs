using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Vault;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>Sources that die, disks that stall or are full: a line goes on, and what is missing is said.</summary>
public sealed class WhatGoesWrong
{
    private static CallScript Incoming(double at = 1) => new() { Kind = ScriptKind.Incoming, At = at, Number = "0409990123", Talk = Talk.Bundled.First(6) };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_line_whose_source_dies_in_a_call_closes_it_as_it_stands_and_records_the_next(bool bug)
    {
        using var box = new Box();
        using var vault = box.OpenVault();
        var exchange = new ExchangeLine(PortProfile.Ata, [Incoming(), Incoming(30)], seed: 7);
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        var opened = 0;
        LineKeeper? keeper = null;
        var keep = keeper = new LineKeeper(new(1), () => new Gate(exchange, at =>
        {
            if (opened == 1 && exchange.Truths.Any(t => t.What == "talk") && at > exchange.Truths.First(t => t.What == "talk").At + 16_000) throw bug ? new InvalidOperationException("a planted bug") : new IOException("unplugged");
            return at < 60 * 8_000;
        }, () => opened++), box.Settings(), vault, time, NullLogger.Instance);
        var running = Task.Run(() => keep.RunAsync(CancellationToken.None));
        while (!running.IsCompleted)
        {
            // The keeper waits for a second of its own time before it opens the source again.
            if (keeper.Snapshot.Lost) time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await running;
        opened.ShouldBe(2);
        keeper.Failures.ShouldBe(1);
        keeper.Snapshot.Lost.ShouldBeFalse();
        var calls = box.Accounts(vault);
        // What was said after the source came back is a call of its own: the handset was found up.
        calls.Select(c => c.Call.Ending).ShouldBe([Ending.Recorded, Ending.Failed(EndingCode.NotHeard), Ending.Recorded], ignoreOrder: false, customMessage: string.Join(", ", calls.Select(c => c.Call.Ending)));
        calls.Select(c => c.Call.CallNumber).ShouldBe([1ul, 2, 3]);
        vault.Read(index => index.Records.Where(r => r.Kind == RecordKind.Blind).Select(r => (r.Line.Number, r.Record.BlindCode)).ToList()).ShouldBe([(1, EndingCode.LineLost)]);
    }

    [Fact]
    public async Task A_disk_that_stalls_costs_a_gap_of_known_length_and_never_holds_up_the_line()
    {
        using var box = new Box();
        using var vault = box.OpenVault();
        var exchange = new ExchangeLine(PortProfile.Ata, [Incoming() with { Talk = new(new float[8_000 * 60], []) }], seed: 7);
        using var stalled = new ManualResetEventSlim();
        using var stall = new SemaphoreSlim(0);
        LineConductor? conductor = null;
        Task? holder = null;
        var source = new Gate(exchange, at =>
        {
            var phase = conductor!.Snapshot.Phase;
            if (phase == CallPhase.OffHook) SpinWait.SpinUntil(() => conductor.Snapshot.CallNumber is not null || vault.Read(i => i.Calls.Count) > 0);
            if (phase == CallPhase.Announcing && holder is null)
            {
                // Somebody holds the vault from before the proof on: the writer can write nothing, and 60 s are said.
                holder = Task.Run(() => vault.Read(_ => { stalled.Set(); stall.Wait(); return 0; }));
                stalled.Wait();
            }
            if (!exchange.IsOver || at < exchange.Truths[^1].At + 16_000) return true;
            stall.Release();   // the line has come to its end without it
            return false;
        });
        using (conductor = new LineConductor(source, box.Settings() with { WaitsForRoom = false }, vault, NullLogger.Instance)) await conductor.RunAsync(CancellationToken.None);
        await holder!;
        var call = box.Accounts(vault).ShouldHaveSingleItem();
        call.Call.Ending.ShouldBe(Ending.Recorded);
        var (_, first, frames) = box.Listen(call.File!);
        var kept = frames.Sum(f => (long)f.Samples);
        var gaps = frames.SelectMany(f => f.Events).Where(e => e.What == "gap").Sum(e => (long)e.Samples);
        gaps.ShouldBeGreaterThan(8_000 * 20);
        gaps.ShouldBe(conductor.Snapshot.LostSamples, "what is shown as lost is what the recording says");
        var lifted = exchange.Truths.First(t => t.What == "lifted").At;
        (kept + gaps - (exchange.Truths[^1].At - lifted - first)).ShouldBeInRange(-40, 40, "not a sample is unaccounted for");
    }

    [Fact]
    public async Task Blocks_of_a_call_that_touch_full_scale_are_counted_and_those_at_rest_or_at_an_edge_of_the_hook_are_not()
    {
        (await CountAsync((at, lifted) => lifted is null || at < lifted + 480)).ShouldBe(0, "it rests, it rings, it is lifted");
        (await CountAsync((at, lifted) => lifted is { } up && at >= up + 8_000 && at < up + 8_000 + (25 * SampleBlock.Length))).ShouldBe(25);

        async Task<long> CountAsync(Func<long, long?, bool> touches)
        {
            using var box = new Box();
            using var vault = box.OpenVault();
            var exchange = new ExchangeLine(PortProfile.Ata, [Incoming()], seed: 7);
            var source = new Gate(exchange, at => !exchange.IsOver || at < exchange.Truths[^1].At + 16_000)
            {
                Filled = block => block.Clipped = touches(block.FirstSample, exchange.Truths.Where(t => t.What == "lifted").Select(t => (long?)t.At).FirstOrDefault()),
            };
            using var conductor = new LineConductor(source, box.Settings(), vault, NullLogger.Instance);
            await conductor.RunAsync(CancellationToken.None);
            return conductor.Snapshot.ClippedBlocks;
        }
    }

    private sealed class NoRoom(long bytes) : FlashRoom("/")
    {
        public override long FreeBytes => bytes;
    }

    [Fact]
    public async Task When_the_flash_is_full_a_call_is_numbered_as_such_and_nothing_of_it_is_kept()
    {
        using var box = new Box { Room = new NoRoom(FlashRoom.Reserve - 1) };
        var (calls, _) = await box.RunAsync(calls: [Incoming(), new() { Kind = ScriptKind.Missed, At = 40, Rings = 1 }]);
        calls.Select(c => c.Call.Ending).ShouldBe([Ending.Failed(EndingCode.NoSpace), Ending.Missed]);
        calls.ShouldAllBe(c => c.File == null && c.AllFacts.All(f => f.Party == null && f.Agent == null));
    }

    [Fact]
    public void The_kernels_word_for_a_full_medium_is_understood()
    {
        new VaultException("", new IOException("No space left on device", 28)).IsFull.ShouldBeTrue();
        new VaultException("", new IOException("Input/output error", 5)).IsFull.ShouldBeFalse();
        var full = Should.Throw<IOException>(() => { using var sink = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write); RandomAccess.Write(sink, new byte[1], 0); });
        new VaultException("", full).IsFull.ShouldBeTrue();
    }

    /// <summary>The simulated line, with somebody at the gate who may end it, or let it die, before each block.</summary>
    private sealed class Gate(ExchangeLine exchange, Func<long, bool> goesOn, Action? opened = null) : ILineSource
    {
        private readonly SimulatedLine _line = Open(exchange, opened);

        private static SimulatedLine Open(ExchangeLine exchange, Action? opened)
        {
            opened?.Invoke();
            return new(new(1), PortProfile.Ata, exchange, new LinePacer(TimeProvider.System, 0));
        }

        public LineId Line => _line.Line;

        public HookSource HookSource => _line.HookSource;

        public double DbvAtFullScale => _line.DbvAtFullScale;

        public double InjectionDbvAtFullScale => _line.InjectionDbvAtFullScale;

        public string Profile => _line.Profile;

        public bool Simulated => true;

        public int InjectionPending => _line.InjectionPending;

        /// <summary>Changes what was read.</summary>
        public Action<SampleBlock>? Filled { get; init; }

        public async ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel)
        {
            if (!goesOn(exchange.Now) || !await _line.ReadAsync(block, cancel)) return false;
            Filled?.Invoke(block);
            return true;
        }

        public int Inject(ReadOnlySpan<short> samples) => _line.Inject(samples);

        public void StopInjection() => _line.StopInjection();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
