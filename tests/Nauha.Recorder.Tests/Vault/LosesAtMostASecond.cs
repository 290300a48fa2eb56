using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// The real program at the line's own speed, killed in the middle of a talk: what it had put on the disk against what the
/// exchange's diary says was on the pair, to a tenth of a second. A kill stands for the power cut: what was synced stays in
/// either, what was not is in the program's memory.
/// </summary>
public sealed class LosesAtMostASecond
{
    private const int Second = 8_000, Mark = 800;

    private const string Scenario = """{"version":1,"seed":7,"epochMs":null,"diary":"diary","lines":[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":60,"marksTalk":true}]}]}""";

    [Fact]
    public async Task Killed_in_mid_talk_at_real_speed_the_salvaged_end_is_at_most_a_second_before_the_last_sample_on_the_pair()
    {
        using var box = new Box(3);
        var program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        var (scenario, diary) = (Path.Combine(box.Data, "scenario.json"), Path.Combine(box.Data, "diary"));
        await File.WriteAllTextAsync(scenario, Scenario);
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"second"}""");
        using var process = Process.Start(new ProcessStartInfo(program, ["run", "--data", box.Data, "--simulate", scenario, "--speed", "1"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        // Four seconds of talk and a drawn part of the next: a frame's borders fall where they fall.
        var marks = 40 + Random.Shared.Next(0, 10);
        using (var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10)))
            while (Entries(diary).Count(e => e.What == "talk") < marks)
            {
                process.HasExited.ShouldBeFalse();
                await look.WaitForNextTickAsync();
            }
        process.Kill();
        await process.WaitForExitAsync();
        var entries = Entries(diary);
        var onThePair = entries.Last(e => e.What == "talk").Sample + Mark - entries.Last(e => e.What == "lifted").Sample;
        var line = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(box.Data, "run/status.json"))).RootElement.GetProperty("lines")[0];
        line.GetProperty("oldestUnsyncedMostMs").GetInt64().ShouldBeInRange(500, 1_000, "a frame is half a second, and waits 120 ms for what is still to be cut");

        using var vault = box.OpenVault();
        var call = vault.Read(index => index.Calls.Single());
        (call.Ending, call.Recording?.Closing).ShouldBe((Ending.Recorded, Closing.Salvaged));
        var last = box.Listen(vault.FileOf(call)!).Frames[^1];
        ((long)last.End).ShouldBeInRange(onThePair - Second, onThePair, $"killed after {marks} marks");
        VaultCheck.Run(vault).ShouldBeEmpty();
    }

    private static List<(long Sample, string What)> Entries(string diary) => !File.Exists(diary) ? [] :
        [.. Read(diary).Split('\n').SkipLast(1).Select(entry => entry.Split(' ', 5)).Select(words => (long.Parse(words[3], CultureInfo.InvariantCulture), words[4]))];

    private static string Read(string path)
    {
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return file.ReadToEnd();
    }
}
