using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Format;

/// <summary>How a sealed file was closed.</summary>
public enum Closing : byte
{
    /// <summary>In order, by the writer.</summary>
    Closed = 1,

    /// <summary>After a power cut or a kill: cut after the last whole frame, by somebody without the key.</summary>
    Salvaged = 2,

    /// <summary>The final frame was whole; only the trailer was added after a restart.</summary>
    ClosedLate = 3,
}

/// <summary>A closed file, for record and receipt.</summary>
/// <param name="Sha256">Of the whole file, trailer included.</param>
/// <param name="Frames">Data and final frames.</param>
public sealed record SealedFileFacts(byte[] Sha256, long Bytes, uint Frames, Closing Closing);

/// <summary>
/// Seals one call, frame by frame, and keeps the running hash of its file. It cannot be cloned, rewound or opened again, so
/// no two ciphertexts ever exist under one key and index. It does no I/O; each result is valid until the next call and is
/// written once, as it is.
/// </summary>
public sealed class SealedFileWriter : IDisposable
{
    /// <summary>Plaintext of every data frame at 24 kbit/s and half a second, padding included.</summary>
    public const int FrameBytes = 2_048;

    private readonly SealedHeader _header;
    private readonly ISigner _signer;
    private readonly byte[] _dayKey;
    private readonly byte[] _stream;
    private readonly byte[] _dek = OwnMemory.Secret(32);
    private readonly DaySecret? _ephemeral;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _head = new byte[32];
    private FrameSealer? _frames;

    /// <param name="dayKey">The day's public key, 32 bytes; its id stands in the header.</param>
    public SealedFileWriter(SealedHeader header, ReadOnlySpan<byte> dayKey, StreamInfo stream, ISigner signer) : this(header, dayKey, stream, signer, null, [])
    {
    }

    /// <summary>The seam of the vectors: ephemeral and data key are given. Product code cannot reach it.</summary>
    internal SealedFileWriter(SealedHeader header, ReadOnlySpan<byte> dayKey, StreamInfo stream, ISigner signer, DaySecret? ephemeral, ReadOnlySpan<byte> dek)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _header = header ?? throw new ArgumentNullException(nameof(header));
        _signer = signer ?? throw new ArgumentNullException(nameof(signer));
        _dayKey = dayKey.ToArray();
        _stream = stream.ToJson();
        _ephemeral = ephemeral;
        if (dek.IsEmpty) RandomNumberGenerator.Fill(_dek);
        else dek.CopyTo(_dek);
        if (KeyId.Of(KeyKind.X25519, dayKey) != header.DayKid) throw new ArgumentException("the header names another day key", nameof(dayKey));
    }

    public long Bytes { get; private set; }

    public uint Frames => _frames?.Count ?? 0;

    /// <summary>SHA-256 of all bytes so far, for progress.</summary>
    public byte[] RunningHash() => _hash.GetCurrentHash();

    /// <summary>Core and wrapped key: the first 232 bytes of the file.</summary>
    public byte[] Start()
    {
        if (_frames is not null) throw new InvalidOperationException("this file was begun already");
        var start = new byte[SealedCore.Length + SealedCore.WrapLength];
        SealedCore.Write(_header, SealedCore.CommitTo(_dek, _header.Call), start);
        var info = SealedCore.WrapInfo(start);
        (_ephemeral is null ? Hpke.Seal(_dayKey, info, _dek) : Hpke.Seal(_ephemeral, _dayKey, info, _dek)).CopyTo(start, SealedCore.Length);
        SHA256.HashData(start, _head);
        _frames = new(_dek, _head, _stream);
        CryptographicOperations.ZeroMemory(_dek);
        Count(start);
        return start;
    }

    /// <summary>Seals one data frame. Events that find no room wait for the next frame: no event shows in the size.</summary>
    /// <param name="audio">The frame's packets joined; at most <see cref="FrameBytes"/> less the other items.</param>
    public ReadOnlyMemory<byte> Frame(ulong firstSample, uint samples, ReadOnlySpan<byte> audio, IReadOnlyList<SealedEvent> events)
    {
        var frame = Open().Data(firstSample, samples, audio, events);
        Count(frame.Span);
        return frame;
    }

    /// <summary>Seals the final frame and signs the whole: the last bytes of the file.</summary>
    public byte[] Final(IReadOnlyList<SealedEvent> events)
    {
        var frame = Open().Final(events).ToArray();
        Count(frame);
        var trailer = Trailer.Make(Closing.Closed, Frames, Bytes, _hash.GetCurrentHash(), _head, _signer);
        Count(trailer);
        Facts = new(_hash.GetCurrentHash(), Bytes, Frames, Closing.Closed);
        return [.. frame, .. trailer];
    }

    /// <summary>Events that wait for a frame; once the file is closed, those that found none.</summary>
    public int EventsLeft => _frames?.EventsLeft ?? 0;

    /// <summary>Null until the file is closed.</summary>
    public SealedFileFacts? Facts { get; private set; }

    private FrameSealer Open() => _frames is { } frames && Facts is null ? frames : throw new InvalidOperationException("frames are sealed between the start and the end of a file");

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Bytes += bytes.Length;
    }

    public void Dispose()
    {
        _frames?.Dispose();
        _hash.Dispose();
        CryptographicOperations.ZeroMemory(_dek);
    }
}

internal static class FrameType
{
    public const byte Data = 1;
    public const byte Final = 2;
    public const byte Trailer = 3;
}

/// <summary>Kinds of items; a reader must understand those with bit 7.</summary>
internal static class ItemKind
{
    public const byte Padding = 0;
    public const byte Position = 0x81;
    public const byte Stream = 0x82;
    public const byte Audio = 0x83;
    public const byte Event = 0x04;
    public const byte MustUnderstand = 0x80;
}

internal static class FrameHead
{
    public const int Length = 12;
    public const int LeastCipher = 528;
    public const int MostCipher = 65_552;
    public const uint MostFrames = 1 << 20;

    public static void Write(Span<byte> head, byte type, uint index, int cipherBytes)
    {
        head[..Length].Clear();
        head[0] = type;
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], index);
        BinaryPrimitives.WriteUInt32BigEndian(head[8..], (uint)cipherBytes);
    }

    public static void Nonce(Span<byte> nonce, byte type, uint index)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(nonce[7..], index);
        nonce[11] = type == FrameType.Final ? (byte)1 : (byte)0;
    }

    /// <summary>Bound to the file by the first eight bytes of H: a frame of another file does not pass. Head and ciphertext of the frame follow.</summary>
    public static Crc32C ChecksumOf(ReadOnlySpan<byte> head)
    {
        var crc = new Crc32C();
        crc.Append(head[..8]);
        return crc;
    }

    public static uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> covered)
    {
        var crc = ChecksumOf(head);
        crc.Append(covered);
        return crc.Value;
    }
}

/// <summary>The 128 bytes that close a file, in clear: anybody can check that it is whole and whose it is.</summary>
internal static class Trailer
{
    public const int Length = 128;
    private const int Signed = 64;

    public static byte[] Make(Closing closing, uint frames, long offset, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> head, ISigner signer)
    {
        var trailer = new byte[Length];
        trailer[0] = FrameType.Trailer;
        trailer[1] = (byte)closing;
        BinaryPrimitives.WriteUInt32BigEndian(trailer.AsSpan(4), frames);
        BinaryPrimitives.WriteUInt64BigEndian(trailer.AsSpan(8), (ulong)offset);
        hash.CopyTo(trailer.AsSpan(16));
        signer.Id.WriteTo(trailer.AsSpan(48));
        signer.Sign(PayloadTypes.Recording, [.. head, .. trailer.AsSpan(0, Signed)]).CopyTo(trailer, Signed);
        return trailer;
    }

    public static byte[] Message(ReadOnlySpan<byte> head, ReadOnlySpan<byte> trailer) => [.. head, .. trailer[..Signed]];

    public static ReadOnlySpan<byte> Signature(ReadOnlySpan<byte> trailer) => trailer[Signed..Length];

    public static KeyId Signer(ReadOnlySpan<byte> trailer) => KeyId.Read(trailer[48..]);
}
