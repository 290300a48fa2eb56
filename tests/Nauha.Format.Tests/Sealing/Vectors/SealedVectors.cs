using System.Buffers.Binary;
using static Nauha.Format.Tests.Sealing.Vectors.Forge;

namespace Nauha.Format.Tests.Sealing.Vectors;

/// <param name="Expect"><c>opens</c>; <c>refused why</c>: anybody sees it; <c>unopened why</c>: whole to anybody, refused by who holds the key.</param>
internal sealed record Vector(string Name, string Expect, string About, byte[] File)
{
    public string FileName => $"{Name}.nauha";
}

/// <summary>Every vector of tests/vectors/sealed, made anew; the same bytes each time.</summary>
internal static class SealedVectors
{
    private const string Strict = """{"codec":"opus","rateHz":8000,"packetSamples":160,"packetBytes":60,"preSkip":52,"profile":"ata","source":"simulated","hookSource":"volts","dbvAtFullScale":6.5,"monotonicMs":1000}""";
    private const string Key = """{"at":700,"what":"key","samples":320}""";

    public static List<Vector> All() => [.. Good(), .. Cut(), .. Flipped(), .. Misplaced(), .. Signatures(), .. Heads(), .. Frames(), .. Trailers(), .. Recipients(), .. Insides()];

    private static byte[] Three(Forge f) => f.File([f.Data(0, 100), f.Data(1, 740), f.Data(2, 1_380), f.Final(3)]);

    private static byte[] One(Forge f) => f.File([f.Data(0, 100), f.Final(1)]);

    private static Vector V(string name, string expect, string about, byte[] file) => new(name, expect, about, file);

    private static IEnumerable<Vector> Good()
    {
        var f = new Forge();
        yield return V("closed", "opens", "three frames of audio and the final one", Three(f));
        yield return V("empty", "opens", "closed without any audio: the final frame alone", f.File([f.Final(0)]));
        yield return V("one-frame", "opens", "the shortest call with audio", One(f));
        yield return V("with-events", "opens", "events beside audio and in the final frame", f.File([f.Data(0, 100), f.Data(1, 740, Event(Key), Event("""{"samples":0,"what":"tone","at":900}""")), f.Final(2, Event("""{"at":1400,"what":"clock","samples":0}"""))]));
        yield return V("salvaged", "opens", "cut off in its third frame, closed by salvage", f.File([f.Data(0, 100), f.Data(1, 740)], Closing.Salvaged));
        yield return V("salvaged-empty", "opens", "cut off before its first frame, closed by salvage", f.File([], Closing.Salvaged));
        yield return V("closed-late", "opens", "the final frame was whole, the trailer was added after a restart", f.File([f.Data(0, 100), f.Final(1)], Closing.ClosedLate));
        yield return V("two-stretches", "opens", "the second frame begins later than the first ends: silence of true length between", f.File([f.Data(0, 100), f.Data(1, 50_000), f.Final(2)]));
        yield return V("fewer-samples", "opens", "a stretch's last frame: its packets hold more samples than it counts", f.File([f.Frame(1, 0, Items(Position(100, 500), Stream(Opus), Packets(4, 0))), f.Final(1)]));
        yield return V("no-audio-item", "opens", "a data frame may hold no audio, if it counts no samples", f.File([f.Data(0, 100), f.Frame(1, 1, Items(Position(740, 0), Event(Key))), f.Final(2)]));
        yield return V("alaw", "opens", "another codec", f.File([f.Frame(1, 0, Items(Position(100, 160), Stream(new StreamInfo { Codec = "alaw", PacketBytes = 160, Profile = "z", Source = "line" }), Item(ItemKind.Audio, [.. Enumerable.Range(0, 160).Select(i => (byte)(i ^ 0x55))]))), f.Final(1)]));
        yield return V("unknown-item", "opens", "kinds below 80 that a reader does not know are passed over", f.File([f.Data(0, 100, Item(0x25, 1, 2, 3)), f.Final(1, Item(0x26))]));
        yield return V("made-by-the-writer", "opens", "frames of the product's own size, byte for byte as its writer makes them", ByTheWriter());
    }

    /// <summary>The product's writer, with the keys of the vectors.</summary>
    public static byte[] ByTheWriter()
    {
        var f = new Forge(9);
        using var writer = new SealedFileWriter(f.Header, Day.PublicKey, Opus, Signer, f.Ephemeral, f.Dek);
        return
        [
            .. writer.Start(),
            .. writer.Frame(9_000, 4_000, Enumerable.Range(0, 1_500).Select(i => (byte)(i * 7 % 256)).ToArray(), [new SealedEvent(9_000, "announcement")]).ToArray(),
            .. writer.Frame(13_000, 3_900, Enumerable.Range(0, 1_500).Select(i => (byte)(i * 11 % 256)).ToArray(), [new SealedEvent(13_400, "key") { Samples = 800 }, new SealedEvent(15_000, "flash")]).ToArray(),
            .. writer.Final([new SealedEvent(16_900, "clock")]),
        ];
    }

    private static IEnumerable<Vector> Cut()
    {
        var file = Three(new Forge());
        foreach (var (at, where) in new[] { (0, "nothing"), (7, "in the magic"), (8, "after the magic"), (151, "in the core"), (152, "between core and wrap"), (231, "in the wrap") })
            yield return V($"cut-{at:0000}", at < 8 ? "refused not-sealed" : "refused truncated", $"ends {where}", file[..at]);
        for (var frame = 0; frame < 4; frame++)
        {
            var at = 232 + (frame * 544);
            foreach (var (more, where) in new[] { (0, "where {0} would begin"), (5, "in the head of {0}"), (12, "after the head of {0}"), (300, "in the ciphertext of {0}"), (540, "before the checksum of {0}"), (543, "in the checksum of {0}") })
                yield return V($"cut-{at + more:0000}", "refused truncated", "ends " + string.Format(System.Globalization.CultureInfo.InvariantCulture, where, frame == 3 ? "the final frame" : $"frame {frame}"), file[..(at + more)]);
        }
        foreach (var (more, where) in new[] { (0, "where the trailer would begin"), (1, "in the trailer's first bytes"), (60, "in the trailer"), (127, "one byte before its end") })
            yield return V($"cut-{file.Length - 128 + more:0000}", "refused truncated", $"ends {where}", file[..(file.Length - 128 + more)]);
        yield return V("cut-reserved", "refused truncated", "after two frames come the zeros of reserved space: still being written, or cut off", [.. file[..(232 + 1_088)], .. new byte[1_000]]);
        yield return V("cut-reserved-short", "refused truncated", "after two frames come fewer zeros than a head has bytes", [.. file[..(232 + 1_088)], .. new byte[5]]);
    }

    // Offsets in a file of one frame: head 0, frame 232, final frame 776, trailer 1320.
    private static IEnumerable<Vector> Flipped()
    {
        var file = One(new Forge());
        (int At, byte Mask, string Field, string Why)[] fields =
        [
            (0, 0x80, "magic", "not-sealed"), (9, 0x02, "version", "unknown-version"), (11, 0x02, "suite", "unknown-suite"), (15, 1, "zeros at 12", "bad-header"),
            (16, 0x80, "fleet", "bad-header"), (31, 1, "fleet's last letter", "bad-checksum"), (32, 0x20, "appliance", "bad-header"), (48, 1, "call", "bad-checksum"), (67, 2, "line", "bad-checksum"), (64, 0x80, "line, to more than 64", "bad-header"),
            (71, 1, "zeros at 68", "bad-header"), (79, 1, "call number", "bad-checksum"), (87, 1, "start", "bad-checksum"), (80, 0x80, "start, to more than 2^63", "bad-header"), (88, 1, "clock, to another", "bad-checksum"), (88, 4, "clock, to one unknown", "bad-header"),
            (89, 1, "zeros at 89", "bad-header"), (95, 1, "uncertainty", "bad-checksum"), (96, 1, "kid of the day key", "bad-checksum"), (119, 1, "zeros at 112", "bad-header"), (120, 1, "commit", "bad-checksum"), (152, 1, "enc", "bad-checksum"), (190, 1, "wrapped data key", "bad-checksum"), (231, 1, "tag of the wrapped data key", "bad-checksum"),
            (232, 2, "type of a data frame, to trailer", "bad-trailer"), (232, 4, "type of a data frame, to one unknown", "bad-frame"), (233, 1, "zeros in a frame's head", "bad-frame"), (239, 1, "index", "out-of-order"), (243, 1, "length, to no multiple of 512", "bad-frame"), (242, 2, "length, to less than 528", "bad-frame"), (240, 0x80, "length, to two thousand millions", "bad-frame"),
            (244, 1, "first byte of a ciphertext", "bad-checksum"), (771, 1, "last byte of a tag", "bad-checksum"), (775, 1, "checksum", "bad-checksum"),
            (776, 3, "type of the final frame, to data", "bad-checksum"), (777, 1, "zeros in the final frame's head", "bad-frame"), (783, 1, "index of the final frame", "out-of-order"), (788, 1, "ciphertext of the final frame", "bad-checksum"), (1_319, 1, "checksum of the final frame", "bad-checksum"),
            (1_320, 1, "type of the trailer, to final", "bad-frame"), (1_320, 4, "type of the trailer, to one unknown", "bad-frame"), (1_321, 8, "closing", "bad-trailer"), (1_321, 2, "closing, to closed late", "bad-signature"), (1_321, 3, "closing, to salvaged", "bad-trailer"), (1_322, 1, "zeros in the trailer", "bad-trailer"), (1_327, 1, "frames", "bad-trailer"), (1_335, 1, "offset of the trailer", "bad-trailer"),
            (1_336, 1, "hash", "wrong-hash"), (1_368, 1, "kid of the signer", "unknown-signer"), (1_384, 1, "r of the signature", "bad-signature"), (1_447, 1, "s of the signature", "bad-signature"),
        ];
        foreach (var (at, mask, field, why) in fields)
        {
            var flipped = file.ToArray();
            flipped[at] ^= mask;
            yield return V($"flip-{at:0000}-{mask:x2}", $"refused {why}", $"a bit changed: {field}", flipped);
        }
    }

    private static IEnumerable<Vector> Misplaced()
    {
        var (f, g) = (new Forge(), new Forge(2));
        byte[] a = f.Data(0, 100), b = f.Data(1, 740), c = f.Data(2, 1_380), end = f.Final(3);
        yield return V("reordered", "refused out-of-order", "the second and third frame changed places; hash and signature are right", f.File([a, c, b, end]));
        yield return V("duplicated", "refused out-of-order", "the second frame stands twice", f.File([a, b, b, c, end]));
        yield return V("left-out", "refused out-of-order", "the second frame is missing", f.File([a, c, end]));
        yield return V("begins-at-1", "refused out-of-order", "the first frame is missing", f.File([b, c, end]));
        yield return V("spliced", "refused bad-checksum", "the second frame is another call's", f.File([a, g.Data(1, 740), c, end]));
        yield return V("spliced-checksummed", "unopened not-authentic", "the second frame is another call's, with a checksum that fits", f.File([a, f.Checksummed(g.Data(1, 740)), c, end]));
        yield return V("spliced-head", "refused bad-checksum", "the head of one call before the frames of another", [.. g.Start, .. Three(f)[232..]]);
        yield return V("spliced-wrap", "unopened wrong-key", "the core of one call with the wrapped data key of another", Three(new Forge { Wrap = g.Start[152..] }));
        yield return V("renumbered", "unopened not-authentic", "a frame given another index, with a checksum that fits", f.File([a, f.Checksummed(Indexed(c, 1)), f.Final(2)]));
        yield return V("final-in-the-middle", "refused after-final", "a frame after the final one", f.File([a, f.Final(1), f.Data(2, 1_380)]));
        yield return V("final-twice", "refused after-final", "two final frames", f.File([a, f.Final(1), f.Final(2)]));
        yield return V("no-final", "refused no-final", "closed without a final frame", f.File([a, b]));
        yield return V("no-final-late", "refused no-final", "closed late without a final frame", f.File([a, b], Closing.ClosedLate));
        yield return V("no-final-empty", "refused no-final", "closed without any frame", f.File([]));
        yield return V("salvaged-with-final", "refused bad-trailer", "salvaged, but its final frame is there", f.File([a, f.Final(1)], Closing.Salvaged));
        yield return V("data-as-final", "unopened not-authentic", "a data frame that was made the final one, with a checksum that fits", f.File([a, f.Frame(2, 1, Items(), sealedAs: 1)]));
        yield return V("final-as-data", "unopened not-authentic", "a final frame that was made a data frame", f.File([a, f.Frame(1, 1, Items(Position(740, 0)), sealedAs: 2), f.Final(2)]));
    }

    private static byte[] Indexed(byte[] frame, uint index)
    {
        var other = frame.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(other.AsSpan(4), index);
        return other;
    }

    private static IEnumerable<Vector> Signatures()
    {
        var f = new Forge();
        byte[][] frames = [f.Data(0, 100), f.Final(1)];
        yield return V("signature-stranger", "refused unknown-signer", "signed by a key that nobody knows", f.File(frames, signer: new TestSigner(Secret("nobody"))));
        yield return V("signature-of-another-box", "refused unknown-signer", "signed by a known key that belongs to another appliance", f.File(frames, signer: Stranger));
        yield return V("signature-in-anothers-name", "refused bad-signature", "signed by another key under the name of the right one", f.File(frames, signer: Stranger, trailer: t => Signer.Id.WriteTo(t.AsSpan(48))));
        yield return V("signature-high-s", "refused bad-signature", "(r, n - s) for (r, s): the other signature of the same words", f.File(frames, signature: s => TestSigner.Turned(s)));
        yield return V("signature-der", "refused bad-signature", "the first 64 bytes of the signature as ASN.1", f.File(frames, signature: s => TestSigner.Der(s)[..64]));
        yield return V("signature-der-whole", "refused bytes-after-trailer", "the signature as ASN.1, which is longer than its place", f.File(frames, signature: s => TestSigner.Der(s)));
        yield return V("signature-zero", "refused bad-signature", "r and s are zero", f.File(frames, signature: _ => new byte[64]));
        yield return V("signature-n", "refused bad-signature", "r is the order of the curve", f.File(frames, signature: s => [.. Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), .. s[32..]]));
        yield return V("signature-of-another-file", "refused bad-signature", "the signature of another file of the same key", f.File(frames, signature: _ => Three(f)[^64..]));
        yield return V("signature-of-another-type", "refused bad-signature", "the same bytes, signed as a record", f.File(frames, signer: new AsRecord()));
    }

    private sealed class AsRecord : ISigner
    {
        public KeyId Id => Signer.Id;

        public byte[] Sign(string type, ReadOnlySpan<byte> payload) => Signer.Sign(PayloadTypes.Record, payload);
    }

    // Fields changed before anything was derived from them: only the field itself is wrong.
    private static IEnumerable<Vector> Heads()
    {
        (int At, byte Value, string Why, string About)[] heads =
        [
            (9, 2, "unknown-version", "version 2, otherwise right"), (9, 0, "unknown-version", "version 0"), (8, 1, "unknown-version", "version 257"), (11, 2, "unknown-suite", "suite 2, otherwise right"), (11, 0, "unknown-suite", "suite 0"),
            (12, 1, "bad-header", "zeros at 12"), (68, 1, "bad-header", "zeros at 68"), (91, 1, "bad-header", "zeros at 89"), (112, 1, "bad-header", "zeros at 112"), (67, 0, "bad-header", "line 0"), (67, 65, "bad-header", "line 65"), (88, 4, "bad-header", "clock 4"),
            (20, (byte)'1', "bad-header", "a fleet with a digit 1"), (20, (byte)'A', "bad-header", "a fleet with a capital"), (47, 0, "bad-header", "an appliance ended by a zero"), (80, 0x80, "bad-header", "a start after 2^63"),
        ];
        foreach (var (at, value, why, about) in heads)
        {
            var f = new Forge();
            f.Core[at] = value;
            yield return V($"head-{at:000}-{value:x2}", $"refused {why}", $"sealed and signed so: {about}", One(f));
        }
        var commit = new Forge();
        commit.Core[121] ^= 1;
        yield return V("head-commit", "unopened wrong-key", "sealed and signed with the commitment to another data key", One(commit));
    }

    private static IEnumerable<Vector> Frames()
    {
        var f = new Forge();
        byte[] a = f.Data(0, 100), end = f.Final(1);
        yield return V("frame-length-most", "refused bad-frame", "a length of 2^32 - 1", f.File([f.Frame(1, 0, Items(), h => h.AsSpan(8, 4).Fill(0xFF)), end]));
        yield return V("frame-length-over", "refused bad-frame", "a length of 66,064: one step above the most", f.File([f.Frame(1, 0, Items(), h => BinaryPrimitives.WriteUInt32BigEndian(h.AsSpan(8), 66_064)), end]));
        yield return V("frame-length-beyond", "refused truncated", "a length of 65,552, the most there may be, but the file ends before", f.File([f.Frame(1, 0, Items(), h => BinaryPrimitives.WriteUInt32BigEndian(h.AsSpan(8), 65_552)), end]));
        yield return V("frame-length-16", "refused bad-frame", "a frame with a tag and nothing else", f.File([f.Frame(1, 0, []), end]));
        yield return V("frame-length-odd", "refused bad-frame", "a plaintext of 513 bytes", f.File([f.Frame(1, 0, [.. a[12..12], .. new byte[513]]), end]));
        yield return V("frame-sizes-differ", "refused bad-frame", "the second data frame is longer than the first", f.File([a, f.Frame(1, 1, [.. Items(Position(740, 0)), .. new byte[512]]), f.Final(2)]));
        yield return V("frame-type-0", "refused bad-frame", "type 0 with an index", f.File([a, f.Frame(0, 1, Items()), f.Final(2)]));
        yield return V("frame-type-9", "refused bad-frame", "an unknown type of frame", f.File([a, f.Frame(9, 1, Items()), f.Final(2)]));
        yield return V("frame-zeros", "refused bad-frame", "the zeros in a frame's head are none, otherwise right", f.File([a, f.Frame(1, 1, Items(Position(740, 0)), h => h[3] = 1), f.Final(2)]));
        yield return V("frame-index-most", "refused out-of-order", "an index of 2^32 - 1", f.File([a, f.Frame(1, uint.MaxValue, Items()), f.Final(1)]));
        yield return V("frame-changed", "unopened not-authentic", "a ciphertext changed, with checksum, hash and signature made anew", f.File([f.Checksummed(Changed(a)), end]));
        yield return V("frame-head-changed", "unopened not-authentic", "sealed with another head, with checksum, hash and signature made anew", f.File([a, f.Checksummed(Indexed(f.Frame(1, 1, Items(Position(740, 0)), h => h[1] = 1), 1).Select((b, i) => i == 1 ? (byte)0 : b).ToArray()), f.Final(2)]));
    }

    private static byte[] Changed(byte[] frame)
    {
        var other = frame.ToArray();
        other[100] ^= 1;
        return other;
    }

    private static IEnumerable<Vector> Trailers()
    {
        var f = new Forge();
        byte[][] frames = [f.Data(0, 100), f.Final(1)];
        yield return V("trailer-closing-0", "refused bad-trailer", "signed with closing 0", f.File(frames, trailer: t => t[1] = 0));
        yield return V("trailer-closing-4", "refused bad-trailer", "signed with closing 4", f.File(frames, trailer: t => t[1] = 4));
        yield return V("trailer-zeros", "refused bad-trailer", "signed with something where zeros must be", f.File(frames, trailer: t => t[3] = 1));
        yield return V("trailer-frames", "refused bad-trailer", "signed with one frame too many", f.File(frames, trailer: t => t[7]++));
        yield return V("trailer-frames-most", "refused bad-trailer", "signed with 2^32 - 1 frames", f.File(frames, trailer: t => t.AsSpan(4, 4).Fill(0xFF)));
        yield return V("trailer-offset", "refused bad-trailer", "signed with another offset", f.File(frames, trailer: t => t[15]++));
        yield return V("trailer-offset-most", "refused bad-trailer", "signed with an offset of 2^64 - 1", f.File(frames, trailer: t => t.AsSpan(8, 8).Fill(0xFF)));
        yield return V("trailer-hash", "refused wrong-hash", "signed with another hash", f.File(frames, trailer: t => t[16] ^= 1));
        var file = f.File(frames);
        yield return V("after-a-byte", "refused bytes-after-trailer", "one byte after the trailer", [.. file, 1]);
        yield return V("after-a-zero", "refused bytes-after-trailer", "one zero after the trailer", [.. file, 0]);
        yield return V("after-a-trailer", "refused bytes-after-trailer", "the trailer stands twice", [.. file, .. file[^128..]]);
        yield return V("after-a-file", "refused bytes-after-trailer", "the whole file stands twice", [.. file, .. file]);
        yield return V("not-sealed", "refused not-sealed", "another kind of file", [.. "RIFF"u8, .. new byte[300]]);
        yield return V("not-sealed-lines", "refused not-sealed", "a file whose line ends were turned: CR LF in the magic became LF", [.. file[..6], 0x0A, .. file[8..], 0]);
    }

    private static IEnumerable<Vector> Recipients()
    {
        yield return V("recipient-other", "unopened wrong-key", "sealed to another day's key, and says so", One(new Forge(1, OtherDay)));
        yield return V("recipient-disguised", "unopened wrong-key", "sealed to another day's key under the name of this one", One(new Forge(1, OtherDay, Day.Id)));

        // Each of these would open to a reader that does not look at enc itself.
        var f = new Forge();
        var enc = f.Start[152..184];
        enc[31] |= 0x80;
        yield return V("enc-bit-255", "unopened wrong-key", "enc has bit 255 set", One(new Forge { Wrap = f.WrapWith(enc, f.Ephemeral.Agree(Day.PublicKey)!) }));
        // 2^255 - 19 + 9 is the base point in another writing: the shared point is the day's public key.
        enc = [0xF6, .. Enumerable.Repeat((byte)0xFF, 30), 0x7F];
        yield return V("enc-above-p", "unopened wrong-key", "enc is p + 9", One(new Forge { Wrap = f.WrapWith(enc, Day.PublicKey) }));
        yield return V("enc-zero", "unopened wrong-key", "enc is zero: the shared point is zero for every key", One(new Forge { Wrap = f.WrapWith(new byte[32], new byte[32]) }));
        yield return V("enc-order-8", "unopened wrong-key", "enc is a point of order 8: the shared point is zero for every key", One(new Forge { Wrap = f.WrapWith(Order8, new byte[32]) }));
        yield return V("enc-p", "unopened wrong-key", "enc is p itself", One(new Forge { Wrap = f.WrapWith([0xED, .. Enumerable.Repeat((byte)0xFF, 30), 0x7F], new byte[32]) }));
    }

    /// <summary>A point of order 8 on Curve25519 (RFC 7748 §7; the list of small orders in libsodium).</summary>
    public static byte[] Order8 => Convert.FromHexString("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");

    /// <summary>Public keys to which nothing is ever sealed.</summary>
    public static List<(string Hex, string About)> NoKeys()
    {
        var set = Day.PublicKey.ToArray();
        set[31] |= 0x80;
        return
        [
            (Convert.ToHexStringLower(set), "bit 255 set"), ("f6" + new string('f', 60) + "7f", "p + 9"), ("ed" + new string('f', 60) + "7f", "p"), (new string('0', 64), "zero"),
            ("01" + new string('0', 62), "one, of order 4"), (Convert.ToHexStringLower(Order8), "of order 8"), ("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "the other of order 8"), ("ec" + new string('f', 60) + "7f", "p - 1, of order 2"),
        ];
    }

    private static IEnumerable<Vector> Insides()
    {
        var f = new Forge();
        byte[] end = f.Final(1), position = Position(100, 640), stream = Stream(Opus), audio = Packets(4, 0);
        byte[] Only(params byte[][] items) => f.File([f.Frame(1, 0, Items(items)), end]);
        byte[] Told(string json) => Only(position, Stream(json), audio);
        byte[] Happened(string json) => f.File([f.Data(0, 100), f.Frame(1, 1, Items(Position(740, 0), Event(json))), f.Final(2)]);
        Vector Bad(string name, string about, byte[] file) => V(name, "unopened bad-items", about, file);

        yield return Bad("item-unknown-must", "an unknown kind that must be understood (bit 7)", Only(position, stream, audio, Item(0xA5, 1)));
        yield return Bad("item-unknown-must-final", "the same in the final frame", f.File([f.Data(0, 100), f.Final(1, Item(0xA5))]));
        yield return Bad("padding-not-zero", "one bit in the padding", f.File([f.Frame(1, 0, [.. Items(position, stream, audio)[..511], 1]), end]));
        yield return Bad("padding-not-zero-final", "one bit in the padding of the final frame", f.File([f.Data(0, 100), f.Frame(2, 1, [0, 0, 1, .. new byte[509]])]));
        yield return Bad("item-too-long", "an item that says it is longer than the frame", Only(position, stream, [0x25, 0xFF, 0xFF]));
        yield return Bad("item-cut-head", "the frame ends in an item's head", f.File([f.Frame(1, 0, [.. Items(position, stream)[..(15 + stream.Length)], .. Filler(512 - 15 - stream.Length - 1), 0x25]), end]));
        yield return Bad("position-missing", "no position", Only(stream, audio));
        yield return Bad("position-second", "position after the stream", Only(stream, position, audio));
        yield return Bad("position-twice", "position twice", Only(position, position, stream, audio));
        yield return Bad("position-short", "a position of 11 bytes", Only(Item(ItemKind.Position, new byte[11]), stream, audio));
        yield return Bad("position-final", "a position in the final frame", f.File([f.Data(0, 100), f.Final(1, position)]));
        yield return Bad("position-falls", "the second frame begins one sample before the first ends", f.File([f.Data(0, 100), f.Data(1, 739), f.Final(2)]));
        yield return Bad("position-beyond", "the last sample is 2^63", Only(Position(long.MaxValue - 639, 640), stream, audio));
        yield return Bad("stream-missing", "frame 0 without a stream", Only(position, audio));
        yield return Bad("stream-missing-no-audio", "frame 0 without a stream and without audio", Only(Position(100, 0)));
        yield return Bad("stream-late", "the stream in frame 1", f.File([f.Data(0, 100), f.Frame(1, 1, Items(Position(740, 640), stream, audio)), f.Final(2)]));
        yield return Bad("stream-third", "the stream after an event", Only(position, Event(Key), stream, audio));
        yield return Bad("stream-twice", "the stream twice", Only(Position(100, 0), stream, stream));
        yield return Bad("audio-first", "audio before the stream", Only(position, audio, stream));
        yield return Bad("audio-twice", "audio twice", Only(position, stream, Packets(1, 0), Packets(1, 0)));
        yield return Bad("audio-broken-packet", "audio that is no whole number of packets", Only(position, stream, Item(ItemKind.Audio, new byte[239])));
        yield return Bad("audio-final", "audio in the final frame", f.File([f.Data(0, 100), f.Final(1, Packets(1, 0))]));
        yield return Bad("samples-too-many", "one sample more than the packets hold", Only(Position(100, 641), stream, audio));
        yield return Bad("samples-most", "2^32 - 1 samples", Only(Position(100, uint.MaxValue), stream, audio));
        yield return Bad("samples-without-audio", "samples, but no audio", Only(Position(100, 1), stream));

        yield return Bad("stream-key-unknown", "a key that is not known", Told(Strict.Replace("}", ",\"more\":1}", StringComparison.Ordinal)));
        yield return Bad("stream-key-missing", "a key is missing", Told(Strict.Replace("\"preSkip\":52,", "", StringComparison.Ordinal)));
        yield return Bad("stream-key-twice", "a key stands twice", Told(Strict.Replace("}", ",\"preSkip\":52}", StringComparison.Ordinal)));
        yield return Bad("stream-null", "null where there is something", Told(Strict.Replace("\"ata\"", "null", StringComparison.Ordinal)));
        yield return Bad("stream-codec", "a codec that is not known", Told(Strict.Replace("opus", "flac", StringComparison.Ordinal)));
        yield return Bad("stream-rate", "7,999 samples a second", Told(Strict.Replace("8000", "7999", StringComparison.Ordinal)));
        yield return Bad("stream-packet-0", "packets of no bytes", Told(Strict.Replace("\"packetBytes\":60", "\"packetBytes\":0", StringComparison.Ordinal)));
        yield return Bad("stream-point", "a whole number with a point", Told(Strict.Replace("8000", "8000.0", StringComparison.Ordinal)));
        yield return Bad("stream-exponent", "a whole number with an exponent", Told(Strict.Replace("8000", "8e3", StringComparison.Ordinal)));
        yield return Bad("stream-text", "a number as text", Told(Strict.Replace("8000", "\"8000\"", StringComparison.Ordinal)));
        yield return Bad("stream-not-finite", "a number beyond every double", Told(Strict.Replace("6.5", "1e999", StringComparison.Ordinal)));
        yield return Bad("stream-nan", "NaN, which is no JSON", Told(Strict.Replace("6.5", "NaN", StringComparison.Ordinal)));
        yield return Bad("stream-list", "a list instead of an object", Told("[1]"));
        yield return Bad("stream-comment", "a comment, which is no JSON", Told("/**/" + Strict));
        yield return Bad("stream-bom", "a byte order mark", Told("\uFEFF" + Strict));
        yield return Bad("stream-not-utf8", "a byte that is no UTF-8", Only(position, Item(ItemKind.Stream, [.. System.Text.Encoding.UTF8.GetBytes(Strict).Select(b => b == (byte)'v' ? (byte)0xFF : b)]), audio));
        yield return Bad("stream-surrogate", "half a surrogate pair as escape", Told(Strict.Replace("volts", "\\ud800", StringComparison.Ordinal)));
        yield return Bad("stream-empty", "an empty stream", Only(position, Item(ItemKind.Stream), audio));
        yield return Bad("event-unknown", "an event of an unknown kind", Happened(Key.Replace("key", "digit", StringComparison.Ordinal)));
        yield return Bad("event-with-digits", "an event with a key of its own", Happened(Key.Replace("}", ",\"digit\":\"5\"}", StringComparison.Ordinal)));
        yield return Bad("event-negative", "an event at a negative sample", Happened(Key.Replace("700", "-1", StringComparison.Ordinal)));
        yield return Bad("event-beyond", "an event at 2^63", Happened(Key.Replace("700", "9223372036854775808", StringComparison.Ordinal)));
        yield return Bad("event-no-json", "an event that is no JSON", Happened("key"));
    }

    // An unknown item that fills this many bytes.
    private static byte[] Filler(int bytes) => Item(0x25, new byte[bytes - 3]);
}
