using CsCheck;
using Nauha.Central.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

/// <summary>Any order of calls, holds, releases, early destructions, revocations, restores and passing days: what opens is only what must.</summary>
public sealed class WhateverHappens
{
    private sealed record Told(CallId Call, byte[] File, DateOnly Day)
    {
        public bool DestroyedEarly { get; set; }

        public string? Hold { get; set; }

        public long HoldEndsMs { get; set; }
    }

    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";

    [Fact]
    public Task A_call_opens_while_its_day_lives_or_a_hold_keeps_it_and_never_again() => Gen.Int[0, 10].Array[14].SampleAsync(TryAsync, iter: Long ? 60 : 4, threads: 1);

    private static async Task TryAsync(int[] sequence)
    {
        await using var store = await Store.OpenAsync();
        var calls = new List<Told>();
        var past = new List<string>();
        var what = string.Join(' ', sequence);
        foreach (var step in sequence)
        {
            var some = calls.LastOrDefault(c => c is { DestroyedEarly: false, Hold: null } && c.Day.AddMonths(6) > TodayOf(store));
            switch (step)
            {
                case 0 or 1 or 2:
                    var (call, file) = await store.CallAsync();
                    calls.Add(new(call, file, TodayOf(store)));
                    break;
                case 3 when some is not null:
                    // By another person each time: who froze once may not freeze again.
                    some.HoldEndsMs = store.NowMs + (100 * 86_400_000L);
                    some.Hold = (await store.Holds.PlaceAsync([some.Call], "incident", "something happened here", "I-1", some.HoldEndsMs, $"anna-{calls.Count}-{past.Count}-{store.NowMs}", CancellationToken.None)).ShouldBeOfType<Outcome.Done>(what).Id;
                    (await store.Holds.ConfirmAsync(some.Hold, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>(what);
                    break;
                case 4 when calls.Find(c => c.Hold is not null && c.HoldEndsMs > store.NowMs) is { } held:
                    (await store.Holds.ReleaseAsync(held.Hold!, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>(what);
                    held.Hold = null;
                    break;
                case 5 when some is not null:
                    var order = (await store.Early.AskAsync(some.Call, "unlawful", "was not to be recorded", "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Done>(what).Id;
                    (await store.Early.ConfirmAsync(order, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>(what);
                    some.DestroyedEarly = true;
                    break;
                case 6:
                    past.Add(Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar"));
                    await store.Central.The<Backups>().WriteAsync(past[^1], "test", CancellationToken.None);
                    break;
                case 10:
                    await store.ReplaceBoxAsync();
                    break;
                case 7:
                    await store.LiveAsync(1);
                    break;
                default:
                    await store.LiveAsync(step == 8 ? 30 : 95);
                    break;
            }
            foreach (var one in calls.Where(c => c.Hold is not null && c.HoldEndsMs <= store.NowMs)) one.Hold = null;
            foreach (var one in calls)
            {
                var lives = one.Day.AddMonths(6) >= TodayOf(store);
                store.Opens(one.File, await store.GrantsAsync(one.Call)).ShouldBe(!one.DestroyedEarly && (lives || one.Hold is not null), $"{what}: the call of {one.Day} on {TodayOf(store)}");
                store.HasFile(one.Call).ShouldBe(!one.DestroyedEarly && (lives || one.Hold is not null), what);
            }
            await store.TheRevokedAreNotHeardAsync();
        }
        await store.LiveAsync(1);
        (await store.CertificatesAsync()).ShouldAllBe(c => c.Lines.All(l => l.Reconciles), what);
        (await store.Central.The<Reports>().OldestAsync(CancellationToken.None)).Good.ShouldBeTrue(what);
        (await store.Central.The<Reports>().NumbersAsync(CancellationToken.None)).Good.ShouldBeTrue(what);
        // The oldest copy there is, put back: nothing that had ended comes alive.
        if (past.Count == 0) return;
        await store.Central.StopAsync();
        Backups.Restore(past[0], store.Central.Data, replace: true);
        await store.Central.StartAsync();
        await store.Central.The<AfterRestore>().RunAsync("test", CancellationToken.None);
        foreach (var one in calls.Where(c => c.DestroyedEarly || (c.Hold is null && c.Day.AddMonths(6) < TodayOf(store))))
        {
            store.Opens(one.File, await store.GrantsAsync(one.Call)).ShouldBeFalse(what);
            store.HasFile(one.Call).ShouldBeFalse(what);
        }
        await store.TheRevokedAreNotHeardAsync();
        foreach (var tar in past) File.Delete(tar);
    }

    private static DateOnly TodayOf(Store store) => RetentionPeriod.DayOf(store.NowMs, RetentionPeriod.Zone);
}
