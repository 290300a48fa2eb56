using System.Diagnostics;
using System.Text.RegularExpressions;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>src/Nauha.Verify/PROOF.md says what a stranger runs and sees: here he runs it.</summary>
public sealed partial class TheProof
{
    [Fact]
    public async Task Every_command_of_the_page_of_proof_shows_what_the_page_says()
    {
        var folder = Directory.CreateTempSubdirectory("nauha-proof-test-").FullName;
        try
        {
            var demo = await Branch.RunAsync(Branch.Program("Nauha.Demo", "Nauha.Demo"), "--headless", "--out", Path.Combine(folder, "out"), "--keep", Path.Combine(folder, "keep"), "--speed", "20", "--recorder", Branch.Program("Nauha.Device", "nauha-recorder"), "--central", Branch.Program("Nauha.Central", "nauha-central"));
            demo.ExitCode.ShouldBe(0, demo.Output + demo.Error);
            var blocks = Blocks(await File.ReadAllTextAsync(Path.Combine(Branch.Root(), "src/Nauha.Verify/PROOF.md")));
            blocks.Count.ShouldBeGreaterThanOrEqualTo(12);
            // One shell for all, as somebody at a desk has it; a line that nobody writes by chance stands between the blocks.
            var said = await ShellAsync(folder, string.Concat(blocks.Select((b, i) => $"echo '{Mark(i)}'\n{b.Commands}")) + $"echo '{Mark(blocks.Count)}'\n");
            foreach (var (i, (commands, expected)) in blocks.Index())
            {
                var begin = said.IndexOf(Mark(i), StringComparison.Ordinal);
                var end = said.IndexOf(Mark(i + 1), StringComparison.Ordinal);
                (begin >= 0 && end > begin).ShouldBeTrue(said);
                foreach (var line in expected) Regex.IsMatch(said[begin..end], $@"(?<!\w){Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal)}(?!\w)").ShouldBeTrue($"“{line}” is not among what this says:\n{commands}\nIt says:\n{said[begin..end]}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_page_of_proof_has_ten_promises_each_with_a_command_and_what_must_be_seen()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Branch.Root(), "src/Nauha.Verify/PROOF.md"));
        var promises = page.Split("\n## ")[1..];
        promises.Select(p => p.Split(' ')[0]).ShouldBe(Enumerable.Range(1, 10).Select(i => $"{i}"));
        foreach (var promise in promises) Blocks(promise).ShouldNotBeEmpty();
        Fence().Count(page).ShouldBe(Blocks(page).Count, "a command without what must be seen");
    }

    private static string Mark(int block) => $"--- block {block} of the page ---";

    private static List<(string Commands, string[] Expected)> Blocks(string page) => [.. Pair().Matches(page).Select(m => (m.Groups[1].Value, m.Groups[2].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)))];

    private static async Task<string> ShellAsync(string folder, string script)
    {
        var file = Path.Combine(folder, "page.sh");
        await File.WriteAllTextAsync(file, "exec 2>&1\n" + script);
        var start = new ProcessStartInfo("bash", [file]) { RedirectStandardOutput = true, WorkingDirectory = folder };
        start.Environment["REPO"] = Branch.Root();
        string[] programs = [Branch.Program("Nauha.Verify", "nauha-verify"), Branch.Program("Nauha.Device", "nauha-recorder"), Branch.Program("Nauha.Central", "nauha-central")];
        start.Environment["PATH"] = string.Join(':', [.. programs.Select(p => Path.GetDirectoryName(p)!), Environment.GetEnvironmentVariable("PATH")!]);
        using var shell = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            return await shell.StandardOutput.ReadToEndAsync(patience.Token);
        }
        finally
        {
            // Where it hangs, what it has begun goes with it.
            if (!shell.HasExited) shell.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex("^```sh\n(.*?)^```\n```expect\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Pair();

    [GeneratedRegex("^```sh$", RegexOptions.Multiline)]
    private static partial Regex Fence();
}
