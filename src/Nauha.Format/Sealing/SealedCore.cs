using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nauha.Format;

/// <summary>What stands in clear at the head of a sealed file: whose it is, when it began and for which day key it is sealed. FORMAT.md §2.</summary>
public sealed record SealedHeader(FleetId Fleet, ApplianceId Appliance, CallId Call, LineId Line, ulong CallNumber, TimeMark Started, KeyId DayKid);

/// <summary>The 152 bytes of the core, the 80 of the wrapped data key, and what is derived from them.</summary>
internal static class SealedCore
{
    public const int Length = 152;
    public const int WrapLength = 80;
    public const ushort Version = 1;
    public const ushort Suite = 1;
    private const int CommitAt = 120;

    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'N', (byte)'A', (byte)'U', (byte)'H', (byte)'A', 0x0D, 0x0A];

    public static void Write(SealedHeader header, ReadOnlySpan<byte> commit, Span<byte> core)
    {
        core[..Length].Clear();
        Magic.CopyTo(core);
        BinaryPrimitives.WriteUInt16BigEndian(core[8..], Version);
        BinaryPrimitives.WriteUInt16BigEndian(core[10..], Suite);
        Encoding.ASCII.GetBytes(header.Fleet.Text, core[16..]);
        Encoding.ASCII.GetBytes(header.Appliance.Text, core[32..]);
        header.Call.WriteTo(core[48..]);
        BinaryPrimitives.WriteUInt32BigEndian(core[64..], (uint)header.Line.Number);
        BinaryPrimitives.WriteUInt64BigEndian(core[72..], header.CallNumber);
        BinaryPrimitives.WriteUInt64BigEndian(core[80..], (ulong)header.Started.UnixMs);
        core[88] = (byte)header.Started.Source;
        BinaryPrimitives.WriteUInt32BigEndian(core[92..], header.Started.UncertaintyMs);
        header.DayKid.WriteTo(core[96..]);
        commit.CopyTo(core[CommitAt..]);
    }

    public static FileFault Read(ReadOnlySpan<byte> core, out SealedHeader? header)
    {
        header = null;
        if (!core[..8].SequenceEqual(Magic)) return FileFault.NotSealed;
        if (BinaryPrimitives.ReadUInt16BigEndian(core[8..]) != Version) return FileFault.UnknownVersion;
        if (BinaryPrimitives.ReadUInt16BigEndian(core[10..]) != Suite) return FileFault.UnknownSuite;
        if (core[12..16].ContainsAnyExcept((byte)0) || core[68..72].ContainsAnyExcept((byte)0) || core[89..92].ContainsAnyExcept((byte)0) || core[112..120].ContainsAnyExcept((byte)0)) return FileFault.BadHeader;
        if (!FleetId.TryParse(Encoding.Latin1.GetString(core[16..32]), out var fleet) || !ApplianceId.TryParse(Encoding.Latin1.GetString(core[32..48]), out var appliance)) return FileFault.BadHeader;
        var line = BinaryPrimitives.ReadUInt32BigEndian(core[64..]);
        var started = BinaryPrimitives.ReadUInt64BigEndian(core[80..]);
        if (line is 0 or > LineId.Highest || started > long.MaxValue || core[88] > (byte)ClockSource.Central) return FileFault.BadHeader;
        header = new(fleet, appliance, CallId.Read(core[48..]), new((int)line), BinaryPrimitives.ReadUInt64BigEndian(core[72..]),
            new((long)started, (ClockSource)core[88], BinaryPrimitives.ReadUInt32BigEndian(core[92..])), KeyId.Read(core[96..]));
        return FileFault.None;
    }

    public static ReadOnlySpan<byte> Commit(ReadOnlySpan<byte> core) => core.Slice(CommitAt, 32);

    public static byte[] WrapInfo(ReadOnlySpan<byte> core) => [.. "nauha/1 dek\0"u8, .. core[..Length]];

    public static byte[] CommitTo(ReadOnlySpan<byte> dek, CallId call) => Derive(dek, [], [.. "nauha/1 commit\0"u8, .. call.ToBytes()]);

    /// <summary>Kp. The caller clears it.</summary>
    public static byte[] PayloadKey(ReadOnlySpan<byte> dek, ReadOnlySpan<byte> head) => Derive(dek, head, "nauha/1 payload\0"u8);

    // HKDF-SHA256 of one block, written out: the key between its two steps is cleared.
    private static byte[] Derive(ReadOnlySpan<byte> ikm, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info)
    {
        Span<byte> between = stackalloc byte[32];
        HMACSHA256.HashData(salt.IsEmpty ? stackalloc byte[32] : salt, ikm, between);
        var key = OwnMemory.Secret(32);
        HMACSHA256.HashData(between, (ReadOnlySpan<byte>)[.. info, 1], key);
        CryptographicOperations.ZeroMemory(between);
        return key;
    }
}
