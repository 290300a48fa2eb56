using System.Text.Json;
using Nauha.Audio;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

public sealed class TheWholeChain
{
    private const string Incoming = """{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":10}]}""";

    private static string Outcome(JsonElement call) => call.GetProperty("outcome").GetString()!;

    private static bool IsReceived(JsonElement call) => call.GetProperty("receiptUtc").ValueKind == JsonValueKind.String;

    [Fact]
    public async Task Two_lines_at_once_incoming_outgoing_and_missed_arrive_with_what_the_notice_names()
    {
        await using var branch = await Branch.OpenAsync();
        await branch.StartRecorderAsync($$"""[{{Incoming}},{"line":2,"agent":"desk-2","calls":[{"kind":"outgoing","at":3,"number":"0509990456","talkSeconds":6},{"kind":"missed","at":5,"rings":1,"number":"0409990777"}]}]""");
        var calls = await branch.CallsAsync(c => c.Count == 3 && c.Count(IsReceived) == 2 && c.Count(x => Outcome(x) == "missed") == 1);
        var incoming = calls.Single(c => c.GetProperty("line").GetInt32() == 1);
        (incoming.GetProperty("number").GetString(), incoming.GetProperty("direction").GetString(), incoming.GetProperty("agent").GetString(), incoming.GetProperty("announcementHeard").GetBoolean()).ShouldBe(("0409990123", "incoming", "desk-1", true));
        calls.Single(c => Outcome(c) == "missed").GetProperty("number").ValueKind.ShouldBe(JsonValueKind.Null);
        calls.Single(c => c.GetProperty("direction").GetString() == "outgoing").GetProperty("number").GetString().ShouldBe("0509990456");
        await branch.StopRecorderAsync();
        (await branch.RecorderCommandAsync("check")).ExitCode.ShouldBe(0);
        (await branch.CentralCommandAsync("audit", "verify")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_exported_is_what_was_said_whole_and_in_its_place()
    {
        await using var branch = await Branch.OpenAsync();
        // Speech-band noise bursts and marker tones: what is cut or shifted shows.
        var source = new short[8_000 * 12];
        var random = new Random(3);
        double low = 0;
        for (var i = 0; i < source.Length; i++)
        {
            low += 0.35 * ((random.NextDouble() - 0.5) - low);
            var marker = i % 16_000 < 1_600 ? 4_000 * Math.Sin(2 * Math.PI * (500 + (i / 16_000 * 200)) * i / 8_000) : 0;
            source[i] = (short)((i / 2_000 % 4 == 3 ? 0 : 12_000 * low) + marker);
        }
        var file = Path.Combine(branch.Folder, "said.wav");
        await using (var wav = File.Create(file)) WavFile.Write(wav, 8_000, source);
        await branch.StartRecorderAsync($$"""[{"line":1,"calls":[{"kind":"incoming","at":1,"number":"0409990123","audio":{{JsonSerializer.Serialize(file)}}}]}]""");
        var call = (await branch.CallsAsync(c => c.Count == 1 && IsReceived(c[0])))[0].GetProperty("callId").GetString()!;
        var export = WavFile.Read(new MemoryStream(await branch.ExportAsync(call)), "export").ToPcm(0);
        // From the announcement's end: 200 ms of quiet, then the file to its last sample.
        (export.Length - 1_600 - source.Length).ShouldBeInRange(-320, 320);
        var offset = Enumerable.Range(1_200, 800).MaxBy(o => Correlation(source.AsSpan(0, 16_000), export.AsSpan(o, 16_000)));
        var mean = source.Average(s => (double)s * s);
        var checkedSegments = 0;
        for (var at = 0; at + 800 <= source.Length - 400; at += 800)
        {
            if (source.AsSpan(at, 800).ToArray().Average(s => (double)s * s) < mean / 100) continue;
            Correlation(source.AsSpan(at, 800), export.AsSpan(offset + at, 800)).ShouldBeGreaterThan(0.9, $"at {at / 8_000.0:F1} s");
            checkedSegments++;
        }
        checkedSegments.ShouldBeGreaterThan(80);
    }

    [Theory]
    [InlineData("not-heard")]
    [InlineData("loopback")]
    public async Task A_call_that_was_not_told_has_no_audio_anywhere_and_an_alarm(string fault)
    {
        await using var branch = await Branch.OpenAsync();
        await branch.StartRecorderAsync($$"""[{"line":1,"calls":[{"kind":"incoming","at":1,"number":"0409990123","fault":"{{fault}}","talkSeconds":5}]}]""");
        var call = (await branch.CallsAsync(c => c.Count == 1 && Outcome(c[0]) == "failed"))[0];
        (call.GetProperty("reason").GetString(), call.GetProperty("number").ValueKind).ShouldBe(("not-heard", JsonValueKind.Null));
        Directory.EnumerateFiles(branch.RecorderData, "*.nauha", SearchOption.AllDirectories).ShouldBeEmpty();
        (await branch.AlarmsAsync()).ShouldContain(a => a.GetProperty("kind").GetString() == "failed");
    }

    [Fact]
    public async Task While_central_is_away_the_box_records_and_afterwards_all_arrives_and_nothing_twice()
    {
        await using var branch = await Branch.OpenAsync();
        await branch.StopCentralAsync();
        await branch.StartRecorderAsync($"[{Incoming}]");
        await branch.StatusAsync(s => s.GetProperty("sync").GetProperty("trouble").GetString() is not null);
        await Branch.EventuallyAsync(() => branch.RecorderCommandAsync("vault", "list", "--json"), list => JsonDocument.Parse(list.Output).RootElement.GetProperty("calls").EnumerateArray().Any(c => c.GetProperty("outcome").GetString() == "recorded"));
        await branch.StartCentralAsync();
        var calls = await branch.CallsAsync(c => c.Count >= 1 && c.All(IsReceived));
        calls.ShouldHaveSingleItem();
        Directory.EnumerateFiles(Path.Combine(branch.CentralData, "blobs"), "*.nauha", SearchOption.AllDirectories).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_recorder_killed_in_mid_call_closes_it_as_salvaged_under_its_own_number_and_counts_on()
    {
        await using var branch = await Branch.OpenAsync();
        var epoch = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        // The exchange does not wait for a program that is slow to start: it rings after six seconds, and talks for nine.
        const string lines = """[{"line":1,"calls":[{"kind":"incoming","at":60,"number":"0409990123","talkSeconds":90}]}]""";
        await branch.StartRecorderAsync(lines, speed: 10, epoch);
        await branch.StatusAsync(s => s.GetProperty("lines")[0].GetProperty("recordedSeconds").GetDouble() > 6);
        await branch.KillRecorderAsync();
        await branch.StartRecorderAsync(lines, speed: 10, epoch);
        var calls = await branch.CallsAsync(c => c.Count == 2 && c.Any(x => Outcome(x) == "salvaged" && IsReceived(x)) && c.Any(x => Outcome(x) == "recorded" && IsReceived(x)));
        var salvaged = calls.Single(c => Outcome(c) == "salvaged");
        (salvaged.GetProperty("callNumber").GetInt32(), salvaged.GetProperty("number").GetString()).ShouldBe((1, "0409990123"));
        salvaged.GetProperty("durationSeconds").GetDouble().ShouldBeGreaterThan(4);
        calls.Single(c => Outcome(c) == "recorded").GetProperty("callNumber").GetInt32().ShouldBe(2);
        await branch.StopRecorderAsync();
        (await branch.RecorderCommandAsync("check")).ShouldSatisfyAllConditions(c => c.ExitCode.ShouldBe(0, c.Output));
    }

    [Fact]
    public async Task A_revoked_appliance_is_disconnected_at_once_and_can_read_why()
    {
        await using var branch = await Branch.OpenAsync();
        await branch.StartRecorderAsync("""[{"line":1,"calls":[]}]""", speed: 1);
        await branch.StatusAsync(s => s.GetProperty("sync").GetProperty("connected").GetBoolean());
        (await branch.CentralCommandAsync("appliance", "revoke", branch.Appliance)).ExitCode.ShouldBe(0);
        var status = await branch.StatusAsync(s => s.GetProperty("sync").GetProperty("trouble").GetString() == "revoked");
        status.GetProperty("leds").EnumerateArray().Single(l => l.GetProperty("led").GetInt32() == 3).GetProperty("words").GetString().ShouldBe("certificate refused");
    }

    [Fact]
    public async Task A_file_that_was_changed_on_the_box_is_refused_kept_aside_alarmed_and_not_freed()
    {
        await using var branch = await Branch.OpenAsync();
        await branch.StopCentralAsync();
        await branch.StartRecorderAsync($"[{Incoming}]");
        await Branch.EventuallyAsync(() => branch.RecorderCommandAsync("vault", "list", "--json"), list => JsonDocument.Parse(list.Output).RootElement.GetProperty("calls").EnumerateArray().Any(c => c.GetProperty("outcome").GetString() == "recorded"));
        await branch.StopRecorderAsync();
        var file = Directory.EnumerateFiles(branch.RecorderData, "*.nauha", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        (await branch.RecorderCommandAsync("check")).ExitCode.ShouldBe(1);
        await branch.StartCentralAsync();
        await branch.StartRecorderAsync("""[{"line":1,"calls":[]}]""", speed: 1);
        await Branch.EventuallyAsync(branch.AlarmsAsync, alarms => alarms.Any(a => a.GetProperty("kind").GetString() == "recording-refused"));
        Directory.EnumerateFiles(Path.Combine(branch.CentralData, "aside")).ShouldHaveSingleItem().ShouldEndWith(".refused");
        await Branch.EventuallyAsync(() => branch.RecorderCommandAsync("vault", "list", "--json"), list => list.Output.Contains("\"receipt\":\"refused\"", StringComparison.Ordinal));
        File.Exists(file).ShouldBeTrue();
    }

    private static double Correlation(ReadOnlySpan<short> a, ReadOnlySpan<short> b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++) (ab, aa, bb) = (ab + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        return ab / Math.Sqrt((aa * bb) + 1e-9);
    }
}
