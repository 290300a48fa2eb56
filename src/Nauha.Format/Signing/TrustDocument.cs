using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Nauha.Format;

/// <summary>A key of central and for how long it may sign.</summary>
/// <param name="PublicKey">32 bytes, Ed25519.</param>
public sealed record TrustedKey(KeyId Kid, byte[] PublicKey, long FromMs, long UntilMs, bool Active);

/// <summary>Who may sign what for a fleet: the root of everything that an appliance believes.</summary>
/// <param name="Roots">Public root keys, 32 bytes each.</param>
/// <param name="Roles">daykeys, receipts, commands.</param>
/// <param name="Cas">Certificates of the fleet's authorities, DER.</param>
public sealed record TrustDocument(FleetId Fleet, ulong Version, IReadOnlyList<byte[]> Roots, int Threshold, IReadOnlyDictionary<string, IReadOnlyList<TrustedKey>> Roles, IReadOnlyList<byte[]> Cas)
{
    private static readonly string[] KnownRoles = ["commands", "daykeys", "receipts", "audit"];

    /// <summary>What a technician compares: hex of the first root's key id.</summary>
    public string RootName => KeyId.Of(KeyKind.Ed25519, Roots[0]).ToString();

    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", Fleet.Text);
        json.WriteNumber("version", Version);
        json.WriteStartArray("roots");
        foreach (var root in Roots) json.WriteBase64StringValue(root);
        json.WriteEndArray();
        json.WriteNumber("threshold", Threshold);
        json.WriteStartObject("roles");
        foreach (var (role, keys) in Roles.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            json.WriteStartArray(role);
            foreach (var key in keys)
            {
                json.WriteStartObject();
                json.WriteString("kid", key.Kid.ToString());
                json.WriteBase64String("pk", key.PublicKey);
                json.WriteNumber("fromMs", key.FromMs);
                json.WriteNumber("untilMs", key.UntilMs);
                json.WriteString("state", key.Active ? "active" : "withdrawn");
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteStartArray("cas");
        foreach (var ca in Cas) json.WriteBase64StringValue(ca);
        json.WriteEndArray();
    });

    /// <summary>
    /// Opens a trust document: signed by a threshold of its own roots and, where one is held already, of that one's too,
    /// with a version that does not go back.
    /// </summary>
    /// <param name="rootName">For the first document: the root's name from the code sheet.</param>
    public static bool TryOpen(ReadOnlySpan<byte> envelope, TrustDocument? held, string? rootName, [NotNullWhen(true)] out TrustDocument? trust, out string error) =>
        Open(envelope, held, rootName, out trust, out error) == DocumentFault.None && trust is not null;

    /// <summary>The same, with the reason as a word of FORMAT.md §5.4.</summary>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, TrustDocument? held, string? rootName, out TrustDocument? trust, out string error)
    {
        trust = null;
        if (Envelope.TakeApart(envelope, PayloadTypes.Trust, out var payload, out var signatures, out error) is not DocumentFault.None and var apart) return apart;
        if (signatures.Select(s => s.Id).Distinct().Count() != signatures.Count || signatures.Count == 0)
        {
            error = "has no signature, or two of one key";
            return DocumentFault.SignatureCount;
        }
        if (StrictJson.Read(payload, Read, out var read, out error) is not DocumentFault.None and var wrong) return wrong;
        DocumentFault fault;
        (fault, error) = !SignedBy(read!, payload, signatures) || (held is not null && !SignedBy(held, payload, signatures)) ? (DocumentFault.TooFewRoots, "is not signed by enough of its roots")
            : held is not null && held.Fleet != read!.Fleet ? (DocumentFault.Foreign, "belongs to another fleet")
            : held is not null && read!.Version < held.Version ? (DocumentFault.Stale, $"is of version {read.Version}; version {held.Version} is held already")
            // A version says one thing for ever.
            : held is not null && read!.Version == held.Version && !read.ToPayload().AsSpan().SequenceEqual(held.ToPayload()) ? (DocumentFault.Stale, $"is another document of version {held.Version}")
            : rootName is not null && read!.RootName != rootName ? (DocumentFault.OtherRoot, "has another root than the one on the code sheet: this is not your central")
            : (DocumentFault.None, "");
        if (fault == DocumentFault.None) trust = read;
        return fault;
    }

    private static bool SignedBy(TrustDocument by, byte[] payload, List<(KeyId Id, byte[] Bytes)> signatures) =>
        by.Roots.Count(root => signatures.Any(s => s.Id == KeyId.Of(KeyKind.Ed25519, root) && new VerificationKey.Central(root).Verifies(PayloadTypes.Trust, payload, s.Bytes))) >= by.Threshold;

    private static TrustDocument Read(StrictJson.Members m)
    {
        m.Version(1);
        var fleet = m.Fleet("fleet");
        var version = m.Count("version");
        var roots = m.Blobs("roots", 8);
        if (roots.Count == 0 || roots.Any(r => r.Length != 32)) throw m.Wrong("roots", "holds no keys of 32 bytes");
        if (roots.Select(Convert.ToHexString).Distinct().Count() != roots.Count) throw m.Wrong("roots", "names a key twice");   // it would count twice towards the threshold
        var threshold = m.Small("threshold", 1, roots.Count);
        var roles = m.Map("roles", list => (IReadOnlyList<TrustedKey>)StrictJson.Members.Entries(list, "roles", ReadKey));
        if (roles.FirstOrDefault(r => r.Value.Select(k => k.Kid).Distinct().Count() != r.Value.Count) is { Key: { } twice }) throw m.Wrong($"roles.{twice}", "names a key twice");
        if (roles.Keys.FirstOrDefault(r => !KnownRoles.Contains(r)) is { } strange) throw m.Wrong($"roles.{strange}", "is not known");
        return new(fleet, version, roots, threshold, roles, m.Blobs("cas", 16));
    }

    private static TrustedKey ReadKey(StrictJson.Members k)
    {
        var kid = k.Key("kid");
        var pk = k.Blob("pk");
        if (pk.Length != 32 || KeyId.Of(KeyKind.Ed25519, pk) != kid) throw k.Wrong("kid", "is not the id of pk");
        var (from, until) = (k.Moment("fromMs"), k.Moment("untilMs"));
        if (until <= from) throw k.Wrong("untilMs", "is not after fromMs");
        return new(kid, pk, from, until, k.Text("state") switch { "active" => true, "withdrawn" => false, _ => throw k.Wrong("state", "is not known") });
    }
}

/// <summary>A keyring by role: each of central's keys may sign the documents of its role and no others.</summary>
public sealed class TrustKeyring(TrustDocument trust, TimeProvider? time = null) : IKeyring
{
    public bool TryFind(KeyId id, string type, [NotNullWhen(true)] out VerificationKey? key)
    {
        key = null;
        var role = type switch
        {
            PayloadTypes.DayKeys or PayloadTypes.Grant or PayloadTypes.Destruction => "daykeys",
            PayloadTypes.Receipt => "receipts",
            PayloadTypes.Command or PayloadTypes.Time => "commands",
            _ => null,
        };
        if (role is null || !trust.Roles.TryGetValue(role, out var keys)) return false;
        var now = time?.GetUtcNow().ToUnixTimeMilliseconds();
        // A box without a clock believes a key by its state alone.
        var found = keys.FirstOrDefault(k => k.Kid == id && k.Active && (now is null || (k.FromMs <= now && now < k.UntilMs)));
        if (found is not null) key = new VerificationKey.Central(found.PublicKey);
        return key is not null;
    }
}
