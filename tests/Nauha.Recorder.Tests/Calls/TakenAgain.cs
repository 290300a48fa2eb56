using Microsoft.Extensions.Logging;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Ports;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>An adapter that was unplugged, for as long as it takes somebody to come by.</summary>
public sealed class TakenAgain
{
    /// <summary>A clock on which every wait is over at once, and written down.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        private long _now;

        public List<TimeSpan> Waits { get; } = [];

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            Interlocked.Add(ref _now, (long)(dueTime.TotalSeconds * TimestampFrequency));
            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return new Over();
        }

        private sealed class Over : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;

            public void Dispose()
            {
                // nothing is held
            }
        }
    }

    private sealed class Said : ILogger
    {
        public List<string> Failures { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null) Failures.Add(exception.Message);
        }
    }

    private sealed class Dies(int after) : ILineSource
    {
        private readonly SimulatedLine _line = new(new(1), PortProfile.Ata, new ExchangeLine(PortProfile.Ata, [], seed: 7), new LinePacer(TimeProvider.System, 0));
        private int _blocks;

        public Format.LineId Line => _line.Line;

        public HookSource HookSource => _line.HookSource;

        public double DbvAtFullScale => _line.DbvAtFullScale;

        public double InjectionDbvAtFullScale => _line.InjectionDbvAtFullScale;

        public string Profile => _line.Profile;

        public bool Simulated => true;

        public int InjectionPending => _line.InjectionPending;

        public ValueTask<bool> ReadAsync(SampleBlock block, CancellationToken cancel) => ++_blocks > after ? throw new IOException("it was unplugged") : _line.ReadAsync(block, cancel);

        public int Inject(ReadOnlySpan<short> samples) => _line.Inject(samples);

        public void StopInjection() => _line.StopInjection();

        public ValueTask DisposeAsync() => _line.DisposeAsync();
    }

    [Fact]
    public async Task It_is_looked_for_every_two_seconds_however_long_it_is_gone_and_that_is_said_once()
    {
        using var box = new Box();
        using var vault = box.OpenVault();
        using var stop = new CancellationTokenSource();
        var (time, log, tries) = (new HurriedTime(), new Said(), 0);
        const int gone = 150;
        var keeper = new LineKeeper(new(1), () =>
        {
            var now = tries++;
            if (now is 0 or > gone and <= gone + 2) return new Dies(after: 50);
            if (now > gone + 2) stop.Cancel();
            throw new IOException(now % 2 == 1 ? "nothing sits in that socket" : "the card has no mixer yet");
        }, box.Settings(), vault, time, log);
        await keeper.RunAsync(stop.Token);
        // Lost; looked for while it was gone; taken, and lost again twice soon after that.
        var two = TimeSpan.FromSeconds(2);
        time.Waits[0].ShouldBe(TimeSpan.FromSeconds(1));
        time.Waits.Skip(1).Take(gone).ShouldAllBe(wait => wait == two, "never a long wait, and never a busy loop");
        time.Waits.Skip(gone + 1).ShouldBe([TimeSpan.FromSeconds(1), two]);
        log.Failures.ShouldBe(["it was unplugged", "nothing sits in that socket", "the card has no mixer yet", "it was unplugged", "it was unplugged", "nothing sits in that socket"]);
        keeper.Failures.ShouldBe(6);
    }
}
