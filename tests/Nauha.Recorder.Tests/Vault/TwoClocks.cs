namespace Nauha.Recorder.Tests.Vault;

/// <summary>The clock on the wall and the one that only counts: somebody may set the first, nobody the second.</summary>
internal sealed class TwoClocks(DateTimeOffset wall) : TimeProvider
{
    private long _counted;

    public DateTimeOffset Wall { get; set; } = wall;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Wall;

    public override long GetTimestamp() => _counted;

    public void Pass(TimeSpan time)
    {
        Wall += time;
        _counted += time.Ticks;
    }
}
