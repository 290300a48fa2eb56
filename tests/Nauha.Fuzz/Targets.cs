using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Nauha.Format;
using Nauha.Format.Tests.Sealing.Vectors;
using Nauha.Telephony;

namespace Nauha.Fuzz;

/// <summary>One thing that reads what others wrote. Whatever comes, it answers: an exception, a hang or more memory than in proportion is a finding.</summary>
internal sealed record Target(string Name, Func<IEnumerable<byte[]>> Seeds, Action<byte[]> Read)
{
    private const int Longest = 64 * 1024;

    public void Run(byte[] input)
    {
        if (input.Length > Longest) return;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(input);
        var took = GC.GetAllocatedBytesForCurrentThread() - before;
        // A reader may keep one frame and what it opened of it; JSON costs a few times its text.
        if (took > 2_000_000 + (60L * input.Length)) throw new InvalidOperationException($"{input.Length} bytes cost {took} bytes of memory");
    }
}

internal static class Targets
{
    private static readonly ApplianceSigner Ours = ApplianceSigner.Create();

    private static readonly byte[] Dek = new Forge().Dek;

    private static readonly CallRecord Record = new()
    {
        Fleet = Forge.Fleet,
        Appliance = Forge.Appliance,
        Seq = 3,
        Prev = new byte[32],
        Kind = RecordKind.End,
        Call = new Forge().Header.Call,
        Line = new(1),
        CallNumber = 2,
        Started = new(1_790_000_000_000, ClockSource.Ntp, 20),
        DayKid = Forge.Day.Id,
        Ending = Ending.Recorded,
        Recording = new(new byte[32], 4_000, 3, Closing.Closed),
        Sealed = new byte[1_072],
    };

    public static readonly IReadOnlyList<Target> All =
    [
        new("reader", Vectors, input => Open(Fitted(input))),
        new("items", () => [.. Plains()], input =>
        {
            // Under right keys: what the cipher would never let through from anybody else. No trailer: it is the items that count.
            byte[] file = [.. UnderRightKeys.Start];
            foreach (var (plain, i) in input.Chunk(Forge.Plain).Take(3).Select((p, i) => (p, i))) file = [.. file, .. UnderRightKeys.Frame((byte)(i == 2 ? 2 : 1), (uint)i, plain)];
            Open(file);
        }),
        new("salvage", Vectors, input =>
        {
            using var stream = new MemoryStream();
            stream.Write(Fitted(input));
            if (Salvage.Close(stream, Ours) is not SalvageOutcome.Done done) return;
            // What salvage closed is whole, and nothing is closed twice.
            var saved = stream.ToArray();
            Must(SealedFile.Verify(new MemoryStream(saved), (_, _) => Ours.PublicPoint).IsWhole, "salvaged and not whole");
            Must(SHA256.HashData(saved).AsSpan().SequenceEqual(done.Facts.Sha256), "another hash than was said");
            Must(Salvage.Close(stream, Ours) is SalvageOutcome.AlreadyClosed, "closed twice");
        }),
        new("seeker", Vectors, input =>
        {
            using var seeker = new SealedFileSeeker(new MemoryStream(Fitted(input)));
            if (seeker.Begin(Dek) != FileFault.None) return;
            seeker.Find(1_000, out _);
            if (seeker.Frames > 0) seeker.Read(seeker.Frames - 1, out _);
        }),
        new("record", () => [Record.ToPayload(), (Record with { Kind = RecordKind.Start, Ending = null, Recording = null }).ToPayload()], input =>
        {
            // What is read is written again as it was meant: a record has one meaning.
            if (CallRecord.TryParse(input, out var record, out _)) Must(CallRecord.TryParse(record.ToPayload(), out var again, out _) && again.ToPayload().AsSpan().SequenceEqual(record.ToPayload()), "read otherwise the second time");
        }),
        new("facts", () => [Encoding.UTF8.GetBytes("""{"party":"0409990123","direction":"incoming","agent":"desk-1","agentKnownBy":"line","announcement":null,"noticeVersion":"1"}""")], input => RecordFacts.TryParse(input.Length < 1_024 ? [.. input, .. Enumerable.Repeat((byte)' ', 1_024 - input.Length)] : input.AsSpan(0, 1_024), out _, out _)),
        new("envelope", () => [Envelope.Seal(PayloadTypes.Record, "{}"u8, Ours), Envelope.Seal(PayloadTypes.Trust, "{}"u8, Ours)], input =>
        {
            if (Envelope.TryOpen(input, PayloadTypes.Record, new Anybody(), out var opened, out _)) _ = CallRecord.TryParse(opened.Payload, out _, out _);
        }),
        new("journal", () => [[.. JournalCodec.Entry(Envelope.Seal(PayloadTypes.Record, "{}"u8, Ours)), .. JournalCodec.Entry([1, 2, 3])]], input =>
        {
            var bytes = 0L;
            var good = JournalCodec.ReadAll(input, entry => bytes += entry.Length + 8);
            Must(good == bytes && good <= input.Length, "another length than its entries");
        }),
        new("documents", () =>
        [
            [0, .. Encoding.UTF8.GetBytes($$"""{"v":1,"fleet":"{{Forge.Fleet}}","appliance":"{{Forge.Appliance}}","seq":1,"prev":"{{new string('0', 64)}}","storeEpoch":1,"call":null,"what":"record","sha256":"{{new string('0', 64)}}","bytes":1,"result":"stored","checkpoint":"","atMs":1}""")],
            [1, .. new DayKeyBundle(Forge.Fleet, 1, 0, [DayKeyEntry.For(new(2026, 8, 1), Forge.Day.PublicKey)]).ToPayload()],
            [2, .. new Part(new Forge().Header.Call, 0, 10, new byte[10]).ToBytes()],
            [3, .. new SignedOrder(Forge.Fleet, Forge.Appliance, 1, 1, new byte[16], new Order.Continue(3, new byte[32], new Dictionary<int, ulong> { [1] = 2 }), 60, null).ToPayload()],
            [3, .. new SignedOrder(Forge.Fleet, Forge.Appliance, 1, 1, new byte[16], new Order.Destroy(new Forge().Header.Call), 60, 5).ToPayload()],
            [4, .. new Have([new(new Forge().Header.Call, 7)], "note").ToJson()],
            [5, .. new Birth(Forge.Appliance, 1, "1.0", true, 1, 1, 1, 1, new byte[16]).ToJson()],
            [6, .. new ApplianceStatus(1, true, 1, 1, 1, 1, 1, 1, ["clock"]).ToJson()],
        ], Document),
        // What a line says of a caller, from behind the modem on: the checksum is made to fit, as nobody's noise would.
        new("fsk", () =>
        [
            [0x80, 12, 2, 10, .. "0409990123"u8, 0],
            [0x80, 36, 1, 8, .. "03170845"u8, 2, 10, .. "0409990123"u8, 7, 5, .. "TESTI"u8, 0x11, 1, 1, 0x1A, 2, .. "09"u8, 0],
            [0x80, 3, 4, 1, (byte)'P', 0],
            [0x04, 18, .. "031708450409990123"u8, 0],
            [0x82, 3, 0x0B, 1, 0xFF, 0],
            [0x06, 3, 0x42, 0x42, 0x42, 0],
        ], input =>
        {
            if (input.Length == 0) return;
            foreach (var standard in (CallerIdStandard[])[CallerIdStandard.V23, CallerIdStandard.Bell202])
            {
                if (FskMessage.Read(0, standard, input).Caller is { } caller) Caller(caller);
                // The same with a length that is right, so that what lies behind it is reached.
                if (input.Length is < 3 or > 258) continue;
                byte[] whole = [input[0], (byte)(input.Length - 3), .. input.AsSpan(2)];
                if (FskMessage.Read(0, standard, whole).Caller is { } fitted) Caller(fitted);
            }
        }),
        new("dtmf-id", () => [.. new[] { "A0409990123C", "A0409990123D0509990456B10C", "D1#", "D3#", "B00C", "0409990123#", "A1A2A3C" }.Select(Encoding.ASCII.GetBytes)], input =>
        {
            var (caller, at) = (new DtmfCallerId(), 0L);
            foreach (var one in input)
            {
                // The low half a key, the high half how long it rests before it: up to 0.75 s.
                at += 560 + ((one >> 4) * 400);
                if (caller.Take(new(at, "0123456789ABCD*#"[one & 15], 560)) is { } message) Caller(message);
            }
        }),
    ];

    private static void Caller(CallerIdMessage caller)
    {
        Must(caller.Number is null || (caller.Number.Length is > 0 and <= 64 && caller.Number.All(c => char.IsAscii(c) && !char.IsControl(c))), "a number that is none");
        Must(caller.Number is null || caller.Absence is null, "a number, and why there is none");
    }

    private static void Document(byte[] input)
    {
        if (input.Length == 0) return;
        var document = input.AsMemory(1);
        switch (input[0] % 7)
        {
            case 0:
                _ = Receipt.TryParse(document.Span, out _, out _);
                break;
            case 1:
                _ = DayKeyBundle.TryParse(document.Span, out _, out _);
                break;
            case 2:
                _ = Part.TryParse(document, out _, out _, out _);
                break;
            case 3:
                if (SignedOrder.TryParse(document.Span, out var order, out _)) Must(SignedOrder.TryParse(order.ToPayload(), out _, out _), "an order that is read cannot be read again");
                break;
            case 4:
                _ = Have.TryParse(document.Span, out _, out _);
                break;
            case 5:
                _ = Birth.TryParse(document.Span, out _, out _);
                break;
            default:
                _ = ApplianceStatus.TryParse(document.Span, out _, out _);
                break;
        }
    }

    private static void Open(byte[] file)
    {
        var verdict = SealedFile.Verify(new MemoryStream(file), (kid, _) => kid == Forge.Signer.Id ? Forge.Signer.Point : null);
        var (fault, _) = SealedFile.Open(new MemoryStream(file), Dek, frame => Must(frame.End >= frame.FirstSample && frame.End <= long.MaxValue, "a frame ends before it begins"));
        Must(fault == FileFault.None || verdict.Fault is not FileFault.None || fault is FileFault.NotAuthentic or FileFault.BadItems or FileFault.WrongKey, "opened less than was verified");
    }

    /// <summary>One file's keys, made once: the cipher alone is work for each input.</summary>
    private static class UnderRightKeys
    {
        public static readonly byte[] Start = new Forge().Start;
        private static readonly byte[] Head = SHA256.HashData(Start);
        private static readonly ChaCha20Poly1305 Cipher = new(SealedCore.PayloadKey(new Forge().Dek, Head));

        public static byte[] Frame(byte type, uint index, byte[] items)
        {
            byte[] plain = [.. items, .. new byte[Forge.Plain - items.Length]];
            var frame = new byte[FrameHead.Length + plain.Length + 16 + 4];
            FrameHead.Write(frame, type, index, plain.Length + 16);
            Span<byte> nonce = stackalloc byte[12];
            FrameHead.Nonce(nonce, type, index);
            Cipher.Encrypt(nonce, plain, frame.AsSpan(12, plain.Length), frame.AsSpan(12 + plain.Length, 16), frame.AsSpan(0, 12));
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(frame.Length - 4), FrameHead.Checksum(Head, frame.AsSpan(0, frame.Length - 4)));
            return frame;
        }
    }

    private static IEnumerable<byte[]> Plains()
    {
        byte[] first = Forge.Items(Forge.Position(100, 640), Forge.Stream(Forge.Opus), Forge.Packets(4, 1));
        yield return [.. first, .. Forge.Items(Forge.Position(740, 640), Forge.Packets(4, 2)), .. Forge.Items(Forge.Event("""{"at":700,"what":"key","samples":320}"""))];
        yield return [.. first, .. Forge.Items(Forge.Position(740, 0), Forge.Event("""{"at":700,"what":"gap","samples":320}"""), Forge.Item(0x05, 1, 2, 3)), .. Forge.Items()];
        yield return [.. Forge.Items(Forge.Position(100, 160), Forge.Stream("""{"codec":"alaw","rateHz":8000,"packetSamples":160,"packetBytes":160,"preSkip":0,"profile":"ata","source":"line","hookSource":"volts","dbvAtFullScale":6.5,"monotonicMs":1000}"""), Forge.Item(ItemKind.Audio, new byte[160]))];
    }

    private static IEnumerable<byte[]> Vectors()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Appliance.sln"))) folder = folder.Parent;
        return Directory.EnumerateFiles(Path.Combine(folder!.FullName, "tests/vectors/sealed"), "*.nauha").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(f => f.Length is > 0 and < 8_192);
    }

    // With checksums that fit, so that what lies behind them is reached.
    private static byte[] Fitted(byte[] input)
    {
        if (input.Length < 232 || input[0] != 0x89) return input;
        var bytes = input.ToArray();
        var head = SHA256.HashData(bytes.AsSpan(0, 232));
        for (var at = 232; at + 16 <= bytes.Length && bytes[at] is 1 or 2;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 8));
            if (length > 70_000 || at + 12 + length + 4 > bytes.Length) break;
            var covered = bytes.AsSpan(at, 12 + (int)length);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + covered.Length), FrameHead.Checksum(head, covered));
            at += covered.Length + 4;
        }
        return bytes;
    }

    private static void Must(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidOperationException(otherwise);
    }

    private sealed class Anybody : IKeyring
    {
        public bool TryFind(KeyId id, string type, [NotNullWhen(true)] out VerificationKey? key)
        {
            key = new VerificationKey.Appliance(Ours.PublicPoint);
            return true;
        }
    }
}
