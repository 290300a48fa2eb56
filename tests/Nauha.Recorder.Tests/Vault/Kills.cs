using System.Diagnostics;
using System.Security.Cryptography;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>The real program, killed at random moments while four lines are busy, again and again over one and the same vault.</summary>
public sealed class Kills
{
    private static readonly int Times = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1" ? 500 : 20;

    // Line time runs twenty times as fast: a call every second or two on each line, with its announcement, talk and end.
    private const string Scenario = """
        {"version":1,"seed":7,"epochMs":null,"lines":[
          {"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":4},{"kind":"incoming","at":25,"number":"0409990124","talkSeconds":60}]},
          {"line":2,"calls":[{"kind":"outgoing","at":1,"number":"0509990456","talkSeconds":8},{"kind":"incoming","at":40,"number":"0409990125","talkSeconds":60}]},
          {"line":3,"calls":[{"kind":"incoming","at":2,"number":"0409990126","talkSeconds":60}]},
          {"line":4,"calls":[{"kind":"missed","at":1,"rings":1,"number":"0409990777"},{"kind":"incoming","at":15,"number":"0409990127","talkSeconds":30}]}]}
        """;

    [Fact]
    public async Task A_recorder_killed_at_any_moment_starts_again_by_itself_and_has_lost_nothing_that_was_on_flash()
    {
        using var box = new Box(3);
        var program = Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder");
        Assert.SkipUnless(File.Exists(program), "nauha-recorder is not built beside the tests");
        var scenario = Path.Combine(box.Data, "scenario.json");
        await File.WriteAllTextAsync(scenario, Scenario);
        await File.WriteAllTextAsync(Path.Combine(box.Data, "store.json"), """{"purpose":"demo","createdMs":0,"id":"kills"}""");
        var closed = new Dictionary<CallId, byte[]>();
        var salvaged = 0;
        for (var i = 0; i < Times; i++)
        {
            // Every second life lasts until a call has so many frames, whatever the machine is busy with.
            var (lived, spoken) = (Random.Shared.Next(0, 1_500), i % 2 == 0 ? 0 : Random.Shared.Next(1, 40));
            if (spoken > 0) lived /= 20;
            var frames = await LiveAsync(program, box.Data, scenario, TimeSpan.FromMilliseconds(lived), spoken, closed);
            var what = $"kill {i + 1}, {lived} ms after {spoken} frames";
            using var vault = box.OpenVault();
            VaultCheck.Run(vault).ShouldBeEmpty(what);
            var calls = vault.Read(index => index.Calls.ToList());
            calls.ShouldAllBe(c => c.IsClosed, what);
            foreach (var line in calls.GroupBy(c => c.Line)) line.Select(c => c.CallNumber).Order().ShouldBe(Enumerable.Range(1, line.Count()).Select(n => (ulong)n), what);
            foreach (var (call, hash) in closed) SHA256.HashData(await File.ReadAllBytesAsync(vault.FileOf(calls.Single(c => c.Call == call))!)).ShouldBe(hash, what);
            foreach (var call in calls.Where(c => c.Recording is not null))
            {
                if (closed.TryAdd(call.Call, call.Recording!.Sha256) && call.Recording.Closing == Closing.Salvaged) salvaged++;
                // What lay on flash when the program died was whole up to its last frame.
                if (frames.TryGetValue(call.Call, out var there)) ((long)call.Recording.Frames).ShouldBeGreaterThanOrEqualTo(there, what);
            }
        }
        closed.Count.ShouldBeGreaterThanOrEqualTo(Times / 2);
        salvaged.ShouldBeGreaterThan(0, "some died in mid-call");
        FaultTable.Write("Kills", $"""
            `nauha-recorder run` with four busy lines, killed by SIGKILL at a random moment of its life, again and again over one vault: 20 times in CI.
            {FaultTable.LastLong("Kills", $"{Times} kills, {closed.Count} recordings, {salvaged} of them cut off")}

            | | |
            |---|---|
            | `check` after the next start | green every time |
            | recordings closed before | untouched every time |
            | frames whole on flash at the kill | kept every time |
            | numbers | none missing, none twice, every call closed |
            """);
    }

    // Lives until it is killed; gives the frames that lay whole on flash then, by call.
    private static async Task<Dictionary<CallId, long>> LiveAsync(string program, string data, string scenario, TimeSpan lives, int spoken, Dictionary<CallId, byte[]> closed)
    {
        var status = Path.Combine(data, "run/status.json");
        if (File.Exists(status)) File.Delete(status);
        using var process = Process.Start(new ProcessStartInfo(program, ["run", "--data", data, "--simulate", scenario, "--speed", "20"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using (var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20)))
            while (!process.HasExited && (!File.Exists(status) || (spoken > 0 && !OnFlash(data).Any(c => !closed.ContainsKey(c.Key) && c.Value >= spoken)))) await look.WaitForNextTickAsync();
        process.HasExited.ShouldBeFalse(process.HasExited ? await output + await error : "");
        // The moment of the kill is what is tried here: it is drawn, not waited for.
        using (var moment = new PeriodicTimer(lives + TimeSpan.FromMilliseconds(1))) await moment.WaitForNextTickAsync();
        process.Kill();
        await process.WaitForExitAsync();
        return OnFlash(data);
    }

    private static Dictionary<CallId, long> OnFlash(string data) => Directory.EnumerateFiles(CallVault.FolderOf(data), "*.nauha", SearchOption.AllDirectories).ToDictionary(
        path => CallId.TryParse(Path.GetFileNameWithoutExtension(path), out var call) ? call : default,
        path =>
        {
            using var file = File.OpenRead(path);
            return (long)SealedFile.Verify(file, (_, _) => null).Frames;
        });
}
