using System.Buffers.Binary;

namespace Nauha.Audio;

/// <summary>Puts Opus packets into an Ogg stream (RFC 3533, RFC 7845), a page a second: what browsers play and seek in.</summary>
public sealed class OggOpusWriter
{
    private const int PacketsInPage = 50;
    private const int Serial = 0x4E415548;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i => Entry((uint)i))];

    private readonly Stream _target;
    private readonly List<byte[]> _packets = [];
    private readonly int _samplesAt48;
    private long _granule;
    private int _page;

    /// <param name="preSkip">Samples at 8 kHz that a player leaves out at the beginning.</param>
    /// <param name="packetSamples">Samples of a packet at 8 kHz.</param>
    public OggOpusWriter(Stream target, int preSkip, int packetSamples = 160)
    {
        _target = target;
        _samplesAt48 = packetSamples * 6;
        var head = new byte[19];
        "OpusHead"u8.CopyTo(head);
        head[8] = 1;
        head[9] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(10), (ushort)(preSkip * 6));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), 8_000);
        WritePage([head], 0, first: true, last: false);
        WritePage([[.. "OpusTags"u8, 5, 0, 0, 0, .. "Nauha"u8, 0, 0, 0, 0]], 0, first: false, last: false);
    }

    public void Write(ReadOnlySpan<byte> packet)
    {
        if (_packets.Count == PacketsInPage) Flush(last: false, 0);
        _packets.Add(packet.ToArray());
    }

    /// <summary>Ends the stream; <paramref name="trailing"/> samples at 8 kHz of the last packet are padding.</summary>
    public void End(int trailing = 0) => Flush(last: true, trailing);

    private void Flush(bool last, int trailing)
    {
        _granule += (long)_packets.Count * _samplesAt48;
        WritePage(_packets, _granule - (trailing * 6L), first: false, last);
        _packets.Clear();
    }

    private void WritePage(IReadOnlyList<byte[]> packets, long granule, bool first, bool last)
    {
        var lacing = new List<byte>();
        foreach (var packet in packets)
        {
            for (var left = packet.Length; ; left -= 255)
            {
                lacing.Add((byte)Math.Min(left, 255));
                if (left < 255) break;
            }
        }
        var page = new byte[27 + lacing.Count + packets.Sum(p => p.Length)];
        "OggS"u8.CopyTo(page);
        page[5] = (byte)((first ? 2 : 0) | (last ? 4 : 0));
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(6), granule);
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(14), Serial);
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(18), _page++);
        page[26] = (byte)lacing.Count;
        lacing.CopyTo(page, 27);
        var at = 27 + lacing.Count;
        foreach (var packet in packets)
        {
            packet.CopyTo(page, at);
            at += packet.Length;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(22), Checksum(page));
        _target.Write(page);
    }

    // RFC 3533 §6: polynomial 0x04C11DB7, not reflected, no inversion.
    private static uint Checksum(ReadOnlySpan<byte> page)
    {
        var crc = 0u;
        foreach (var one in page) crc = (crc << 8) ^ Table[(crc >> 24) ^ one];
        return crc;
    }

    private static uint Entry(uint index)
    {
        var entry = index << 24;
        for (var i = 0; i < 8; i++) entry = (entry & 0x80000000) != 0 ? (entry << 1) ^ 0x04C11DB7 : entry << 1;
        return entry;
    }
}
