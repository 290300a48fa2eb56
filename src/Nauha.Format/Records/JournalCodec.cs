using System.Buffers.Binary;

namespace Nauha.Format;

/// <summary>An append-only file of envelopes: u32 length ‖ envelope ‖ u32 CRC-32C of both, big-endian. A torn last entry is found and cut.</summary>
public static class JournalCodec
{
    public static byte[] Entry(ReadOnlySpan<byte> envelope)
    {
        var entry = new byte[envelope.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(entry, envelope.Length);
        envelope.CopyTo(entry.AsSpan(4));
        BinaryPrimitives.WriteUInt32BigEndian(entry.AsSpan(4 + envelope.Length), Crc32C.Of(entry.AsSpan(0, 4 + envelope.Length)));
        return entry;
    }

    /// <summary>Reads entries up to the first that is not whole.</summary>
    /// <returns>The length of what is whole: what comes after it is torn.</returns>
    public static long ReadAll(Stream journal, Action<byte[]> envelope)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(envelope);
        Span<byte> head = stackalloc byte[4];
        Span<byte> check = stackalloc byte[4];
        for (long good = 0; ;)
        {
            if (journal.ReadAtLeast(head, 4, throwOnEndOfStream: false) < 4) return good;
            var length = BinaryPrimitives.ReadInt32BigEndian(head);
            if (length is <= 0 or > Envelope.LongestBytes) return good;
            var bytes = new byte[length];
            if (journal.ReadAtLeast(bytes, length, throwOnEndOfStream: false) < length || journal.ReadAtLeast(check, 4, throwOnEndOfStream: false) < 4) return good;
            var crc = new Crc32C();
            crc.Append(head);
            crc.Append(bytes);
            if (crc.Value != BinaryPrimitives.ReadUInt32BigEndian(check)) return good;
            good += length + 8;
            envelope(bytes);
        }
    }
}
