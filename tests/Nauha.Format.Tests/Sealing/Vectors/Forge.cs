using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nauha.Format.Tests.Sealing.Vectors;

/// <summary>Makes sealed files with fixed keys, and every file that a writer must never make.</summary>
internal sealed class Forge
{
    public const int Plain = 512;

    public static readonly DaySecret Day = DaySecret.Import(Secret("day key"));
    public static readonly DaySecret OtherDay = DaySecret.Import(Secret("another day key"));
    public static readonly TestSigner Signer = new(Secret("signer"));
    public static readonly TestSigner Stranger = new(Secret("stranger"));
    public static readonly FleetId Fleet = FleetId.Parse("testfleet2345675");
    public static readonly ApplianceId Appliance = ApplianceId.Parse("testbox234567aaa");
    public static readonly ApplianceId OtherAppliance = ApplianceId.Parse("testbox234567bbb");
    public static readonly StreamInfo Opus = new() { PreSkip = 52, Source = "simulated", DbvAtFullScale = 6.5, MonotonicMs = 1_000 };

    private readonly string _name;
    private readonly byte[] _dek;

    /// <param name="call">Each call has a data key and an id of its own.</param>
    public Forge(int call = 1, DaySecret? day = null, KeyId? kid = null)
    {
        _name = $"call {call}";
        _dek = Secret($"{_name} data key");
        Recipient = day ?? Day;
        Header = new(Fleet, Appliance, IdOf(call), new(1), (ulong)call, new(1_790_000_000_000, ClockSource.Ntp, 20), kid ?? Recipient.Id);
        SealedCore.Write(Header, SealedCore.CommitTo(_dek, Header.Call), Core);
    }

    public SealedHeader Header { get; }

    public DaySecret Recipient { get; }

    public byte[] Core { get; } = new byte[SealedCore.Length];

    /// <summary>Made from the core as it stands, unless it is given.</summary>
    public byte[]? Wrap { private get; set; }

    public byte[] Dek => _dek;

    public DaySecret Ephemeral => DaySecret.Import(Secret($"{_name} ephemeral key"));

    private byte[] WrapBytes => Wrap ?? Hpke.Seal(Ephemeral, Recipient.PublicKey, SealedCore.WrapInfo(Core), _dek);

    public byte[] Start => [.. Core, .. WrapBytes];

    private byte[] H => SHA256.HashData(Start);

    /// <summary>A test key is the hash of its name: nobody can take it for a real one.</summary>
    public static byte[] Secret(string name) => SHA256.HashData(Encoding.ASCII.GetBytes($"nauha test vector, not a secret: {name}"));

    /// <summary>The wrap that somebody makes who puts these 32 bytes in the place of enc, and whose shared point is the one given.</summary>
    public byte[] WrapWith(byte[] enc, byte[] shared)
    {
        var context = Hpke.Schedule(shared.ToArray(), enc, Recipient.PublicKey, SealedCore.WrapInfo(Core));
        var blob = new byte[SealedCore.WrapLength];
        enc.CopyTo(blob, 0);
        using var cipher = new ChaCha20Poly1305(context.Key);
        cipher.Encrypt(context.Nonce, _dek, blob.AsSpan(32, 32), blob.AsSpan(64));
        return blob;
    }

    public byte[] Data(uint index, ulong first, params byte[][] more) => Frame(FrameType.Data, index, Items([Position(first, 640), .. index == 0 ? [Stream(Opus)] : Array.Empty<byte[]>(), Packets(4, (byte)index), .. more]));

    public byte[] Final(uint index, params byte[][] items) => Frame(FrameType.Final, index, Items(items));

    /// <summary>A frame whose cipher and checksum are right, whatever it holds.</summary>
    public byte[] Frame(byte type, uint index, byte[] plain, Action<byte[]>? head = null, byte? sealedAs = null)
    {
        var frame = new byte[FrameHead.Length + plain.Length + 16 + 4];
        FrameHead.Write(frame, type, index, plain.Length + 16);
        head?.Invoke(frame);
        Span<byte> nonce = stackalloc byte[12];
        FrameHead.Nonce(nonce, sealedAs ?? type, index);
        using var cipher = new ChaCha20Poly1305(SealedCore.PayloadKey(_dek, H));
        cipher.Encrypt(nonce, plain, frame.AsSpan(12, plain.Length), frame.AsSpan(12 + plain.Length, 16), frame.AsSpan(0, 12));
        return Checksummed(frame);
    }

    /// <summary>The same frame with a checksum that fits this file.</summary>
    public byte[] Checksummed(byte[] frame)
    {
        var fresh = frame.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(fresh.AsSpan(fresh.Length - 4), FrameHead.Checksum(H, fresh.AsSpan(0, fresh.Length - 4)));
        return fresh;
    }

    /// <summary>Head, frames and a trailer whose hash and signature are right, whatever it says.</summary>
    public byte[] File(byte[][] frames, Closing closing = Closing.Closed, ISigner? signer = null, Action<byte[]>? trailer = null, Func<byte[], byte[]>? signature = null)
    {
        byte[] before = [.. Start, .. frames.SelectMany(f => f)];
        var made = Trailer.Make(closing, (uint)frames.Length, before.Length, SHA256.HashData(before), H, signer ?? Signer);
        if (trailer is not null)
        {
            trailer(made);
            (signer ?? Signer).Sign(PayloadTypes.Recording, Trailer.Message(H, made)).CopyTo(made, 64);
        }
        return [.. before, .. made[..64], .. signature?.Invoke(made[64..]) ?? made[64..]];
    }

    public static byte[] Items(params byte[][] items)
    {
        var plain = new byte[Plain];
        items.SelectMany(i => i).ToArray().CopyTo(plain, 0);
        return plain;
    }

    public static byte[] Item(byte kind, params byte[] value) => [kind, (byte)(value.Length >> 8), (byte)(value.Length & 0xFF), .. value];

    public static byte[] Position(ulong first, uint samples)
    {
        var value = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(value, first);
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(8), samples);
        return Item(ItemKind.Position, value);
    }

    public static byte[] Stream(StreamInfo stream) => Item(ItemKind.Stream, stream.ToJson());

    public static byte[] Stream(string json) => Item(ItemKind.Stream, Encoding.UTF8.GetBytes(json));

    public static byte[] Event(string json) => Item(ItemKind.Event, Encoding.UTF8.GetBytes(json));

    public static byte[] Packets(int packets, byte seed) => Item(ItemKind.Audio, [.. Enumerable.Range(0, packets * 60).Select(i => (byte)((i + seed) % 256))]);

    private static CallId IdOf(int call)
    {
        // A UUID of version 4, as the format asks.
        var id = Secret($"call {call} id")[..16];
        (id[6], id[8]) = ((byte)((id[6] & 0x0F) | 0x40), (byte)((id[8] & 0x3F) | 0x80));
        return CallId.Read(id);
    }
}
