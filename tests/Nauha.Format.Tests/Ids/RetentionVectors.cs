using Shouldly;

namespace Nauha.Format.Tests.Ids;

public sealed class RetentionVectors
{
    [Theory]
    [InlineData("2026-08-28", "2027-02-28")]
    [InlineData("2026-08-29", "2027-02-28")]
    [InlineData("2026-08-31", "2027-02-28")]
    [InlineData("2027-08-31", "2028-02-29")]
    [InlineData("2026-06-30", "2026-12-30")]
    [InlineData("2026-07-01", "2027-01-01")]
    [InlineData("2026-12-31", "2027-06-30")]
    public void Six_calendar_months_by_the_day_number_or_the_months_last_day(string start, string last) =>
        RetentionPeriod.LastDay(DateOnly.Parse(start, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(DateOnly.Parse(last, System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Destroyed_at_two_in_the_night_after_in_the_registers_zone() =>
        DateTimeOffset.FromUnixTimeMilliseconds(RetentionPeriod.DestroyMs(new(2026, 6, 30), RetentionPeriod.Zone)).ShouldBe(new DateTimeOffset(2026, 12, 31, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_call_belongs_to_the_day_in_which_it_began_in_Helsinki()
    {
        var beforeMidnight = new DateTimeOffset(2026, 7, 1, 20, 59, 59, TimeSpan.Zero).ToUnixTimeMilliseconds();
        RetentionPeriod.DayOf(beforeMidnight, RetentionPeriod.Zone).ShouldBe(new DateOnly(2026, 7, 1));
        RetentionPeriod.DayOf(beforeMidnight + 1_000, RetentionPeriod.Zone).ShouldBe(new DateOnly(2026, 7, 2));
    }
}
