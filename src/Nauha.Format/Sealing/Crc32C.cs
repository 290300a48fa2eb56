using System.Buffers.Binary;
using System.Numerics;

namespace Nauha.Format;

/// <summary>CRC-32C (Castagnoli, reflected, RFC 3720 appendix B.4): finds the last whole frame without a key. It protects nothing.</summary>
public struct Crc32C
{
    private uint _state = uint.MaxValue;

    public Crc32C()
    {
    }

    public readonly uint Value => ~_state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
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
}
