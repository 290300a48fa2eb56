using System.Diagnostics.CodeAnalysis;

namespace Nauha.Format;

/// <summary>One day's public key.</summary>
/// <param name="PublicKey">32 bytes.</param>
/// <param name="FromMs">Midnight in the register's zone.</param>
/// <param name="UntilMs">The next midnight; not included.</param>
/// <param name="DestroyMs">When everything sealed to it is destroyed, without condition.</param>
public sealed record DayKeyEntry(KeyId Kid, byte[] PublicKey, long FromMs, long UntilMs, long DestroyMs)
{
    /// <summary>The day by its date in the register's zone.</summary>
    public DateOnly Day => RetentionPeriod.DayOf(FromMs, RetentionPeriod.Zone);

    public static DayKeyEntry For(DateOnly day, ReadOnlySpan<byte> publicKey) => new(
        KeyId.Of(KeyKind.X25519, publicKey), publicKey.ToArray(),
        RetentionPeriod.MidnightMs(day, RetentionPeriod.Zone), RetentionPeriod.MidnightMs(day.AddDays(1), RetentionPeriod.Zone), RetentionPeriod.DestroyMs(day, RetentionPeriod.Zone));
}

/// <summary>The day keys of the next 90 days, signed by central well ahead.</summary>
public sealed record DayKeyBundle(FleetId Fleet, ulong Version, long IssuedMs, IReadOnlyList<DayKeyEntry> Keys)
{
    public const int Days = 90;
    private const int MostDays = 400;

    public byte[] ToPayload() => StrictJson.Write(json =>
    {
        json.WriteNumber("v", 1);
        json.WriteString("fleet", Fleet.Text);
        json.WriteNumber("version", Version);
        json.WriteNumber("issuedMs", IssuedMs);
        json.WriteStartArray("keys");
        foreach (var key in Keys)
        {
            json.WriteStartObject();
            json.WriteString("kid", key.Kid.ToString());
            json.WriteBase64String("pk", key.PublicKey);
            json.WriteNumber("fromMs", key.FromMs);
            json.WriteNumber("untilMs", key.UntilMs);
            json.WriteNumber("destroyMs", key.DestroyMs);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out DayKeyBundle? bundle, out string error) => StrictJson.TryRead(payload, Read, out bundle, out error) && bundle is not null;

    /// <summary>The entry whose day holds this moment; else the last one, flagged.</summary>
    public (DayKeyEntry Entry, bool Flagged) EntryFor(long unixMs)
    {
        foreach (var key in Keys)
            if (key.FromMs <= unixMs && unixMs < key.UntilMs) return (key, false);
        return (Keys[^1], true);
    }

    /// <summary>Reads a bundle as FORMAT.md §5.3 asks: signed by a key of the role, for this fleet.</summary>
    public static DocumentFault Open(ReadOnlySpan<byte> envelope, IKeyring keyring, FleetId fleet, out DayKeyBundle? bundle, out string error)
    {
        var fault = Envelope.Read(envelope, PayloadTypes.DayKeys, keyring, Read, out bundle, out _, out error);
        if (fault != DocumentFault.None || bundle!.Fleet == fleet) return fault;
        error = "belongs to another fleet";
        return DocumentFault.Foreign;
    }

    private static DayKeyBundle Read(StrictJson.Members m)
    {
        m.Version(1);
        var bundle = new DayKeyBundle(m.Fleet("fleet"), m.Count("version"), m.Moment("issuedMs"), m.List("keys", MostDays, k =>
        {
            var kid = k.Key("kid");
            var pk = k.Blob("pk");
            if (!Hpke.IsOwnable(pk)) throw k.Wrong("pk", "is a key that nobody can own");
            if (KeyId.Of(KeyKind.X25519, pk) != kid) throw k.Wrong("kid", "is not the id of pk");
            return new DayKeyEntry(kid, pk, k.Moment("fromMs"), k.Moment("untilMs"), k.Moment("destroyMs"));
        }));
        if (bundle.Keys.Count == 0) throw m.Wrong("keys", "is empty");
        var named = new HashSet<KeyId>();
        for (var i = 0; i < bundle.Keys.Count; i++)
        {
            var key = bundle.Keys[i];
            if (key.UntilMs <= key.FromMs || key.DestroyMs <= key.UntilMs) throw m.Wrong($"keys[{i}]", "has its times in the wrong order");
            if (!named.Add(key.Kid)) throw m.Wrong($"keys[{i}]", "is the key of another day");   // it could not go with its day
            if (i > 0 && bundle.Keys[i - 1].UntilMs != key.FromMs) throw m.Wrong($"keys[{i}]", "does not begin where the day before it ends");
        }
        return bundle;
    }
}
