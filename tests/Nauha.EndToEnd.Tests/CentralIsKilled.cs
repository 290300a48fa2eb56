using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>Central dies at its worst moments: the recording lies there, and the box does not know it.</summary>
public sealed class CentralIsKilled
{
    private static string Call(int talkSeconds) => $$"""[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":{{talkSeconds}}}]}]""";

    [Fact]
    public async Task Between_the_move_of_the_file_and_its_entry_in_the_catalogue()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed (Debian package strace)");
        await using var branch = await Branch.OpenAsync();
        await branch.StopCentralAsync();
        // The first sync of this folder comes when a recording has just been moved into it; there central gets SIGKILL.
        var blobs = Path.Combine(branch.CentralData, "blobs");
        await branch.StartCentralAsync("-o", "/dev/null", "-P", blobs, "-e", "trace=fsync", "-e", "inject=fsync:signal=KILL");
        await branch.StartRecorderAsync(Call(10));
        await branch.CentralDiesAsync();
        Branch.SealedFiles(blobs).ShouldHaveSingleItem("stored");
        await IsWithoutReceiptAsync(branch);
        await branch.StartCentralAsync();
        await ArrivesOnceAsync(branch);
    }

    [Fact]
    public async Task Between_its_commit_and_the_arrival_of_the_receipt()
    {
        await using var branch = await Branch.OpenAsync();
        // The connection's beginning and the records of a call are far less than this, a part of 25 s is far more.
        await using var relay = new Relay(branch.MqttsPort, 50_000);
        var enrolment = Path.Combine(branch.RecorderData, "identity/enrolment.json");
        var answer = JsonNode.Parse(await File.ReadAllBytesAsync(enrolment))!;
        answer["mqttPort"] = relay.Port;
        await File.WriteAllTextAsync(enrolment, answer.ToJsonString());
        await branch.StartRecorderAsync(Call(25));
        await branch.CallsAsync(calls => calls.Count == 1 && IsReceived(calls[0]));
        relay.IsDeaf.ShouldBeTrue();
        await branch.KillCentralAsync();
        Branch.SealedFiles(Path.Combine(branch.CentralData, "blobs")).ShouldHaveSingleItem("stored and committed");
        await IsWithoutReceiptAsync(branch);
        relay.Heal();
        await branch.StartCentralAsync();
        await ArrivesOnceAsync(branch);
    }

    private static bool IsReceived(JsonElement call) => call.GetProperty("receiptUtc").ValueKind == JsonValueKind.String;

    private static string? Receipt(JsonElement call) => call.GetProperty("receipt").GetString();

    private static async Task IsWithoutReceiptAsync(Branch branch)
    {
        var call = (await branch.OnTheBoxAsync()).ShouldHaveSingleItem();
        (call.GetProperty("outcome").GetString(), Receipt(call)).ShouldBe(("recorded", null));
    }

    private static async Task ArrivesOnceAsync(Branch branch)
    {
        await Branch.EventuallyAsync(branch.OnTheBoxAsync, calls => calls.Count == 1 && Receipt(calls[0]) == "stored");
        (await branch.CallsAsync(calls => calls.All(IsReceived))).ShouldHaveSingleItem();
        var stored = Branch.SealedFiles(Path.Combine(branch.CentralData, "blobs")).ShouldHaveSingleItem();
        (await File.ReadAllBytesAsync(stored)).ShouldBe(await File.ReadAllBytesAsync(Branch.SealedFiles(branch.RecorderData).ShouldHaveSingleItem()));
        Directory.EnumerateFiles(Path.Combine(branch.CentralData, "incoming"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
        (await branch.AlarmsAsync()).ShouldBeEmpty();
        await branch.StopRecorderAsync();
        (await branch.RecorderCommandAsync("check")).ShouldSatisfyAllConditions(c => c.ExitCode.ShouldBe(0, c.Output));
        (await branch.CentralCommandAsync("audit", "verify")).ExitCode.ShouldBe(0);
    }
}
