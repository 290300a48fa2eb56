using Nauha.Format;
using Nauha.Recorder.Calls;
using Nauha.Recorder.Line;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Calls;

public sealed class WhatALineTeaches
{
    private static CallScript Incoming(double at = 1) => new() { Kind = ScriptKind.Incoming, At = at, Number = "0409990123", Talk = Talk.Bundled.First(2) };

    [Fact]
    public async Task What_the_port_does_is_learned_kept_and_a_change_is_said()
    {
        using var box = new Box { Learns = true };
        await box.RunAsync(PortProfile.PbxExtension, calls: [Incoming(), new() { Kind = ScriptKind.Outgoing, At = 30, Number = "0509990456", Reversal = true, Talk = Talk.Bundled.First(4) }]);
        var learned = LearnedLine.Load(box.Data, 1)!;
        learned.OnHookVolts.ShouldBe(40, 1);
        learned.OffHookVolts!.Value.ShouldBe(9, 0.5);
        (learned.Calls, learned.CallerId, learned.ReversalOnAnswer, learned.Changed).ShouldBe((2, "dtmf", true, null));
        learned.AnnouncementDbv!.Value.ShouldBe(-17, 0.3);
        // After its firmware was updated the port feeds 24 V.
        // 24 V look like a handset that is up, until the port rings: then it is known better, and the call is heard.
        var (calls, _) = await box.RunAsync(PortProfile.MobileGateway, profile: LineProfile.PbxExtension, calls: [Incoming(12) with { Rings = 2, CallerId = CallerIdForm.V23 }]);
        calls.Skip(2).Select(c => c.Call.Ending).ShouldBe([Ending.Failed(EndingCode.NotHeard), Ending.Recorded]);
        var changed = LearnedLine.Load(box.Data, 1)!;
        changed.Changed.ShouldNotBeNull();
        changed.ChangedMs.ShouldNotBeNull();
        changed.Calls.ShouldBe(4);
        changed.OnHookVolts.ShouldBe(24, 2);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_learned_anew()
    {
        using var box = new Box();
        var learned = new LearnedLine { Line = 1, Profile = "ata", Calls = 5, OnHookVolts = 47.9, OffHookVolts = null, CallerId = "v23" };
        learned.Save(box.Data);
        LearnedLine.Load(box.Data, 1).ShouldBe(learned);
        File.WriteAllText(Path.Combine(LearnedLine.FolderOf(box.Data), "1.json"), "{");
        LearnedLine.Load(box.Data, 1).ShouldBeNull();
    }
}
