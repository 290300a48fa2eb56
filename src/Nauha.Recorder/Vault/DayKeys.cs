using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>The signed bundle of day keys that this box holds: for whom today's calls are sealed.</summary>
public sealed class DayKeys
{
    /// <summary>Days of keys left at which somebody should look, and at which somebody must.</summary>
    public const int WarningDays = 30, AlarmDays = 7;

    private const long LongestAhead = 36L * 3_600_000;
    private readonly BoxIdentity _identity;
    private byte[] _envelope;

    private DayKeys(BoxIdentity identity, byte[] envelope, DayKeyBundle bundle) => (_identity, _envelope, Bundle) = (identity, envelope, bundle);

    public DayKeyBundle Bundle { get; private set; }

    /// <exception cref="VaultException">There is no bundle, or it is not central's.</exception>
    public static DayKeys Load(BoxIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (!File.Exists(identity.DayKeysPath)) throw new VaultException($"{identity.DayKeysPath} is missing: nothing can be sealed. Enrol this box again.");
        var envelope = File.ReadAllBytes(identity.DayKeysPath);
        return TryOpen(identity, envelope, out var bundle, out var error) ? new(identity, envelope, bundle!) : throw new VaultException($"{identity.DayKeysPath} {error}. Enrol this box again.");
    }

    /// <summary>The key of the day that holds this moment; flagged where it is only the last one there is.</summary>
    public (DayKeyEntry Entry, bool Flagged) For(TimeMark moment) => Bundle.EntryFor(moment.UnixMs);

    /// <summary>Whole days from this moment on for which there are keys; 0 when the last one is in use, or past.</summary>
    public int HorizonDays(long nowMs) => (int)Math.Max(0, (Bundle.Keys[^1].UntilMs - nowMs) / 86_400_000);

    /// <summary>Takes a newer bundle. The same bytes again are no news; an older version or another one of this version is refused.</summary>
    /// <param name="floorMs">No moment before this one can be now.</param>
    /// <param name="trustedNowMs">The time, where there is one to be trusted.</param>
    /// <returns>Null, or why it was not taken.</returns>
    public string? Take(byte[] envelope, long floorMs, long? trustedNowMs)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        if (envelope.AsSpan().SequenceEqual(_envelope)) return null;
        if (!TryOpen(_identity, envelope, out var bundle, out var error)) return error;
        if (bundle!.Version <= Bundle.Version) return $"is of version {bundle.Version}; version {Bundle.Version} is held already";
        if (bundle.Keys[^1].UntilMs <= floorMs) return "has no day that is still to come";
        if (trustedNowMs is { } now && bundle.IssuedMs > now + LongestAhead) return "was issued in the future";
        Disk.Replace(_identity.DayKeysPath, envelope);
        (_envelope, Bundle) = (envelope, bundle);
        return null;
    }

    private static bool TryOpen(BoxIdentity identity, byte[] envelope, out DayKeyBundle? bundle, out string error)
    {
        bundle = null;
        if (!Envelope.TryOpen(envelope, PayloadTypes.DayKeys, new TrustKeyring(identity.Trust), out var opened, out error)) return false;
        if (!DayKeyBundle.TryParse(opened.Payload, out bundle, out error)) return false;
        if (bundle.Fleet == identity.Fleet) return true;
        error = "belongs to another fleet";
        return false;
    }
}
