using System.Text.Json;
using MQTTnet;
using Nauha.Format;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>What comes to central damaged, sealed for somebody else, or under another's name.</summary>
public sealed class OnTheWire
{
    private const string Incoming = """[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":10}]}]""";
    private const string Nothing = """[{"line":1,"calls":[]}]""";

    private static string? Receipt(JsonElement call) => call.GetProperty("receipt").GetString();

    [Fact]
    public async Task A_corrupted_part_is_answered_with_what_is_held_and_the_recording_arrives_whole()
    {
        await using var branch = await Branch.OpenAsync();
        await branch.StopCentralAsync();
        await branch.StartRecorderAsync(Incoming);
        await Branch.EventuallyAsync(branch.OnTheBoxAsync, calls => calls.Any(c => c.GetProperty("outcome").GetString() == "recorded"));
        await branch.StopRecorderAsync();
        var path = Branch.SealedFiles(branch.RecorderData).ShouldHaveSingleItem();
        var file = await File.ReadAllBytesAsync(path);
        CallId.TryParse(Path.GetFileNameWithoutExtension(path), out var call).ShouldBeTrue();
        await branch.StartCentralAsync();
        await using (var wire = new Impostor(branch))
        {
            (await wire.ConnectAsync(branch.Appliance)).ShouldBe(MqttClientConnectResultCode.Success);
            await wire.ListenAsync(wire.Box);
            (await wire.HoldsAfterAsync(Flipped(new Part(call, 0, file.Length, file.AsMemory(0, 9_000)).ToBytes()))).ShouldBe(0);
            (await wire.HoldsAfterAsync(new Part(call, 0, file.Length, file.AsMemory(0, 9_000)).ToBytes())).ShouldBe(9_000);
            (await wire.HoldsAfterAsync(Flipped(new Part(call, 9_000, file.Length, file.AsMemory(9_000, 9_000)).ToBytes()))).ShouldBe(9_000);
        }
        // The box goes on where central stands.
        await branch.StartRecorderAsync(Nothing, speed: 1);
        await Branch.EventuallyAsync(branch.OnTheBoxAsync, calls => calls.Count == 1 && Receipt(calls[0]) == "stored");
        (await File.ReadAllBytesAsync(Branch.SealedFiles(Path.Combine(branch.CentralData, "blobs")).ShouldHaveSingleItem())).ShouldBe(file);
        (await branch.AlarmsAsync()).ShouldBeEmpty();
    }

    private static byte[] Flipped(byte[] part)
    {
        part[^5_000] ^= 1;
        return part;
    }

    [Fact]
    public async Task A_recording_sealed_to_a_key_that_central_does_not_know_is_held_and_stays_on_the_box()
    {
        await using var branch = await Branch.OpenAsync();
        BelieveInStrangeKeys(branch);
        await branch.StartRecorderAsync(Incoming);
        await Branch.EventuallyAsync(branch.OnTheBoxAsync, calls => calls.Count == 1 && Receipt(calls[0]) == "held");
        var file = Branch.SealedFiles(branch.RecorderData).ShouldHaveSingleItem("flash is not freed");
        await branch.StopRecorderAsync();
        (await branch.RecorderCommandAsync("check")).ShouldSatisfyAllConditions(c => c.ExitCode.ShouldBe(0, c.Output));
        Branch.SealedFiles(Path.Combine(branch.CentralData, "blobs")).ShouldBeEmpty();
        var aside = Directory.EnumerateFiles(Path.Combine(branch.CentralData, "aside"), "*.held").ShouldHaveSingleItem();
        (await File.ReadAllBytesAsync(aside)).ShouldBe(await File.ReadAllBytesAsync(file));
        (await branch.AlarmsAsync()).ShouldContain(a => a.GetProperty("kind").GetString() == "recording-held");
    }

    // As after somebody has changed whom the box believes: for day keys another signer, for all else central as it was.
    private static void BelieveInStrangeKeys(Branch branch)
    {
        var identity = Path.Combine(branch.RecorderData, "identity");
        TrustDocument.TryOpen(File.ReadAllBytes(Path.Combine(identity, "trust.json")), null, null, out var trust, out var error).ShouldBeTrue(error);
        using var root = CentralSigner.Create();
        using var signer = CentralSigner.Create();
        var roles = new Dictionary<string, IReadOnlyList<TrustedKey>>(trust!.Roles) { ["daykeys"] = [new(signer.Id, signer.PublicKey, 0, long.MaxValue, true)] };
        File.WriteAllBytes(Path.Combine(identity, "trust.json"), Envelope.Seal(PayloadTypes.Trust, (trust with { Roots = [root.PublicKey], Threshold = 1, Roles = roles }).ToPayload(), root));
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var today = RetentionPeriod.DayOf(now, RetentionPeriod.Zone);
        var days = Enumerable.Range(-1, DayKeyBundle.Days).Select(i =>
        {
            using var secret = DaySecret.Create();
            return DayKeyEntry.For(today.AddDays(i), secret.PublicKey);
        }).ToList();
        // Of a version that central's next ones do not reach.
        File.WriteAllBytes(Path.Combine(identity, "daykeys.json"), Envelope.Seal(PayloadTypes.DayKeys, new DayKeyBundle(trust.Fleet, 1_000_000_000_000, now - 1_000, days).ToPayload(), signer));
    }

    [Fact]
    public async Task The_boxs_own_certificate_opens_nothing_under_another_appliances_name()
    {
        await using var branch = await Branch.OpenAsync();
        var code = await branch.CentralCommandAsync("appliance", "code", "--name", "Other", "--lines", "1", "--json");
        var other = JsonDocument.Parse(code.Output).RootElement.GetProperty("appliance").GetString()!;
        await using (var wire = new Impostor(branch)) (await wire.ConnectAsync(other)).ShouldBe(MqttClientConnectResultCode.ClientIdentifierNotValid);
        await using (var wire = new Impostor(branch))
        {
            (await wire.ConnectAsync(branch.Appliance)).ShouldBe(MqttClientConnectResultCode.Success);
            (await wire.ListenAsync(ApplianceId.Parse(other))).ShouldBe(MqttClientSubscribeResultCode.NotAuthorized);
            (await wire.SayAsync(ApplianceId.Parse(other), TopicKind.Status, new ApplianceStatus(9, true, 0, 1, 0, 0, 1, 0, []).ToJson())).ShouldBe(MqttClientPublishReasonCode.NotAuthorized);
        }
    }
}
