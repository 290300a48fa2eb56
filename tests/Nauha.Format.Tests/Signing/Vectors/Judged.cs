using System.Diagnostics.CodeAnalysis;
using Nauha.Format.Tests.Sealing.Vectors;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>What the product makes of one document, with the keys of the vectors.</summary>
/// <param name="Verdict">As an <c>expect:</c> line.</param>
/// <param name="Error">What the product says of it, in words; begins with the member that is to blame.</param>
/// <param name="Entries">Of a journal: entries that are whole, and their bytes.</param>
internal sealed record Judged(string Verdict, string Error = "", int Entries = 0, int Bytes = 0)
{
    private static readonly TrustKeyring Central = new(TrustVectors.Trust);

    public static Judged Of(SignedVector vector, IReadOnlyList<SignedVector> all)
    {
        var (file, error) = (vector.File, "");
        byte[] Named(string name) => name.StartsWith("../sealed/", StringComparison.Ordinal) ? File.ReadAllBytes(Path.Combine(VectorFolder.Path, name[10..])) : all.Single(v => v.FileName == name).File;
        string? Known(string key) => vector.Knows.Where(k => k.Key == key).Select(k => k.Value).FirstOrDefault();
        Judged Taken(DocumentFault fault) => new(fault == DocumentFault.None ? "taken" : $"refused {fault.Word()}", error);
        return vector.As switch
        {
            "record" => Record(file),
            "records" => Records(file, Known("after")),
            "receipt" => Taken(Receipt.Open(file, Central, Forge.Fleet, Forge.Appliance, out _, out error)),
            "daykeys" => Taken(DayKeyBundle.Open(file, Central, Forge.Fleet, out _, out error)),
            "trust" => Taken(TrustDocument.Open(file, Known("held") is { } held ? Held(Named(held)) : null, Known("root"), out _, out error)),
            "order" => Taken(SignedOrder.Open(file, Central, Forge.Fleet, Forge.Appliance, out _, out error)),
            "answer" => Taken(Answer.Open(file, new Boxes(), Forge.Appliance, out _, out error)),
            "time" => Taken(CentralTime.Open(file, Central, out _, out error)),
            "destruction" => Taken(Destruction.Open(file, Central, Forge.Fleet, out _, out error)),
            "grant" => Grants(file, Known("of")!, Named(Known("of")!)),
            _ => throw new InvalidOperationException(vector.As),
        };
    }

    private static DaySecret? SecretOf(KeyId kid) => kid == Forge.Day.Id ? Forge.Day : kid == Scribe.Hold.Id ? Scribe.Hold : null;

    private static TrustDocument Held(byte[] envelope) => TrustDocument.TryOpen(envelope, null, null, out var trust, out var error) ? trust : throw new InvalidOperationException(error);

    private static Judged Record(byte[] file)
    {
        var fault = CallRecord.Open(file, new Boxes(), Forge.Fleet, Forge.Appliance, out var record, out _, out var error);
        if (fault != DocumentFault.None) return new($"refused {fault.Word()}", error);
        fault = RecordFacts.Open(record!, SecretOf, out _);
        return new(fault == DocumentFault.None ? "opens" : $"unopened {fault.Word()}");
    }

    // Laid out first, entry after entry; then judged, from the first on.
    private static Judged Records(byte[] file, string? after)
    {
        var entries = new List<byte[]>();
        var good = JournalCodec.ReadAll(file, entry => entries.Add(entry.ToArray()));
        var (seq, hash) = after?.Split(' ') is [var last, var hex] ? (ulong.Parse(last, System.Globalization.CultureInfo.InvariantCulture), Convert.FromHexString(hex)) : (0ul, new byte[32]);
        foreach (var entry in entries)
        {
            var fault = CallRecord.Open(entry, new Boxes(), Forge.Fleet, Forge.Appliance, out var record, out var opened, out var error);
            if (fault == DocumentFault.None) fault = record!.After(seq, hash);
            if (fault != DocumentFault.None) return new($"refused {fault.Word()}", error);
            (seq, hash) = (record!.Seq, CallRecord.HashOf(opened!.Payload));
        }
        return new(good == file.Length ? "whole" : JournalCodec.HoldsEntry(file.AsSpan(good)) ? "broken" : "torn", "", entries.Count, good);
    }

    private static Judged Grants(byte[] file, string of, byte[] subjectFile)
    {
        GrantSubject subject;
        if (of.EndsWith(".nauha", StringComparison.Ordinal))
        {
            SealedFile.ReadHead(new MemoryStream(subjectFile), out var header, out var info, out var wrap);
            subject = new(header!.Call, GrantOf.Dek, null, Grant.SubjectOf(info, wrap));
        }
        else
        {
            CallRecord.Open(subjectFile, new Boxes(), Forge.Fleet, Forge.Appliance, out var record, out var opened, out _);
            subject = new(record!.Call!.Value, GrantOf.Record, record.Seq, CallRecord.HashOf(opened!.Payload));
        }
        var fault = Grant.Open(file, Central, subject, SecretOf, out var plain, out var error);
        if (fault != DocumentFault.None) return new($"{(fault == DocumentFault.WrongKey ? "unopened" : "refused")} {fault.Word()}", error);
        fault = subject.Of == GrantOf.Record ? RecordFacts.TryParse(plain, out _, out _) ? DocumentFault.None : DocumentFault.BadFacts
            : SealedFile.Open(new MemoryStream(subjectFile), plain!, _ => { }).Fault == FileFault.None ? DocumentFault.None : DocumentFault.WrongKey;
        return new(fault == DocumentFault.None ? "opens" : $"unopened {fault.Word()}");
    }

    // As central knows an appliance: by its one signing key.
    private sealed class Boxes : IKeyring
    {
        public bool TryFind(KeyId id, string type, [NotNullWhen(true)] out VerificationKey? key)
        {
            key = id == Forge.Signer.Id && type is PayloadTypes.Record or PayloadTypes.Answer ? new VerificationKey.Appliance(Forge.Signer.Point) : null;
            return key is not null;
        }
    }
}
