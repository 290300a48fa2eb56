using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Nauha.Central.Audit;
using Nauha.Format;

namespace Nauha.Central.Keys;

/// <summary>A sealed recording's head, and the grants by which it may be opened where its own day's key is gone.</summary>
/// <param name="Grants">Signed envelopes, as they lie in the catalogue.</param>
public sealed record SealedHead(SealedHeader Header, byte[] WrapInfo, byte[] Wrap, IReadOnlyList<byte[]> Grants);

/// <summary>A call record, and the grants by which its sealed part may be opened where its own day's key is gone.</summary>
/// <param name="Hash">SHA-256 of its payload.</param>
public sealed record SealedRecord(CallRecord Record, byte[] Hash, IReadOnlyList<byte[]> Grants);

/// <summary>
/// Every private key of central behind one small door. Whoever wants something opened says for whom and why, and the
/// audit leaf is durable before anything is unwrapped.
/// </summary>
public interface IKeystore
{
    /// <summary>Opens the sealed part of a call record, for ingest, which keeps no clear copy.</summary>
    RecordFacts? OpenForIngest(SealedRecord record);

    /// <summary>The data key of a recording, for verification at ingest.</summary>
    byte[]? UnwrapForIngest(SealedHead head);

    /// <summary>The door for people: writes the audit entry, and only then gives what opens.</summary>
    Opening Open(AuditEntry entry);

    /// <summary>The token of a value for the day of one key; null where the key is gone.</summary>
    byte[]? Token(string label, string value, KeyId day);
}

/// <summary>One day's secrets.</summary>
/// <param name="DestroyMs">As the signed bundle said; never computed anew.</param>
internal sealed record DaySecrets(DateOnly Day, long DestroyMs, DaySecret Secret, byte[] SearchKey);

/// <summary>One hold's secrets: its calls are granted to it, and die with it.</summary>
internal sealed record HoldSecrets(string Hold, DaySecret Secret, byte[] SearchKey);

/// <summary>A key day that is due, or on its way.</summary>
public sealed record KeyDay(DateOnly Day, KeyId Kid, long DestroyMs);

/// <summary>The keystore: day keys and search keys, holds, signing keys, and the memory of what was destroyed.</summary>
public sealed partial class Keystore : IKeystore, IDisposable
{
    private const int Ahead = DayKeyBundle.Days;

    private readonly KeystoreFile _file;
    private readonly string _folder;
    private readonly IAuditLog _audit;
    private readonly TimeProvider _time;
    private readonly Lock _one = new();
    private readonly Dictionary<KeyId, DaySecrets> _days = [];
    private readonly Dictionary<KeyId, HoldSecrets> _holds = [];
    private readonly Dictionary<string, DaySecret> _own = [];
    private readonly Dictionary<string, DaySecret> _months = [];
    private readonly HashSet<string> _ended = [];
    private readonly Dictionary<KeyId, DestroyedDay> _destroyedDays = [];
    private readonly Dictionary<CallId, long> _destroyedCalls = [];
    private ulong _bundleVersion;
    private byte[] _bundle = [];

    private Keystore(string folder, string kekPath, IAuditLog audit, TimeProvider time) => (_folder, _file, _audit, _time) = (folder, new(Path.Combine(folder, "keys"), kekPath), audit, time);

    public FleetId Fleet { get; private set; }

    public CentralSigner Root { get; private set; } = null!;

    public CentralSigner DayKeySigner { get; private set; } = null!;

    public CentralSigner Receipts { get; private set; } = null!;

    public CentralSigner Commands { get; private set; } = null!;

    /// <summary>Raised by a restore: appliances then offer again what is still on their flash.</summary>
    public ulong StoreEpoch { get; private set; } = 1;

    /// <summary>When destruction last ran; null: never.</summary>
    public long? LastRetentionMs { get; private set; }

    public bool KekBeside => Path.GetDirectoryName(Path.GetFullPath(_file.KekPath)) == Path.GetFullPath(_folder);

    public IReadOnlyList<string> Weaknesses => KeystoreStrength.Weaknesses(_folder, _file.KekPath);

    public int Days => _days.Count;

    public DateOnly? FirstDay => _days.Count == 0 ? null : _days.Values.Min(d => d.Day);

    public DateOnly? LastDay => _days.Count == 0 ? null : _days.Values.Max(d => d.Day);

    /// <exception cref="CentralException">There is a store but no keystore, or the two do not belong together.</exception>
    public static Keystore Open(string data, string? kekPath, IAuditLog audit, TimeProvider time)
    {
        var folder = Path.Combine(data, "keystore");
        Durable.CreateFolder(folder);
        var store = new Keystore(folder, kekPath ?? Path.Combine(folder, "kek"), audit, time);
        if (store._file.Exists) store.Load();
        else store.Create(data);
        store.Adopt(Path.Combine(data, "audit"));
        store.Renew();
        return store;
    }

    /// <summary>The signed bundle of the coming days; a new version when a day has passed.</summary>
    public byte[] Bundle(out ulong version)
    {
        lock (_one)
        {
            Renew();
            version = _bundleVersion;
            return _bundle;
        }
    }

    public RecordFacts? OpenForIngest(SealedRecord record) => OpenRecord(record);

    internal RecordFacts? OpenRecord(SealedRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_one) return PlainOf(record) is { } plain && RecordFacts.TryParse(plain, out var facts, out _) ? facts : null;
    }

    public byte[]? UnwrapForIngest(SealedHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        lock (_one)
        {
            if (_destroyedCalls.ContainsKey(head.Header.Call)) return null;
            return _days.TryGetValue(head.Header.DayKid, out var day) ? Hpke.Open(day.Secret, head.WrapInfo, head.Wrap) : ByGrant(head.Grants, head.Header.Call, GrantOf.Dek, null, Grant.SubjectOf(head.WrapInfo, head.Wrap));
        }
    }

    public Opening Open(AuditEntry entry)
    {
        _audit.Append(entry);
        return new(this);
    }

    internal byte[]? OpenAudit(string month, byte[] blob)
    {
        lock (_one) return _months.TryGetValue(month, out var key) ? Hpke.Open(key, AuditLeaf.SealInfo(month), blob) : null;
    }

    internal IReadOnlyList<byte[]> Tokens(string label, string value, long fromMs, long untilMs)
    {
        lock (_one)
            return [.. _days.Values.Where(d => RetentionPeriod.MidnightMs(d.Day.AddDays(1), RetentionPeriod.Zone) > fromMs && RetentionPeriod.MidnightMs(d.Day, RetentionPeriod.Zone) <= untilMs).Select(d => TokenOf(d.SearchKey, label, value))];
    }

    public byte[]? Token(string label, string value, KeyId day)
    {
        lock (_one) return _days.TryGetValue(day, out var secrets) ? TokenOf(secrets.SearchKey, label, value) : null;
    }

    public DateOnly? DayOf(KeyId day)
    {
        lock (_one) return _days.TryGetValue(day, out var secrets) ? secrets.Day : null;
    }

    /// <summary>The key of a calendar day; null where it is destroyed, or not made.</summary>
    public KeyId? KidOf(DateOnly day)
    {
        lock (_one) return _days.Values.FirstOrDefault(d => d.Day == day)?.Secret.Id;
    }

    /// <summary>The public half of the key to which this month's audit entries are sealed.</summary>
    public byte[] AuditMonth(string month)
    {
        lock (_one)
        {
            if (!_months.TryGetValue(month, out var key))
            {
                _months[month] = key = DaySecret.Create();
                Save();   // before anything is sealed to it
            }
            return key.PublicKey;
        }
    }

    private byte[]? PlainOf(SealedRecord record)
    {
        if (record.Record.Call is { } call && _destroyedCalls.ContainsKey(call)) return null;
        return _days.TryGetValue(record.Record.DayKid, out var day)
            ? Hpke.Open(day.Secret, RecordFacts.Info(record.Record), record.Record.Sealed)
            : ByGrant(record.Grants, record.Record.Call ?? default, GrantOf.Record, record.Record.Seq, record.Hash);
    }

    // The catalogue is not believed: a grant counts only with our own signature.
    private byte[]? ByGrant(IReadOnlyList<byte[]> grants, CallId call, GrantOf of, ulong? seq, byte[] subject)
    {
        foreach (var envelope in grants)
            if (Grant.Open(envelope, new Own(DayKeySigner), new(call, of, seq, subject), SecretOf, out var plain, out _) == DocumentFault.None) return plain;
        return null;
    }

    private DaySecret? SecretOf(KeyId kid) => _days.TryGetValue(kid, out var day) ? day.Secret : _holds.TryGetValue(kid, out var hold) ? hold.Secret : null;

    private static byte[] TokenOf(byte[] key, string label, string value) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"nauha/1 {label}\0{value}"))[..16];

    private sealed class Own(CentralSigner signer) : IKeyring
    {
        public bool TryFind(KeyId id, string type, [NotNullWhen(true)] out VerificationKey? key)
        {
            key = id == signer.Id && type == PayloadTypes.Grant ? new VerificationKey.Central(signer.PublicKey) : null;
            return key is not null;
        }
    }

    public void Dispose()
    {
        foreach (var key in _months.Values) key.Dispose();
        foreach (var day in _days.Values) day.Secret.Dispose();
        foreach (var hold in _holds.Values) hold.Secret.Dispose();
        foreach (var own in _own.Values) own.Dispose();
        foreach (var signer in new[] { Root, DayKeySigner, Receipts, Commands }) signer.Dispose();
    }
}
