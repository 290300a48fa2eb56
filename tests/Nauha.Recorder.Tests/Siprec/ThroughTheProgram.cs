using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Nauha.Audio;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Tests.Calls;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Siprec;

/// <summary>From a PBX that others wrote to a sealed call, through the program as a branch runs it: its configuration, its status, its vault.</summary>
[Collection("real time")]
public sealed class ThroughTheProgram
{
    private static readonly string Recorder = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");

    [Fact]
    public async Task A_call_that_a_PBX_sends_to_the_running_recorder_ends_sealed_in_its_vault_with_the_number_from_the_metadata()
    {
        Assert.SkipWhen(Kamailio.Missing is not null, Kamailio.Missing ?? "");
        await using var kamailio = await Kamailio.StartAsync("SHA-256");
        using var box = new Box();
        var said = Announcement.Bundled(["fi"]).Samples.Select(s => short.CreateSaturating(s * 0.4f * 32_768)).ToArray();
        short[] sound = [.. said, .. new short[1_600], .. Talk.Bundled.Near[..64_000].Select(s => short.CreateSaturating(s * 32_768))];
        var (known, configuration) = (Path.Combine(box.Data, "known.wav"), Path.Combine(box.Data, "recorder.json"));
        await using (var file = File.Create(known)) WavFile.Write(file, 8_000, said);
        var trunk = kamailio.Trunk("tls");
        await File.WriteAllTextAsync(configuration, JsonSerializer.Serialize(new
        {
            trunks = new { pbx = new { server = trunk.Server, domain = trunk.Domain, port = trunk.Port, transport = trunk.Transport, user = trunk.User, passwordFile = trunk.PasswordFile, trustFile = trunk.TrustFile } },
            announcement = new { known },
            lines = new Dictionary<string, object> { ["1"] = new { source = "siprec", agent = "desk-1", siprec = new { trunk = "pbx", localUris = "@pbx.example" } } },
        }));

        using var recorder = Start("run");
        var words = new ConcurrentQueue<string>();
        recorder.OutputDataReceived += (_, line) => words.Enqueue(line.Data ?? "");
        recorder.ErrorDataReceived += (_, line) => words.Enqueue(line.Data ?? "");
        recorder.BeginOutputReadLine();
        recorder.BeginErrorReadLine();
        try
        {
            // The line's time begins when the PBX has taken the box.
            await FedRecorder.UntilAsync(() => words.Any(said => said.Contains("ready to record", StringComparison.Ordinal)));
            (await kamailio.CallAsync(sound, play: 6, TrialPbx.Metadata())).ShouldBe("", string.Join('\n', words));
            await FedRecorder.UntilAsync(() => Status(box)?.GetProperty("lines")[0].GetProperty("proven").GetInt64() == 1);
        }
        finally
        {
            using var term = Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync();
        }
        recorder.ExitCode.ShouldBe(0, string.Join('\n', words));

        var listed = (await SaidAsync("vault", "list")).GetProperty("calls").EnumerateArray().ShouldHaveSingleItem();
        listed.GetProperty("outcome").GetString().ShouldBe("recorded");
        (await SaidAsync("check")).GetProperty("good").GetBoolean().ShouldBeTrue();
        using var vault = box.OpenVault();
        var account = box.Accounts(vault).ShouldHaveSingleItem();
        (account.Call.Ending, account.Facts.Party?.Text, account.Facts.Agent?.ToString()).ShouldBe((Ending.Recorded, "+358409990123", "desk-1"));
        box.Describe(account.File!).Stream.HookSource.ShouldBe("signalling");
        var (kept, _, _) = box.Listen(account.File!);
        FedRecorder.Best(kept, sound.AsSpan(said.Length + 9_600, 8_000)).ShouldBeGreaterThan(0.8, "what was said after the announcement is kept");
        FedRecorder.Best(kept, said.AsSpan(4_000, 8_000)).ShouldBeLessThan(0.5, "the announcement is not");

        Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(Recorder, [.. arguments, "--data", box.Data, "--config", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

        async Task<JsonElement> SaidAsync(params string[] command)
        {
            using var program = Start([.. command, "--json"]);
            var error = program.StandardError.ReadToEndAsync();
            var output = await program.StandardOutput.ReadToEndAsync();
            await program.WaitForExitAsync();
            program.ExitCode.ShouldBe(0, output + await error);
            return JsonDocument.Parse(output).RootElement.Clone();
        }
    }

    private static JsonElement? Status(Box box)
    {
        try
        {
            using var status = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(box.Data, "run/status.json")));
            return status.RootElement.Clone();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
