using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Line;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>Recorded calls as a PBX sends them, in real time, over a real connection and real sockets on loopback.</summary>
[Collection("real time")]
public sealed class CallsFromAPbx
{
    private static readonly Announcement Known = Announcement.Bundled(["fi"]);

    private static readonly short[] Said = Array.ConvertAll(Known.Samples, sample => short.CreateSaturating(sample * 0.4f * 32_768));

    /// <summary>Sends both streams in real time: the caller's samples on the first, the agent's on the second.</summary>
    private static async Task TalkAsync(TrialCall call, ReadOnlyMemory<short> caller, ReadOnlyMemory<short> agent, Func<int, bool>? lost = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = 0; i * 160 < Math.Max(caller.Length, agent.Length); i++)
        {
            while (clock.ElapsedMilliseconds < i * 20) await timer.WaitForNextTickAsync();
            foreach (var (samples, stream) in new[] { (caller, 0), (agent, 1) })
            {
                var block = new short[160];
                if (i * 160 < samples.Length) samples.Span.Slice(i * 160, Math.Min(160, samples.Length - (i * 160))).CopyTo(block);
                call.Send(stream, block, lost?.Invoke(i) == true);
            }
        }
    }

    private static short[] Voice(double seconds, bool far) => Array.ConvertAll((far ? Talk.Bundled.Far : Talk.Bundled.Near)[..(int)(seconds * 8_000)], sample => short.CreateSaturating(sample * 32_768));

    [Fact]
    public async Task A_call_is_recorded_from_the_pbxs_announcement_on_with_the_number_that_the_metadata_names()
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        await using var recorder = new FedRecorder(box, pbx.Trunk);
        (await pbx.RegisterAsync()).ShouldContain("+sip.srs");
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Heard > 0);
        using var call = pbx.Call();
        var answer = await call.InviteAsync();
        answer.ShouldStartWith("SIP/2.0 200");
        answer.ShouldContain("a=recvonly");
        answer.ShouldContain("a=label:2");
        short[] caller = [.. Said, .. new short[1_600], .. Voice(3, far: true)];
        short[] agent = [.. new short[Said.Length + 1_600], .. Voice(3, far: false)];
        await TalkAsync(call, caller, agent);
        (await call.ByeAsync()).ShouldStartWith("SIP/2.0 200");
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Phase == CallPhase.Idle && recorder.Lines[0].Snapshot.CallNumber is null);
        await recorder.StopAsync();
        var account = box.Accounts(recorder.Vault).ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded);
        (account.Facts.Party?.Text, account.Facts.Agent?.Text, account.Facts.Direction).ShouldBe(("+358409990123", "desk-1", null));
        var (samples, _, _) = box.Listen(account.File!);
        (samples.Length / 8_000.0).ShouldBe(3.2, 0.3);
        // What both said, mixed: 100 ms after another, wherever the machine's own pauses have put it.
        var said = Enumerable.Range(0, 24_000).Select(i => short.CreateSaturating(Voice(3, true)[i] + Voice(3, false)[i])).ToArray();
        FedRecorder.Best(samples, said.AsSpan(8_000, 8_000)).ShouldBeGreaterThan(0.8);
    }

    [Fact]
    public async Task Media_under_SRTP_is_opened_and_recorded_as_any_other()
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        await using var recorder = new FedRecorder(box, pbx.Trunk);
        await pbx.RegisterAsync();
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Heard > 0);
        using var call = new TrialCall(pbx, TrialPbx.Metadata()) { Key = [.. Enumerable.Range(1, 30).Select(i => (byte)(i * 7))] };
        var answer = await call.InviteAsync();
        answer.ShouldContain("RTP/SAVP 8\r\n");
        answer.ShouldContain("a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:");
        var voice = Voice(2, far: false);
        await TalkAsync(call, (short[])[.. Said, .. voice], new short[Said.Length + voice.Length]);
        var account = await EndAsync(box, recorder, call);
        account.Call.Ending.ShouldBe(Ending.Recorded);
        FedRecorder.Best(box.Listen(account.File!).Samples, voice.AsSpan(4_000, 8_000)).ShouldBeGreaterThan(0.8);
    }

    private static async Task<(FedRecorder Recorder, TrialCall Call)> RecordingAsync(Box box, TrialPbx pbx)
    {
        var recorder = new FedRecorder(box, pbx.Trunk);
        await pbx.RegisterAsync();
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Heard > 0);
        var call = pbx.Call();
        await call.InviteAsync();
        return (recorder, call);
    }

    private static async Task<Account> EndAsync(Box box, FedRecorder recorder, TrialCall call)
    {
        (await call.ByeAsync()).ShouldStartWith("SIP/2.0 200");
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot is { Phase: CallPhase.Idle, CallNumber: null });
        await recorder.StopAsync();
        return box.Accounts(recorder.Vault).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_call_in_which_the_PBX_announces_nothing_keeps_nothing_and_fails_by_name()
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        var (recorder, call) = await RecordingAsync(box, pbx);
        await using var _ = recorder;
        using var __ = call;
        await TalkAsync(call, Voice(2, far: true), Voice(2, far: false));
        var account = await EndAsync(box, recorder, call);
        (account.Call.Ending, account.File).ShouldBe((Ending.Failed(EndingCode.NotHeard), null));
        account.AllFacts.ShouldAllBe(facts => facts.Party == null);
        recorder.Lines[0].Snapshot.LastUnproven.ShouldBeTrue();
    }

    [Fact]
    public async Task What_the_network_loses_of_both_is_a_gap_of_its_length()
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        var (recorder, call) = await RecordingAsync(box, pbx);
        await using var _ = recorder;
        using var __ = call;
        var after = Said.Length / 160;
        await TalkAsync(call, (short[])[.. Said, .. Voice(3, far: true)], (short[])[.. new short[Said.Length], .. Voice(3, far: false)], lost: block => block >= after + 60 && block < after + 66);
        var account = await EndAsync(box, recorder, call);
        account.Call.Ending.ShouldBe(Ending.Recorded);
        var (_, _, frames) = box.Listen(account.File!);
        // 120 ms of each, in the blocks of the line's own time; where the two do not lie exactly beside each other, of either.
        frames.SelectMany(frame => frame.Events).Concat(box.Ended).Where(e => e.What == "gap").Sum(e => (double)e.Samples).ShouldBeInRange(960, (2 * 960) + (4 * 160));
    }

    [Fact]
    public async Task Whoever_joins_is_told_before_more_is_kept()
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        var (recorder, call) = await RecordingAsync(box, pbx);
        await using var _ = recorder;
        using var __ = call;
        await TalkAsync(call, (short[])[.. Said, .. Voice(1, far: true)], new short[Said.Length + 8_000]);
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Phase == CallPhase.Recording);
        await call.AgainAsync("sendonly", TrialPbx.Metadata(extra: """<participant participant_id="p3"><nameID aor="sip:2002@pbx.example"/></participant>"""));
        await TalkAsync(call, Voice(1, far: true), Voice(1, far: false));
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Phase == CallPhase.OffHook);
        await TalkAsync(call, (short[])[.. Said, .. Voice(1, far: true)], new short[Said.Length + 8_000]);
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Phase == CallPhase.Recording);
        var account = await EndAsync(box, recorder, call);
        account.Call.Ending.ShouldBe(Ending.Recorded);
        var (_, _, frames) = box.Listen(account.File!);
        var gaps = frames.Zip(frames.Skip(1)).Select(pair => (double)(pair.Second.FirstSample - pair.First.FirstSample - pair.First.Samples) / 8_000).Where(gap => gap > 0.02).ToList();
        gaps.ShouldHaveSingleItem().ShouldBeGreaterThan(Known.Samples.Length / 8_000.0, "the second announcement at least is not kept");
    }

    [Fact]
    public async Task A_number_that_is_never_recorded_is_known_from_the_metadata_before_anything_is_kept()
    {
        await using var pbx = new TrialPbx();
        var data = Directory.CreateTempSubdirectory("nauha-list-").FullName;
        var list = Nauha.Recorder.Vault.ExclusionList.Load(data);
        list.Take(1, new(["358409990123"], [])).ShouldBeNull();
        using var box = new Box { Known = Known, Excluded = list };
        var (recorder, call) = await RecordingAsync(box, pbx);
        await using var _ = recorder;
        using var __ = call;
        await TalkAsync(call, (short[])[.. Said, .. Voice(1, far: true)], new short[Said.Length + 8_000]);
        var account = await EndAsync(box, recorder, call);
        (account.Call.Ending, account.File).ShouldBe((Ending.Excluded(EndingCode.Listed), null));
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_call_to_112_is_numbered_as_such_and_nothing_of_it_is_kept()
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        var trunk = pbx.Trunk;
        trunk.CallerFirst = true;
        await using var recorder = new FedRecorder(box, trunk);
        await pbx.RegisterAsync();
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Heard > 0);
        using var call = pbx.Call(TrialPbx.Metadata(caller: "sip:2001@pbx.example", agent: "sip:112@pstn.example"));
        await call.InviteAsync();
        await TalkAsync(call, (short[])[.. Said, .. Voice(0.5, far: false)], new short[Said.Length]);
        var account = await EndAsync(box, recorder, call);
        (account.Call.Ending, account.File, account.Facts.Direction).ShouldBe((Ending.Excluded(EndingCode.Emergency), null, Direction.Outgoing));
    }

    [Theory]
    [InlineData("401 Unauthorized", "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"{0}\", algorithm=SHA-256, qop=\"auth\"\r\n")]
    [InlineData("403 Forbidden", "")]
    public async Task A_PBX_that_does_not_take_the_box_is_a_lost_line_and_is_asked_again(string status, string header)
    {
        await using var pbx = new TrialPbx();
        using var box = new Box { Known = Known };
        var trunk = pbx.Trunk;
        trunk.PasswordFile = Path.Combine(box.Data, "password");
        await File.WriteAllTextAsync(trunk.PasswordFile, "wrong");
        File.SetUnixFileMode(trunk.PasswordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var recorder = new FedRecorder(box, trunk);
        await pbx.ConnectAsync();
        var asked = 0;
        for (var request = await pbx.NextAsync(); request.Length > 0; request = await pbx.NextAsync())
        {
            asked++;
            request.ShouldNotContain("wrong");
            await pbx.SendAsync(TrialPbx.Reply(request, status, header.Replace("{0}", $"n{asked}", StringComparison.Ordinal)));
        }
        asked.ShouldBe(status.StartsWith("401", StringComparison.Ordinal) ? 2 : 1, "the same wrong password is not tried on and on");
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot.Lost);
        await pbx.RegisterAsync();
        await FedRecorder.UntilAsync(() => recorder.Lines[0].Snapshot is { Lost: false, Heard: > 0 });
    }
}
