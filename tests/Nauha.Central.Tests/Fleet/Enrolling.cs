using System.Net;
using Microsoft.EntityFrameworkCore;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Fleet;

public sealed class Enrolling : IAsyncLifetime
{
    private RunningCentral _central = null!;
    private FakeAppliance _box = null!;

    public async ValueTask InitializeAsync()
    {
        _central = await RunningCentral.OpenAsync();
        _box = await FakeAppliance.EnrolledAsync(_central);
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _central.DisposeAsync();
    }

    [Fact]
    public async Task A_code_is_good_once_and_stands_nowhere_in_clear()
    {
        var code = await _central.Register.ExpectAsync("Second branch", 1, "operator:test", CancellationToken.None);
        code.Code.Count(char.IsAsciiLetterOrDigit).ShouldBe(16);   // of 32 letters each: 80 bits
        (await _central.DatabaseAsync(db => db.Codes.AnyAsync(c => c.Hash.Contains(code.Code)))).ShouldBeFalse();
        (await _box.BuyAsync(code.Code)).Status.ShouldBe(200);
        (await _box.BuyAsync(code.Code)).Status.ShouldBe(403);
        (await _box.BuyAsync("aaaa-bbbb-cccc-dddd")).Status.ShouldBe(403);
    }

    [Fact]
    public async Task A_code_older_than_its_time_and_one_of_a_revoked_appliance_buy_nothing()
    {
        var late = await _central.Register.ExpectAsync("Late", 1, "operator:test", CancellationToken.None);
        await _central.DatabaseAsync(db => db.Codes.Where(c => c.Appliance == late.Appliance).ExecuteUpdateAsync(s => s.SetProperty(c => c.ExpiresMs, 1)));
        (await _box.BuyAsync(late.Code)).Status.ShouldBe(403);
        var revoked = await _central.Register.ExpectAsync("Revoked", 1, "operator:test", CancellationToken.None);
        await _central.Register.RevokeAsync(ApplianceId.Parse(revoked.Appliance), "operator:test", CancellationToken.None);
        (await _box.BuyAsync(revoked.Code)).Status.ShouldBe(403);
    }

    [Fact]
    public async Task A_signing_key_is_certified_once_and_only_for_who_comes_with_its_certificate()
    {
        using var key = ApplianceSigner.Create();
        using var nobody = _box.Http(null);
        (await nobody.PostAsync(_central.Url("/.well-known/est/signing/simpleenroll"), FakeAppliance.Body(key.Key))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await nobody.GetAsync(_central.Url("/.well-known/nauha/documents"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var box = _box.Http(_box.Tls);
        (await box.PostAsync(_central.Url("/.well-known/est/signing/simpleenroll"), FakeAppliance.Body(key.Key))).StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task What_an_operator_does_is_not_there_on_the_network()
    {
        using var http = _box.Http(null);
        foreach (var path in new[] { "/admin/appliance/list", "/admin/keys/status", "/admin/alarms", "/admin/audit/key" })
            (await http.GetAsync(_central.Url(path))).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
    }
}
