using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

public sealed class TheClockOfTheBox
{
    private static readonly DateTimeOffset Seen = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly TwoClocks _time = new(Seen);
    private readonly BoxClock _clock;

    public TheClockOfTheBox()
    {
        _clock = new(_time);
        _clock.Saw(Seen.ToUnixTimeMilliseconds());
    }

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(_clock.Now().UnixMs);

    [Fact]
    public void A_clock_that_starts_in_1970_counts_as_none_and_time_goes_on_from_the_newest_thing_seen()
    {
        _time.Wall = DateTimeOffset.UnixEpoch;
        (_clock.Now().Source, _clock.IsDoubtful, Now).ShouldBe((ClockSource.None, true, Seen));
        _time.Pass(Hour);
        Now.ShouldBe(Seen + Hour);
        _clock.SteadyMs.ShouldBe((Seen + Hour).ToUnixTimeMilliseconds());
        FaultTable.Tried("Clock", "1970 at the start", "counts as none; time goes on from the newest thing seen");
    }

    [Fact]
    public void A_clock_ten_years_ahead_is_written_down_as_doubtful_and_raises_nothing()
    {
        _time.Wall = Seen.AddYears(10);
        (_clock.Now().Source, _clock.IsDoubtful, Now).ShouldBe((ClockSource.Rtc, true, Seen.AddYears(10)));
        _time.Pass(Hour);
        _clock.SteadyMs.ShouldBe((Seen + Hour).ToUnixTimeMilliseconds());
        _time.Wall = Seen + Hour;
        (_clock.IsDoubtful, Now).ShouldBe((false, Seen + Hour));
        FaultTable.Tried("Clock", "ten years ahead", "written down as doubtful; raises no floor, destroys nothing");
    }

    [Theory]
    [InlineData(36, false)]
    [InlineData(37, true)]
    public void A_jump_is_doubtful_beyond_36_hours_and_the_time_that_passes_by_itself_is_no_jump(int hours, bool doubtful)
    {
        _time.Pass(TimeSpan.FromDays(200));
        _clock.IsDoubtful.ShouldBeFalse();
        _time.Wall += TimeSpan.FromHours(hours);
        _clock.IsDoubtful.ShouldBe(doubtful);
    }

    [Theory]
    [InlineData(-20 * 365)]
    [InlineData(3_650)]
    public void Centrals_signed_time_wins_over_the_clock_and_over_what_was_seen(int daysOff)
    {
        _time.Wall = Seen.AddDays(daysOff);
        _clock.Confirm(Seen.AddDays(-3).ToUnixTimeMilliseconds());
        (_clock.Now().Source, _clock.IsDoubtful, Now).ShouldBe((ClockSource.Central, false, Seen.AddDays(-3)), "also where a wrong clock had raised the floor");
        _time.Pass(TimeSpan.FromDays(10));
        (Now, _clock.Now().UncertaintyMs).ShouldBe((Seen.AddDays(7), 2_000u + 86_400), "100 ppm of ten days");
        _time.Wall = Seen.AddDays(7).AddSeconds(2);
        Now.ShouldBeInRange(Seen.AddDays(7), Seen.AddDays(7).AddSeconds(2), "a clock that agrees with it may be the better one");
    }

    [Theory]
    [InlineData(3_652)]     // ten years ahead
    [InlineData(-20_000)]   // before anything that was seen
    public void A_call_that_began_in_doubt_gets_its_moment_when_central_tells_the_time(int daysOff)
    {
        using var box = new Box();
        var right = TimeProvider.System.GetUtcNow();
        var time = new TwoClocks(right.AddDays(daysOff));
        using var vault = CallVault.Open(box.Data, box.Identity, simulated: true, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var began = right + TimeSpan.FromMinutes(7);
        time.Pass(TimeSpan.FromMinutes(7));
        var ticket = vault.Start(new(1), Direction.Incoming);
        ticket.Started.UncertaintyMs.ShouldBe(BoxClock.Doubtful);
        time.Pass(TimeSpan.FromMinutes(40));
        var second = vault.Start(new(2), Direction.Outgoing);
        vault.End(second, Ending.Excluded(EndingCode.NoCall), null, new());
        time.Pass(TimeSpan.FromHours(3));
        // Whatever somebody does to the clock on the wall meanwhile.
        time.Wall += TimeSpan.FromDays(11);
        vault.Confirm((began + TimeSpan.FromMinutes(40) + TimeSpan.FromHours(3)).ToUnixTimeMilliseconds());
        vault.End(ticket, Ending.Excluded(EndingCode.AgentChoice), null, new());
        vault.Confirm((began + TimeSpan.FromMinutes(40) + TimeSpan.FromHours(3)).ToUnixTimeMilliseconds());
        var records = vault.Read(index => index.Records.Select(r => r.Record).ToList());
        records.Select(r => (r.Kind, r.Line.Number)).ShouldBe([(RecordKind.Start, 1), (RecordKind.Start, 2), (RecordKind.None, 2), (RecordKind.Amend, 1), (RecordKind.Amend, 2), (RecordKind.None, 1)]);
        records.Take(3).ShouldAllBe(r => r.Started.UncertaintyMs == BoxClock.Doubtful);
        foreach (var (record, moment) in new[] { (records[3], began), (records[4], began.AddMinutes(40)), (records[5], began) })
        {
            record.Started.UnixMs.ShouldBe(moment.ToUnixTimeMilliseconds());
            record.Started.Source.ShouldBe(ClockSource.Central);
            record.Started.UncertaintyMs.ShouldBeLessThan(60_000u);
            record.DayKid.ShouldBe(records[0].DayKid, "the key stays");
        }
        vault.Read(index => index.Find(ticket.Call)!.Started.UnixMs).ShouldBe(began.ToUnixTimeMilliseconds());
        FaultTable.Tried("Clock", "a call that begins in doubt, and central tells the time", "a signed amendment gives it its moment; its key stays");
    }

    [Theory]
    [InlineData(213)]
    [InlineData(-40)]
    public void Where_central_contradicts_a_clock_that_was_right_nothing_is_certain_until_they_agree(int daysOff)
    {
        _clock.Confirm(Seen.AddDays(daysOff).ToUnixTimeMilliseconds());
        (_clock.IsDoubtful, _clock.IsDisputed, Now).ShouldBe((true, true, Seen));
        _time.Pass(Hour);
        (_clock.IsDoubtful, Now).ShouldBe((true, Seen + Hour));
        _clock.Confirm((Seen + Hour).ToUnixTimeMilliseconds());
        (_clock.IsDoubtful, _clock.IsDisputed, Now).ShouldBe((false, false, Seen + Hour));
        // The same against what central itself said before, whatever the clock on the wall is set to.
        _time.Wall = DateTimeOffset.UnixEpoch;
        _time.Pass(Hour);
        _clock.Confirm((Seen.AddDays(daysOff) + (2 * Hour)).ToUnixTimeMilliseconds());
        (_clock.IsDoubtful, Now).ShouldBe((true, Seen + (2 * Hour)));
        FaultTable.Tried("Clock", "central contradicts a clock that was right", "nothing is certain, nothing old is judged until they agree");
    }

    [Fact]
    public void Central_that_tells_the_same_story_for_36_hours_is_believed()
    {
        _clock.Confirm(Seen.AddDays(20).ToUnixTimeMilliseconds());
        _time.Pass(35 * Hour);
        _clock.Confirm((Seen.AddDays(20) + (35 * Hour)).ToUnixTimeMilliseconds());
        _clock.IsDoubtful.ShouldBeTrue();
        _time.Pass(2 * Hour);
        _clock.Confirm((Seen.AddDays(20) + (37 * Hour)).ToUnixTimeMilliseconds());
        (_clock.IsDoubtful, Now).ShouldBe((false, Seen.AddDays(20) + (37 * Hour)));
    }

    [Fact]
    public void What_a_wrong_clock_dated_is_nothing_that_was_seen_and_central_sets_it_right()
    {
        using var box = new Box();
        var enrolled = DateTimeOffset.FromUnixTimeMilliseconds(box.Identity.EnrolledMs);
        var time = new TwoClocks(enrolled.AddYears(10));
        using (var vault = Open(box, time))
        {
            vault.End(vault.Start(new(1), Direction.Incoming), Ending.Missed, null, new());
            vault.Read(index => index.Records.All(r => r.Record.Started.UncertaintyMs == BoxClock.Doubtful)).ShouldBeTrue();
        }
        time.Wall = enrolled + Hour;
        using var again = Open(box, time);
        (again.Clock.IsDoubtful, again.Now().UnixMs).ShouldBe((false, (enrolled + Hour).ToUnixTimeMilliseconds()));
        time.Wall = DateTimeOffset.UnixEpoch;
        again.Clock.Confirm((enrolled + (2 * Hour)).ToUnixTimeMilliseconds());
        again.Start(new(1), Direction.Incoming).Started.ShouldBe(new((enrolled + (2 * Hour)).ToUnixTimeMilliseconds(), ClockSource.Central, 2_000));
    }

    private static CallVault Open(Box box, TwoClocks time) => CallVault.Open(box.Data, box.Identity, true, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
}
