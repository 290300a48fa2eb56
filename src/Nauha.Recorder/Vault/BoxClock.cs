using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>
/// The present moment as this box knows it. It is never before the newest thing that the box has seen; a jump of more than
/// 36 hours beyond that is doubtful until central's signed time confirms it; central's time, once heard, wins over both.
/// Where central contradicts a clock that had no fault until now, nothing is certain: one of the two is set wrong, and
/// nothing old is judged until they agree, or central has told the same story for 36 hours.
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
    private (long NowMs, long At)? _disputed;

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
            if (Known() is { } known && Math.Abs(nowMs - known) > LongestJump.TotalMilliseconds && !Insists(nowMs)) return;
            (_central, _disputed) = ((nowMs, time.GetTimestamp()), null);
            _floorMs = nowMs - RunMs;   // also where a wrong clock had raised it
        }
    }

    /// <summary>Central says another time than a clock that was right so far.</summary>
    public bool IsDisputed
    {
        get
        {
            lock (_one) return _disputed is not null;
        }
    }

    // What this box would swear to: what central said before, counted on; else its own clock, where it goes on from what was seen.
    private long? Known()
    {
        if (_central is { } central) return Since(central);
        var (now, steady) = (time.GetUtcNow().ToUnixTimeMilliseconds(), _floorMs + RunMs);
        return now >= steady - ShortStep && now <= steady + (long)LongestJump.TotalMilliseconds ? now : null;
    }

    private bool Insists(long nowMs)
    {
        if (_disputed is { } before && Math.Abs(nowMs - Since(before)) <= 60_000) return time.GetElapsedTime(before.At) >= LongestJump;
        _disputed = (nowMs, time.GetTimestamp());
        return false;
    }

    private long Since((long NowMs, long At) told) => told.NowMs + (long)time.GetElapsedTime(told.At).TotalMilliseconds;

    public bool IsDoubtful => Now().UncertaintyMs == Doubtful;

    public TimeMark Now()
    {
        lock (_one)
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (_disputed is not null) return new(Known() ?? _floorMs + RunMs, ClockSource.None, Doubtful);
            if (_central is { } central)
            {
                var told = Since(central);
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
