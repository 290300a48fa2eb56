using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>Opens a sealed file frame by frame: bounded memory at any length.</summary>
public sealed class SealedFileReader(Stream file) : IDisposable
{
    private readonly SealedFileScanner _scan = new(file);
    private readonly byte[] _plain = OwnMemory.Secret(FrameHead.MostCipher);
    private ChaCha20Poly1305? _cipher;

    public SealedHeader? Header => _scan.Header;

    /// <summary>Known once frame 0 was read.</summary>
    public StreamInfo? Stream { get; private set; }

    public IReadOnlyList<SealedEvent> FinalEvents { get; private set; } = [];

    /// <summary>Reads the head and checks the data key against the commitment.</summary>
    public FileFault Begin(ReadOnlySpan<byte> dek)
    {
        var fault = _scan.Begin();
        if (fault != FileFault.None) return fault;
        if (dek.Length != 32 || !CryptographicOperations.FixedTimeEquals(SealedCore.CommitTo(dek, _scan.Header!.Call), SealedCore.Commit(_scan.Start))) return FileFault.WrongKey;
        var key = SealedCore.PayloadKey(dek, _scan.Head);
        _cipher = new(key);
        CryptographicOperations.ZeroMemory(key);
        return FileFault.None;
    }

    /// <summary>The next frame; null for the final one. False: the end (no fault), or a fault.</summary>
    public bool Next(out OpenedFrame? frame, out FileFault fault)
    {
        frame = null;
        if (_cipher is null) throw new InvalidOperationException("the file was not begun, or its key is wrong");
        if (!_scan.Next(out fault)) return false;
        var final = _scan.FrameKind == FrameType.Final;
        var plain = _plain.AsSpan(0, _scan.CipherLength - 16);
        Span<byte> nonce = stackalloc byte[12];
        FrameHead.Nonce(nonce, _scan.FrameKind, _scan.FrameIndex);
        try
        {
            _cipher.Decrypt(nonce, _scan.Cipher[..^16], _scan.Cipher[^16..], plain, _scan.FrameHeader);
        }
        catch (AuthenticationTagMismatchException)
        {
            fault = FileFault.NotAuthentic;
            return false;
        }
        if (TryReadItems(plain, final, out frame)) return true;
        fault = FileFault.BadItems;
        return false;
    }

    private bool TryReadItems(ReadOnlySpan<byte> plain, bool final, out OpenedFrame? frame)
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
                case ItemKind.Stream when !final && count == 1 && _scan.FrameIndex == 0 && StreamInfo.TryParse(value, out var stream):
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
        if (position is not { } where || Stream is null || (long)where.Samples > (long)(audio?.Length ?? 0) / Stream.PacketBytes * Stream.PacketSamples) return false;
        frame = new(where.First, where.Samples, audio ?? [], events);
        return true;
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        _scan.Dispose();
        CryptographicOperations.ZeroMemory(_plain);
    }
}
