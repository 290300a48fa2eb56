using Microsoft.EntityFrameworkCore;
using Nauha.Central.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

public sealed class DestroyedEarly
{
    private static async Task<string> AskAsync(Store store, CallId call) =>
        (await store.Early.AskAsync(call, "not-our-call", "another branch's line was plugged in", "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Done>().Id;

    [Fact]
    public async Task Two_persons_destroy_a_call_and_no_copy_of_it_opens_any_more()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var (other, otherFile) = await store.CallAsync();
        var order = await AskAsync(store, call);
        (await store.Early.ConfirmAsync(order, "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>().Why.ShouldContain("Another person");
        store.Opens(file).ShouldBeTrue();
        (await store.Early.ConfirmAsync(order, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        store.Opens(file).ShouldBeFalse();
        store.Opens(otherFile).ShouldBeTrue();
        store.HasFile(call).ShouldBeFalse();
        (await store.Central.DatabaseAsync(db => db.Records.CountAsync(r => r.Call == call.ToString()))).ShouldBe(0);
        (await store.SearchAsync("0409990123")).Select(c => c.CallId).ShouldBe([other.ToString()]);
        await store.LiveAsync(184);
        (await store.TallyAsync(new(2026, 8, 31))).ShouldSatisfyAllConditions(t => t.Numbered.ShouldBe(2), t => t.Destroyed.ShouldBe(2), t => t.Early.ShouldBe(1));
    }

    [Fact]
    public async Task Its_appliance_is_told_for_its_session_until_it_answers()
    {
        await using var store = await Store.OpenAsync();
        var (call, _) = await store.CallAsync();
        await store.Early.ConfirmAsync(await AskAsync(store, call), "bert", CancellationToken.None);
        var birth = await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, new Birth(store.Box.Id, 5, "1.0", true, 1, 99, 99, 3, new byte[16]).ToJson());
        var envelope = birth.Single(r => r.Kind == TopicKind.Command).Payload;
        Envelope.TryOpen(envelope, PayloadTypes.Command, new TrustKeyring(store.Central.Register.Trust), out var opened, out _).ShouldBeTrue();
        SignedOrder.TryParse(opened!.Payload, out var command, out _).ShouldBeTrue();
        (command!.Appliance, command.Session, command.Order).ShouldBe((store.Box.Id, 5UL, new Order.Destroy(call)));
        // Not for another session's ears, and not answered by somebody else.
        var answer = new Answer(store.Box.Id, 5, command.Id, AnswerResult.Done, null).ToPayload();
        using (var stranger = ApplianceSigner.Create()) await store.Central.HearsAsync(store.Box.Id, TopicKind.Answer, Envelope.Seal(PayloadTypes.Answer, answer, stranger));
        (await store.Central.DatabaseAsync(db => db.Commands.SingleAsync())).AnsweredMs.ShouldBeNull();
        await store.Central.HearsAsync(store.Box.Id, TopicKind.Answer, Envelope.Seal(PayloadTypes.Answer, answer, store.Box.Signer));
        (await store.Central.DatabaseAsync(db => db.Commands.SingleAsync())).Result.ShouldBe("done");
        (await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, new Birth(store.Box.Id, 6, "1.0", true, 1, 99, 99, 3, new byte[16]).ToJson())).ShouldNotContain(r => r.Kind == TopicKind.Command);
    }

    [Fact]
    public async Task An_appliance_that_does_not_answer_within_a_day_is_an_alarm()
    {
        await using var store = await Store.OpenAsync();
        var (call, _) = await store.CallAsync();
        await store.Early.ConfirmAsync(await AskAsync(store, call), "bert", CancellationToken.None);
        store.Time.AdjustTime(store.Time.GetUtcNow().AddHours(25));
        await store.Central.The<NightWatch>().OnceAsync(CancellationToken.None);
        (await store.Central.AlarmsAsync()).ShouldContain("destroy-waiting");
    }

    [Fact]
    public async Task What_is_offered_again_after_its_destruction_is_expired()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        await store.Early.ConfirmAsync(await AskAsync(store, call), "bert", CancellationToken.None);
        var answer = await store.Central.HearsAsync(store.Box.Id, TopicKind.Part, FakeAppliance.Parts(call, file).First().ToBytes());
        store.Central.ReadReceipt(answer.Single()).Result.ShouldBe(ReceiptResult.Expired);
    }

    [Fact]
    public async Task A_call_under_hold_is_not_destroyed_early()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var order = await AskAsync(store, call);
        await store.Holds.PlaceAsync([call], "incident", "somebody must hear it first", "I-1", store.NowMs + 86_400_000L, "carl", CancellationToken.None);
        (await store.Early.ConfirmAsync(order, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>().Why.ShouldContain("hold");
        store.Opens(file).ShouldBeTrue();
    }
}
