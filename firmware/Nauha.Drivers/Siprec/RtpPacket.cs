using System.Buffers.Binary;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// The head of an RTP packet (RFC 3550 §5.1):
/// <code>
///  0                   1                   2                   3
///  V=2|P|X|  CC   |M|     PT      |       sequence number         |
///                           timestamp                             |
///                             SSRC                                |
/// </code>
/// </summary>
internal readonly ref struct RtpPacket
{
    private const int Head = 12;

    public byte Payload { get; private init; }

    public ushort Sequence { get; private init; }

    public uint Timestamp { get; private init; }

    public uint Source { get; private init; }

    public ReadOnlySpan<byte> Audio { get; private init; }

    /// <returns>False: it is none, or its lengths do not fit.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out RtpPacket packet)
    {
        packet = default;
        if (bytes.Length < Head || bytes[0] >> 6 != 2) return false;
        var from = Head + (4 * (bytes[0] & 0x0F));
        if ((bytes[0] & 0x10) != 0)
        {
            if (bytes.Length < from + 4) return false;
            from += 4 + (4 * BinaryPrimitives.ReadUInt16BigEndian(bytes[(from + 2)..]));
        }
        var padding = (bytes[0] & 0x20) != 0 ? bytes[^1] : 0;
        if ((bytes[0] & 0x20) != 0 && padding == 0) return false;
        if (bytes.Length - padding < from) return false;
        packet = new()
        {
            Payload = (byte)(bytes[1] & 0x7F),
            Sequence = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            Timestamp = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            Source = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
            Audio = bytes[from..^padding],
        };
        return true;
    }
}
