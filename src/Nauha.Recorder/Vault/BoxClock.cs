using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>
/// The present moment as this box knows it. It is never before the newest thing that the box has seen; a jump of more than
/// 36 hours beyond that is doubtful until central's signed time confirms it; central's time, once heard, wins over both.
/// </summary>
public sealed class BoxClock(TimeProvider time)
{
    /// <summary>Marks a moment that is only claimed: nothing old is judged by it, and it raises no floor.</summary>
    public const uint Doubtful = uint.MaxValue;

    private const long ShortStep = 5_000;
    private static readonly TimeSpan LongestJump = TimeSpan.FromHours(36);

    private readonly Lock _one = new();
    private readonly long _startedAt = time.GetTimestamp();
    private long _floorMs;
    private (long NowMs, long At)? _central;

    /// <summary>Something of this moment was seen: enrolment, a bundle, a record, a heartbeat.</summary>
    public void Saw(long unixMs)
    {
        lock (_one) _floorMs = Math.Max(_floorMs, unixMs - RunMs);
    }

    /// <summary>Central's signed time, heard within two seconds of asking.</summary>
    public void Confirm(long nowMs)
    {
        lock (_one)
        {
            _central = (nowMs, time.GetTimestamp());
            _floorMs = nowMs - RunMs;   // also where a wrong clock had raised it
        }
    }

    public bool IsDoubtful => Now().UncertaintyMs == Doubtful;

    public TimeMark Now()
    {
        lock (_one)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (_central is { } central)
            {
                var told = central.NowMs + (long)time.GetElapsedTime(central.At).TotalMilliseconds;
                var drift = 2_000 + ((told - central.NowMs) / 10_000);   // 100 ppm
                return Math.Abs(now - told) <= ShortStep && SystemClock.Mark(now) is { Source: ClockSource.Ntp } good ? good : new(told, ClockSource.Central, (uint)Math.Min(drift, Doubtful - 1));
            }
            var steady = _floorMs + RunMs;
            if (now < steady - ShortStep) return new(steady, ClockSource.None, Doubtful);
            return now > steady + (long)LongestJump.TotalMilliseconds ? new(now, ClockSource.Rtc, Doubtful) : SystemClock.Mark(now);
        }
    }

    /// <summary>For the heartbeat: never further than what is known plus the time that this program has run.</summary>
    public long SteadyMs
    {
        get
        {
            var now = Now();
            lock (_one) return now.UncertaintyMs == Doubtful ? _floorMs + RunMs : now.UnixMs;
        }
    }

    /// <summary>Since this clock was made.</summary>
    public TimeSpan Running => time.GetElapsedTime(_startedAt);

    // The floor is kept as of the start: what is known grows with the time that passes.
    private long RunMs => (long)time.GetElapsedTime(_startedAt).TotalMilliseconds;
}
