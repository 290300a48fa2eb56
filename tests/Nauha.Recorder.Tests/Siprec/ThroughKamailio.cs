using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>Against software that is not ours: Kamailio as the registrar and proxy, SIPp as the recording client.</summary>
[Collection("real time")]
public sealed class ThroughKamailio
{
    private static readonly Announcement Known = Announcement.Bundled(["fi"]);

    // The announcement, 200 ms, and eight seconds of talk.
    private static readonly short[] Sound = [.. Array.ConvertAll(Known.Samples, sample => short.CreateSaturating(sample * 0.4f * 32_768)), .. new short[1_600], .. Array.ConvertAll(Talk.Bundled.Near[..64_000], sample => short.CreateSaturating(sample * 32_768))];

    [Theory]
    [InlineData("tls", "SHA-256")]
    [InlineData("tcp", "MD5")]
    public async Task A_call_of_SIPps_comes_through_Kamailio_over_the_boxs_own_connection_and_is_recorded_and_its_hold_is_silence(string transport, string digest)
    {
        Assert.SkipWhen(Kamailio.Missing is not null, Kamailio.Missing ?? "");
        await using var kamailio = await Kamailio.StartAsync(digest);
        using var box = new Box { Known = Known };
        await using var recorder = new FedRecorder(box, kamailio.Trunk(transport));
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Heard > 0);
        (await kamailio.CallAsync(Sound, play: 6, TrialPbx.Metadata())).ShouldBe("");
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot is { Phase: CallPhase.Idle, CallNumber: null, Proven: 1 });
        await recorder.StopAsync();
        var account = box.Accounts(recorder.Vault).ShouldHaveSingleItem();
        (account.Call.Ending, account.Facts.Party?.Text).ShouldBe((Ending.Recorded, "+358409990123"));
        var (samples, _, frames) = box.Listen(account.File!);
        FedRecorder.Best(samples, Sound.AsSpan(Known.Samples.Length + 9_600, 8_000)).ShouldBeGreaterThan(0.8);
        var hold = frames.SelectMany(frame => frame.Events).Concat(box.Ended).Where(e => e.What == "hold").ShouldHaveSingleItem();
        (hold.Samples / 8_000.0).ShouldBe(1.5, 1.0, "as long as SIPp held it, on this machine");
    }

    [Fact]
    public async Task When_the_PBX_is_gone_in_mid_call_the_call_is_closed_as_it_stands_and_the_next_one_after_its_return_is_recorded()
    {
        Assert.SkipWhen(Kamailio.Missing is not null, Kamailio.Missing ?? "");
        await using var kamailio = await Kamailio.StartAsync("SHA-256");
        using var box = new Box { Known = Known };
        await using var recorder = new FedRecorder(box, kamailio.Trunk("tcp"));
        var line = recorder.Lines[0];
        await FedRecorder.UntilAsync(() => line.Snapshot.Heard > 0);
        var first = kamailio.CallAsync(Sound, play: 8, TrialPbx.Metadata());
        await FedRecorder.UntilAsync(() => line.Snapshot.Recorded > TimeSpan.FromSeconds(1));
        await kamailio.StopAsync();
        await FedRecorder.UntilAsync(() => line.Snapshot.Lost);
        (await first).ShouldNotBe("", "SIPp notices too");
        await kamailio.StartAsync();
        await FedRecorder.UntilAsync(() => line.Snapshot is { Lost: false, Heard: > 0 });
        (await kamailio.CallAsync(Sound, play: 5, TrialPbx.Metadata("sip:0401112223@pstn.example"))).ShouldBe("");
        await FedRecorder.UntilAsync(() => line.Snapshot is { Phase: CallPhase.Idle, CallNumber: null, Proven: 1 });
        await recorder.StopAsync();
        var calls = box.Accounts(recorder.Vault);
        calls.Select(call => (call.Call.CallNumber, call.Call.Ending, call.Facts.Party?.Text)).ShouldBe([(1ul, Ending.Recorded, "+358409990123"), (2ul, Ending.Recorded, "0401112223")]);
        recorder.Vault.Read(index => index.Records.Count(record => record.Record is { Kind: RecordKind.Blind })).ShouldBeGreaterThan(0, "the time between is accounted for");
    }
}
