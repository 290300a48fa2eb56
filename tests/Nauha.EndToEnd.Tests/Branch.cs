using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>One central and one box as real processes on loopback, each with a folder of its own; ended by id, deleted at the end.</summary>
internal sealed class Branch : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private static readonly string Bin = Path.Combine(Root(), "artifacts/bin");
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-branch-").FullName;
    private readonly Lock _logging = new();
    private Process? _central, _recorder;
    private HttpClient? _http;
    private (int Https, int Mqtts) _ports;
    private string _link = "";
    private bool _demo = true;

    /// <summary>All that the two programs leave, and nothing else: their data, and what they said.</summary>
    public string Left => Path.Combine(_folder, "left");

    public string CentralData => Path.Combine(Left, "central");

    public string RecorderData => Path.Combine(Left, "recorder");

    public string Appliance { get; private set; } = "";

    public string Folder => _folder;

    public static string Program(string project, string name) => Path.Combine(Bin, project, Configuration, name);

    private static string Configuration => AppContext.BaseDirectory.Contains("/release", StringComparison.Ordinal) ? "release" : "debug";

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Appliance.sln"))) folder = folder.Parent;
        return folder!.FullName;
    }

    /// <summary>Central runs, the box is enrolled, a listener is signed in.</summary>
    public static async Task<Branch> OpenAsync(bool demo = true)
    {
        var branch = new Branch { _demo = demo };
        await branch.StartCentralAsync();
        var code = JsonDocument.Parse((await branch.CentralCommandAsync("appliance", "code", "--name", "Branch", "--lines", "2", "--json")).Output).RootElement;
        branch.Appliance = code.GetProperty("appliance").GetString()!;
        var enrolled = await RunAsync(Program("Nauha.Device", "nauha-recorder"), "enrol", "--demo", "--data", branch.RecorderData, "--central", code.GetProperty("url").GetString()!, "--code", code.GetProperty("code").GetString()!, "--trust-root", code.GetProperty("trustRoot").GetString()!);
        enrolled.ExitCode.ShouldBe(0, enrolled.Error);
        branch._http = new HttpClient(new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null } });
        (await branch._http.PostAsJsonAsync(branch.Url("/api/first-account"), new { link = branch._link, user = "listener", password = Password })).EnsureSuccessStatusCode();
        await branch.SignInAsync();
        return branch;
    }

    private async Task SignInAsync()
    {
        var session = await _http!.PostAsJsonAsync(Url("/api/session"), new { user = "listener", password = Password });
        session.EnsureSuccessStatusCode();
        _http!.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await session.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString());
    }

    public Uri Url(string path) => new($"https://localhost:{_ports.Https}{path}");

    /// <summary>Starts central; again, on the same ports, when it was stopped.</summary>
    /// <param name="strace">How strace watches it; empty: nobody does.</param>
    public async Task StartCentralAsync(params string[] strace)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // -D: the watched program keeps the process id, strace is the one that stands beside.
        string[] watched = [.. strace.Length > 0 ? ["/usr/bin/strace", "-D", "-f", .. strace] : Array.Empty<string>(), Program("Nauha.Central", "nauha-central")];
        _central = Start(watched[0], line =>
        {
            if (line.Contains("first-account/", StringComparison.Ordinal)) _link = line[(line.LastIndexOf('/') + 1)..].Trim();
            if (line.Contains("Central serves", StringComparison.Ordinal)) ready.TrySetResult();
            if (line.Contains("Ingest listens", StringComparison.Ordinal)) listens.TrySetResult();
        }, [.. watched[1..], "serve", "--data", CentralData, .. _demo ? ["--demo"] : Array.Empty<string>(), "--port", $"{_ports.Https}", "--mqtt-port", $"{_ports.Mqtts}"]);
        await Task.WhenAll(ready.Task, listens.Task).WaitAsync(Deadline);
        var ports = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(CentralData, "run/ports.json"))).RootElement;
        _ports = (ports.GetProperty("https").GetInt32(), ports.GetProperty("mqtts").GetInt32());
        if (_http is not null) await SignInAsync();
    }

    public Task StopCentralAsync() => StopAsync(_central!, "TERM");

    public Task KillCentralAsync() => StopAsync(_central!, "KILL");

    /// <summary>Waits until central has died of something else.</summary>
    public Task CentralDiesAsync() => _central!.WaitForExitAsync().WaitAsync(Deadline);

    public int MqttsPort => _ports.Mqtts;

    /// <summary>Starts the recorder on a scenario (JSON text of its lines).</summary>
    /// <param name="environment">What it finds in its environment besides ours.</param>
    public async Task StartRecorderAsync(string lines, double speed = 20, long? epochMs = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var scenario = Path.Combine(_folder, "scenario.json");
        await File.WriteAllTextAsync(scenario, $$"""{"version":1,"seed":7,"epochMs":{{(epochMs is { } e ? e : "null")}},"lines":{{lines}}}""");
        if (File.Exists(Path.Combine(RecorderData, "run/status.json"))) File.Delete(Path.Combine(RecorderData, "run/status.json"));
        _recorder = Start(Program("Nauha.Device", "nauha-recorder"), _ => { }, environment, "run", "--data", RecorderData, "--simulate", scenario, "--speed", speed.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    public Task StopRecorderAsync() => StopAsync(_recorder!, "TERM");

    public Task KillRecorderAsync() => StopAsync(_recorder!, "KILL");

    public async Task<(int ExitCode, string Output, string Error)> CentralCommandAsync(params string[] arguments) => await RunAsync(Program("Nauha.Central", "nauha-central"), [.. arguments, "--data", CentralData]);

    /// <summary>An account with the password of all: inactive until others have trained and activated it.</summary>
    public async Task AddUserAsync(string name, string role)
    {
        var file = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(file, Password);
        (await CentralCommandAsync("user", "create", name, "--role", role, "--password-file", file)).ExitCode.ShouldBe(0);
    }

    public async Task<(int ExitCode, string Output, string Error)> RecorderCommandAsync(params string[] arguments) => await RunAsync(Program("Nauha.Device", "nauha-recorder"), [.. arguments, "--data", RecorderData]);

    private static readonly object Why = new { purpose = "service-event", reason = "a test looks at its calls", @case = "test" };

    public async Task<List<JsonElement>> SearchAsync()
    {
        var found = await _http!.PostAsJsonAsync(Url("/api/calls/search"), Why);
        found.EnsureSuccessStatusCode();
        return [.. (await found.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("calls").EnumerateArray()];
    }

    public Task<byte[]> ExportAsync(string call) => AskAsync($"/api/calls/{call}/export", Why);

    /// <summary>Asks the API as the listener; without a body it is a GET.</summary>
    public async Task<byte[]> AskAsync(string path, object? body)
    {
        var response = body is null ? await _http!.GetAsync(Url(path)) : await _http!.PostAsJsonAsync(Url(path), body);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>The calls as the box itself knows them.</summary>
    public async Task<List<JsonElement>> OnTheBoxAsync() => [.. JsonDocument.Parse((await RecorderCommandAsync("vault", "list", "--json")).Output).RootElement.GetProperty("calls").EnumerateArray()];

    /// <summary>The sealed files that central has, or that the box has.</summary>
    public static List<string> SealedFiles(string folder) => Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.nauha", SearchOption.AllDirectories)] : [];

    public async Task<List<JsonElement>> AlarmsAsync() => [.. JsonDocument.Parse((await CentralCommandAsync("alarms", "--json")).Output).RootElement.GetProperty("alarms").EnumerateArray()];

    /// <summary>Waits until the calls at central are as they should be; one generous deadline.</summary>
    public Task<List<JsonElement>> CallsAsync(Func<List<JsonElement>, bool> good) => EventuallyAsync(SearchAsync, good);

    public Task<JsonElement> StatusAsync(Func<JsonElement, bool> good) => EventuallyAsync(async () =>
    {
        var path = Path.Combine(RecorderData, "run/status.json");
        return File.Exists(path) ? JsonDocument.Parse(await File.ReadAllBytesAsync(path)).RootElement : default;
    }, status => status.ValueKind == JsonValueKind.Object && good(status));

    public static async Task<T> EventuallyAsync<T>(Func<Task<T>> look, Func<T, bool> good)
    {
        var waited = Stopwatch.StartNew();
        for (; ; )
        {
            var seen = await look();
            if (good(seen)) return seen;
            if (waited.Elapsed > Deadline) throw new TimeoutException($"not seen within {Deadline.TotalSeconds} s; last: {seen switch { List<JsonElement> list => string.Join("\n", list.Select(e => e.GetRawText())), _ => $"{seen}" }}");
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            await pause.WaitForNextTickAsync();
        }
    }

    // What it says is kept, and a core would fall into the same folder.
    private Process Start(string program, Action<string> said, params string[] arguments) => Start(program, said, null, arguments);

    private Process Start(string program, Action<string> said, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var logs = Directory.CreateDirectory(Path.Combine(Left, "logs")).FullName;
        var log = Path.Combine(logs, Path.GetFileName(program) + ".log");
        var process = new Process { StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = logs } };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) process.StartInfo.Environment[name] = value;
        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Hear(object sender, DataReceivedEventArgs e)
        {
            lock (_logging) File.AppendAllText(log, e.Data + Environment.NewLine);
            said(e.Data ?? "");
        }
    }

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        using var process = new Process { StartInfo = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Deadline);
        return (process.ExitCode, await output, error);
    }

    private static async Task StopAsync(Process process, string signal)
    {
        if (process.HasExited) return;
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _recorder, _central })
        {
            if (process is null) continue;
            await StopAsync(process, "KILL");
            process.Dispose();
        }
        _http?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
