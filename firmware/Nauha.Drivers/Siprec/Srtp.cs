using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nauha.Drivers.Siprec;

/// <summary>
/// Opens the packets of one stream of SRTP (RFC 3711) under AES_CM_128_HMAC_SHA1_80, the suite that every SDES peer has
/// (RFC 4568): what was changed, made by another, or comes a second time is none. It allocates nothing for a packet.
/// </summary>
internal sealed class Srtp : IDisposable
{
    /// <summary>Master key and master salt, as SDES hands them over.</summary>
    public const int KeyBytes = 16 + 14;

    private const int Tag = 10, Head = 12, Block = 16, Window = 64;

    private readonly Aes _aes = Aes.Create();
    private readonly ICryptoTransform _cipher;
    private readonly IncrementalHash _hmac;
    private readonly byte[] _salt;
    private readonly byte[] _counters = new byte[1_504], _stream = new byte[1_504];
    private readonly byte[] _mac = new byte[20], _turn = new byte[4];
    private uint _source;
    private long _newest = -1;
    private ulong _seen;

    public Srtp(ReadOnlySpan<byte> key)
    {
        var (secret, salt) = (key[..16].ToArray(), key[16..KeyBytes].ToArray());
        (_aes.Key, _aes.Mode, _aes.Padding) = (Derive(secret, salt, 0, 16), CipherMode.ECB, PaddingMode.None);
        _cipher = _aes.CreateEncryptor();
        _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, Derive(secret, salt, 1, 20));
        _salt = Derive(secret, salt, 2, 14);
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>A session key (§4.3.1): 0 the cipher's, 1 the authentication's, 2 the salt.</summary>
    internal static byte[] Derive(byte[] master, byte[] salt, byte label, int length)
    {
        var counter = new byte[Block];
        salt.CopyTo(counter, 0);
        counter[7] ^= label;
        using var aes = Aes.Create();
        aes.Key = master;
        var key = new byte[2 * Block];
        for (var i = 0; i < 2; i++)
        {
            counter[15] = (byte)i;
            aes.EncryptEcb(counter, key.AsSpan(i * Block, Block), PaddingMode.None);
        }
        return key[..length];
    }

    /// <summary>Opens a packet where it lies.</summary>
    /// <returns>Its length as RTP; 0: it is none of this stream's.</returns>
    public int Open(Span<byte> packet)
    {
        var length = packet.Length - Tag;
        if (length < Head || length > _stream.Length) return 0;
        var head = Head + (4 * (packet[0] & 0x0F));
        if ((packet[0] & 0x10) != 0) head += length < head + 4 ? length : 4 + (4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(head + 2)..]));
        if (head > length) return 0;
        var (sequence, source) = (BinaryPrimitives.ReadUInt16BigEndian(packet[2..]), BinaryPrimitives.ReadUInt32BigEndian(packet[8..]));
        var index = Index(sequence, source);
        if (IsSeen(index, source) || !IsOurs(packet[..length], packet[length..], (uint)(index >> 16))) return 0;
        See(index, source);
        Key(index, source, length - head);
        for (var i = 0; i < length - head; i++) packet[head + i] ^= _stream[i];
        return length;
    }

    // §3.3.1: which turn of the 16-bit counter it is of, by the newest so far.
    private long Index(ushort sequence, uint source)
    {
        if (_newest < 0 || source != _source) return sequence;
        var turn = _newest >> 16;
        var newest = (int)(_newest & 0xFFFF);
        if (newest < 0x8000 && sequence - newest > 0x8000) turn--;
        else if (newest >= 0x8000 && newest - 0x8000 > sequence) turn++;
        return Math.Max(0, (turn << 16) | sequence);
    }

    private bool IsSeen(long index, uint source) => source == _source && _newest >= 0 && (index <= _newest - Window || (index <= _newest && ((_seen >> (int)(_newest - index)) & 1) != 0));

    private void See(long index, uint source)
    {
        if (source != _source || _newest < 0) (_source, _newest, _seen) = (source, index, 1);
        else if (index > _newest) (_seen, _newest) = (index - _newest >= Window ? 1 : (_seen << (int)(index - _newest)) | 1, index);
        else _seen |= 1UL << (int)(_newest - index);
    }

    private bool IsOurs(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> tag, uint turn)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_turn, turn);
        _hmac.AppendData(packet);
        _hmac.AppendData(_turn);
        _hmac.GetHashAndReset(_mac);
        return CryptographicOperations.FixedTimeEquals(_mac.AsSpan(0, Tag), tag);
    }

    // §4.1.1: salt, source and index, and a counter of blocks.
    private void Key(long index, uint source, int length)
    {
        Span<byte> start = stackalloc byte[Block];
        start.Clear();
        _salt.CopyTo(start);
        BinaryPrimitives.WriteUInt32BigEndian(start[4..], BinaryPrimitives.ReadUInt32BigEndian(start[4..]) ^ source);
        BinaryPrimitives.WriteUInt64BigEndian(start[6..], BinaryPrimitives.ReadUInt64BigEndian(start[6..]) ^ (ulong)index);
        var blocks = (length + Block - 1) / Block;
        for (var i = 0; i < blocks; i++)
        {
            start.CopyTo(_counters.AsSpan(i * Block));
            BinaryPrimitives.WriteUInt16BigEndian(_counters.AsSpan((i * Block) + 14), (ushort)i);
        }
        if (blocks > 0) _cipher.TransformBlock(_counters, 0, blocks * Block, _stream, 0);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _hmac.Dispose();
        _aes.Dispose();
    }
}
