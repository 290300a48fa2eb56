using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nauha.Central.Access;
using Nauha.Central.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

public sealed class BackAgain
{
    private static Birth Born(Store store, ulong session, ulong epoch) => new(store.Box.Id, session, "1.0", true, epoch, 99, 99, 0, new byte[16]);

    [Fact]
    public async Task A_restored_store_has_what_the_backup_had_but_for_what_was_destroyed_since_and_asks_for_the_rest()
    {
        await using var store = await Store.OpenAsync();
        var (kept, keptFile) = await store.CallAsync();
        var (early, earlyFile) = await store.CallAsync();
        var tar = Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar");
        (await store.Central.The<Backups>().WriteAsync(tar, "test", CancellationToken.None)).Files.ShouldBeGreaterThan(5);
        var order = (await store.Early.AskAsync(early, "unlawful", "was recorded by mistake", "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Done>().Id;
        await store.Early.ConfirmAsync(order, "bert", CancellationToken.None);
        var (later, laterFile) = await store.CallAsync();
        await store.Central.StopAsync();
        Should.Throw<CentralException>(() => Backups.Restore(tar, store.Central.Data, replace: false)).Message.ShouldContain("--replace");
        Backups.Restore(tar, store.Central.Data, replace: true);
        File.Delete(tar);
        await store.Central.StartAsync();
        (await store.Central.The<AfterRestore>().RunAsync("test", CancellationToken.None)).Epoch.ShouldBe(2UL);
        store.HasFile(early).ShouldBeFalse();
        store.Opens(earlyFile).ShouldBeFalse();
        store.Opens(keptFile).ShouldBeTrue();
        (await store.RowAsync(later)).ShouldBeNull();
        var offer = (await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, Born(store, 9, 1).ToJson())).Where(r => r.Kind == TopicKind.Command).Select(r => Read(store, r.Payload)).ToList();
        offer.ShouldContain(o => o == new Order.Offer(2));
        offer.ShouldContain(o => o == new Order.Destroy(early));
        (await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, Born(store, 10, 2).ToJson())).Where(r => r.Kind == TopicKind.Command).Select(r => Read(store, r.Payload)).ShouldNotContain(o => o is Order.Offer);
        store.Opens(laterFile).ShouldBeTrue();   // its key is in the keystore: the appliance offers the file again
    }

    [Fact]
    public async Task Days_that_ended_since_the_backup_stay_ended()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var tar = Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar");
        await store.Central.The<Backups>().WriteAsync(tar, "test", CancellationToken.None);
        await store.LiveAsync(184);
        await store.Central.StopAsync();
        Backups.Restore(tar, store.Central.Data, replace: true);
        File.Delete(tar);
        await store.Central.StartAsync();
        (await store.RowAsync(call)).ShouldNotBeNull();
        store.Opens(file).ShouldBeFalse();
        await store.Central.The<AfterRestore>().RunAsync("test", CancellationToken.None);
        (await store.RowAsync(call)).ShouldBeNull();
        store.HasFile(call).ShouldBeFalse();
        (await store.Central.The<Reports>().OldestAsync(CancellationToken.None)).Good.ShouldBeTrue();
    }

    [Fact]
    public async Task Rights_that_were_lost_since_the_backup_stay_lost()
    {
        await using var store = await Store.OpenAsync();
        var (left, another, third) = (await PersonAsync(store, "left"), await PersonAsync(store, "another"), await PersonAsync(store, "third"));
        var tar = Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar");
        await store.Central.The<Backups>().WriteAsync(tar, "test", CancellationToken.None);
        await WithAccountsAsync(store, async accounts =>
        {
            (await accounts.DeactivateAsync((await accounts.FindAsync(left))!, (await accounts.FindAsync(another))!)).ShouldBeNull();
            (await accounts.ChangeRoleAsync((await accounts.FindAsync(third))!, "auditor", (await accounts.FindAsync(another))!)).ShouldBeNull();
        });
        await store.ReplaceBoxAsync();
        await store.Central.StopAsync();
        Backups.Restore(tar, store.Central.Data, replace: true);
        File.Delete(tar);
        await store.Central.StartAsync();
        await store.Central.The<AfterRestore>().RunAsync("test", CancellationToken.None);
        await store.TheRevokedAreNotHeardAsync();
        await WithAccountsAsync(store, async accounts =>
        {
            (await accounts.FindAsync(left))!.IsActive.ShouldBeFalse();
            (await accounts.FindAsync(third))!.IsActive.ShouldBeFalse();
            (await accounts.FindAsync(another))!.IsActive.ShouldBeTrue();
            // Given anew by two others, they are rights again, after another restore too.
            (await accounts.ActivateAsync((await accounts.FindAsync(left))!, (await accounts.FindAsync(another))!)).ShouldBeNull();
        });
        await store.Central.The<AfterRestore>().RunAsync("test", CancellationToken.None);
        await WithAccountsAsync(store, async accounts => (await accounts.FindAsync(left))!.IsActive.ShouldBeTrue());
    }

    private static async Task WithAccountsAsync(Store store, Func<Accounts, Task> act)
    {
        await using var scope = store.Central.Services.CreateAsyncScope();
        await act(scope.ServiceProvider.GetRequiredService<Accounts>());
    }

    // As two others have made them.
    private static async Task<string> PersonAsync(Store store, string name)
    {
        await WithAccountsAsync(store, async accounts => (await accounts.CreateAsync(name, "listener", "correct horse battery", "test")).ShouldBeNull());
        await store.Central.DatabaseAsync(db => db.Users.Where(u => u.UserName == name).ExecuteUpdateAsync(s => s.SetProperty(u => u.TrainedBy, "x").SetProperty(u => u.TrainedMs, 1L).SetProperty(u => u.ActivatedBy, "y").SetProperty(u => u.ActivatedMs, 1L)));
        return name;
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.999)]
    public async Task A_damaged_backup_changes_nothing(double where)
    {
        await using var store = await Store.OpenAsync();
        var (call, _) = await store.CallAsync();
        var tar = Path.Combine(Path.GetTempPath(), $"nauha-{Guid.NewGuid():n}.tar");
        await store.Central.The<Backups>().WriteAsync(tar, "test", CancellationToken.None);
        await store.Central.StopAsync();
        var bytes = await File.ReadAllBytesAsync(tar);
        if (where < 0.5) bytes[(int)(bytes.Length * where)] ^= 0x55;
        await File.WriteAllBytesAsync(tar, where < 0.5 ? bytes : bytes[..(bytes.Length / 2)]);
        Should.Throw<CentralException>(() => Backups.Restore(tar, store.Central.Data, replace: true));
        File.Delete(tar);
        await store.Central.StartAsync();
        (await store.RowAsync(call)).ShouldNotBeNull();
        store.HasFile(call).ShouldBeTrue();
    }

    private static Order Read(Store store, byte[] envelope) =>
        Envelope.TryOpen(envelope, PayloadTypes.Command, new TrustKeyring(store.Central.Register.Trust), out var opened, out var error) && SignedOrder.TryParse(opened.Payload, out var order, out error) ? order.Order : throw new InvalidOperationException(error);
}
