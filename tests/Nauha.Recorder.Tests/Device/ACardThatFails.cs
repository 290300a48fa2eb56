using System.Diagnostics;
using System.Text.Json;
using Nauha.Format;
using Nauha.Recorder.Tests.Calls;
using Nauha.Recorder.Vault;
using Shouldly;

namespace Nauha.Recorder.Tests.Device;

/// <summary>What the box's commands say where the system gives them an error for one file (strace puts it in): never that all is well.</summary>
public sealed class ACardThatFails : IDisposable
{
    private const string Strace = "/usr/bin/strace";
    private static readonly string Program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Nauha.Device/release/nauha-recorder"));

    private readonly Box _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void A_journal_that_cannot_be_read_is_said_beside_whatever_list_is_made_of_it()
    {
        using (var vault = _box.OpenVault()) vault.End(vault.Start(new(1), Direction.Incoming), Ending.Missed, null, new RecordFacts());
        var journal = Directory.EnumerateFiles(CallVault.FolderOf(_box.Data), "records", SearchOption.AllDirectories).Single();
        var (code, output, error) = Run(journal, "pread64:error=EIO", "vault", "list");
        (code, output).ShouldBe((1, ""));
        error.ShouldContain("/records cannot be read to its end: calls are missing here");
        Run(null, "", "vault", "list").ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Error.ShouldBeEmpty(), r => r.Output.ShouldContain("missed"));
    }

    [Fact]
    public void A_call_that_salvage_could_not_close_is_not_called_closed_and_the_next_try_closes_it()
    {
        string open;
        using (var vault = _box.OpenVault())
        {
            var ticket = vault.Start(new(1), Direction.Incoming);
            using var recording = vault.BeginRecording(ticket, new StreamInfo { PreSkip = 52 });
            recording.Append(new(static _ => { }) { Samples = 4_000, Length = 1_500 });
            open = CallVault.FileOf(ticket.Folder, ticket.Call);
        }
        File.WriteAllText(Path.Combine(_box.Data, "store.json"), """{"purpose":"demo","createdMs":1,"id":"1"}""");
        var (code, output, _) = Run(open, "pwrite64:error=ENOSPC", "salvage");
        code.ShouldBe(3);
        output.ShouldStartWith("No call could be closed.");
        output.ShouldContain("it could not be closed, and stays as it is");
        var said = JsonDocument.Parse(Run(null, "", "salvage", "--json").Output).RootElement;
        (said.GetProperty("closed").GetInt32(), said.GetProperty("open").GetInt32(), said.GetProperty("salvaged").GetInt32()).ShouldBe((1, 0, 1));
    }

    /// <param name="path">The file whose calls of the system fail; null: none.</param>
    private (int Code, string Output, string Error) Run(string? path, string fault, params string[] command)
    {
        Assert.SkipUnless(File.Exists(Strace), "strace is not installed (Debian package strace)");
        Assert.SkipUnless(File.Exists(Program), "nauha-recorder is not built beside the tests");
        string[] wrapped = path is null ? [] : ["-f", "-P", path, "-e", "trace=" + fault.Split(':')[0], "-e", "inject=" + fault, "-o", Path.Combine(_box.Data, "trace")];
        string[] whole = [.. wrapped, .. path is null ? Array.Empty<string>() : [Program], .. command, "--data", _box.Data];
        using var process = Process.Start(new ProcessStartInfo(path is null ? Program : Strace, whole) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.SkipWhen(path is not null && !File.Exists(Path.Combine(_box.Data, "trace")), "strace may not trace on this machine");
        return (process.ExitCode, output, error.Result);
    }
}
