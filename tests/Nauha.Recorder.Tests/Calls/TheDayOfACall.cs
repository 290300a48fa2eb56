using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Recordings;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

/// <summary>Moment, key and folder of a call name one day, in every record and in the sealed file.</summary>
public sealed class TheDayOfACall
{
    [Theory]
    [InlineData(-60_000, -50_000)]
    [InlineData(-2_000, 3_000)]
    public async Task A_call_that_rings_before_midnight_and_is_picked_up_after_it_keeps_its_key_and_its_first_ring(int ringMs, int liftMs)
    {
        using var box = new Box();
        var (time, midnight) = Midnight();
        time.SetUtcNow(midnight.AddMilliseconds(ringMs));
        using (var vault = CallVault.Open(box.Data, box.Identity, simulated: true, time, NullLogger.Instance))
        {
            var call = new OpenCall(vault, Task.Run(() => vault.Start(new(1), Direction.Incoming)), 4, NullLogger.Instance);
            await call.Numbered;
            time.SetUtcNow(midnight.AddMilliseconds(liftMs));
            call.PickedUp(vault.Now());
            Tell(call);
            call.End(Ending.Recorded, new());
            await call.Written;
        }
        using var after = CallVault.Open(box.Data, box.Identity, simulated: true, time, NullLogger.Instance);
        var moment = (ringMs < 0 && liftMs >= 0 ? midnight.AddMilliseconds(ringMs) : midnight.AddMilliseconds(liftMs)).ToUnixTimeMilliseconds();
        Check(box, after, moment);
    }

    [Fact]
    public async Task A_call_that_is_salvaged_has_the_moment_that_its_file_and_its_amend_have()
    {
        using var box = new Box();
        var (time, midnight) = Midnight();
        time.SetUtcNow(midnight.AddHours(9));
        var vault = CallVault.Open(box.Data, box.Identity, simulated: true, time, NullLogger.Instance);
        var call = new OpenCall(vault, Task.Run(() => vault.Start(new(1), Direction.Incoming)), 4, NullLogger.Instance);
        await call.Numbered;
        time.Advance(TimeSpan.FromSeconds(5));
        call.PickedUp(vault.Now());
        var moment = vault.Now().UnixMs;
        var written = new TaskCompletionSource();
        Tell(call, written.SetResult);
        await written.Task;
        vault.Dispose();   // as a power cut leaves it: nothing closes the call
        using var after = CallVault.Open(box.Data, box.Identity, simulated: true, time, NullLogger.Instance);
        Check(box, after, moment);
    }

    private static void Check(Box box, CallVault vault, long moment)
    {
        var call = vault.Read(index => index.Calls.Single());
        call.Ending.ShouldBe(Ending.Recorded);
        foreach (var record in vault.Read(index => index.Records.Where(r => r.Call == call.Call).Select(r => r.Record).ToList()))
        {
            var key = vault.Keys.Bundle.Keys.Single(k => k.Kid == record.DayKid);
            RetentionPeriod.DayOf(record.Started.UnixMs, RetentionPeriod.Zone).ShouldBe(key.Day, $"{record.Kind}: no false alarm of a wrong day");
            if (record.Kind != RecordKind.Start) record.Started.UnixMs.ShouldBe(moment, $"{record.Kind}");
        }
        call.Started.UnixMs.ShouldBe(moment);
        using var file = File.OpenRead(vault.FileOf(call)!);
        SealedFile.ReadHead(file, out var header, out _, out _);
        header!.Started.UnixMs.ShouldBe(moment);
    }

    private static (FakeTimeProvider Time, DateTimeOffset Midnight) Midnight()
    {
        var tomorrow = RetentionPeriod.DayOf(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RetentionPeriod.Zone).AddDays(1);
        return (new(), DateTimeOffset.FromUnixTimeMilliseconds(RetentionPeriod.MidnightMs(tomorrow.AddDays(1), RetentionPeriod.Zone)));
    }

    private static void Tell(OpenCall call, Action? written = null)
    {
        using var encoder = new OpusEncoder();
        call.Told(new() { PacketBytes = encoder.PacketBytes, PreSkip = encoder.PreSkip }, new());
        var frame = new RecordedFrame(_ => written?.Invoke()) { Samples = 4_000 };
        for (var i = 0; i < 25; i++) frame.Length += encoder.Encode(new short[160], frame.Buffer.AsSpan(frame.Length));
        call.Keep(frame);
    }
}
