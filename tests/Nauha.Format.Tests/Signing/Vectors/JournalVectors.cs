using System.Buffers.Binary;
using Nauha.Format.Tests.Sealing.Vectors;
using static Nauha.Format.Tests.Signing.Vectors.Scribe;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>A day's journal of records: entries, what a power cut leaves, what a medium loses, and chains that are none. FORMAT.md §4.2.</summary>
internal static class JournalVectors
{
    private static readonly CallRecord[] Chain = [.. Follow(1, new byte[32], Kind(RecordKind.Start), Kind(RecordKind.Amend), Kind(RecordKind.End), Kind(RecordKind.Blind))];
    private static readonly byte[][] Entries = [.. Chain.Select(r => Entry(r))];

    public static List<SignedVector> All() => [.. Whole(), .. Torn(), .. Broken(), .. Chained()];

    private static CallRecord Kind(RecordKind kind) => kind switch
    {
        RecordKind.End => End,
        RecordKind.Blind => End with { Kind = kind, Call = null, CallNumber = null, Ending = null, Recording = null, Line = new(0), BlindFromMs = 1, BlindUntilMs = 2, BlindCode = EndingCode.Crash },
        _ => End with { Kind = kind, Ending = null, Recording = null },
    };

    /// <summary>Each record after the one before it, sealed.</summary>
    private static IEnumerable<CallRecord> Follow(ulong seq, byte[] prev, params CallRecord[] records)
    {
        foreach (var record in records)
        {
            var next = record with { Seq = seq++, Prev = prev };
            yield return next = next.Kind == RecordKind.Blind ? next : next.Sealed();
            prev = CallRecord.HashOf(next.ToPayload());
        }
    }

    private static byte[] Entry(CallRecord record, ISigner? signer = null) => JournalCodec.Entry(Envelope.Seal(PayloadTypes.Record, record.ToPayload(), signer ?? Forge.Signer));

    private static SignedVector V(string name, string expect, string about, params byte[][] parts) => new($"journal-{name}", "records", expect, about, [.. parts.SelectMany(p => p)]);

    private static IEnumerable<SignedVector> Whole()
    {
        yield return V("good", "whole", "start, amend and end of a call, and a blind interval", Entries);
        yield return V("empty", "whole", "no entry yet");
        yield return V("one", "whole", "one entry", Entries[0]);
        var later = Follow(21, Forge.Secret("record 20"), Kind(RecordKind.Start), Kind(RecordKind.Amend)).Select(r => Entry(r)).ToArray();
        yield return V("goes-on", "whole", "a later day: the chain goes on from the day before", later) with { Knows = [("after", "20 " + Convert.ToHexStringLower(Forge.Secret("record 20")))] };
        yield return V("goes-on-from-another", "refused chain", "a later day that follows another record 20", later) with { Knows = [("after", "20 " + Convert.ToHexStringLower(Forge.Secret("another record 20")))] };
        yield return V("goes-on-too-late", "refused gap", "a later day; the record before its first is missing", later) with { Knows = [("after", "19 " + Convert.ToHexStringLower(Forge.Secret("record 20")))] };
    }

    private static IEnumerable<SignedVector> Torn()
    {
        byte[] good = [.. Entries[0], .. Entries[1]], last = Entries[2];
        SignedVector Tail(string name, string about, byte[] tail) => V($"torn-{name}", "torn", about, good, tail);

        yield return Tail("1", "one byte of a length", last[..1]);
        yield return Tail("3", "three bytes of a length", last[..3]);
        yield return Tail("4", "a length and nothing else", last[..4]);
        yield return Tail("half", "half an envelope", last[..(last.Length / 2)]);
        yield return Tail("crc-0", "an envelope without its checksum", last[..^4]);
        yield return Tail("crc-3", "the last byte of a checksum is missing", last[..^1]);
        yield return Tail("zeros", "zeros: space that was given before anything was written", new byte[4_096]);
        yield return Tail("zeros-3", "three zeros", new byte[3]);
        yield return Tail("half-zeros", "half an envelope, then zeros to where it would end", [.. last[..(last.Length / 2)], .. new byte[last.Length - (last.Length / 2)]]);
        yield return Tail("checksum", "a whole entry with one bit of its checksum changed", Changed(last, last.Length - 1));
        yield return Tail("envelope", "a whole entry with one bit of its envelope changed", Changed(last, 500));
        yield return Tail("length", "a whole entry whose length is one too small", Lengthened(last, -1));
        yield return Tail("length-0", "a length of 0 with a checksum that fits", JournalCodec.Entry([]));
        yield return Tail("length-most", "a length of 65,537 with a checksum that fits", JournalCodec.Entry(Enumerable.Repeat((byte)' ', Envelope.LongestBytes + 1).ToArray()));
        yield return Tail("length-negative", "a length of 2^32 - 1", [0xFF, 0xFF, 0xFF, 0xFF, .. last[4..]]);
        yield return V("torn-first", "torn", "the first entry is torn: nothing is left", last[..100]);
    }

    private static IEnumerable<SignedVector> Broken()
    {
        yield return V("broken-bit", "broken", "one bit of the second entry changed: two whole ones lie behind", Entries[0], Changed(Entries[1], 700), Entries[2], Entries[3]);
        yield return V("broken-length", "broken", "the length of the second entry changed", Entries[0], Lengthened(Entries[1], 256), Entries[2], Entries[3]);
        yield return V("broken-zeros", "broken", "zeros where the second entry was", Entries[0], new byte[Entries[1].Length], Entries[2]);
        yield return V("broken-first", "broken", "the first entry is half there", Entries[0][(Entries[0].Length / 2)..], Entries[1]);
        yield return V("broken-gap", "broken", "one byte too much between two entries", Entries[0], [0], Entries[1]);
        yield return V("broken-then-torn", "broken", "a bit changed in the second entry, and the last one torn", Entries[0], Changed(Entries[1], 700), Entries[2], Entries[3][..50]);
    }

    private static IEnumerable<SignedVector> Chained()
    {
        yield return V("left-out", "refused gap", "the second entry is missing", Entries[0], Entries[2], Entries[3]);
        yield return V("reordered", "refused gap", "second and third changed places", Entries[0], Entries[2], Entries[1], Entries[3]);
        yield return V("duplicated", "refused gap", "the second entry stands twice", Entries[0], Entries[1], Entries[1], Entries[2]);
        yield return V("begins-at-2", "refused gap", "the first entry is missing", Entries[1], Entries[2]);
        yield return V("first-follows", "refused chain", "the first of a chain does not follow zeros", Entry((Chain[0] with { Prev = Forge.Secret("nothing") }).Sealed()), Entries[1]);
        yield return V("another-before", "refused chain", "the third follows another second", Entries[0], Entries[1], Entry((Chain[2] with { Prev = Chain[1].Prev }).Sealed()));
        yield return V("rewritten", "refused chain", "the second was written anew and signed: the third does not follow it", Entries[0], Entry((Chain[1] with { Started = new(1, ClockSource.None, 1) }).Sealed()), Entries[2]);
        yield return V("then-torn", "refused gap", "the second is missing, and the last one torn: the entries are judged first", Entries[0], Entries[2], Entries[3][..50]);
        yield return V("stranger", "refused unknown-signer", "the second is signed by another appliance; its checksum is right", Entries[0], Entry(Chain[1], Forge.Stranger), Entries[2]);
        var envelope = Text(Envelope.Seal(PayloadTypes.Record, Chain[1].ToPayload(), Forge.Signer));
        yield return V("changed", "refused bad-signature", "the second was changed after it was signed, with a checksum that fits", Entries[0], JournalCodec.Entry(Bytes(envelope.Set("payload", $"\"{Convert.ToBase64String((Chain[1] with { CallNumber = 2 }).ToPayload())}\""))), Entries[2]);
        yield return V("receipt", "refused wrong-type", "a receipt among records", Entries[0], JournalCodec.Entry(Signed(PayloadTypes.Receipt, "{}", ReceiptsRole)));
        yield return V("not-json", "refused bad-envelope", "an entry that is no envelope, with a checksum that fits", Entries[0], JournalCodec.Entry([1, 2, 3]));
    }

    private static byte[] Changed(byte[] entry, int at) => [.. entry[..at], (byte)(entry[at] ^ 1), .. entry[(at + 1)..]];

    private static byte[] Lengthened(byte[] entry, int by)
    {
        var other = entry.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(other, BinaryPrimitives.ReadInt32BigEndian(other) + by);
        return other;
    }
}
