using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Nauha.Format;

/// <summary>Names one call. Random: calls are ordered by line and call number, never by id. <see langword="default"/> names none.</summary>
public readonly record struct CallId(Guid Value)
{
    public const int Length = 16;

    public static CallId Next() => new(Guid.NewGuid());

    /// <summary>16 bytes, big-endian (Guid's own order is mixed).</summary>
    public void WriteTo(Span<byte> target) => Value.TryWriteBytes(target, bigEndian: true, out _);

    public byte[] ToBytes() => Value.ToByteArray(bigEndian: true);

    public static CallId Read(ReadOnlySpan<byte> source) => new(new Guid(source[..Length], bigEndian: true));

    /// <summary>32 lower-case hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out CallId call)
    {
        call = default;
        if (text is not { Length: 32 } || !Hex.IsLower(text) || !Guid.TryParseExact(text, "N", out var value)) return false;
        call = new(value);
        return true;
    }

    public override string ToString() => Value.ToString("N");
}

/// <summary>A telephone line of one appliance, from 1. <see langword="default"/> is no line.</summary>
public readonly record struct LineId(int Number)
{
    public const int Highest = 64;

    public bool IsValid => Number is >= 1 and <= Highest;

    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Names one appliance: 16 characters a–z, 2–7, given by central.</summary>
public readonly record struct ApplianceId
{
    private ApplianceId(string text) => Text = text;

    public string Text => field ?? "";

    public static bool TryParse([NotNullWhen(true)] string? text, out ApplianceId id)
    {
        var good = Base32Name.IsValid(text);
        id = good ? new(text!) : default;
        return good;
    }

    public static ApplianceId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no appliance id: 16 characters a-z, 2-7.");

    /// <summary>From 10 random bytes.</summary>
    public static ApplianceId From(ReadOnlySpan<byte> random) => new(Base32Name.From(random));

    public override string ToString() => Text;
}

/// <summary>Names one fleet: one central store and its appliances. Same alphabet as <see cref="ApplianceId"/>.</summary>
public readonly record struct FleetId
{
    private FleetId(string text) => Text = text;

    public string Text => field ?? "";

    public static bool TryParse([NotNullWhen(true)] string? text, out FleetId id)
    {
        var good = Base32Name.IsValid(text);
        id = good ? new(text!) : default;
        return good;
    }

    public static FleetId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no fleet id: 16 characters a-z, 2-7.");

    public static FleetId From(ReadOnlySpan<byte> random) => new(Base32Name.From(random));

    public override string ToString() => Text;
}

/// <summary>An agent as an opaque id; the name exists only in central's sealed catalogue.</summary>
public readonly record struct AgentId
{
    private AgentId(string text) => Text = text;

    public string Text => field ?? "";

    public static bool TryParse([NotNullWhen(true)] string? text, out AgentId id)
    {
        var good = text is { Length: >= 1 and <= 32 } && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
        id = good ? new(text!) : default;
        return good;
    }

    public override string ToString() => Text;
}

/// <summary>The other party's number as digits, with a leading + where it came in international form. No knowledge of regions.</summary>
public readonly record struct PhoneNumber
{
    private PhoneNumber(string text) => Text = text;

    public string Text => field ?? "";

    /// <summary>1 to 24 digits, a + before them or not; spaces, hyphens and brackets are taken out.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PhoneNumber number)
    {
        number = default;
        if (text is null || text.Length > 64) return false;
        var plain = string.Concat(text.Where(c => c is not (' ' or '-' or '(' or ')' or '/' or '\u00a0')));
        var digits = plain.StartsWith('+') ? plain[1..] : plain;
        if (digits.Length is < 1 or > 24 || !digits.All(char.IsAsciiDigit)) return false;
        number = new(plain);
        return true;
    }

    public override string ToString() => Text;
}

internal static class Base32Name
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    public static bool IsValid(string? text) => text is { Length: 16 } && text.All(c => Alphabet.Contains(c, StringComparison.Ordinal));

    public static string From(ReadOnlySpan<byte> random)
    {
        if (random.Length != 10) throw new ArgumentException("10 random bytes make a name", nameof(random));
        Span<char> name = stackalloc char[16];
        for (var i = 0; i < 16; i++)
        {
            var bit = i * 5;
            var pair = (random[bit / 8] << 8) | (bit / 8 + 1 < random.Length ? random[(bit / 8) + 1] : 0);
            name[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
        }
        return new(name);
    }
}

internal static class Hex
{
    public static bool IsLower(string text) => text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    public static bool TryParse(string? text, int bytes, out byte[] value)
    {
        value = [];
        if (text is null || text.Length != bytes * 2 || !IsLower(text)) return false;
        value = Convert.FromHexString(text);
        return true;
    }
}
