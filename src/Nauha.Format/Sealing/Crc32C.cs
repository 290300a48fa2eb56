using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Nauha.Format;

/// <summary>CRC-32C (Castagnoli, reflected, RFC 3720 appendix B.4): finds the last whole frame without a key. It protects nothing.</summary>
/// <remarks>
/// The processor's instruction takes three cycles and can begin one each cycle: three lanes run side by side and are
/// joined by what <see cref="Lane"/> more zero bytes would make of a sum. One round of three takes nearly all of a frame.
/// </remarks>
public struct Crc32C
{
    private const int Lane = 680;
    private static readonly uint[] Further = MakeFurther();
    private uint _state = uint.MaxValue;

    public Crc32C()
    {
    }

    public readonly uint Value => ~_state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        for (; BitConverter.IsLittleEndian && bytes.Length >= 3 * Lane; bytes = bytes[(3 * Lane)..])
        {
            ReadOnlySpan<ulong> first = Words(bytes), second = Words(bytes[Lane..]), third = Words(bytes[(2 * Lane)..]);
            var (a, b, c) = (_state, 0u, 0u);
            for (var i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
            {
                a = BitOperations.Crc32C(a, first[i]);
                b = BitOperations.Crc32C(b, second[i]);
                c = BitOperations.Crc32C(c, third[i]);
            }
            _state = Shift(Shift(a) ^ b) ^ c;
        }
        while (bytes.Length >= 8)
        {
            _state = BitOperations.Crc32C(_state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var one in bytes) _state = BitOperations.Crc32C(_state, one);
    }

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = new Crc32C();
        crc.Append(bytes);
        return crc.Value;
    }

    private static ReadOnlySpan<ulong> Words(ReadOnlySpan<byte> bytes) => MemoryMarshal.Cast<byte, ulong>(bytes[..Lane]);

    private static uint Shift(uint sum) => Further[sum & 0xFF] ^ Further[256 + ((sum >> 8) & 0xFF)] ^ Further[512 + ((sum >> 16) & 0xFF)] ^ Further[768 + (sum >> 24)];

    // A sum is linear: what a lane of zeros makes of each of its bytes is made once.
    private static uint[] MakeFurther()
    {
        var table = new uint[4 * 256];
        for (var i = 0; i < table.Length; i++)
        {
            var sum = (uint)(i & 0xFF) << (i / 256 * 8);
            for (var zeros = 0; zeros < Lane; zeros += 8) sum = BitOperations.Crc32C(sum, 0ul);
            table[i] = sum;
        }
        return table;
    }
}
