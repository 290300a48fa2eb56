using System.Text.RegularExpressions;
using System.Xml.Linq;
using Shouldly;

namespace Nauha.Format.Tests;

/// <summary>Who may use whom: dependencies.txt is the table, and this reads the code against it.</summary>
public sealed class Dependencies
{
    private static readonly Dictionary<string, string[]> Table = Read(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "dependencies.txt")));

    private static Dictionary<string, string[]> Read(IEnumerable<string> lines) => lines
        .Select(line => line.Split('#')[0].Trim())
        .Where(line => line.Length > 0)
        .Select(line => line.Split("->", StringSplitOptions.TrimEntries))
        .ToDictionary(sides => sides[0], sides => sides[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Appliance.sln"))) folder = folder.Parent;
        return folder.ShouldNotBeNull("the tests run inside the repository").FullName;
    }

    private static IEnumerable<string> Breaches(string root, IReadOnlyDictionary<string, string[]> table)
    {
        foreach (var project in Directory.EnumerateFiles(root, "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project)["Nauha.".Length..];
            var folder = Path.GetRelativePath(root, Path.GetDirectoryName(project)!).Replace('\\', '/');
            if (folder.StartsWith("tests/", StringComparison.Ordinal) || folder.StartsWith("artifacts", StringComparison.Ordinal)) continue;
            if (!table.TryGetValue(name, out var may)) { yield return $"{name}: not in the table"; continue; }
            foreach (var used in XDocument.Load(project).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)["Nauha.".Length..]))
                if (!may.Contains(used)) yield return $"{name} uses {used}";
        }
        foreach (var (slice, may) in table.Where(row => row.Key.Contains('/', StringComparison.Ordinal)))
        {
            var (project, own) = (slice.Split('/')[0], slice.Split('/')[1]);
            var folder = Path.Combine(root, "src", "Nauha." + project, own);
            if (!Directory.Exists(folder)) continue;
            var siblings = table.Keys.Where(k => k.StartsWith(project + "/", StringComparison.Ordinal)).Select(k => k.Split('/')[1]).Where(s => s != own);
            foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            {
                var text = File.ReadAllText(file);
                foreach (var sibling in siblings.Where(s => !may.Contains(s) && !may.Contains("*")))
                    if (Regex.IsMatch(text, $@"\bNauha\.{project}\.{sibling}\b")) yield return $"{slice} uses {sibling} ({Path.GetFileName(file)})";
            }
        }
        foreach (var (library, places) in table.Where(row => row.Key.StartsWith('@')))
            foreach (var top in new[] { "src", "firmware" }.Select(t => Path.Combine(root, t)).Where(Directory.Exists))
                foreach (var file in Directory.EnumerateFiles(top, "*.cs", SearchOption.AllDirectories))
                {
                    var path = Path.GetRelativePath(top, file).Replace('\\', '/')["Nauha.".Length..];
                    if (Regex.IsMatch(File.ReadAllText(file), $@"^\s*(global\s+)?using\s+(static\s+)?{Regex.Escape(library[1..])}\b", RegexOptions.Multiline)
                        && !places.Any(p => path.StartsWith(p + "/", StringComparison.Ordinal)))
                        yield return $"{library[1..]} is named in {path}";
                }
    }

    [Fact]
    public void Nobody_uses_what_the_table_does_not_allow() => Breaches(Root(), Table).ShouldBeEmpty();

    [Fact]
    public void A_planted_violation_is_found_for_projects_slices_and_libraries()
    {
        var root = Directory.CreateTempSubdirectory("nauha-dependencies-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(root, "src/Nauha.Format"));
            File.WriteAllText(Path.Combine(root, "src/Nauha.Format/Nauha.Format.csproj"), """<Project><ItemGroup><ProjectReference Include="../Nauha.Audio/Nauha.Audio.csproj" /></ItemGroup></Project>""");
            Directory.CreateDirectory(Path.Combine(root, "src/Nauha.Recorder/Line"));
            File.WriteAllText(Path.Combine(root, "src/Nauha.Recorder/Line/Bad.cs"), "using LiteDB;\nusing Nauha.Recorder.Vault;\n");
            Breaches(root, Table).ShouldBe(["Format uses Audio", "Recorder/Line uses Vault (Bad.cs)", "LiteDB is named in Recorder/Line/Bad.cs"], ignoreOrder: true);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
