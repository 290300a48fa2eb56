using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using Shouldly;

namespace Nauha.Format.Tests.Sealing.Vectors;

/// <summary>
/// Everything that reads what others wrote, given what nobody should write: arbitrary items under right keys, and vectors
/// changed again and again. No exception, no more memory than in proportion, and the reader in Python says the same.
/// </summary>
public sealed class HostileBytes
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("NAUHA_TESTS_LONG") == "1";
    private static readonly List<Vector> Vectors = SealedVectors.All();

    // A reader may keep one frame and what it opened of it; JSON costs a few times its text.
    private static long Bound(int bytes) => 1_000_000 + (40L * bytes);

    private static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static readonly Gen<string> Json = Gen.OneOf(
        Gen.Const("""{"codec":"opus","rateHz":8000,"packetSamples":160,"packetBytes":60,"preSkip":52,"profile":"ata","source":"line","hookSource":"volts","dbvAtFullScale":6.5,"monotonicMs":1000}"""),
        Gen.Const("""{"at":700,"what":"key","samples":320}"""),
        Gen.Select(Gen.Long, One("key", "mask", "hold", "tone", "gap", "flash", "clock", "announcement", "digit", ""), Gen.Long[-2, 10_000], (at, what, samples) => $"{{\"at\":{at},\"what\":\"{what}\",\"samples\":{samples}}}"),
        Gen.Select(Gen.Int[-1, 60_000], Gen.Int[-1, 6_000], Gen.Int[-1, 5_000], One("opus", "alaw", "x"), One("6.5", "-0", "1e3", "1e400", "null", "0.1e-400", "1.", "01"), (rate, samples, bytes, codec, level) =>
            $"{{\"codec\":\"{codec}\",\"rateHz\":{rate},\"packetSamples\":{samples},\"packetBytes\":{bytes},\"preSkip\":0,\"profile\":\"\\u00e4\",\"source\":\"\",\"hookSource\":\"v\",\"dbvAtFullScale\":{level},\"monotonicMs\":0}}"),
        Gen.String[One("{}[]\":,0123456789.eE+-ntruefalsn \\u\t\n".ToCharArray()), 0, 40]);

    private static readonly Gen<byte[]> Item = Gen.Frequency(
        (6, Gen.Select(Gen.ULong[0, 3_000], Gen.UInt[0, 700], (first, samples) => Forge.Position(first, samples))),
        (1, Gen.Select(Gen.ULong, Gen.UInt, (first, samples) => Forge.Position(first, samples))),
        (6, Json.Select(json => Forge.Stream(json))),
        (5, Json.Select(json => Forge.Event(json))),
        (6, Gen.Int[0, 4].Select(packets => Forge.Packets(packets, 1))),
        (2, Gen.Select(Gen.Byte, Gen.Byte.Array[0, 60], (kind, value) => Forge.Item(kind, value))),
        (1, Gen.Byte.Array[1, 8]));

    private static readonly Gen<byte[][]> Plain = Gen.Select(Gen.Bool, Item.Array[0, 6], (begins, items) => begins ? [Forge.Position(100, 60), Forge.Stream(Forge.Opus), .. items] : items);

    [Fact]
    public void Two_readers_agree_on_arbitrary_items_under_right_keys()
    {
        var files = new List<byte[]>();
        Gen.Select(Plain, Plain, Item.Array[0, 3]).Sample((first, second, last) =>
        {
            var f = new Forge();
            var file = f.File([f.Frame(1, 0, Fit(first)), f.Frame(1, 1, Fit([Forge.Position(2_000, 0), .. second])), f.Frame(2, 2, Fit(last))]);
            lock (files) files.Add(file);
        }, iter: Long ? 20_000 : 300, threads: 1);
        Compare(files);
    }

    private static byte[] Fit(byte[][] items)
    {
        var all = items.SelectMany(i => i).ToArray();
        return [.. all[..Math.Min(all.Length, Forge.Plain)], .. new byte[Math.Max(0, Forge.Plain - all.Length)]];
    }

    [Fact]
    public void Two_readers_agree_on_vectors_that_were_changed_at_random()
    {
        var random = new Random(5);
        Compare([.. Enumerable.Range(0, Long ? 20_000 : 300).Select(_ => Mutated(random, [.. Vectors.Select(v => v.File)]))]);
    }

    // The reader in Python is the oracle.
    private static void Compare(List<byte[]> files)
    {
        var folder = Directory.CreateTempSubdirectory("nauha-hostile-").FullName;
        try
        {
            var manifest = new StringBuilder(File.ReadAllText(Path.Combine(VectorFolder.Path, "manifest")).Split("\n\n")[0] + "\n");
            for (var i = 0; i < files.Count; i++)
            {
                File.WriteAllBytes(Path.Combine(folder, $"{i}"), files[i]);
                manifest.Append(System.Globalization.CultureInfo.InvariantCulture, $"file: {i}\n");
            }
            File.WriteAllText(Path.Combine(folder, "manifest"), manifest.ToString());
            using var python = Process.Start(new ProcessStartInfo(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", [Path.Combine(AppContext.BaseDirectory, "nauha_read.py"), "vectors", folder]) { RedirectStandardOutput = true })!;
            for (var i = 0; i < files.Count; i++)
            {
                var theirs = JsonDocument.Parse(python.StandardOutput.ReadLine()!).RootElement.GetProperty("verdict").GetString();
                Reading.Of(files[i]).Verdict.ShouldBe(theirs, Convert.ToHexString(files[i]));
            }
            python.WaitForExit();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>An hour in the long form (NAUHA_FUZZ_MINUTES says otherwise), twelve thousand inputs in CI.</summary>
    [Fact]
    public void Whatever_comes_every_reader_answers_and_takes_no_more_memory_than_its_share()
    {
        var seed = Long ? Random.Shared.Next() : 7;
        var random = new Random(seed);
        var minutes = Long ? int.Parse(Environment.GetEnvironmentVariable("NAUHA_FUZZ_MINUTES") ?? "60", System.Globalization.CultureInfo.InvariantCulture) : 0;
        var clock = Stopwatch.StartNew();
        var corpora = Targets.Select(t => (Target: t, Inputs: t.Seeds(), Seen: new HashSet<string>())).ToList();
        for (var n = 0; Long ? clock.Elapsed.TotalMinutes < minutes : n < 12_000; n++)
        {
            var (target, inputs, seen) = corpora[n % corpora.Count];
            var input = Mutated(random, inputs);
            var before = GC.GetAllocatedBytesForCurrentThread();
            string answer;
            try
            {
                answer = target.Read(input);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"{target.Name}, seed {seed}, input {n}: {Convert.ToHexString(input)}", e);
            }
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(Bound(input.Length), $"{target.Name}, seed {seed}, input {n}: {Convert.ToHexString(input)}");
            // What brings an answer not heard before is worth changing further.
            if (seen.Add(answer) && inputs.Count < 4_000) inputs.Add(input);
        }
        corpora.ShouldAllBe(c => c.Seen.Count > 1);
    }

    private sealed record Target(string Name, Func<List<byte[]>> Seeds, Func<byte[], string> Read);

    private static readonly ApplianceSigner Ours = ApplianceSigner.Create();

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

    private static readonly List<Target> Targets =
    [
        new("sealed file", () => [.. Vectors.Select(v => v.File)], input => Reading.Of(input) is var read ? $"{read.Verdict} {read.Frames} {read.Events}" : ""),
        new("salvage", () => [.. Vectors.Select(v => v.File)], input =>
        {
            using var stream = new MemoryStream();
            stream.Write(input);
            var outcome = Salvage.Close(stream, Ours);
            // What salvage closed is whole, and nothing is closed twice.
            if (outcome is SalvageOutcome.Done done)
            {
                var saved = stream.ToArray();
                SealedFile.Verify(new MemoryStream(saved), (_, _) => Ours.PublicPoint).Fault.ShouldBe(FileFault.None);
                SHA256.HashData(saved).ShouldBe(done.Facts.Sha256);
                Salvage.Close(stream, Ours).ShouldBeOfType<SalvageOutcome.AlreadyClosed>();
                return $"{done.Facts.Closing} {done.Facts.Frames}";
            }
            return outcome.GetType().Name;
        }),
        new("seeker", () => [.. Vectors.Select(v => v.File)], input =>
        {
            using var seeker = new SealedFileSeeker(new MemoryStream(input));
            var fault = seeker.Begin(new Forge().Dek);
            if (fault != FileFault.None) return fault.Word();
            return $"{seeker.Find(1_000, out var at).Word()} {at} {(seeker.Frames > 0 ? seeker.Read(seeker.Frames - 1, out _).Word() : "")}";
        }),
        new("record", () => [Record.ToPayload(), (Record with { Kind = RecordKind.Start, Ending = null, Recording = null }).ToPayload()], input => CallRecord.TryParse(input, out _, out var error) ? "good" : Short(error)),
        new("facts", () => [[.. Encoding.UTF8.GetBytes("""{"party":"0409990123","direction":"incoming","agent":"desk-1","agentKnownBy":"line","announcement":null,"noticeVersion":"1"}""".PadRight(1_024))]], input => RecordFacts.TryParse(input.Length < 1_024 ? [.. input, .. Enumerable.Repeat((byte)' ', 1_024 - input.Length)] : input.AsSpan(0, 1_024), out _, out var error) ? "good" : Short(error)),
        new("envelope", () => [Envelope.Seal(PayloadTypes.Record, Record.ToPayload(), Ours)], input => Envelope.TryOpen(input, PayloadTypes.Record, new Anybody(), out _, out var error) ? "good" : Short(error)),
        new("journal", () => [[.. JournalCodec.Entry(Envelope.Seal(PayloadTypes.Record, Record.ToPayload(), Ours)), .. JournalCodec.Entry([1, 2, 3])]], input =>
        {
            var entries = 0;
            return $"{JournalCodec.ReadAll(input, _ => entries++) == input.Length} {entries}";
        }),
        new("receipt", () => [Encoding.UTF8.GetBytes($$"""{"v":1,"fleet":"{{Forge.Fleet}}","appliance":"{{Forge.Appliance}}","seq":1,"prev":"{{new string('0', 64)}}","storeEpoch":1,"call":null,"what":"record","sha256":"{{new string('0', 64)}}","bytes":1,"result":"stored","checkpoint":"","atMs":1}""")], input => Receipt.TryParse(input, out _, out var error) ? "good" : Short(error)),
        new("day keys", () => [new DayKeyBundle(Forge.Fleet, 1, 0, [DayKeyEntry.For(new(2026, 8, 1), Forge.Day.PublicKey)]).ToPayload()], input => DayKeyBundle.TryParse(input, out _, out var error) ? "good" : Short(error)),
        new("part", () => [new Part(new Forge().Header.Call, 0, 10, new byte[10]).ToBytes()], input => Part.TryParse(input, out _, out _, out var error) ? "good" : Short(error)),
    ];

    private static string Short(string error) => new([.. error.Where(c => !char.IsDigit(c)).Take(60)]);

    private sealed class Anybody : IKeyring
    {
        public bool TryFind(KeyId id, string type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VerificationKey? key)
        {
            key = new VerificationKey.Appliance(Ours.PublicPoint);
            return true;
        }
    }

    // One to four changes: bits, bytes, borders, pieces of another; often with checksums made to fit, to get deeper.
    private static byte[] Mutated(Random random, List<byte[]> corpus)
    {
        var bytes = corpus[random.Next(corpus.Count)].ToArray();
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Length > 0; changes--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes = bytes[..at];
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 600))..]];
                    break;
                case 4:
                    var other = corpus[random.Next(corpus.Count)];
                    var from = random.Next(other.Length + 1);
                    bytes = [.. bytes[..at], .. other[from..Math.Min(other.Length, from + random.Next(1, 700))], .. bytes[at..]];
                    break;
                case 5 when at + 4 <= bytes.Length:
                    BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), random.Next(4) switch { 0 => uint.MaxValue, 1 => 0, 2 => 0x7FFF_FFFF, _ => (uint)random.Next() });
                    break;
                case 6:
                    bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(1, 64))).Clear();
                    break;
                default:
                    FixChecksums(bytes);
                    break;
            }
        }
        if (random.Next(2) == 0) FixChecksums(bytes);
        return bytes.Length > 20_000 ? bytes[..20_000] : bytes;
    }

    private static void FixChecksums(byte[] bytes)
    {
        if (bytes.Length < 232 || bytes[0] != 0x89) return;
        var head = SHA256.HashData(bytes.AsSpan(0, 232));
        for (var at = 232; at + 16 <= bytes.Length && bytes[at] is 1 or 2;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 8));
            if (length > 70_000 || at + 12 + length + 4 > bytes.Length) return;
            var covered = bytes.AsSpan(at, 12 + (int)length);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + covered.Length), FrameHead.Checksum(head, covered));
            at += covered.Length + 4;
        }
    }
}
