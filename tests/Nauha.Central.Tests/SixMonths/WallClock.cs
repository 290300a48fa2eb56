using Microsoft.Extensions.Time.Testing;

namespace Nauha.Central.Tests.SixMonths;

/// <summary>A program's own clock on the wall: the one time of the test, or wrong by as much as somebody set it. The one that counts cannot be set.</summary>
internal sealed class WallClock(FakeTimeProvider time) : TimeProvider
{
    public TimeSpan Off { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Off;

    public override long GetTimestamp() => time.GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
