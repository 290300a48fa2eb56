using Microsoft.EntityFrameworkCore;
using Nauha.Central.Requests;
using Nauha.Central.Retention;
using Nauha.Central.Tests.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Requests;

public sealed class CallersRequests
{
    private const string Note = "asked by letter, showed a passport";

    private static async Task<Registered> RegisterAsync(Store store, string number = "040 999 0123", string by = "anna") =>
        (await store.Central.The<RequestBook>().RegisterAsync("access", number, null, null, Note, by, CancellationToken.None)).Done.ShouldNotBeNull();

    [Fact]
    public async Task Who_registers_a_request_freezes_its_candidate_calls_at_once_and_they_outlive_their_day_until_it_is_closed()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var (second, _) = await store.CallAsync();
        await store.MissedAsync();
        await store.LiveAsync(175);
        var request = await RegisterAsync(store);
        request.Calls.ShouldBe([call.ToString(), second.ToString()], ignoreOrder: true);
        (await store.Holds.ListAsync(request.Request, CancellationToken.None)).Single().ShouldSatisfyAllConditions(h => (h.Kind, h.State, h.Reason).ShouldBe(("request", "frozen", Note)), h => h.Id.ShouldBe(request.Hold));
        (await store.Holds.ConfirmAsync(request.Hold!, "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>();
        (await store.Holds.ConfirmAsync(request.Hold!, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        await store.LiveAsync(12);
        store.Opens(file, await store.GrantsAsync(call)).ShouldBeTrue();
        (await store.HearsAsync(call, request.Request)).ShouldBeTrue();
        var book = store.Central.The<RequestBook>();
        (await book.CloseAsync(request.Request, "lost", "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>();
        (await book.CloseAsync(request.Request, "answered", "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        (await book.CloseAsync(request.Request, "answered", "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Refused>();
        store.Opens(file, await store.GrantsAsync(call)).ShouldBeFalse();
        store.HasFile(call).ShouldBeFalse();
        (await book.ListAsync(CancellationToken.None)).Single().ShouldSatisfyAllConditions(r => (r.Kind, r.Candidates, r.Outcome, r.By, r.ClosedBy).ShouldBe(("access", 2, "answered", "anna", "bert")));
    }

    [Fact]
    public async Task A_freeze_that_nobody_confirms_ends_by_itself_and_the_request_stays_open()
    {
        await using var store = await Store.OpenAsync();
        var (call, _) = await store.CallAsync();
        await store.LiveAsync(170);
        await RegisterAsync(store);
        await store.LiveAsync(15);
        (await store.RowAsync(call)).ShouldBeNull();
        (await store.Central.The<RequestBook>().ListAsync(CancellationToken.None)).Single().Outcome.ShouldBeNull();
    }

    [Theory]
    [InlineData("access", "not a number", Note)]
    [InlineData("curiosity", "0409990123", Note)]
    [InlineData("access", "0409990123", "  ")]
    public async Task What_is_no_request_is_told_and_freezes_nothing(string kind, string number, string note)
    {
        await using var store = await Store.OpenAsync();
        await store.CallAsync();
        (await store.Central.The<RequestBook>().RegisterAsync(kind, number, null, null, note, "anna", CancellationToken.None)).Why.ShouldNotBeNull();
        (await store.Holds.ListAsync(null, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_call_it_is_registered_all_the_same_and_is_an_alarm_from_a_week_before_it_is_due()
    {
        await using var store = await Store.OpenAsync();
        await store.CallAsync();
        var request = await RegisterAsync(store, "050 999 0456");
        (request.Hold, request.Calls.Count).ShouldBe((null, 0));
        var watch = store.Central.The<RequestWatch>();
        await store.LiveAsync(22);
        await watch.OnceAsync(CancellationToken.None);
        (await store.Central.AlarmsAsync()).ShouldNotContain("request-due");
        await store.LiveAsync(2);
        await watch.OnceAsync(CancellationToken.None);
        (await store.Central.AlarmsAsync()).ShouldContain("request-due");
        await store.Central.The<RequestBook>().CloseAsync(request.Request, "refused", "bert", CancellationToken.None);
        await watch.OnceAsync(CancellationToken.None);
        (await store.Central.AlarmsAsync()).ShouldNotContain("request-due");
    }

    [Fact]
    public async Task Whose_number_it_is_and_what_was_said_stands_nowhere_in_clear()
    {
        await using var store = await Store.OpenAsync();
        await store.CallAsync();
        await RegisterAsync(store);
        foreach (var path in Directory.GetFiles(store.Central.Data, "*", SearchOption.AllDirectories).Where(p => !p.EndsWith(".sock", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes);
            foreach (var secret in new[] { Note, "999 0123", "9990123" }) bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, path);
        }
    }
}
