using System.Diagnostics;
using System.Text.Json;
using Nauha.Audio;
using Nauha.Drivers.Capture;
using Nauha.Format;
using Nauha.Recorder.Announcements;
using Nauha.Recorder.Ports;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Tests.Siprec;
using Nauha.Simulation;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>A line on which the box never speaks, through the real libasound, on a device that cannot play.</summary>
[Collection("real time")]
public sealed class ALineThatOnlyHears
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");

    [Fact]
    public async Task No_playback_is_opened_where_the_box_never_speaks_and_where_it_does_its_lack_is_named()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        var (ear, cards) = (new SoundOptions { Device = "ear" }, new SoundCards());
        Should.Throw<IOException>(() => AlsaLine.Open(new(1), "ata", ear, cards, TimeProvider.System)).Message.ShouldContain("playback");
        AlsaLine.Try(ear, cards, speaks: false).Playback.ShouldBeNull();
        await using var line = AlsaLine.Open(new(1), "ata", ear, cards, TimeProvider.System, speaks: false);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var block = new SampleBlock();
        for (var i = 0; i < 60; i++) (await line.ReadAsync(block, patience.Token)).ShouldBeTrue();
        line.ShouldSatisfyAllConditions(l => l.CanInject.ShouldBeFalse(), l => l.Inject([1, 2, 3]).ShouldBe(0), l => l.HoldRelayOpen(true).ShouldBeFalse(), l => l.Sound.ShouldNotBeNull().Playback.ShouldBeNull());
    }

    [Fact]
    public async Task The_recorder_keeps_a_call_from_the_announcement_of_others_on_a_device_that_cannot_play()
    {
        if (VirtualPair.Missing is { } missing) Assert.Skip(missing);
        await using var pair = await VirtualPair.StartAsync();
        using var box = new Box();
        var said = Announcement.Bundled(["fi", "sv"]).Samples.Select(s => short.CreateSaturating(s * 0.4f * 32_768)).ToArray();
        var talk = Talk.Bundled.Near[..(6 * 8_000)].Select(s => short.CreateSaturating(s * 32_767)).ToArray();
        Save(pair.PathOf("known.wav"), said);
        Save(pair.PathOf("call.wav"), [.. new short[8_000], .. said, .. new short[1_600], .. talk, .. new short[8_000]]);
        await File.WriteAllTextAsync(pair.PathOf("recorder.json"), JsonSerializer.Serialize(new { announcement = new { known = pair.PathOf("known.wav") }, lines = new Dictionary<string, object> { ["1"] = new { source = "alsa", profile = "exchange", agent = "desk-1", sound = new { device = "ear" } } } }));

        using (var devices = pair.Start(Program, "devices", "--data", box.Data, "--config", pair.PathOf("recorder.json")))
        {
            var listed = await devices.StandardOutput.ReadToEndAsync();
            await devices.WaitForExitAsync();
            (devices.ExitCode, listed.Contains("the box never speaks on it", StringComparison.Ordinal)).ShouldBe((0, true), listed);
        }
        using var recorder = pair.Start(Program, "run", "--data", box.Data, "--config", pair.PathOf("recorder.json"));
        var words = recorder.StandardOutput.ReadToEndAsync();
        try
        {
            await FedRecorder.UntilAsync(() => Line(box) is { } line && line.GetProperty("sound").ValueKind == JsonValueKind.Object);
            using var mouth = pair.Start("/usr/bin/aplay", "-q", "-D", "far", pair.PathOf("call.wav"));
            await mouth.WaitForExitAsync();
            mouth.ExitCode.ShouldBe(0, await mouth.StandardError.ReadToEndAsync());
            // Twenty seconds without a sound end a call where the sound is the hook.
            await FedRecorder.UntilAsync(() => Line(box) is { } line && line.GetProperty("proven").GetInt64() == 1);
        }
        finally
        {
            using var term = Process.Start("kill", ["-TERM", $"{recorder.Id}"]);
            await recorder.WaitForExitAsync();
        }
        recorder.ExitCode.ShouldBe(0, await words);
        using var vault = box.OpenVault();
        var account = box.Accounts(vault).ShouldHaveSingleItem();
        account.Call.Ending.ShouldBe(Ending.Recorded, await words);
        var (kept, _, _) = box.Listen(account.File!);
        FedRecorder.Best(kept, talk.AsSpan(8_000, 8_000)).ShouldBeGreaterThan(0.9, "what was said after it is kept");
        FedRecorder.Best(kept, said.AsSpan(8_000, 8_000)).ShouldBeLessThan(0.5, "the announcement is not");
    }

    private static JsonElement? Line(Box box)
    {
        try
        {
            using var status = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(box.Data, "run/status.json")));
            return status.RootElement.GetProperty("lines")[0].Clone();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Save(string path, short[] samples)
    {
        using var file = File.Create(path);
        WavFile.Write(file, 8_000, samples);
    }
}
