using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Nauha.Central.Audit;
using Nauha.Format;

namespace Nauha.Central.Keys;

/// <summary>
/// Every private key of central behind one small door. Whoever wants something opened says for whom and why, and the
/// audit leaf is durable before anything is unwrapped.
/// </summary>
public interface IKeystore
{
    /// <summary>Opens the sealed part of a call record, for ingest, which keeps no clear copy.</summary>
    RecordFacts? OpenForIngest(CallRecord record);

    /// <summary>The data key of a recording, for verification at ingest.</summary>
    byte[]? UnwrapForIngest(SealedHeader header, byte[] wrapInfo, byte[] wrap);

    /// <summary>The door for people: writes the audit entry, and only then gives what opens.</summary>
    Opening Open(AuditEntry entry);

    /// <summary>The token of a value for the day of one key; null where the key is gone.</summary>
    byte[]? Token(string label, string value, KeyId day);
}

/// <summary>One day's secrets.</summary>
internal sealed record DaySecrets(DateOnly Day, DaySecret Secret, byte[] SearchKey);

/// <summary>The keystore's file: written whole, encrypted under a key of its own that lies in another file.</summary>
public sealed class Keystore : IKeystore, IDisposable
{
    private const int Ahead = DayKeyBundle.Days;
    private static readonly byte[] Magic = "NAUHAKS1"u8.ToArray();

    private readonly string _folder;
    private readonly string _kekPath;
    private readonly IAuditLog _audit;
    private readonly TimeProvider _time;
    private readonly Lock _one = new();
    private readonly Dictionary<KeyId, DaySecrets> _days = [];
    private readonly Dictionary<string, DaySecret> _months = [];
    private ulong _bundleVersion;
    private byte[] _bundle = [];

    private Keystore(string folder, string kekPath, IAuditLog audit, TimeProvider time) => (_folder, _kekPath, _audit, _time) = (folder, kekPath, audit, time);

    public FleetId Fleet { get; private set; }

    public CentralSigner Root { get; private set; } = null!;

    public CentralSigner DayKeySigner { get; private set; } = null!;

    public CentralSigner Receipts { get; private set; } = null!;

    public CentralSigner Commands { get; private set; } = null!;

    public bool KekBeside => Path.GetDirectoryName(Path.GetFullPath(_kekPath)) == Path.GetFullPath(_folder);

    public int Days => _days.Count;

    public DateOnly? FirstDay => _days.Count == 0 ? null : _days.Values.Min(d => d.Day);

    public DateOnly? LastDay => _days.Count == 0 ? null : _days.Values.Max(d => d.Day);

    public static Keystore Open(string data, string? kekPath, IAuditLog audit, TimeProvider time)
    {
        var folder = Path.Combine(data, "keystore");
        Durable.CreateFolder(folder);
        var store = new Keystore(folder, kekPath ?? Path.Combine(folder, "kek"), audit, time);
        if (File.Exists(store.PathOfStore)) store.Load();
        else store.Create();
        store.Adopt(Path.Combine(data, "audit"));
        store.Renew();
        return store;
    }

    private string PathOfStore => Path.Combine(_folder, "keys");

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

    public RecordFacts? OpenForIngest(CallRecord record) => OpenRecord(record);

    internal RecordFacts? OpenRecord(CallRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_one)
            return _days.TryGetValue(record.DayKid, out var day) && Hpke.Open(day.Secret, RecordFacts.Info(record), record.Sealed) is { } plain && RecordFacts.TryParse(plain, out var facts, out _) ? facts : null;
    }

    public byte[]? UnwrapForIngest(SealedHeader header, byte[] wrapInfo, byte[] wrap)
    {
        ArgumentNullException.ThrowIfNull(header);
        lock (_one) return _days.TryGetValue(header.DayKid, out var day) ? Hpke.Open(day.Secret, wrapInfo, wrap) : null;
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
            return [.. _days.Values.Where(d => Retention.MidnightMs(d.Day.AddDays(1), Retention.Zone) > fromMs && Retention.MidnightMs(d.Day, Retention.Zone) <= untilMs).Select(d => TokenOf(d, label, value))];
    }

    public byte[]? Token(string label, string value, KeyId day)
    {
        lock (_one) return _days.TryGetValue(day, out var secrets) ? TokenOf(secrets, label, value) : null;
    }

    public DateOnly? DayOf(KeyId day)
    {
        lock (_one) return _days.TryGetValue(day, out var secrets) ? secrets.Day : null;
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

    // Stores of the first version had these keys beside the log; a key lies in the keystore alone.
    private void Adopt(string audit)
    {
        var files = Directory.Exists(audit) ? Directory.GetFiles(audit, "month-*.key") : [];
        if (files.Length == 0) return;
        foreach (var file in files) _months.TryAdd(Path.GetFileNameWithoutExtension(file)["month-".Length..], DaySecret.Import(File.ReadAllBytes(file)));
        Save();
        foreach (var file in files) File.Delete(file);
    }

    private static byte[] TokenOf(DaySecrets day, string label, string value) => HMACSHA256.HashData(day.SearchKey, Encoding.UTF8.GetBytes($"nauha/1 {label}\0{value}"))[..16];

    // Day keys reach 90 days ahead, and one back for a box whose clock is a little late.
    private void Renew()
    {
        var today = Retention.DayOf(_time.GetUtcNow().ToUnixTimeMilliseconds(), Retention.Zone);
        var known = _days.Values.Select(d => d.Day).ToHashSet();
        var missing = Enumerable.Range(0, Ahead).Select(i => today.AddDays(i)).Where(day => !known.Contains(day)).ToList();
        if (missing.Count == 0 && _bundle.Length > 0) return;
        foreach (var day in missing)
        {
            var secret = DaySecret.Create();
            _days[secret.Id] = new(day, secret, RandomNumberGenerator.GetBytes(32));
        }
        _bundleVersion++;
        var entries = _days.Values.Where(d => d.Day >= today && d.Day < today.AddDays(Ahead)).OrderBy(d => d.Day).Select(d => DayKeyEntry.For(d.Day, d.Secret.PublicKey)).ToList();
        _bundle = Envelope.Seal(PayloadTypes.DayKeys, new DayKeyBundle(Fleet, _bundleVersion, _time.GetUtcNow().ToUnixTimeMilliseconds(), entries).ToPayload(), DayKeySigner);
        Save();
    }

    private void Create()
    {
        Fleet = FleetId.From(RandomNumberGenerator.GetBytes(10));
        (Root, DayKeySigner, Receipts, Commands) = (CentralSigner.Create(), CentralSigner.Create(), CentralSigner.Create(), CentralSigner.Create());
        Durable.Replace(_kekPath, RandomNumberGenerator.GetBytes(32));
    }

    private void Save()
    {
        using var plain = new MemoryStream();
        using (var w = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            w.Write(Fleet.Text);
            foreach (var signer in new[] { Root, DayKeySigner, Receipts, Commands }) w.Write(signer.Export());
            w.Write(_bundleVersion);
            w.Write(_bundle.Length);
            w.Write(_bundle);
            w.Write(_days.Count);
            foreach (var day in _days.Values)
            {
                w.Write(day.Day.DayNumber);
                w.Write(day.Secret.Export());
                w.Write(day.SearchKey);
            }
            w.Write(_months.Count);
            foreach (var (month, key) in _months)
            {
                w.Write(month);
                w.Write(key.Export());
            }
        }
        var bytes = plain.ToArray();
        var nonce = RandomNumberGenerator.GetBytes(12);
        var sealedBytes = new byte[bytes.Length];
        var tag = new byte[16];
        using (var cipher = new ChaCha20Poly1305(File.ReadAllBytes(_kekPath))) cipher.Encrypt(nonce, bytes, sealedBytes, tag, Magic);
        CryptographicOperations.ZeroMemory(bytes);
        Durable.Replace(PathOfStore, [.. Magic, .. nonce, .. sealedBytes, .. tag]);
    }

    private void Load()
    {
        var file = File.ReadAllBytes(PathOfStore);
        if (!File.Exists(_kekPath)) throw new CentralException($"{_kekPath} is missing: without it the keystore opens nothing. Put the key file back.");
        if (file.Length < 36 || !file.AsSpan(0, 8).SequenceEqual(Magic)) throw new CentralException($"{PathOfStore} is no keystore.");
        var plain = new byte[file.Length - 36];
        try
        {
            using var cipher = new ChaCha20Poly1305(File.ReadAllBytes(_kekPath));
            cipher.Decrypt(file.AsSpan(8, 12), file.AsSpan(20, plain.Length), file.AsSpan(file.Length - 16), plain, Magic);
        }
        catch (CryptographicException e)
        {
            throw new CentralException($"{PathOfStore} does not open with {_kekPath}: one of them is not the one that belongs to the other.", e);
        }
        using var r = new BinaryReader(new MemoryStream(plain));
        Fleet = FleetId.Parse(r.ReadString());
        (Root, DayKeySigner, Receipts, Commands) = (CentralSigner.Import(r.ReadBytes(32)), CentralSigner.Import(r.ReadBytes(32)), CentralSigner.Import(r.ReadBytes(32)), CentralSigner.Import(r.ReadBytes(32)));
        _bundleVersion = r.ReadUInt64();
        _bundle = r.ReadBytes(r.ReadInt32());
        for (var left = r.ReadInt32(); left > 0; left--)
        {
            var day = DateOnly.FromDayNumber(r.ReadInt32());
            var secret = DaySecret.Import(r.ReadBytes(32));
            _days[secret.Id] = new(day, secret, r.ReadBytes(32));
        }
        // The first version's file ends here.
        for (var left = r.BaseStream.Position < plain.Length ? r.ReadInt32() : 0; left > 0; left--) _months[r.ReadString()] = DaySecret.Import(r.ReadBytes(32));
        CryptographicOperations.ZeroMemory(plain);
    }

    public void Dispose()
    {
        foreach (var key in _months.Values) key.Dispose();
        foreach (var day in _days.Values) day.Secret.Dispose();
        foreach (var signer in new[] { Root, DayKeySigner, Receipts, Commands }) signer.Dispose();
    }
}
