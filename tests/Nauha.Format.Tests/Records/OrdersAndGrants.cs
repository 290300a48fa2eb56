using Shouldly;

namespace Nauha.Format.Tests.Records;

public sealed class OrdersAndGrants
{
    private static readonly FleetId Fleet = FleetId.From(new byte[10]);
    private static readonly ApplianceId Appliance = ApplianceId.From([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);

    private static byte[] Change(byte[] payload, string from, string to) => System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(payload).Replace(from, to, StringComparison.Ordinal));

    [Fact]
    public void An_order_is_read_as_it_was_written_and_no_other_name_is_obeyed()
    {
        foreach (Order order in new Order[] { new Order.Destroy(CallId.Next()), new Order.Offer(7), new Order.ListKey(), new Order.Mask(new(3), 60) })
        {
            var written = new SignedOrder(Fleet, Appliance, 3, 4, new byte[16], order, 600, null);
            SignedOrder.TryParse(written.ToPayload(), out var read, out _).ShouldBeTrue();
            (read!.Order, read.Session, read.Seq, read.TtlSeconds, read.ExpiresMs).ShouldBe((order, 3UL, 4UL, 600, null));
            SignedOrder.TryParse(Change(written.ToPayload(), $"\"{order.Name}\"", "\"listen\""), out _, out var error).ShouldBeFalse();
            error.ShouldContain("name");
        }
    }

    [Fact]
    public void An_order_to_go_on_after_what_central_has_names_record_hash_and_each_lines_number()
    {
        var order = new Order.Continue(20, [.. Enumerable.Repeat((byte)7, 32)], new Dictionary<int, ulong> { [1] = 5, [8] = 12 });
        var payload = new SignedOrder(Fleet, Appliance, 3, 4, new byte[16], order, 600, null).ToPayload();
        SignedOrder.TryParse(payload, out var read, out _).ShouldBeTrue();
        var after = read!.Order.ShouldBeOfType<Order.Continue>();
        (after.Seq, Convert.ToHexString(after.Hash)).ShouldBe((20UL, Convert.ToHexString(order.Hash)));
        after.Numbers.ShouldBe(order.Numbers);
        foreach (var (from, to) in new[] { ("\"8\":12", "\"0\":12"), ("\"8\":12", "\"65\":12"), ("\"8\":12", "\"01\":12"), ("\"8\":12", "\"8\":-1"), ("\"8\":12", "\"8\":\"12\""), ("\"8\":12", "\"8\":18446744073709551615") })
            SignedOrder.TryParse(Change(payload, from, to), out _, out _).ShouldBeFalse(to);
    }

    [Fact]
    public void A_list_of_numbers_opens_for_its_key_its_appliance_and_its_version_alone()
    {
        using var key = DaySecret.Create();
        using var stranger = DaySecret.Create();
        var info = NumberList.Info(Fleet, Appliance, 7);
        var blob = new NumberList(["0409990123"], ["0800"]).Seal(key.PublicKey, info);
        ((blob.Length - Hpke.Overhead) % 1_024).ShouldBe(0, "its size says little");
        NumberList.TryOpen(key, info, blob, out var list, out _).ShouldBeTrue();
        (list!.Numbers.Single(), list.Prefixes.Single()).ShouldBe(("0409990123", "0800"));
        NumberList.TryOpen(stranger, info, blob, out _, out _).ShouldBeFalse();
        NumberList.TryOpen(key, NumberList.Info(Fleet, Appliance, 8), blob, out _, out _).ShouldBeFalse();
        NumberList.TryOpen(key, info, new NumberList(["04O"], []).Seal(key.PublicKey, info), out _, out _).ShouldBeFalse("no digits");
        var order = new SignedOrder(Fleet, Appliance, 3, 4, new byte[16], new Order.Exclude(7, blob), 600, null);
        SignedOrder.TryParse(order.ToPayload(), out var read, out _).ShouldBeTrue();
        read!.Order.ShouldBeOfType<Order.Exclude>().ShouldSatisfyAllConditions(o => o.Version.ShouldBe(7ul), o => o.Sealed.ShouldBe(blob));
    }

    [Fact]
    public void An_answer_a_time_and_a_grant_are_read_as_they_were_written()
    {
        Answer.TryParse(new Answer(Appliance, 3, new byte[16], AnswerResult.Refused, "the call is still being recorded").ToPayload(), out var answer, out _).ShouldBeTrue();
        (answer!.Result, answer.Detail).ShouldBe((AnswerResult.Refused, "the call is still being recorded"));
        Answer.TryParse(new Answer(Appliance, 3, new byte[16], AnswerResult.Done, new string('x', 201)).ToPayload(), out _, out _).ShouldBeFalse();
        CentralTime.TryParse(new CentralTime(new byte[16], 1_800_000_000_000).ToPayload(), out var time, out _).ShouldBeTrue();
        time!.NowMs.ShouldBe(1_800_000_000_000);
        var call = CallId.Next();
        Grant.TryParse(new Grant(call, GrantOf.Record, 9, new(1, 2), new(3, 4), new byte[1_072], "day", null, 5).ToPayload(), out var grant, out _).ShouldBeTrue();
        (grant!.Call, grant.Seq, grant.ToKid, grant.Hold).ShouldBe((call, 9UL, new KeyId(3, 4), null));
        // A data key has no sequence number, a record has one.
        Grant.TryParse(new Grant(call, GrantOf.Dek, 9, new(1, 2), new(3, 4), new byte[80], "day", null, 5).ToPayload(), out _, out _).ShouldBeFalse();
        Grant.TryParse(new Grant(call, GrantOf.Record, null, new(1, 2), new(3, 4), new byte[1_072], "day", null, 5).ToPayload(), out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_certificate_whose_numbers_do_not_reconcile_is_none()
    {
        var tally = new LineTally(new(2026, 8, 31), Appliance, new(1), 7, 1, 1, 1, 1, 1, 1, 1, 1);
        var certificate = new Destruction(Fleet, 1, 5, [new(new(2026, 8, 31), new(1, 2), 3, 4)], [tally]);
        Destruction.TryParse(certificate.ToPayload(), out var read, out _).ShouldBeTrue();
        read!.Lines.ShouldBe([tally]);
        read.Days.ShouldBe(certificate.Days);
        Destruction.TryParse((certificate with { Lines = [tally with { Numbered = 8 }] }).ToPayload(), out _, out var error).ShouldBeFalse();
        error.ShouldContain("numbered");
        Destruction.TryParse((certificate with { Lines = [tally with { Early = 2 }] }).ToPayload(), out _, out _).ShouldBeFalse();
    }
}
