using System.Text.Json;
using Shouldly;

namespace Nauha.EndToEnd.Tests;

/// <summary>The box's data is set back, emptied or cloned between two runs; central knows more than the box.</summary>
public sealed class SetBack
{
    private const string OneCall = """[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":60,"number":"0409990123","talkSeconds":4}]}]""";

    private enum What { Restored, Emptied, Cloned }

    [Theory]
    [InlineData(nameof(What.Restored))]
    [InlineData(nameof(What.Emptied))]
    [InlineData(nameof(What.Cloned))]
    public async Task It_counts_on_after_what_central_has_and_no_number_is_given_to_two_calls(string name)
    {
        var what = Enum.Parse<What>(name);
        await using var branch = await Branch.OpenAsync();
        var copy = Path.Combine(branch.Folder, "copy");
        await CallAsync(branch, 1);
        Copy(branch.RecorderData, copy);
        await CallAsync(branch, 2);
        if (what == What.Emptied) Directory.Delete(Path.Combine(branch.RecorderData, "vault"), recursive: true);
        else
        {
            Directory.Move(branch.RecorderData, branch.RecorderData + ".first");
            Copy(copy, branch.RecorderData);
        }
        await CallAsync(branch, 3);
        if (what == What.Cloned)
        {
            // The first of the two is plugged in again.
            Directory.Move(branch.RecorderData, branch.RecorderData + ".clone");
            Directory.Move(branch.RecorderData + ".first", branch.RecorderData);
            await CallAsync(branch, 4);
        }
        var calls = await branch.SearchAsync();
        calls.Select(c => c.GetProperty("callNumber").GetInt32()).Order().ShouldBe(Enumerable.Range(1, what == What.Cloned ? 4 : 3));
        (await branch.AlarmsAsync()).Select(a => a.GetProperty("kind").GetString()).ShouldBe(["rolled-back"]);
        (await branch.RecorderCommandAsync("check")).ShouldSatisfyAllConditions(c => c.ExitCode.ShouldBe(0, c.Output));
    }

    // The call comes three seconds after the start: central has been met by then.
    private static async Task CallAsync(Branch branch, int number)
    {
        await branch.StartRecorderAsync(OneCall);
        await branch.CallsAsync(calls => calls.Any(c => c.GetProperty("callNumber").GetInt32() == number && c.GetProperty("receiptUtc").ValueKind == JsonValueKind.String));
        await branch.StopRecorderAsync();
    }

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)), overwrite: true);
    }
}
