using System.Text.Json;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

public sealed class TheDemo
{
    [Fact]
    public async Task The_headless_demo_leaves_a_summary_sealed_files_certificates_and_exports()
    {
        var folder = Directory.CreateTempSubdirectory("nauha-demo-test-").FullName;
        try
        {
            var output = Path.Combine(folder, "out");
            var run = await Branch.RunAsync(Branch.Program("Nauha.Demo", "Nauha.Demo"), "--headless", "--out", output, "--speed", "20", "--recorder", Branch.Program("Nauha.Device", "nauha-recorder"), "--central", Branch.Program("Nauha.Central", "nauha-central"));
            run.ExitCode.ShouldBe(0, run.Output + run.Error);
            var summary = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(output, "summary.json"))).RootElement;
            summary.GetProperty("ok").GetBoolean().ShouldBeTrue();
            foreach (var call in summary.GetProperty("calls").EnumerateArray().Where(c => c.GetProperty("outcome").GetString() == "recorded"))
            {
                call.GetProperty("announcementHeard").GetBoolean().ShouldBeTrue();
                var sealedFile = await File.ReadAllBytesAsync(Path.Combine(output, call.GetProperty("sealedFile").GetString()!));
                Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(sealedFile)).ShouldBe(call.GetProperty("sealedSha256").GetString());
                File.Exists(Path.Combine(output, call.GetProperty("exportedWav").GetString()!)).ShouldBeTrue();
            }
            foreach (var file in Directory.EnumerateFiles(output)) File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_sound_that_cannot_be_read_is_refused_by_name_and_finding()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "this is no sound");
        var run = await Branch.RunAsync(Branch.Program("Nauha.Demo", "Nauha.Demo"), "--headless", "--out", file + "-out", "--call", file, "--recorder", "none", "--central", "none");
        File.Delete(file);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain($"{Path.GetFileName(file)} is no WAV file");
    }
}
