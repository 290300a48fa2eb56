using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;

namespace Nauha.Format.Tests.Sealing.Vectors;

/// <summary>The format as files, for decades: three readers agree on every one, and making them anew changes no byte.</summary>
public sealed partial class TheVectors
{
    private static readonly List<Vector> All = SealedVectors.All();

    [Fact]
    public void They_are_made_anew_without_changing_a_byte()
    {
        var made = VectorFolder.Make(All);
        if (VectorFolder.Writes)
        {
            Directory.CreateDirectory(VectorFolder.Path);
            foreach (var stale in Directory.EnumerateFiles(VectorFolder.Path).Where(f => !made.ContainsKey(Path.GetFileName(f)))) File.Delete(stale);
            foreach (var (name, bytes) in made) File.WriteAllBytes(Path.Combine(VectorFolder.Path, name), bytes);
        }
        Directory.EnumerateFiles(VectorFolder.Path).Select(f => Path.GetFileName(f)!).Order().ShouldBe(made.Keys.Order(), "files of the folder");
        foreach (var (name, bytes) in made) File.ReadAllBytes(Path.Combine(VectorFolder.Path, name)).AsSpan().SequenceEqual(bytes).ShouldBeTrue($"{name} is not what the generator makes; NAUHA_WRITE_VECTORS=1 writes it");
    }

    [Fact]
    public void The_product_reads_each_as_its_expect_line_says()
    {
        foreach (var vector in All) Reading.Of(vector.File).Verdict.ShouldBe(vector.Expect, vector.Name);
    }

    [Fact]
    public void The_independent_reader_reads_each_as_the_product_does()
    {
        var lines = Run(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", Path.Combine(AppContext.BaseDirectory, "nauha_read.py"), "vectors", VectorFolder.Path).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var read = lines.Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(r => r.GetProperty("of").GetString()!);
        read.Keys.Order().ShouldBe([.. All.Select(v => v.FileName).Concat(SealedVectors.NoKeys().Select(k => k.Hex)).Order()]);
        foreach (var vector in All)
        {
            var theirs = read[vector.FileName];
            theirs.GetProperty("verdict").GetString().ShouldBe(vector.Expect, vector.Name);
            if (vector.Expect != "opens") continue;
            var ours = Reading.Of(vector.File);
            (theirs.GetProperty("closing").GetInt32(), theirs.GetProperty("frames").GetUInt32(), theirs.GetProperty("samples").GetInt64(), theirs.GetProperty("audio").GetString(), theirs.GetProperty("events").GetInt32())
                .ShouldBe((ours.Closing, ours.Frames, ours.Samples, ours.Audio, ours.Events), vector.Name);
        }
        foreach (var (hex, about) in SealedVectors.NoKeys()) read[hex].GetProperty("verdict").GetString().ShouldBe("refused", about);
    }

    [Fact]
    public void Nauha_verify_reads_each_as_far_as_that_goes_without_a_key()
    {
        var run = Run("dotnet", Path.Combine(AppContext.BaseDirectory, "nauha-verify.dll"), VectorFolder.Path, "--json");
        run.ExitCode.ShouldBe(1);
        var found = JsonDocument.Parse(run.Output).RootElement.GetProperty("files").EnumerateArray().ToDictionary(f => Path.GetFileName(f.GetProperty("file").GetString())!);
        found.Count.ShouldBe(All.Count);
        foreach (var vector in All)
        {
            var why = vector.Expect.StartsWith("refused ", StringComparison.Ordinal) ? vector.Expect[8..] : null;
            (found[vector.FileName].GetProperty("whole").GetBoolean(), found[vector.FileName].GetProperty("fault").GetString()).ShouldBe((why is null, why), vector.Name);
        }
    }

    [Fact]
    public void Nothing_is_sealed_to_a_key_that_nobody_can_own()
    {
        foreach (var (hex, about) in SealedVectors.NoKeys())
            Should.Throw<System.Security.Cryptography.CryptographicException>(() => Hpke.Seal(Convert.FromHexString(hex), [], new byte[32]), about);
    }

    [Fact]
    public void Every_reason_to_refuse_stands_in_the_specification_with_a_vector_that_shows_it()
    {
        var page = File.ReadAllText(Path.Combine(VectorFolder.Path, "../../../src/Nauha.Format/FORMAT.md"));
        var named = VectorName().Matches(page).Select(m => m.Groups[1].Value).Distinct().ToList();
        named.Except(All.Select(v => v.Name)).ShouldBeEmpty("vectors named in FORMAT.md that are not there");
        foreach (var fault in Enum.GetValues<FileFault>().Where(f => f is not (FileFault.None or FileFault.TooManyFrames)))
        {
            All.ShouldContain(v => v.Expect.EndsWith($" {fault.Word()}", StringComparison.Ordinal), $"no vector shows {fault.Word()}");
            page.ShouldContain($"| {fault.Word()} |");
            named.ShouldContain(name => All.Single(v => v.Name == name).Expect.EndsWith($" {fault.Word()}", StringComparison.Ordinal), $"FORMAT.md names no vector for {fault.Word()}");
        }
    }

    private static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        output.ShouldNotBeEmpty(error.Result);
        return (process.ExitCode, output);
    }

    [GeneratedRegex("`([a-z0-9-]+)\\.nauha`")]
    private static partial Regex VectorName();
}
