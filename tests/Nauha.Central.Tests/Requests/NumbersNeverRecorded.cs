using Microsoft.EntityFrameworkCore;
using Nauha.Central.Fleet;
using Nauha.Central.Requests;
using Nauha.Central.Tests.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Requests;

public sealed class NumbersNeverRecorded
{
    private static Task<string?> AddAsync(Store store, params string[] numbers) => store.Central.The<Exclusions>().ChangeAsync(new(numbers, null, null, "the doctor's own line"), "dora", CancellationToken.None);

    private static async Task<List<SignedOrder>> OrdersAsync(Store store, TopicKind kind, byte[] payload) =>
        [.. (await store.Central.HearsAsync(store.Box.Id, kind, payload)).Where(r => r.Kind == TopicKind.Command).Select(r =>
        {
            Envelope.TryOpen(r.Payload, PayloadTypes.Command, new TrustKeyring(store.Central.Register.Trust), out var opened, out _).ShouldBeTrue();
            SignedOrder.TryParse(opened!.Payload, out var order, out var error).ShouldBeTrue(error);
            return order!;
        })];

    private static Task<List<SignedOrder>> BornAsync(Store store, ulong session) => OrdersAsync(store, TopicKind.Birth, new Birth(store.Box.Id, session, "1.0", true, 1, 99, 99, 3, new byte[16]).ToJson());

    private static Task<List<SignedOrder>> AnswersAsync(Store store, SignedOrder order, AnswerResult result, string? detail = null, ApplianceSigner? signer = null) =>
        OrdersAsync(store, TopicKind.Answer, Envelope.Seal(PayloadTypes.Answer, new Answer(store.Box.Id, order.Session, order.Id, result, detail).ToPayload(), signer ?? store.Box.Signer));

    [Fact]
    public async Task An_appliance_makes_a_key_gets_the_list_sealed_to_it_and_is_left_alone_once_it_has_it()
    {
        await using var store = await Store.OpenAsync();
        (await BornAsync(store, 1)).ShouldBeEmpty("nobody has asked for anything");
        (await AddAsync(store, "040 999 0123")).ShouldBeNull();
        var ask = (await BornAsync(store, 2)).ShouldHaveSingleItem();
        ask.Order.ShouldBe(new Order.ListKey());

        using var key = DaySecret.Create();
        using (var stranger = ApplianceSigner.Create()) (await AnswersAsync(store, ask, AnswerResult.Done, Convert.ToBase64String(key.PublicKey), stranger)).ShouldBeEmpty("a key that somebody else claims for it gets nothing");
        var list = (await AnswersAsync(store, ask, AnswerResult.Done, Convert.ToBase64String(key.PublicKey))).ShouldHaveSingleItem();
        var exclude = list.Order.ShouldBeOfType<Order.Exclude>();
        NumberList.TryOpen(key, NumberList.Info(store.Central.Keys.Fleet, store.Box.Id, exclude.Version), exclude.Sealed, out var numbers, out _).ShouldBeTrue();
        numbers!.Numbers.ShouldBe(["0409990123", "358409990123", "00358409990123"], ignoreOrder: true);

        // The connection breaks before it has answered: in the next session all of it begins anew.
        (await BornAsync(store, 3)).ShouldHaveSingleItem().Order.ShouldBe(new Order.ListKey());
        var again = (await AnswersAsync(store, (await BornAsync(store, 4)).Single(), AnswerResult.Done, Convert.ToBase64String(key.PublicKey))).Single();
        await AnswersAsync(store, again, AnswerResult.Done);
        (await BornAsync(store, 5)).ShouldBeEmpty("it holds the list");

        (await store.Central.The<Exclusions>().ChangeAsync(new(null, null, ["0409990123"], "it is another's now"), "dora", CancellationToken.None)).ShouldBeNull();
        (await BornAsync(store, 6)).ShouldHaveSingleItem("an empty list is a list too").Order.ShouldBe(new Order.ListKey());
    }

    [Fact]
    public async Task A_roster_goes_the_same_way_and_only_what_an_appliance_lacks_is_sent()
    {
        await using var store = await Store.OpenAsync();
        var roster = store.Central.The<RosterBook>();
        (await roster.SetAsync("anna-7", "0004711", "tom", CancellationToken.None)).ShouldBeNull();
        (await roster.SetAsync("anna-7", "12", "tom", CancellationToken.None)).ShouldNotBeNull("no badge");
        (await roster.SetAsync("Anna Virtanen", "0004712", "tom", CancellationToken.None)).ShouldNotBeNull("no opaque id");
        using var key = DaySecret.Create();
        var order = (await AnswersAsync(store, (await BornAsync(store, 2)).ShouldHaveSingleItem(), AnswerResult.Done, Convert.ToBase64String(key.PublicKey))).ShouldHaveSingleItem("there is no list of numbers");
        var sent = order.Order.ShouldBeOfType<Order.Roster>();
        BadgeList.TryOpen(key, BadgeList.Info(store.Central.Keys.Fleet, store.Box.Id, sent.Version), sent.Sealed, out var badges, out _).ShouldBeTrue();
        badges!.Badges.Select(b => (b.Badge, b.Agent.Text)).ShouldBe([("0004711", "anna-7")]);
        await AnswersAsync(store, order, AnswerResult.Done);
        (await BornAsync(store, 3)).ShouldBeEmpty();

        // A badge that is another's now is his no more; and a list of numbers comes without the roster again.
        (await roster.SetAsync("bert", "0004711", "tom", CancellationToken.None)).ShouldBeNull();
        (await roster.RemoveAsync("anna-7", "tom", CancellationToken.None)).ShouldNotBeNull("he has none any more");
        await AddAsync(store, "0409990123");
        (await AnswersAsync(store, (await BornAsync(store, 4)).Single(), AnswerResult.Done, Convert.ToBase64String(key.PublicKey))).Select(o => o.Order.Name).ShouldBe(["exclude", "roster"]);
        foreach (var file in Directory.EnumerateFiles(store.Central.Data, "*", SearchOption.AllDirectories).Where(f => f.Contains("central.db", StringComparison.Ordinal) || f.Contains("audit", StringComparison.Ordinal)))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[open.Length];
            await open.ReadExactlyAsync(bytes);
            bytes.AsSpan().IndexOf("0004711"u8).ShouldBe(-1, file);
            bytes.AsSpan().IndexOf("anna-7"u8).ShouldBe(-1, file);
        }
        System.Text.Json.JsonSerializer.Serialize(await roster.ShowAsync(CancellationToken.None)).ShouldSatisfyAllConditions(t => t.ShouldContain("bert"), t => t.ShouldNotContain("4711", customMessage: "badges are shown to nobody"));
    }

    [Fact]
    public async Task No_number_lies_in_clear_in_database_or_log_and_a_person_with_the_right_sees_it()
    {
        await using var store = await Store.OpenAsync();
        (await AddAsync(store, "+358 40 999 0123")).ShouldBeNull();
        (await store.Central.DatabaseAsync(db => db.Exclusions.CountAsync())).ShouldBe(1);
        foreach (var file in Directory.EnumerateFiles(store.Central.Data, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
        {
            byte[] bytes;
            using (var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            {
                bytes = new byte[open.Length];
                open.ReadExactly(bytes);
            }
            bytes.AsSpan().IndexOf("409990123"u8).ShouldBe(-1, file);
            bytes.AsSpan().IndexOf("doctor"u8).ShouldBe(-1, file);
        }
        var shown = System.Text.Json.JsonSerializer.Serialize(await store.Central.The<Exclusions>().ShowAsync("dora", CancellationToken.None));
        shown.ShouldContain("358409990123");
        shown.ShouldContain("\"holds\":false");
    }

    [Theory]
    [InlineData("no reason", "0409990123", null, "")]
    [InlineData("no number", "04099O0123", null, "a reason")]
    [InlineData("nearly everything", null, "0", "a reason")]
    [InlineData("nothing", null, null, "a reason")]
    public async Task What_cannot_be_meant_is_refused_with_a_sentence(string what, string? number, string? prefix, string reason)
    {
        await using var store = await Store.OpenAsync();
        (await store.Central.The<Exclusions>().ChangeAsync(new(number is null ? null : [number], prefix is null ? null : [prefix], null, reason), "dora", CancellationToken.None)).ShouldNotBeNull(what);
        (await store.Central.DatabaseAsync(db => db.Exclusions.CountAsync())).ShouldBe(0);
    }

    [Theory]
    [InlineData("0409990123", false, "0409990123 358409990123 00358409990123")]
    [InlineData("+358409990123", false, "358409990123 00358409990123 0409990123")]
    [InlineData("+46701234567", false, "46701234567 0046701234567")]
    [InlineData("1234", false, "1234")]                       // an extension of the house's own PBX
    [InlineData("0800", true, "0800 358800 00358800")]
    [InlineData("+358800", true, "358800 00358800 0800")]
    [InlineData("0046", true, "0046 46")]
    [InlineData("12", true, "12")]
    public void A_number_is_looked_for_in_every_form_in_which_a_line_may_show_it(string number, bool isPrefix, string forms) =>
        Exclusions.Forms(number, isPrefix).ShouldBe(forms.Split(' '), ignoreOrder: true);
}
