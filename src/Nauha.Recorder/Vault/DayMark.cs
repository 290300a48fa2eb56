using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>What a mark vouches for in one journal: so many bytes from its beginning, by their hash.</summary>
internal sealed record JournalPart(long Bytes, byte[] Sha256)
{
    public static readonly JournalPart Nothing = new(0, SHA256.HashData([]));

    /// <returns>How many of these bytes it vouches for: all that it names, or none.</returns>
    public long In(ReadOnlySpan<byte> journal) => Bytes <= journal.Length && SHA256.HashData(journal[..(int)Bytes]).AsSpan().SequenceEqual(Sha256) ? Bytes : 0;
}

/// <summary>
/// <c>checked</c>, beside a day's journals: this box's signed word that every signature in them, up to a length, was
/// checked once, under the trust document that it holds. A cache: without it, or where anything about it is not as it must
/// be, all are checked again.
/// </summary>
internal sealed record DayMark(DateOnly Day, JournalPart Records, JournalPart Receipts)
{
    public const string FileName = "checked";

    private static string PathIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>The mark of a day; null where there is none that this box believes.</summary>
    public static DayMark? Read(IDisk disk, string folder, DateOnly day, BoxIdentity identity, IKeyring own) =>
        // A start does not fail over a cache on a bad place of the card.
        new FileInfo(PathIn(folder)) is { Exists: true, Length: <= Envelope.LongestBytes }
            && Disk.Readable(disk, PathIn(folder), out var fault) is var bytes && fault is null
            && Envelope.TryOpen(bytes, PayloadTypes.Checked, own, out var opened, out _)
            && TryParse(opened.Payload, day, identity, out var mark) ? mark : null;

    public void Write(IDisk disk, string folder, BoxIdentity identity, byte[] trust) =>
        Disk.Replace(disk, PathIn(folder), Envelope.Seal(PayloadTypes.Checked, ToPayload(identity, trust), identity.Signer));

    /// <summary>Which keys were believed: with others, what was good may be so no more.</summary>
    public static byte[] TrustOf(BoxIdentity identity) => SHA256.HashData(identity.Trust.ToPayload());

    private byte[] ToPayload(BoxIdentity identity, byte[] trust) => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", identity.Fleet.Text);
        json.WriteString("appliance", identity.Appliance.Text);
        json.WriteString("day", CallVault.Name(Day));
        json.WriteString("trust", Convert.ToHexStringLower(trust));
        foreach (var (name, part) in new[] { ("records", Records), ("receipts", Receipts) })
        {
            json.WriteStartObject(name);
            json.WriteNumber("bytes", part.Bytes);
            json.WriteString("sha256", Convert.ToHexStringLower(part.Sha256));
            json.WriteEndObject();
        }
    });

    private static bool TryParse(ReadOnlySpan<byte> payload, DateOnly day, BoxIdentity identity, [NotNullWhen(true)] out DayMark? mark)
    {
        var trust = TrustOf(identity);
        var good = StrictJson.TryRead(payload, m =>
        {
            m.Version(1);
            if (m.Fleet("fleet") != identity.Fleet || m.Appliance("appliance") != identity.Appliance) throw m.Wrong("appliance", "is another");
            if (m.Text("day") != CallVault.Name(day)) throw m.Wrong("day", "is another");
            if (!m.Hex("trust", 32).AsSpan().SequenceEqual(trust)) throw m.Wrong("trust", "is another");
            return new DayMark(day, m.Nested("records", Part), m.Nested("receipts", Part));
        }, out mark, out _);
        return good && mark is not null;

        static JournalPart Part(StrictJson.Members m) => new(m.Whole("bytes") is >= 0 and <= int.MaxValue and var bytes ? bytes : throw m.Wrong("bytes", "is no length"), m.Hex("sha256", 32));
    }
}
