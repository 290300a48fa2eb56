using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>A stretch of a sealed file on its way: call 16 │ u64 offset │ u64 total │ SHA-256 of the bytes │ bytes (at most 128 KiB).</summary>
public readonly record struct Part(CallId Call, long Offset, long Total, ReadOnlyMemory<byte> Bytes)
{
    public const int Longest = 128 * 1024;
    public const int HeadBytes = 16 + 8 + 8 + 32;

    public byte[] ToBytes()
    {
        var message = new byte[HeadBytes + Bytes.Length];
        Call.WriteTo(message);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(16), Offset);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(24), Total);
        SHA256.HashData(Bytes.Span, message.AsSpan(32));
        Bytes.Span.CopyTo(message.AsSpan(HeadBytes));
        return message;
    }

    /// <summary>False: not a part, out of range, or damaged on the way. <paramref name="call"/> is set as soon as it could be read.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> message, out Part part, out CallId? call, out string error)
    {
        (part, call, error) = (default, null, "");
        var head = message.Span;
        if (head.Length < HeadBytes) error = $"has {head.Length} bytes, less than a part's head";
        else
        {
            call = CallId.Read(head);
            var (offset, total) = (BinaryPrimitives.ReadInt64BigEndian(head[16..]), BinaryPrimitives.ReadInt64BigEndian(head[24..]));
            var bytes = message[HeadBytes..];
            if (bytes.Length > Longest) error = $"has {bytes.Length} bytes, more than {Longest}";
            else if (offset < 0 || total < 0 || offset > total || bytes.Length > total - offset) error = "lies outside its file";
            else if (!SHA256.HashData(bytes.Span).AsSpan().SequenceEqual(head[32..HeadBytes])) error = "was damaged on the way";
            else part = new(call.Value, offset, total, bytes);
        }
        return error.Length == 0;
    }
}
