using Nauha.Central.Access;
using Nauha.Central.Desk;
using Shouldly;

namespace Nauha.Central.Tests;

public sealed class WordsOfTheDesk
{
    [Fact]
    public void Every_word_stands_in_Finnish_Swedish_and_English()
    {
        var english = Words.In("en").Keys.Order().ToList();
        foreach (var language in Words.Languages)
        {
            Words.In(language).Keys.Order().ShouldBe(english);
            Words.In(language).Keys.ShouldAllBe(key => Words.In(language)[key].Trim().Length > 0);
        }
        foreach (var purpose in Purposes.All) english.ShouldContain("purpose." + purpose);
    }
}
