using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nauha.Format.Tests.Sealing.Vectors;
using Shouldly;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>Signed documents as files, for decades: two readers agree on every one, and making them anew changes no byte.</summary>
public sealed partial class TheSignedVectors
{
    private static readonly List<SignedVector> All = SignedFolder.Vectors;

    [Fact]
    public void They_are_made_anew_without_changing_a_byte()
    {
        var made = SignedFolder.Make(All);
        if (VectorFolder.Writes)
        {
            Directory.CreateDirectory(SignedFolder.Path);
            foreach (var stale in Directory.EnumerateFiles(SignedFolder.Path).Where(f => !made.ContainsKey(Path.GetFileName(f)))) File.Delete(stale);
            foreach (var (name, bytes) in made) File.WriteAllBytes(Path.Combine(SignedFolder.Path, name), bytes);
        }
        Directory.EnumerateFiles(SignedFolder.Path).Select(f => Path.GetFileName(f)!).Order().ShouldBe(made.Keys.Order(), "files of the folder");
        foreach (var (name, bytes) in made) File.ReadAllBytes(Path.Combine(SignedFolder.Path, name)).AsSpan().SequenceEqual(bytes).ShouldBeTrue($"{name} is not what its maker makes; NAUHA_WRITE_VECTORS=1 writes it");
    }

    [Fact]
    public void The_product_judges_each_as_its_expect_line_says_and_names_the_member_that_is_to_blame()
    {
        foreach (var vector in All)
        {
            var judged = Judged.Of(vector, All);
            judged.Verdict.ShouldBe(vector.Expect, $"{vector.Name}: {judged.Error}");
            if (vector.At.Length > 0) judged.Error.ShouldStartWith(vector.At + " ", customMessage: vector.Name);
        }
    }

    [Fact]
    public void The_independent_reader_judges_each_as_the_product_does()
    {
        var read = Python(SignedFolder.Path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(r => r.GetProperty("of").GetString()!);
        All.Select(v => v.FileName).Except(read.Keys).ShouldBeEmpty("files that it did not judge");
        read.Count.ShouldBe(All.Count);
        foreach (var vector in All)
        {
            var theirs = read[vector.FileName];
            theirs.GetProperty("verdict").GetString().ShouldBe(vector.Expect, vector.Name);
            if (vector.At.Length > 0) theirs.GetProperty("at").GetString().ShouldBe(vector.At, vector.Name);
            if (vector.As != "records" || vector.Expect.StartsWith("refused", StringComparison.Ordinal)) continue;
            var ours = Judged.Of(vector, All);
            (theirs.GetProperty("entries").GetInt32(), theirs.GetProperty("bytes").GetInt32()).ShouldBe((ours.Entries, ours.Bytes), vector.Name);
        }
    }

    [Fact]
    public void Every_reason_to_refuse_a_document_stands_in_the_specification_with_a_vector_that_shows_it()
    {
        var page = File.ReadAllText(Path.Combine(SignedFolder.Path, "../../../src/Nauha.Format/FORMAT.md"));
        var named = VectorName().Matches(page).Select(m => m.Groups[1].Value).ToHashSet();
        named.Except(All.Select(v => v.FileName)).ShouldBeEmpty("vectors named in FORMAT.md that are not there");
        foreach (var fault in Enum.GetValues<DocumentFault>().Where(f => f != DocumentFault.None))
        {
            page.ShouldContain($"| {fault.Word()} |");
            All.ShouldContain(v => v.Expect.EndsWith($" {fault.Word()}", StringComparison.Ordinal) && named.Contains(v.FileName), $"FORMAT.md names no vector for {fault.Word()}");
        }
        // Each row of a table shows its own reason and no other.
        foreach (var row in page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)))
            foreach (var shown in VectorName().Matches(row).Select(m => m.Groups[1].Value))
                All.Single(v => v.FileName == shown).Expect.Split(' ')[^1].ShouldBe(row.Split('|')[1].Trim(), shown);
    }

    internal static string Python(params string[] arguments)
    {
        string[] all = [Path.Combine(AppContext.BaseDirectory, "nauha_documents.py"), .. arguments];
        using var process = Process.Start(new ProcessStartInfo(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", all) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, error.Result);
        return output;
    }

    [GeneratedRegex("`([a-z0-9-]+\\.(json|journal))`")]
    private static partial Regex VectorName();
}
