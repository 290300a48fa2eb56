using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>Opens frames with the data key of their file and reads what is in them: one after the other, or any.</summary>
internal sealed class FrameOpener : IDisposable
{
    private readonly byte[] _plain = OwnMemory.Secret(FrameHead.MostCipher);
    private ChaCha20Poly1305? _cipher;

    /// <summary>Known once frame 0 was opened.</summary>
    public StreamInfo? Stream { get; private set; }

    public IReadOnlyList<SealedEvent> FinalEvents { get; private set; } = [];

    /// <summary>Checks the data key against the commitment of the file.</summary>
    public bool Begin(ReadOnlySpan<byte> dek, CallId call, ReadOnlySpan<byte> start, ReadOnlySpan<byte> head)
    {
        if (dek.Length != 32 || !CryptographicOperations.FixedTimeEquals(SealedCore.CommitTo(dek, call), SealedCore.Commit(start))) return false;
        var key = SealedCore.PayloadKey(dek, head);
        _cipher = new(key);
        CryptographicOperations.ZeroMemory(key);
        return true;
    }

    /// <param name="head">The frame's 12 bytes, whose form was checked.</param>
    /// <param name="cipher">Ciphertext with its tag.</param>
    /// <param name="frame">Null for the final one.</param>
    public FileFault Open(ReadOnlySpan<byte> head, ReadOnlySpan<byte> cipher, out OpenedFrame? frame)
    {
        frame = null;
        if (_cipher is null) throw new InvalidOperationException("the file was not begun, or its key is wrong");
        var (type, index) = (head[0], BinaryPrimitives.ReadUInt32BigEndian(head[4..]));
        var plain = _plain.AsSpan(0, cipher.Length - 16);
        Span<byte> nonce = stackalloc byte[12];
        FrameHead.Nonce(nonce, type, index);
        try
        {
            _cipher.Decrypt(nonce, cipher[..^16], cipher[^16..], plain, head);
        }
        catch (AuthenticationTagMismatchException)
        {
            return FileFault.NotAuthentic;
        }
        return TryReadItems(plain, index, type == FrameType.Final, out frame) ? FileFault.None : FileFault.BadItems;
    }

    private bool TryReadItems(ReadOnlySpan<byte> plain, uint index, bool final, out OpenedFrame? frame)
    {
        frame = null;
        var events = new List<SealedEvent>();
        byte[]? audio = null;
        (ulong First, uint Samples)? position = null;
        var count = 0;
        while (plain.Length > 0)
        {
            var kind = plain[0];
            if (kind == ItemKind.Padding)
            {
                if (plain.ContainsAnyExcept((byte)0)) return false;
                break;
            }
            if (plain.Length < 3) return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(plain[1..]);
            if (plain.Length < 3 + length) return false;
            var value = plain.Slice(3, length);
            plain = plain[(3 + length)..];
            switch (kind)
            {
                case ItemKind.Position when !final && count == 0 && length == 12:
                    position = (BinaryPrimitives.ReadUInt64BigEndian(value), BinaryPrimitives.ReadUInt32BigEndian(value[8..]));
                    break;
                case ItemKind.Stream when !final && count == 1 && index == 0 && StreamInfo.TryParse(value, out var stream):
                    Stream = stream;
                    break;
                case ItemKind.Audio when !final && audio is null && position is not null && Stream is not null && length % Stream.PacketBytes == 0:
                    audio = value.ToArray();
                    break;
                case ItemKind.Event when SealedEvent.TryParse(value, out var happened):
                    events.Add(happened!);
                    break;
                case < ItemKind.MustUnderstand and not ItemKind.Event:
                    break;   // a later version's item that an older reader may pass over
                default:
                    return false;
            }
            count++;
        }
        if (final)
        {
            FinalEvents = events;
            return true;
        }
        if (position is not { } where || Stream is null || where.First > (ulong)(long.MaxValue - where.Samples) || (long)where.Samples > (long)(audio?.Length ?? 0) / Stream.PacketBytes * Stream.PacketSamples) return false;
        frame = new(where.First, where.Samples, audio ?? [], events);
        return true;
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
    }
}
