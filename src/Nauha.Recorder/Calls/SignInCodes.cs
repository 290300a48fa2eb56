using System.ComponentModel.DataAnnotations;
using System.Text;

namespace Nauha.Recorder.Calls;

/// <summary>
/// Signing in by telephone, where a site wants it: off unless configured, because whatever is keyed is dialled as well. To
/// many ports *78 is "do not disturb" and *77 refuses withheld numbers: a sign-out would silence the branch.
/// </summary>
public sealed class SignInOptions : IValidatableObject
{
    /// <summary>Keyed before the badge's number, which # ends: 881234# for badge 1234. Null: nobody signs in by telephone.</summary>
    [RegularExpression("[0-9*#]{2,6}", ErrorMessage = "a code is two to six of 0-9, * and #.")]
    public string? In { get; set; }

    /// <summary>Keyed, with a # at its end, by whoever leaves.</summary>
    [RegularExpression("[0-9*#]{2,6}", ErrorMessage = "a code is two to six of 0-9, * and #.")]
    public string? Out { get; set; }

    /// <summary>A technician has tried on this port that codes with * or # do nothing there.</summary>
    public bool PortIgnoresThem { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, code) in new[] { (nameof(In), In), (nameof(Out), Out) })
        {
            if (code is null) continue;
            if (code[0] is '*' or '#' && !PortIgnoresThem) yield return new($"it is dialled too, and codes that begin with {code[0]} mean something to many ports (*78: do not disturb). Take digits, or try it on this port and set portIgnoresThem to true.", [name]);
            if (LineSettings.EmergencyNumbers.Any(number => number.StartsWith(code, StringComparison.Ordinal) || code.StartsWith(number, StringComparison.Ordinal))) yield return new($"it is, or begins as, an emergency number.", [name]);
        }
        if (In is not null && In == Out) yield return new("it is the code for signing in as well.", [nameof(Out)]);
    }
}

/// <summary>What is keyed at one line since the lift, as long as it may be a sign-in. In memory only, and only until the call is over.</summary>
internal sealed class SignInCodes(SignInOptions options)
{
    private const int LongestBadge = 32;

    private readonly StringBuilder _keyed = new();
    private string? _badge;

    /// <summary>One key. True: with it a sign-in or sign-out is complete.</summary>
    public bool Take(char key)
    {
        if (_keyed.Length > LongestBadge + 6) return false;
        _keyed.Append(key);
        if (key != '#') return false;
        var keyed = _keyed.ToString(0, _keyed.Length - 1);
        if (keyed == options.Out) _badge = "";
        else if (options.In is { } code && keyed.Length > code.Length && keyed.StartsWith(code, StringComparison.Ordinal) && keyed.AsSpan(code.Length).IndexOfAnyExceptInRange('0', '9') < 0) _badge = keyed[code.Length..];
        else return false;
        _keyed.Clear();
        return true;
    }

    /// <summary>The badge that was keyed, empty for a sign-out, once.</summary>
    public string? TakeBadge()
    {
        var badge = _badge;
        _badge = null;
        return badge;
    }

    /// <summary>After a flash keying begins anew.</summary>
    public void Restart() => _keyed.Clear();

    public void Forget()
    {
        _keyed.Clear();
        _badge = null;
    }
}
