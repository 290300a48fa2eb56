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

    /// <summary>Whether a whole entry lies anywhere in what comes after the good ones: then it was not torn, something broke in the middle.</summary>
    public static bool HoldsEntry(ReadOnlySpan<byte> torn)
    {
        for (var at = 1; at + 8 < torn.Length; at++)
        {
            // An envelope is text: bytes that could be a length are rare in it.
            var length = BinaryPrimitives.ReadInt32BigEndian(torn[at..]);
            if (length is <= 0 or > Envelope.LongestBytes || torn.Length - at < length + 8) continue;
            if (Crc32C.Of(torn.Slice(at, 4 + length)) == BinaryPrimitives.ReadUInt32BigEndian(torn[(at + 4 + length)..])) return true;
        }
        return false;
    }

    /// <summary>Reads entries up to the first that is not whole; each envelope is a part of what was given.</summary>
    /// <returns>The length of what is whole: what comes after it is torn.</returns>
    public static int ReadAll(ReadOnlyMemory<byte> journal, Action<ReadOnlyMemory<byte>> envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        for (var good = 0; ;)
        {
            var left = journal.Span[good..];
            if (left.Length < 4) return good;
            var length = BinaryPrimitives.ReadInt32BigEndian(left);
            if (length is <= 0 or > Envelope.LongestBytes || left.Length < length + 8) return good;
            if (Crc32C.Of(left[..(4 + length)]) != BinaryPrimitives.ReadUInt32BigEndian(left[(4 + length)..])) return good;
            envelope(journal.Slice(good + 4, length));
            good += length + 8;
        }
    }
}
