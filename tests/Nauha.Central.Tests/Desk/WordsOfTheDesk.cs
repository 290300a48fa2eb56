using System.Text.RegularExpressions;
using Nauha.Central.Access;
using Nauha.Central.Desk;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Desk;

public sealed class WordsOfTheDesk
{
    private static readonly IReadOnlyCollection<string> English = Words.In("en").Keys;

    private static IEnumerable<string> Sources()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Appliance.sln"))) folder = folder.Parent;
        return Directory.EnumerateFiles(Path.Combine(folder.FullName, "src/Nauha.Central"), "*.*", SearchOption.AllDirectories).Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal)).Select(File.ReadAllText);
    }

    private static IEnumerable<string> Found(string pattern) => Sources().SelectMany(text => Regex.Matches(text, pattern).Select(m => m.Groups[1].Value)).Distinct();

    [Fact]
    public void Every_word_stands_in_Finnish_Swedish_and_English()
    {
        foreach (var language in Words.Languages)
        {
            Words.In(language).Keys.Order().ShouldBe(English.Order(), language);
            Words.In(language).Keys.ShouldAllBe(key => Words.In(language)[key].Trim().Length > 0);
        }
    }

    [Fact]
    public void Whatever_a_page_says_has_a_word_and_no_word_is_left_over()
    {
        foreach (var key in Found(@"[Ww]ords\[""([\w.-]+)""\]")) English.ShouldContain(key);
        var said = string.Concat(Sources());
        English.Where(key => !key.Contains('.', StringComparison.Ordinal) && !said.Contains($"\"{key}\"", StringComparison.Ordinal) && key is not ("outcomestarted" or "incoming" or "outgoing" or "salvaged" or "missed" or "excluded" or "recorded" or "failed" or "expired-unsent")).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_data_has_a_word_of_its_own()
    {
        foreach (var purpose in Purposes.All) English.ShouldContain("purpose." + purpose);
        foreach (var role in Roles.All) English.ShouldContain("role." + role);
        foreach (var right in Enum.GetValues<Right>()) English.ShouldContain("act." + right.Word());
        foreach (var refusal in Refusal.All) English.ShouldContain("refusal." + refusal.Code);
        foreach (var code in Enum.GetValues<EndingCode>()) English.ShouldContain("code." + code.Word());
        foreach (var kind in Enum.GetValues<EndingKind>()) English.ShouldContain(kind.Word());
        foreach (var act in Found(@"(?:Append|keys\.Open|Refused)\((?:new\()?[^""()]*(?:\(http\))?, ""([a-z-]+)""").Concat(Found(@"TryAsync\(""([a-z-]+)""")).Concat(Found(@"Act = ""([a-z-]+)""")).Where(a => a is not ("done" or "refused"))) English.ShouldContain("act." + act);
        foreach (var alarm in Found(@"AlarmAsync\([^""]*""([a-z-]+)""")) English.ShouldContain("alarm." + alarm);
        // What appliances say of themselves; the list is theirs, and stands here again.
        foreach (var notice in new[] { "history", "clock", "day-keys", "day-keys-alarm", "flash", "flash-alarm", "flash-full", "swap", "supply" }) English.ShouldContain("notice." + notice);
        English.ShouldContain("code.destroyed");
        foreach (var state in Found(@"(?<!Blob)State (?:==|!=|=) ""([a-z]+)""").Distinct()) English.ShouldContain("state." + state);
    }

    [Fact]
    public void Every_refusal_of_the_code_is_in_the_list_that_has_words()
    {
        typeof(Refusal).GetFields().Where(f => f.IsStatic && f.FieldType == typeof(Refusal)).Select(f => (Refusal)f.GetValue(null)!).ShouldBe(Refusal.All, ignoreOrder: true);
    }
}
