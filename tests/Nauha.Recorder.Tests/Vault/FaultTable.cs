namespace Nauha.Recorder.Tests.Vault;

/// <summary>tests/FAULTS.md: each suite writes its own part, always the same text while the outcomes are the same.</summary>
internal static class FaultTable
{
    private const string Besides = "And besides";
    private const string Columns = "What one test each tried, and what came of it; a row is written when its test has passed.\n\n| | tried | outcome |\n|---|---|---|";

    private static readonly Lock One = new();
    private static readonly string[] Order = ["Faults", "Power cuts", "Power cuts in a life", "Power cuts on the block device", "Kills", "Soak", Besides];

    public static void Write(string part, string text)
    {
        lock (One)
        {
            var path = System.IO.Path.Combine(Root(), "tests/FAULTS.md");
            var parts = Order.ToDictionary(o => o, o => "");
            if (File.Exists(path))
                foreach (var piece in File.ReadAllText(path).Split("\n## ").Skip(1)) parts[piece[..piece.IndexOf('\n', StringComparison.Ordinal)]] = piece[(piece.IndexOf('\n', StringComparison.Ordinal) + 1)..].Trim('\n');
            if (!parts.ContainsKey(part)) throw new ArgumentException($"the page has no part {part}", nameof(part));
            parts[part] = text.Trim('\n');
            var page = "# Faults tried, and what came of them\nWritten by the test run (`tests/run.sh --only Vault`); a change of this page is a change of outcomes.\n" + string.Concat(Order.Where(o => parts[o].Length > 0).Select(o => $"\n## {o}\n{parts[o]}\n"));
            if (!File.Exists(path) || File.ReadAllText(path) != page) File.WriteAllText(path, page);
        }
    }

    /// <summary>A row of its own, for a fault that one test tries.</summary>
    public static void Tried(string what, string fault, string outcome)
    {
        lock (One)
        {
            var path = System.IO.Path.Combine(Root(), "tests/FAULTS.md");
            var rows = File.Exists(path) ? File.ReadAllText(path).Split("\n## ").FirstOrDefault(p => p.StartsWith(Besides, StringComparison.Ordinal))?.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| | ", StringComparison.Ordinal)).ToList() ?? [] : [];
            var begins = $"| {what} | {fault} |";
            rows.RemoveAll(row => row.StartsWith(begins, StringComparison.Ordinal));
            rows.Add($"{begins} {outcome} |");
            Write(Besides, $"{Columns}\n{string.Join('\n', rows.Order(StringComparer.Ordinal))}");
        }
    }

    /// <summary>
    /// What the last long run of a part has really done, with its date: a fact of that run, which CI's shorter form leaves
    /// as it stands.
    /// </summary>
    public static string LastLong(string part, string done)
    {
        const string begins = "Last long run: ";
        if (Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1") return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{begins}{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {done}.");
        lock (One)
        {
            var path = System.IO.Path.Combine(Root(), "tests/FAULTS.md");
            var piece = File.Exists(path) ? File.ReadAllText(path).Split("\n## ").FirstOrDefault(p => p.StartsWith(part + "\n", StringComparison.Ordinal)) : null;
            return piece?.Split('\n').FirstOrDefault(line => line.StartsWith(begins, StringComparison.Ordinal)) ?? begins + "none is recorded yet.";
        }
    }

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Appliance.sln"))) folder = folder.Parent;
        return folder!.FullName;
    }
}
