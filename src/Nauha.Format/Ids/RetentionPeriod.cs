namespace Nauha.Format;

/// <summary>
/// Law 9 in one place: six calendar months, counted from the call's start date in the register's zone; destroyed in the
/// night after the last day.
/// </summary>
public static class RetentionPeriod
{
    public const string RegisterZone = "Europe/Helsinki";

    /// <summary>The same day number six months on, else that month's last day.</summary>
    public static DateOnly LastDay(DateOnly start) => start.AddMonths(6);

    /// <summary>02:00 in the register's zone on the day after the last day.</summary>
    public static long DestroyMs(DateOnly start, TimeZoneInfo zone) => At(LastDay(start).AddDays(1), new(2, 0), zone);

    /// <summary>Midnight that begins this day in the register's zone.</summary>
    public static long MidnightMs(DateOnly day, TimeZoneInfo zone) => At(day, new(0, 0), zone);

    /// <summary>The calendar day that holds this moment in the register's zone.</summary>
    public static DateOnly DayOf(long unixMs, TimeZoneInfo zone) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(unixMs), zone).DateTime);

    public static TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(RegisterZone);

    private static long At(DateOnly day, TimeOnly time, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(time, DateTimeKind.Unspecified);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
    }
}
