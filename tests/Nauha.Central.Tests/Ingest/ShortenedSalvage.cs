using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Ingest;

public sealed class ShortenedSalvage
{
    [Theory]
    [InlineData(19u, true)]
    [InlineData(20u, false)]
    [InlineData(23u, false)]
    public async Task A_salvaged_recording_shorter_than_its_progress_is_contradicted_and_kept(uint frames, bool isAlarm)
    {
        await using var central = await RunningCentral.OpenAsync();
        using var box = await FakeAppliance.EnrolledAsync(central);
        var call = CallId.Next();
        await central.HearsAsync(box.Id, TopicKind.Record, box.Record(RecordKind.Start, call, 1));
        await central.HearsAsync(box.Id, TopicKind.Progress, new Progress(1, call, 20, 42_000, new byte[32]).ToJson());
        // Of another call, and by another box: neither says anything of this one.
        await central.HearsAsync(box.Id, TopicKind.Progress, new Progress(1, CallId.Next(), 900, 42_000, new byte[32]).ToJson());
        using var other = await FakeAppliance.EnrolledAsync(central);
        await central.HearsAsync(other.Id, TopicKind.Progress, new Progress(1, call, 900, 42_000, new byte[32]).ToJson());
        var end = box.Record(RecordKind.End, call, 1, file: new(new byte[32], frames * 2_092, frames, Closing.Salvaged));
        central.ReadReceipt((await central.HearsAsync(box.Id, TopicKind.Record, end)).Single()).Result.ShouldBe(ReceiptResult.Stored);
        (await central.AlarmsAsync()).ShouldBe(isAlarm ? ["contradicted"] : []);
    }
}
