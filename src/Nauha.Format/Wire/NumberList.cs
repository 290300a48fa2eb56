using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>
/// Numbers that are never recorded, as a line may show them: digits alone, in every form. On its way from central it is
/// sealed to a key that the appliance made for its session and keeps in memory only, so that neither broker nor disk has it.
/// </summary>
/// <param name="Numbers">The number and no other.</param>
/// <param name="Prefixes">Every number that begins so.</param>
public sealed record NumberList(IReadOnlyList<string> Numbers, IReadOnlyList<string> Prefixes)
{
    /// <summary>Numbers and prefixes together, all forms counted.</summary>
    public const int Most = 2_000;

    private const int LongestNumber = 24;

    /// <summary>What the seal is bound to.</summary>
    public static byte[] Info(FleetId fleet, ApplianceId appliance, ulong version) => SealedList.Info("exclusions", fleet, appliance, version);

    /// <param name="publicKey">The session's, 32 bytes.</param>
    public byte[] Seal(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info)
    {
        var json = StrictJson.Write(j =>
        {
            j.WriteNumber("v", 1);
            Write("numbers", Numbers);
            Write("prefixes", Prefixes);

            void Write(string name, IReadOnlyList<string> list)
            {
                j.WriteStartArray(name);
                foreach (var digits in list) j.WriteStringValue(digits);
                j.WriteEndArray();
            }
        });
        return SealedList.Seal(publicKey, info, json);
    }

    public static bool TryOpen(DaySecret secret, ReadOnlySpan<byte> info, ReadOnlySpan<byte> blob, [NotNullWhen(true)] out NumberList? list, out string error) => SealedList.TryOpen(secret, info, blob, m =>
    {
        m.Version(1);
        var read = new NumberList(m.Texts("numbers", Most), m.Texts("prefixes", Most));
        return read.Numbers.Concat(read.Prefixes).All(IsDigits) ? read : throw m.Wrong("numbers", "holds something that is no number");
    }, out list, out error) && list is not null;

    private static bool IsDigits(string text) => text.Length is >= 1 and <= LongestNumber && text.All(char.IsAsciiDigit);
}
