using System.Diagnostics;
using System.Text.Json;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>A number that a person at central has put on the list, from there to the line and back.</summary>
public sealed class NeverRecorded
{
    [Fact]
    public async Task A_number_that_central_says_is_never_recorded_is_excluded_on_the_box_and_lies_nowhere_in_clear()
    {
        await using var branch = await Branch.OpenAsync();
        // The first account becomes the data-protection officer: how people come to their roles is not tested here.
        using (var python = Process.Start("python3", ["-c", $"import sqlite3; d = sqlite3.connect('{branch.CentralData}/central.db'); d.execute(\"UPDATE AspNetUsers SET Role = 'dpo'\"); d.commit()"])!)
        {
            await python.WaitForExitAsync();
            python.ExitCode.ShouldBe(0);
        }
        var password = Path.Combine(branch.Folder, "password");
        await File.WriteAllTextAsync(password, Branch.Password);
        string[] who = ["--as", "listener", "--password-file", password, "--json"];
        var added = await branch.CentralCommandAsync(["exclusions", "add", "+358 40 999 0123", "--reason", "it asked for it", .. who]);
        added.ExitCode.ShouldBe(0, added.Error);

        await branch.StartRecorderAsync("""[{"line":1,"calls":[{"kind":"incoming","at":300,"number":"0409990123","talkSeconds":6},{"kind":"incoming","at":340,"number":"0409990124","talkSeconds":6}]}]""");
        await Branch.EventuallyAsync(async () => JsonDocument.Parse((await branch.CentralCommandAsync(["exclusions", "list", .. who])).Output).RootElement, list => list.GetProperty("appliances")[0].GetProperty("holds").GetBoolean());
        var calls = await branch.CallsAsync(c => c.Count == 2 && c.Any(x => x.GetProperty("receiptUtc").ValueKind == JsonValueKind.String));
        var listed = calls.Single(c => c.GetProperty("outcome").GetString() == "excluded");
        (listed.GetProperty("reason").GetString(), listed.GetProperty("number").ValueKind).ShouldBe(("listed", JsonValueKind.Null));
        calls.Single(c => c.GetProperty("outcome").GetString() == "recorded").GetProperty("number").GetString().ShouldBe("0409990124");
        await branch.StopRecorderAsync();
        await branch.StopCentralAsync();
        foreach (var file in Directory.EnumerateFiles(branch.Left, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
            (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf("409990123"u8).ShouldBe(-1, file);
    }
}
