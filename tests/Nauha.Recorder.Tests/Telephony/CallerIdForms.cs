using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

public sealed class CallerIdForms
{
    private static CallerIdMessage? Read(string digits)
    {
        var caller = new DtmfCallerId();
        CallerIdMessage? message = null;
        for (var i = 0; i < digits.Length; i++) message = caller.Take(new(i * 1_120, digits[i], 560)) ?? message;
        return message;
    }

    [Theory]
    [InlineData("A0409990123C", "0409990123", null)]
    [InlineData("A72695370#", "72695370", null)]
    [InlineData("72695370#", "72695370", null)]
    [InlineData("A0409990123D0509990456C", "0409990123", "0509990456")]
    [InlineData("D0409990123C", "0409990123", null)]
    public void A_number_is_read_in_every_Nordic_form(string digits, string number, string? redirecting) =>
        Read(digits).ShouldNotBeNull().ShouldSatisfyAllConditions(m => m.Number.ShouldBe(number), m => m.Redirecting.ShouldBe(redirecting), m => m.Absence.ShouldBeNull());

    [Theory]
    [InlineData("B00C", CallerIdAbsence.Unavailable)]
    [InlineData("B10C", CallerIdAbsence.Restricted)]
    [InlineData("B01C", CallerIdAbsence.Restricted)]
    [InlineData("B77C", CallerIdAbsence.Unavailable)]
    [InlineData("D1#", CallerIdAbsence.Restricted)]
    [InlineData("D2#", CallerIdAbsence.Unavailable)]
    [InlineData("D3#", CallerIdAbsence.Unavailable)]
    [InlineData("D0000000000C", CallerIdAbsence.Unavailable)]
    public void A_code_says_why_there_is_no_number(string digits, CallerIdAbsence absence) => Read(digits).ShouldNotBeNull().Absence.ShouldBe(absence);

    [Theory]
    [InlineData("409990123C")]   // its beginning was not heard
    [InlineData("C")]
    [InlineData("A1234567890123456789012345C")]
    [InlineData("A12B3*4C")]
    public void Half_a_number_is_nobodys(string digits) => Read(digits).ShouldBeNull();
}
