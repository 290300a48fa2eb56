using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nauha.Format;

/// <summary>A list on its way from central to one appliance: JSON sealed to a key that the appliance made for its session. Its size says only how many thousands of bytes there are.</summary>
internal static class SealedList
{
    private const int Padded = 1_024;

    public static byte[] Info(string what, FleetId fleet, ApplianceId appliance, ulong version)
    {
        var number = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, version);
        return [.. Encoding.ASCII.GetBytes("nauha/1 " + what), 0, .. Encoding.ASCII.GetBytes(fleet.Text), .. Encoding.ASCII.GetBytes(appliance.Text), .. number];
    }

    /// <param name="json">Cleared.</param>
    public static byte[] Seal(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> info, byte[] json)
    {
        var padded = new byte[(json.Length + Padded - 1) / Padded * Padded];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        var blob = Hpke.Seal(publicKey, info, padded);
        CryptographicOperations.ZeroMemory(padded);
        CryptographicOperations.ZeroMemory(json);
        return blob;
    }

    public static bool TryOpen<T>(DaySecret secret, ReadOnlySpan<byte> info, ReadOnlySpan<byte> blob, Func<StrictJson.Members, T> read, out T? list, out string error) where T : class
    {
        list = null;
        error = "does not open";
        if (Hpke.Open(secret, info, blob) is not { } plain) return false;
        var good = StrictJson.TryRead(plain.AsSpan().TrimEnd((byte)' '), read, out list, out error);
        CryptographicOperations.ZeroMemory(plain);
        return good && list is not null;
    }
}
