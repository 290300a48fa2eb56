using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Retention;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Retention;

/// <summary>A grant seals a key once more, beside the file: what an appliance signed stays as it signed it.</summary>
public sealed class RewrappedCalls
{
    private const long Day = 86_400_000;

    [Fact]
    public async Task A_hold_leaves_every_byte_of_recording_and_records_as_they_were_also_when_their_day_is_gone()
    {
        await using var store = await Store.OpenAsync();
        var (call, file) = await store.CallAsync();
        var (before, records) = (Stored(store, call), await RecordsAsync(store, call));
        before.Sha256.ShouldBe(Convert.ToHexString(SHA256.HashData(file)));
        (await store.GrantsAsync(call)).ShouldBeEmpty();

        var hold = (await store.Holds.PlaceAsync([call], "authority", "asked for by an authority", "R-17", store.NowMs + (400 * Day), "anna", CancellationToken.None)).ShouldBeOfType<Outcome.Done>().Id;
        (await store.Holds.ConfirmAsync(hold, "bert", CancellationToken.None)).ShouldBeOfType<Outcome.Done>();
        (await store.GrantsAsync(call)).ShouldHaveSingleItem();
        Stored(store, call).ShouldBe(before);
        (await RecordsAsync(store, call)).ShouldBe(records);

        await store.LiveAsync(184);
        store.Opens(file).ShouldBeFalse("its day is gone");
        Stored(store, call).ShouldBe(before);
        // Opened by the grant from the bytes that lie there, not from those that were sent.
        store.Opens(await File.ReadAllBytesAsync(before.Path), await store.GrantsAsync(call)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_call_granted_to_the_day_that_it_truly_belongs_to_keeps_the_bytes_that_were_sent()
    {
        await using var store = await Store.OpenAsync();
        await store.Central.HearsAsync(store.Box.Id, TopicKind.Birth, new Birth(store.Box.Id, 1, "1.0", true, 1, 99, 99, 0, new byte[16]).ToJson());
        store.Box.StartedMs = store.NowMs + (80 * Day);   // the box's clock is wrong, and so is the key that it took
        var (call, file) = await store.CallAsync(store.Box.DayOf(store.Box.StartedMs.Value));
        (await store.GrantsAsync(call)).ShouldHaveSingleItem();
        Stored(store, call).Sha256.ShouldBe(Convert.ToHexString(SHA256.HashData(file)));
    }

    // Place, bytes and last change of the one file of a call.
    private static (string Path, string Sha256, DateTime Changed) Stored(Store store, CallId call)
    {
        var path = Directory.EnumerateFiles(store.Central.Data, $"{call}.*", SearchOption.AllDirectories).ShouldHaveSingleItem();
        return (path, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))), File.GetLastWriteTimeUtc(path));
    }

    private static Task<List<string>> RecordsAsync(Store store, CallId call) =>
        store.Central.DatabaseAsync(async db => (await db.Records.Where(r => r.Call == call.ToString()).OrderBy(r => r.Seq).ToListAsync()).ConvertAll(r => Convert.ToHexString(SHA256.HashData([.. r.Envelope, .. r.Payload]))));
}
