using System.Diagnostics;
using System.Text.Json;
using Nauha.Central.Tests.Access;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Commands;

/// <summary>nauha-central as a process, a client of a running central or central itself where none runs.</summary>
public sealed class TheCommands : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-commands-").FullName;

    private static ProcessStartInfo Program(params string[] arguments)
    {
        var configuration = AppContext.BaseDirectory.Contains("/release", StringComparison.Ordinal) ? "release" : "debug";
        return new(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Nauha.Central", configuration, "nauha-central")), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments, string? input = null, string? token = null)
    {
        var start = Program(arguments);
        if (token is not null) start.Environment["NAUHA_TOKEN"] = token;
        using var process = Process.Start(start)!;
        if (input is not null) await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }

    private string FileWith(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text + "\n");
        return path;
    }

    private static readonly string[] Why = ["--purpose", "what-was-said", "--reason", "a caller asked what was said", "--case", "2026-3"];

    [Fact]
    public async Task A_token_of_login_opens_what_its_person_may_from_a_file_standard_input_or_the_environment()
    {
        await using var people = await People.OpenAsync(await RunningCentral.OpenAsync(served: true));
        using var box = await FakeAppliance.EnrolledAsync(people.Central);
        var call = CallId.Next();
        var (bytes, facts) = box.Recording(call, 1, frames: 8);
        await box.DeliverAsync(call, 1, bytes, facts);
        string[] data = ["--data", people.Central.Data];
        var password = FileWith("password", People.Password);

        var login = await RunAsync(["login", "--as", "listener", "--password-file", password, .. data]);
        login.Code.ShouldBe(0, login.Error);
        var token = login.Output.Trim();
        token.ShouldNotContain("\n", Case.Sensitive, "the token, and nothing else, can be piped on");
        var file = Path.Combine(_folder, "token");
        var stored = await RunAsync(["login", "--as", "listener", "--password-file", "-", "--out", file, "--json", .. data], input: People.Password);
        stored.Code.ShouldBe(0, stored.Error);
        JsonDocument.Parse(stored.Output).RootElement.GetProperty("token").ValueKind.ShouldBe(JsonValueKind.Null, "it is in the file");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var found = await RunAsync(["calls", "search", "--token-file", file, "--number", "040 999 0123", "--json", .. Why, .. data]);
        found.Code.ShouldBe(0, found.Error);
        JsonDocument.Parse(found.Output.Trim().Split('\n').ShouldHaveSingleItem()).RootElement.GetProperty("callId").GetString().ShouldBe(call.ToString());
        var shown = await RunAsync(["calls", "show", $"{call}", "--token-file", "-", "--json", .. Why, .. data], input: token);
        JsonDocument.Parse(shown.Output).RootElement.GetProperty("number").GetString().ShouldBe("0409990123");
        var wav = Path.Combine(_folder, "call.wav");
        string[] export = ["calls", "export", $"{call}", "--out", wav, "--json", .. Why, .. data];
        var exported = await RunAsync(export, token: token);
        exported.Code.ShouldBe(0, exported.Error);
        JsonDocument.Parse(exported.Output).RootElement.GetProperty("bytes").GetInt64().ShouldBe(44 + (8 * 8_000));
        new FileInfo(wav).Length.ShouldBe(44 + (8 * 8_000));
        File.GetUnixFileMode(wav).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await RunAsync(export, token: token)).Code.ShouldBe(2, "nothing is overwritten");

        (await RunAsync(["calls", "show", $"{call}", .. Why, .. data])).Code.ShouldBe(2, "nobody said who he is");
        (await RunAsync(["calls", "show", $"{call}", "--as", "listener", "--password-file", FileWith("wrong", "not the password"), .. Why, .. data])).Code.ShouldBe(3);
        (await RunAsync(["calls", "show", $"{call}", "--token-file", FileWith("no-token", "nonsense"), .. Why, .. data])).Code.ShouldBe(3);
        (await RunAsync(["calls", "show", $"{CallId.Next()}", .. Why, .. data], token: token)).Code.ShouldBe(1);
        (await RunAsync(["calls", "show", $"{call}", "--purpose", "curiosity", "--reason", "a caller asked what was said", "--case", "1", .. data], token: token)).Code.ShouldBe(2);
    }

    [Fact]
    public async Task With_json_every_command_says_one_object()
    {
        await using var people = await People.OpenAsync(await RunningCentral.OpenAsync(served: true));
        string[] data = ["--data", people.Central.Data, "--json"];
        var code = await ObjectAsync("appliance", "code", "--name", "Branch", "--lines", "2");
        (await ObjectAsync("appliance", "list")).GetProperty("appliances").GetArrayLength().ShouldBe(1);
        (await ObjectAsync("appliance", "revoke", code.GetProperty("appliance").GetString()!)).GetProperty("state").GetString().ShouldBe("revoked");
        (await ObjectAsync("alarms")).GetProperty("alarms").GetArrayLength().ShouldBe(0);
        (await ObjectAsync("keys", "status")).GetProperty("rootSha256").GetString()!.Length.ShouldBe(64);
        (await ObjectAsync("appliance", "certificates")).GetProperty("pem").GetString()!.ShouldContain("BEGIN CERTIFICATE");
        (await ObjectAsync("user", "create", "anna", "--password-file", FileWith("password", People.Password))).GetProperty("done").GetBoolean().ShouldBeTrue();
        (await ObjectAsync("user", "train", "anna", "--course", "c", "--token-file", FileWith("trainer", people.Tokens["trainer"]))).GetProperty("act").GetString().ShouldBe("train");
        (await ObjectAsync("user", "list", "--token-file", FileWith("administrator", people.Tokens["administrator"]))).GetProperty("users").GetArrayLength().ShouldBe(9);
        (await ObjectAsync("audit", "prune", "--before", "2020-01-01")).GetProperty("pruned").GetInt64().ShouldBe(0);
        (await ObjectAsync("audit", "verify")).GetProperty("good").GetBoolean().ShouldBeTrue();
        (await RunAsync(["audit", "prune", "--before", "yesterday", .. data])).Code.ShouldBe(2);
        (await RunAsync(["user", "train", "anna", "--course", "c", "--token-file", FileWith("listener", people.Tokens["listener"]), .. data])).Code.ShouldBe(3);

        async Task<JsonElement> ObjectAsync(params string[] command)
        {
            var run = await RunAsync([.. command, .. data]);
            run.Code.ShouldBe(0, string.Join(' ', command) + run.Error);
            return JsonDocument.Parse(run.Output).RootElement;
        }
    }

    // Once without a running server a command could not open a keystore whose key lies elsewhere.
    [Fact]
    public async Task Serve_ends_in_order_and_without_it_a_command_opens_the_store_with_the_key_that_lies_elsewhere()
    {
        var data = Path.Combine(_folder, "data");
        var kek = Path.Combine(_folder, "medium", "kek");
        Directory.CreateDirectory(Path.GetDirectoryName(kek)!);
        using (var serve = Process.Start(Program("serve", "--data", data, "--port", "0", "--keystore-key", kek))!)
        {
            while (await serve.StandardOutput.ReadLineAsync() is { } line && !line.Contains("Central serves", StringComparison.Ordinal)) { }
            (await RunAsync(["keys", "status", "--data", data])).Code.ShouldBe(0, "a client of the running server needs no key");
            using var term = Process.Start("kill", ["-TERM", $"{serve.Id}"]);
            await serve.StandardOutput.ReadToEndAsync();
            await serve.WaitForExitAsync();
            serve.ExitCode.ShouldBe(0);
        }
        (await RunAsync(["keys", "status", "--data", data, "--keystore-key", kek])).Code.ShouldBe(0);
        var config = FileWith("central.json", JsonSerializer.Serialize(new { data, keystoreKey = kek }));
        (await RunAsync(["audit", "verify", "--config", config])).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0, r.Error));
        var without = await RunAsync(["keys", "status", "--data", data]);
        without.Code.ShouldBe(3);
        without.Error.ShouldContain("is missing");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
