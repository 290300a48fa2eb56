using System.Text;
using System.Text.Json;
using Nauha.Audio;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>What the two programs leave behind is searched by tests/leaks.sh for what went through them.</summary>
public sealed class NoPlaintext
{
    private const string Number = "04099901238", Agent = "desk-rare-7q", Words = "myöhästynyt tilaus ja harvinainen syy", Case = "asia-2026-xq77";

    [Fact]
    public async Task Number_agent_reason_case_and_sound_of_a_call_lie_nowhere_in_clear_and_would_have_been_found()
    {
        await using var branch = await Branch.OpenAsync();
        var said = Path.Combine(branch.Folder, "said.wav");
        await using (var wav = File.Create(said)) WavFile.Write(wav, 8_000, Noise(8_000 * 12));
        await branch.StartRecorderAsync($$"""[{"line":1,"agent":"{{Agent}}","calls":[{"kind":"incoming","at":1,"number":"{{Number}}","audio":{{JsonSerializer.Serialize(said)}}}]}]""");
        var call = (await branch.CallsAsync(c => c.Count == 1 && c[0].GetProperty("receiptUtc").ValueKind == JsonValueKind.String))[0].GetProperty("callId").GetString()!;
        var why = new { purpose = "service-event", reason = Words, @case = Case, number = Number, agent = Agent };
        Encoding.UTF8.GetString(await branch.AskAsync("/api/calls/search", why)).ShouldContain(call);
        Encoding.UTF8.GetString(await branch.AskAsync($"/api/calls/{call}/show", new { why.purpose, why.reason, why.@case })).ShouldContain(Number);
        var heard = Path.Combine(branch.Folder, "heard.wav");
        await File.WriteAllBytesAsync(heard, await branch.AskAsync($"/api/calls/{call}/export", new { why.purpose, why.reason, why.@case }));
        var listening = JsonDocument.Parse(await branch.AskAsync($"/api/calls/{call}/listen", new { why.purpose, why.reason, why.@case })).RootElement;
        (await branch.AskAsync($"/api/listenings/{listening.GetProperty("listening").GetString()}/audio", null)).Length.ShouldBeGreaterThan(1_000);
        await branch.StopRecorderAsync();
        await branch.StopCentralAsync();

        // What was said is what would have been heard: a copy of the line or of the export would be found.
        string[] values = ["--number", Number, "--agent", Agent, "--reason", Words, "--text", Case, "--audio", said, "--audio", heard];
        var none = await LeaksAsync(branch, values);
        none.ExitCode.ShouldBe(0, none.Output + none.Error);
        none.Output.ShouldContain("Nothing found");
        foreach (var folder in new[] { branch.CentralData, branch.RecorderData, Path.Combine(branch.Left, "logs") }) Directory.EnumerateFiles(folder).ShouldNotBeEmpty();

        await File.WriteAllBytesAsync(Path.Combine(branch.RecorderData, "vault", "planted"), [.. Encoding.ASCII.GetBytes("who: "), .. Encoding.BigEndianUnicode.GetBytes(Agent)]);
        var one = await LeaksAsync(branch, values);
        one.ExitCode.ShouldBe(1, one.Output + one.Error);
        one.Output.ShouldContain($"FOUND agent 1 as UTF-16BE in {branch.RecorderData}/vault/planted at 5");
        one.Output.ShouldNotContain(Agent);
    }

    [Fact]
    public async Task The_sound_as_the_line_carries_it_is_found_at_half_its_level_in_another_place_and_form()
    {
        var folder = Directory.CreateTempSubdirectory("nauha-leaks-test-").FullName;
        try
        {
            var (said, left) = (Path.Combine(folder, "said.wav"), Directory.CreateDirectory(Path.Combine(folder, "left")).FullName);
            var noise = Noise(16_000);
            await using (var wav = File.Create(said)) WavFile.Write(wav, 8_000, noise);
            var random = new Random(4);
            // 30 dB under the noise lies another: what a line adds.
            var line = noise.Skip(5_001).Take(4_000).Select(s => (short)((s / 2) + random.Next(-80, 80))).ToArray();
            await File.WriteAllBytesAsync(Path.Combine(left, "swapped"), [1, 2, 3, .. line.Select(G711.ToALaw)]);
            var found = await Branch.RunAsync(Script, left, "--no-swap", "--audio", said);
            (found.ExitCode, found.Output.Contains("FOUND audio 1 as G.711 A-law in", StringComparison.Ordinal)).ShouldBe((1, true), found.Output + found.Error);
            // Of a swap file that was taken aside the same, though it lies elsewhere.
            var empty = Directory.CreateDirectory(Path.Combine(folder, "empty")).FullName;
            (await Branch.RunAsync(Script, empty, "--no-swap", "--audio", said)).ExitCode.ShouldBe(0);
            (await Branch.RunAsync(Script, empty, "--no-swap", "--audio", said, "--swap", Path.Combine(left, "swapped"))).ExitCode.ShouldBe(1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("no values")]
    [InlineData("too short", "--number", "0409")]
    [InlineData("unknown", "--word", "something")]
    [InlineData("no such file", "--values", "/nonexistent")]
    [InlineData("no such swap", "--number", Number, "--swap", "/nonexistent")]
    public async Task What_cannot_be_searched_is_said_and_never_passes_as_nothing_found(string what, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-leaks-test-").FullName;
        var run = await Branch.RunAsync(Script, [folder, "--no-swap", .. arguments]);
        Directory.Delete(folder);
        (run.ExitCode, run.Error.Length > 0).ShouldBe((2, true), what + run.Output);
    }

    private static string Script => Path.Combine(Branch.Root(), "tests/leaks.sh");

    // The swap of this machine, where it has one, belongs to others besides: it takes root, and minutes.
    private static Task<(int ExitCode, string Output, string Error)> LeaksAsync(Branch branch, string[] values) => Branch.RunAsync(Script, [branch.Left, "--no-swap", .. values]);

    // Noise of the telephone's band.
    private static short[] Noise(int samples)
    {
        var random = new Random(3);
        double low = 0, slow = 0;
        return [.. Enumerable.Range(0, samples).Select(_ =>
        {
            low += 0.6 * ((random.NextDouble() - 0.5) - low);
            slow += 0.1 * (low - slow);
            return (short)(14_000 * (low - slow));
        })];
    }
}
