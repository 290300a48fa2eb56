using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nauha.Audio;

namespace Nauha.Demo;

/// <summary>One run: central, box and calls; headless to a folder of results, else before somebody's eyes.</summary>
internal sealed class DemoRun(DemoOptions options)
{
    private const double BundledSeconds = 20;
    private const string NumberIn = "0409990123", NumberOut = "0509990456", NumberMissed = "0409990777";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly string _work = options.Keep ?? Directory.CreateTempSubdirectory("nauha-demo-").FullName;

    private string CentralData => Path.Combine(_work, "central");

    private string RecorderData => Path.Combine(_work, "recorder");

    public async Task<int> RunAsync(CancellationToken cancel)
    {
        try
        {
            Directory.CreateDirectory(_work);
            await using var central = RunningProgram.Start(options.Central, "serve", "--data", CentralData, "--port", options.Headless ? "0" : "8443", "--demo");
            var link = central.WaitFor("first-account/", TimeSpan.FromSeconds(60));
            link = link[link.IndexOf("https://", StringComparison.Ordinal)..];
            var code = JsonDocument.Parse(await RunningProgram.RunAsync(options.Central, cancel, "appliance", "code", "--data", CentralData, "--name", "Demo branch", "--lines", "2", "--json")).RootElement;
            string Get(string key) => code.GetProperty(key).GetString()!;
            await RunningProgram.RunAsync(options.Recorder, cancel, "enrol", "--demo", "--data", RecorderData, "--central", Get("url"), "--code", Get("code"), "--trust-root", Get("trustRoot"));
            var scenario = Path.Combine(_work, "scenario.json");
            await File.WriteAllBytesAsync(scenario, Scenario(), cancel);
            await using var recorder = RunningProgram.Start(options.Recorder, "run", "--data", RecorderData, "--simulate", scenario, "--speed", options.Speed.ToString(CultureInfo.InvariantCulture));
            if (!options.Headless) return await new DemoPanel(RecorderData, recorder, link).ShowAsync(cancel);
            using var api = await CentralApi.OpenAsync(new Uri(Get("url")), Get("trustRoot"), cancel);
            await api.FirstAccountAsync(link[(link.LastIndexOf('/') + 1)..], "demo-listener", Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), cancel);
            var calls = await WaitForCallsAsync(api, recorder, cancel);
            return await WriteAsync(api, calls, cancel) ? 0 : 1;
        }
        finally
        {
            if (options.Keep is null) Directory.Delete(_work, recursive: true);
        }
    }

    // Line 1: an incoming call with DTMF caller ID; line 2: an outgoing one that overlaps it, then one that nobody answers.
    private byte[] Scenario()
    {
        var talk = options.Call is { } sound ? $"\"audio\":{JsonSerializer.Serialize(Path.GetFullPath(sound))}" : $"\"talkSeconds\":{BundledSeconds}";
        return Encoding.UTF8.GetBytes($$"""
            {"version":1,"seed":7,"lines":[
              {"line":1,"profile":"ata","agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"{{NumberIn}}","callerId":"dtmf",{{talk}}}]},
              {"line":2,"profile":"ata","agent":"desk-2","calls":[{"kind":"outgoing","at":4,"number":"{{NumberOut}}","talkSeconds":{{BundledSeconds / 2}}},{"kind":"missed","at":20,"number":"{{NumberMissed}}","rings":2}]}]}
            """);
    }

    private async Task<List<JsonElement>> WaitForCallsAsync(CentralApi api, RunningProgram recorder, CancellationToken cancel)
    {
        var seconds = options.Call is { } sound ? WavFile.Read(sound).Seconds : BundledSeconds;
        var patience = TimeSpan.FromSeconds(90 + ((seconds + 60) / options.Speed));
        var waited = Stopwatch.StartNew();
        for (; ; )
        {
            var calls = await api.SearchAsync(cancel);
            if (calls.Count == 3 && calls.All(IsDone)) return calls;
            if (recorder.HasExited) throw new DemoException($"The recorder has stopped: {recorder.LastWords}");
            if (waited.Elapsed > patience) return calls;
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancel);
        }
    }

    private static bool IsDone(JsonElement call) => call.GetProperty("outcome").GetString() switch
    {
        "started" => false,
        "recorded" or "salvaged" => call.GetProperty("receiptUtc").ValueKind == JsonValueKind.String,
        _ => true,
    };

    private async Task<bool> WriteAsync(CentralApi api, List<JsonElement> calls, CancellationToken cancel)
    {
        var folder = options.Out!;
        Directory.CreateDirectory(folder);
        await SaveAsync(folder, "certificates.pem", Encoding.ASCII.GetBytes(await api.CertificatesAsync(cancel)), cancel);
        var lines = new List<Dictionary<string, object?>>();
        foreach (var call in calls.OrderBy(c => c.GetProperty("startedUtc").GetString(), StringComparer.Ordinal))
        {
            var id = call.GetProperty("callId").GetString()!;
            var outcome = call.GetProperty("outcome").GetString();
            var has = outcome is "recorded" or "salvaged" && call.GetProperty("receiptUtc").ValueKind == JsonValueKind.String;
            string? sealedFile = null, sha = null, wav = null;
            if (has)
            {
                var bytes = await api.DownloadAsync(id, "sealed", cancel);
                (sealedFile, sha) = ($"{id}.nauha", Convert.ToHexStringLower(SHA256.HashData(bytes)));
                await SaveAsync(folder, sealedFile, bytes, cancel);
                wav = $"{id}.wav";
                await SaveAsync(folder, wav, await api.DownloadAsync(id, "export", cancel), cancel);
            }
            var line = new Dictionary<string, object?>();
            foreach (var key in new[] { "callId", "line", "number", "direction", "agent", "outcome", "reason", "startedUtc", "durationSeconds", "announcementHeard", "announcementScore" }) line[key] = call.GetProperty(key);
            (line["sealedFile"], line["sealedSha256"], line["receiptUtc"], line["exportedWav"]) = (sealedFile, sha, call.GetProperty("receiptUtc"), wav);
            lines.Add(line);
        }
        var outcomes = lines.Select(l => ((JsonElement)l["outcome"]!).GetString()).Order(StringComparer.Ordinal).ToList();
        var ok = outcomes.SequenceEqual(["missed", "recorded", "recorded"]) && lines.All(l => l["exportedWav"] is not null == (((JsonElement)l["outcome"]!).GetString() == "recorded"));
        var summary = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { ["version"] = 1, ["speed"] = options.Speed, ["ok"] = ok, ["calls"] = lines }, Indented);
        await SaveAsync(folder, "summary.json", summary, cancel);
        Console.WriteLine(ok ? $"Three calls, two recorded, sealed, received and exported: {Path.Combine(folder, "summary.json")}" : $"Not as it should be: see {Path.Combine(folder, "summary.json")}");
        return ok;
    }

    private static async Task SaveAsync(string folder, string name, byte[] bytes, CancellationToken cancel)
    {
        var path = Path.Combine(folder, name);
        await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await file.WriteAsync(bytes, cancel);
    }
}
