using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>What a key is for: part of its id, so that no key has the name of another kind.</summary>
public enum KeyKind : byte { X25519 = 1, Ed25519 = 2, P256 = 3 }

/// <summary>First 16 bytes of SHA-256("nauha/1 kid" ‖ 00 ‖ u8 kind ‖ raw public key). <see langword="default"/> names none.</summary>
public readonly record struct KeyId(ulong High, ulong Low)
{
    public const int Length = 16;

    public static KeyId Of(KeyKind kind, ReadOnlySpan<byte> publicKey)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData([.. "nauha/1 kid\0"u8, (byte)kind, .. publicKey], hash);
        return Read(hash);
    }

    public static KeyId Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public void WriteTo(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, High);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], Low);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        WriteTo(bytes);
        return bytes;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out KeyId id)
    {
        var good = Hex.TryParse(text, Length, out var bytes);
        id = good ? Read(bytes) : default;
        return good;
    }

    public override string ToString() => $"{High:x16}{Low:x16}";
}
