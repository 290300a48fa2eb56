using PhoneNumbers;

namespace Nauha.Central.Catalogue;

/// <summary>Telephone numbers in any notation, as E.164 in the register's region.</summary>
public static class Numbers
{
    private const string Region = "FI";

    /// <returns>+ and digits, or null: then there is no search token, and the search says so.</returns>
    public static string? ToE164(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        try
        {
            var util = PhoneNumberUtil.GetInstance();
            var number = util.Parse(text, Region);
            return util.IsPossibleNumber(number) ? util.Format(number, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }
}
