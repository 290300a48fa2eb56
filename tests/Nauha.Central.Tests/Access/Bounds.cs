using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Nauha.Central.Audit;
using Shouldly;

namespace Nauha.Central.Tests.Access;

/// <summary>What strangers may try, and that none of it is lost from the log.</summary>
public sealed class Bounds
{
    private sealed class Notes : IAuditLog
    {
        public List<AuditEntry> All { get; } = [];

        public void Append(AuditEntry entry) => All.Add(entry);

        public IReadOnlyList<AuditLine> Newest(int count) => [];
    }

    private readonly Notes _notes = new();
    private readonly FakeTimeProvider _time = new();

    private static DefaultHttpContext From(string? address) => new() { Connection = { RemoteIpAddress = address is null ? null : IPAddress.Parse(address) } };

    private static async Task<bool> IsLookedAtAsync(Tries tries, string? address, bool good = false) => !(await tries.TryAsync("sign-in", From(address), () => Task.FromResult(good ? "account" : null))).TurnedAway;

    [Fact]
    public async Task After_ten_failed_tries_a_source_is_turned_away_for_the_rest_of_the_minute_and_others_are_not()
    {
        using var tries = new Tries(_notes, _time);
        for (var i = 0; i < Tries.Most; i++) (await IsLookedAtAsync(tries, "192.0.2.1")).ShouldBeTrue();
        (await IsLookedAtAsync(tries, "192.0.2.1")).ShouldBeFalse();
        (await IsLookedAtAsync(tries, "::ffff:192.0.2.1")).ShouldBeFalse("the same address in another notation");
        (await IsLookedAtAsync(tries, "192.0.2.2")).ShouldBeTrue();
        _time.Advance(TimeSpan.FromMinutes(1));
        (await IsLookedAtAsync(tries, "192.0.2.1")).ShouldBeTrue();
        _notes.All.ShouldHaveSingleItem().ShouldSatisfyAllConditions(n => n.Outcome.ShouldBe("limited"), n => n.Detail.ShouldBe("2 tries"), n => n.Sealed!["from"].ShouldBe("192.0.2.1"));
    }

    [Fact]
    public void Who_asks_without_a_session_is_one_entry_a_minute_and_source()
    {
        using var tries = new Tries(_notes, _time);
        for (var i = 0; i < 300; i++) tries.Stranger(From("192.0.2.1"));
        tries.Stranger(From("192.0.2.2"));
        _notes.All.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMinutes(1));
        _notes.All.Select(n => (n.Act, n.Outcome, n.Detail)).ShouldBe([("no-session", "refused", "300 tries"), ("no-session", "refused", "1 tries")], ignoreOrder: true);
    }

    [Fact]
    public async Task Who_gets_in_is_not_counted_and_a_hundred_at_once_are_a_hundred_tries()
    {
        using var tries = new Tries(_notes, _time);
        for (var i = 0; i < 50; i++) (await IsLookedAtAsync(tries, "192.0.2.1", good: true)).ShouldBeTrue();
        var gate = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var all = Enumerable.Range(0, 100).Select(_ => tries.TryAsync("sign-in", From("192.0.2.1"), () => gate.Task)).ToList();
        gate.SetResult(null);
        (await Task.WhenAll(all)).Count(t => t.TurnedAway).ShouldBe(100 - Tries.Most);
    }

    [Fact]
    public async Task A_network_of_IPv6_is_one_source_and_the_machines_own_socket_none()
    {
        using var tries = new Tries(_notes, _time);
        for (var i = 0; i < Tries.Most; i++) (await IsLookedAtAsync(tries, $"2001:db8::{i + 1:x}")).ShouldBeTrue();
        (await IsLookedAtAsync(tries, "2001:db8::ffff")).ShouldBeFalse();
        (await IsLookedAtAsync(tries, "2001:db8:0:1::1")).ShouldBeTrue();
        for (var i = 0; i < 50; i++) (await IsLookedAtAsync(tries, null)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_was_turned_away_is_in_the_log_also_when_nobody_comes_again_or_the_program_ends()
    {
        var tries = new Tries(_notes, _time);
        for (var i = 0; i < 25; i++) await IsLookedAtAsync(tries, "192.0.2.1");
        _time.Advance(TimeSpan.FromMinutes(2));
        _notes.All.ShouldHaveSingleItem().Detail.ShouldBe("15 tries");
        for (var i = 0; i < 11; i++) await IsLookedAtAsync(tries, "192.0.2.9");
        tries.Dispose();
        _notes.All.Count.ShouldBe(2);
    }
}
