using CsCheck;
using Nauha.Telephony;
using Shouldly;

namespace Nauha.Recorder.Tests.Telephony;

/// <summary>The Nordic forms of a caller ID in digits.</summary>
public sealed class DtmfCallers
{
    private static CallerIdMessage? Tell(string digits, int onMs = 70, int offMs = 70)
    {
        var caller = new DtmfCallerId();
        CallerIdMessage? message = null;
        var at = 1_000L;
        foreach (var digit in digits)
        {
            message = caller.Take(new(at, digit, onMs * 8)) ?? message;
            at += (onMs + offMs) * 8;
        }
        return message;
    }

    [Theory]
    [InlineData("A0401234567C", "0401234567", null, null)]
    [InlineData("A0401234567#", "0401234567", null, null)]
    [InlineData("D0401234567C", "0401234567", null, null)]
    [InlineData("0401234567#", "0401234567", null, null)]
    [InlineData("A0401234567D09123456C", "0401234567", "09123456", null)]
    [InlineData("A123456789012345678901234C", "123456789012345678901234", null, null)]
    [InlineData("B00C", null, null, CallerIdAbsence.Unavailable)]
    [InlineData("B10C", null, null, CallerIdAbsence.Restricted)]
    [InlineData("B01C", null, null, CallerIdAbsence.Restricted)]
    [InlineData("B77C", null, null, CallerIdAbsence.Unavailable)]
    [InlineData("D1#", null, null, CallerIdAbsence.Restricted)]
    [InlineData("D2#", null, null, CallerIdAbsence.Unavailable)]
    [InlineData("D3#", null, null, CallerIdAbsence.Unavailable)]
    [InlineData("D0000000000C", null, null, CallerIdAbsence.Unavailable)]
    public void Each_form_is_read(string digits, string? number, string? redirecting, CallerIdAbsence? absence)
    {
        var message = Tell(digits).ShouldNotBeNull();
        (message.Raw, message.Number, message.Redirecting, message.Absence, message.At, message.Standard).ShouldBe((digits, number, redirecting, absence, 1_000, CallerIdStandard.Dtmf));
    }

    [Theory]
    [InlineData("C")]
    [InlineData("#")]
    [InlineData("A1234567890123456789012345C")]
    [InlineData("AC")]
    [InlineData("A12*34C")]
    [InlineData("AAAA")]
    public void What_is_none_is_not_read(string digits) => Tell(digits).ShouldBeNull();

    [Fact]
    public void A_rest_between_digits_parts_two_messages()
    {
        Tell("A0401234567C", offMs: 300).ShouldNotBeNull();
        Tell("A0401234567C", offMs: 700).ShouldBeNull();
    }

    [Fact]
    public void The_end_of_what_is_too_long_is_no_number()
    {
        Tell(new string('1', 70) + "0401234567#", 40, 40).ShouldBeNull();
        Tell(new string('1', 20) + "0401234567#", 200, 200).ShouldBeNull("longer than 6 s");
    }

    [Fact]
    public void A_message_that_was_cut_does_not_spoil_the_next()
    {
        var caller = new DtmfCallerId();
        foreach (var (digit, at) in "A04012".Select((d, i) => (d, i * 1_120L))) caller.Take(new(at, digit, 560)).ShouldBeNull();
        CallerIdMessage? message = null;
        foreach (var (digit, at) in "A0407654321C".Select((d, i) => (d, 40_000 + (i * 1_120L)))) message = caller.Take(new(at, digit, 560));
        message.ShouldNotBeNull().Number.ShouldBe("0407654321");
    }

    [Fact]
    public void No_run_of_digits_makes_it_throw() =>
        Gen.Char["0123456789ABCD*#"].Array[0, 200].Sample(digits => { _ = Tell(new string(digits)); });
}
