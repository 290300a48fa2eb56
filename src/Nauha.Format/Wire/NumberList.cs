using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

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

    private const int Padded = 1_024, LongestNumber = 24;

    /// <summary>What the seal is bound to.</summary>
    public static byte[] Info(FleetId fleet, ApplianceId appliance, ulong version)
    {
        var number = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, version);
        return [.. "nauha/1 exclusions"u8, 0, .. Encoding.ASCII.GetBytes(fleet.Text), .. Encoding.ASCII.GetBytes(appliance.Text), .. number];
    }

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
        // Its size says only how many thousands of bytes there are.
        var padded = new byte[(json.Length + Padded - 1) / Padded * Padded];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        var blob = Hpke.Seal(publicKey, info, padded);
        CryptographicOperations.ZeroMemory(padded);
        CryptographicOperations.ZeroMemory(json);
        return blob;
    }

    public static bool TryOpen(DaySecret secret, ReadOnlySpan<byte> info, ReadOnlySpan<byte> blob, [NotNullWhen(true)] out NumberList? list, out string error)
    {
        list = null;
        error = "does not open";
        if (Hpke.Open(secret, info, blob) is not { } plain) return false;
        var good = StrictJson.TryRead(plain.AsSpan().TrimEnd((byte)' '), m =>
        {
            m.Version(1);
            var read = new NumberList(m.Texts("numbers", Most), m.Texts("prefixes", Most));
            return read.Numbers.Concat(read.Prefixes).All(IsDigits) ? read : throw m.Wrong("numbers", "holds something that is no number");
        }, out list, out error);
        CryptographicOperations.ZeroMemory(plain);
        return good && list is not null;
    }

    private static bool IsDigits(string text) => text.Length is >= 1 and <= LongestNumber && text.All(char.IsAsciiDigit);
}
