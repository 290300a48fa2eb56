using System.Security.Cryptography;
using System.Text;
using Nauha.Format;

namespace Nauha.Central.Keys;

// How keys come and go: made ahead, granted on, destroyed for good; and how all of it lies in the file.
public sealed partial class Keystore
{
    private const byte FileVersion = 2;

    /// <summary>Seals a recording's data key once more, to another day or to a hold.</summary>
    /// <returns>The signed grant; null where the recording does not open, or the other key is gone.</returns>
    public byte[]? GrantDek(SealedHead head, KeyId to, string reason, string? hold)
    {
        ArgumentNullException.ThrowIfNull(head);
        if (UnwrapForIngest(head) is not { } dek) return null;
        var grant = GrantOn(head.Header.Call, GrantOf.Dek, null, head.Header.DayKid, to, Grant.SubjectOf(head.WrapInfo, head.Wrap), dek, reason, hold);
        CryptographicOperations.ZeroMemory(dek);
        return grant;
    }

    /// <summary>Seals a record's personal part once more, to another day or to a hold.</summary>
    public byte[]? GrantRecord(SealedRecord record, KeyId to, string reason, string? hold)
    {
        ArgumentNullException.ThrowIfNull(record);
        byte[]? plain;
        lock (_one) plain = PlainOf(record);
        if (plain is null || record.Record.Call is not { } call) return null;
        var grant = GrantOn(call, GrantOf.Record, record.Record.Seq, record.Record.DayKid, to, record.Hash, plain, reason, hold);
        CryptographicOperations.ZeroMemory(plain);
        return grant;
    }

    private byte[]? GrantOn(CallId call, GrantOf of, ulong? seq, KeyId from, KeyId to, byte[] subject, byte[] plain, string reason, string? hold)
    {
        lock (_one)
        {
            if (SecretOf(to) is not { } recipient) return null;
            var sealedOn = Hpke.Seal(recipient.PublicKey, Grant.Info(subject, to), plain);
            return Envelope.Seal(PayloadTypes.Grant, new Grant(call, of, seq, from, to, sealedOn, reason, hold, _time.GetUtcNow().ToUnixTimeMilliseconds()).ToPayload(), DayKeySigner);
        }
    }

    /// <summary>Makes the key pair and the search key of a new hold.</summary>
    public KeyId OpenHold(string hold)
    {
        lock (_one)
        {
            var secret = DaySecret.Create();
            _holds[secret.Id] = new(hold, secret, RandomNumberGenerator.GetBytes(32));
            Save();
            return secret.Id;
        }
    }

    public byte[] SealToHold(KeyId hold, ReadOnlySpan<byte> plain)
    {
        lock (_one) return Hpke.Seal(_holds[hold].Secret.PublicKey, HoldInfo(_holds[hold].Hold), plain);
    }

    public byte[]? OpenFromHold(KeyId hold, ReadOnlySpan<byte> sealedPart)
    {
        lock (_one) return _holds.TryGetValue(hold, out var secrets) ? Hpke.Open(secrets.Secret, HoldInfo(secrets.Hold), sealedPart) : null;
    }

    /// <summary>The token of a value under every hold's own search key.</summary>
    public IReadOnlyList<(string Hold, byte[] Token)> HoldTokens(string label, string value)
    {
        lock (_one) return [.. _holds.Values.Select(h => (h.Hold, TokenOf(h.SearchKey, label, value)))];
    }

    public IReadOnlyList<KeyId> Holds()
    {
        lock (_one) return [.. _holds.Keys];
    }

    public bool HasHold(KeyId hold)
    {
        lock (_one) return _holds.ContainsKey(hold);
    }

    /// <summary>Destroys a hold's keys: what was granted to it alone cannot be opened any more.</summary>
    public void EndHold(KeyId hold)
    {
        lock (_one)
        {
            if (!_holds.Remove(hold, out var secrets)) return;
            secrets.Secret.Dispose();
            CryptographicOperations.ZeroMemory(secrets.SearchKey);
            Rotate();
        }
    }

    /// <summary>Seals something that central keeps for as long as it is wanted, to a key of its own that lies here.</summary>
    /// <param name="what">Names the key: exclusions.</param>
    public byte[] SealOwn(string what, ReadOnlySpan<byte> plain)
    {
        lock (_one)
        {
            if (!_own.TryGetValue(what, out var secret))
            {
                _own[what] = secret = DaySecret.Create();
                Save();
            }
            return Hpke.Seal(secret.PublicKey, OwnInfo(what), plain);
        }
    }

    /// <returns>Null where it was not sealed by this keystore.</returns>
    public byte[]? OpenOwn(string what, ReadOnlySpan<byte> sealedPart)
    {
        lock (_one) return _own.TryGetValue(what, out var secret) ? Hpke.Open(secret, OwnInfo(what), sealedPart) : null;
    }

    private static byte[] OwnInfo(string what) => Encoding.ASCII.GetBytes($"nauha/1 own\0{what}");

    /// <summary>Days whose time is over, oldest first.</summary>
    public IReadOnlyList<KeyDay> Due(long nowMs)
    {
        lock (_one) return [.. _days.Values.Where(d => d.DestroyMs <= nowMs).OrderBy(d => d.Day).Select(d => new KeyDay(d.Day, d.Secret.Id, d.DestroyMs))];
    }

    /// <summary>Days whose keys live, oldest first.</summary>
    public IReadOnlyList<KeyDay> Living()
    {
        lock (_one) return [.. _days.Values.OrderBy(d => d.Day).Select(d => new KeyDay(d.Day, d.Secret.Id, d.DestroyMs))];
    }

    /// <summary>Days whose keys were destroyed, oldest first.</summary>
    public IReadOnlyList<DestroyedDay> Destroyed()
    {
        lock (_one) return [.. _destroyedDays.Values.OrderBy(d => d.Day)];
    }

    public DestroyedDay? DestroyedOf(KeyId kid)
    {
        lock (_one) return _destroyedDays.GetValueOrDefault(kid);
    }

    public bool IsDestroyed(CallId call)
    {
        lock (_one) return _destroyedCalls.ContainsKey(call);
    }

    public IReadOnlyList<CallId> DestroyedCalls()
    {
        lock (_one) return [.. _destroyedCalls.Keys];
    }

    /// <summary>The end of these days, for good: the keystore is written anew under a fresh key and the old one overwritten before this returns.</summary>
    public void DestroyDays(IReadOnlyCollection<KeyDay> days, long nowMs)
    {
        ArgumentNullException.ThrowIfNull(days);
        lock (_one)
        {
            foreach (var day in days)
            {
                if (!_days.Remove(day.Kid, out var secrets)) continue;
                secrets.Secret.Dispose();
                CryptographicOperations.ZeroMemory(secrets.SearchKey);
                _destroyedDays[day.Kid] = new(day.Day, day.Kid, day.DestroyMs, nowMs);
            }
            // A call whose day is gone needs no entry of its own any more.
            foreach (var call in _destroyedCalls.Where(c => c.Value <= nowMs).Select(c => c.Key).ToList()) _destroyedCalls.Remove(call);
            LastRetentionMs = nowMs;
            if (days.Count > 0) Rotate();
            else Save();
        }
    }

    /// <summary>From now on nobody gets this call opened, from any copy of the store.</summary>
    /// <param name="untilMs">When its day's key is destroyed.</param>
    public void DestroyCall(CallId call, long untilMs)
    {
        lock (_one)
        {
            _destroyedCalls[call] = untilMs;
            Save();
        }
    }

    /// <summary>After a restore: what is older has no receipt of this store.</summary>
    public void RaiseEpoch()
    {
        lock (_one)
        {
            StoreEpoch++;
            Save();
        }
    }

    /// <summary>Destroys the keys of audit months before this one (yyyy-MM).</summary>
    public int DestroyMonthsBefore(string month)
    {
        lock (_one)
        {
            var old = _months.Keys.Where(m => string.CompareOrdinal(m, month) < 0).ToList();
            foreach (var gone in old)
            {
                _months[gone].Dispose();
                _months.Remove(gone);
            }
            if (old.Count > 0) Rotate();
            return old.Count;
        }
    }

    private static byte[] HoldInfo(string hold) => Encoding.ASCII.GetBytes($"nauha/1 hold\0{hold}");

    // Day keys reach 90 days ahead of today; the bundle holds these 90.
    private void Renew()
    {
        var today = RetentionPeriod.DayOf(_time.GetUtcNow().ToUnixTimeMilliseconds(), RetentionPeriod.Zone);
        var known = _days.Values.Select(d => d.Day).Concat(_destroyedDays.Values.Select(d => d.Day)).ToHashSet();
        var missing = Enumerable.Range(0, Ahead).Select(i => today.AddDays(i)).Where(day => !known.Contains(day)).ToList();
        if (missing.Count == 0 && _bundle.Length > 0) return;
        foreach (var day in missing)
        {
            var secret = DaySecret.Create();
            _days[secret.Id] = new(day, RetentionPeriod.DestroyMs(day, RetentionPeriod.Zone), secret, RandomNumberGenerator.GetBytes(32));
        }
        var entries = _days.Values.Where(d => d.Day >= today && d.Day < today.AddDays(Ahead)).OrderBy(d => d.Day).Select(d => DayKeyEntry.For(d.Day, d.Secret.PublicKey)).ToList();
        if (entries.Count < Ahead && _bundle.Length > 0) return;   // a clock that went back into days that are gone: the bundle stays as it is
        _bundleVersion++;
        _bundle = Envelope.Seal(PayloadTypes.DayKeys, new DayKeyBundle(Fleet, _bundleVersion, _time.GetUtcNow().ToUnixTimeMilliseconds(), entries).ToPayload(), DayKeySigner);
        Save();
    }

    private void Create(string data)
    {
        // A store without its keystore is a disk that is not mounted or a copy that went wrong, never a new store.
        var others = new[] { _file.KekPath, Path.Combine(data, "central.db"), Path.Combine(data, "audit", "checkpoint"), Path.Combine(data, "ca") };
        if (others.FirstOrDefault(Path.Exists) is { } there) throw new CentralException($"{Path.Combine(_folder, "keys")} is missing, but {there} is there: this store had a keystore. Put it back (mount its medium); a new one would open nothing of this store.");
        Fleet = FleetId.From(RandomNumberGenerator.GetBytes(10));
        (Root, DayKeySigner, Receipts, Commands) = (CentralSigner.Create(), CentralSigner.Create(), CentralSigner.Create(), CentralSigner.Create());
        _file.CreateKek();
    }

    // Stores of the first version had the months' keys beside the log; a key lies in the keystore alone.
    private void Adopt(string audit)
    {
        var files = Directory.Exists(audit) ? Directory.GetFiles(audit, "month-*.key") : [];
        if (files.Length == 0) return;
        foreach (var file in files) _months.TryAdd(Path.GetFileNameWithoutExtension(file)["month-".Length..], DaySecret.Import(File.ReadAllBytes(file)));
        Save();
        foreach (var file in files) File.Delete(file);
    }

    private void Save() => Put(_file.Write);

    private void Rotate() => Put(_file.Rotate);

    private void Put(PutPlain put)
    {
        var plain = new MemoryStream();
        using (var w = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true)) WriteTo(w);
        put(plain.GetBuffer().AsSpan(0, (int)plain.Length));
        CryptographicOperations.ZeroMemory(plain.GetBuffer());
    }

    private delegate void PutPlain(ReadOnlySpan<byte> plain);

    private void WriteTo(BinaryWriter w)
    {
        w.Write(FileVersion);
        w.Write(Fleet.Text);
        foreach (var signer in new[] { Root, DayKeySigner, Receipts, Commands }) w.Write(signer.Export());
        w.Write(_bundleVersion);
        w.Write(_bundle.Length);
        w.Write(_bundle);
        w.Write(StoreEpoch);
        w.Write(LastRetentionMs ?? -1);
        w.Write(_days.Count);
        foreach (var day in _days.Values)
        {
            w.Write(day.Day.DayNumber);
            w.Write(day.DestroyMs);
            w.Write(day.Secret.Export());
            w.Write(day.SearchKey);
        }
        w.Write(_months.Count);
        foreach (var (month, key) in _months)
        {
            w.Write(month);
            w.Write(key.Export());
        }
        w.Write(_holds.Count);
        foreach (var hold in _holds.Values)
        {
            w.Write(hold.Hold);
            w.Write(hold.Secret.Export());
            w.Write(hold.SearchKey);
        }
        w.Write(_destroyedDays.Count);
        foreach (var day in _destroyedDays.Values)
        {
            w.Write(day.Kid.ToBytes());
            w.Write(day.Day.DayNumber);
            w.Write(day.DestroyMs);
            w.Write(day.DestroyedMs);
        }
        w.Write(_destroyedCalls.Count);
        foreach (var (call, until) in _destroyedCalls)
        {
            w.Write(call.ToBytes());
            w.Write(until);
        }
        w.Write(_own.Count);
        foreach (var (what, secret) in _own)
        {
            w.Write(what);
            w.Write(secret.Export());
        }
    }

    private void Load()
    {
        var plain = _file.Read();
        using var r = new BinaryReader(new MemoryStream(plain));
        // The first version's file begins with the length of the fleet's name, 16.
        var version = r.PeekChar() == FileVersion ? r.ReadByte() : 1;
        Fleet = FleetId.Parse(r.ReadString());
        (Root, DayKeySigner, Receipts, Commands) = (CentralSigner.Import(r.ReadBytes(32)), CentralSigner.Import(r.ReadBytes(32)), CentralSigner.Import(r.ReadBytes(32)), CentralSigner.Import(r.ReadBytes(32)));
        _bundleVersion = r.ReadUInt64();
        _bundle = r.ReadBytes(r.ReadInt32());
        if (version > 1)
        {
            StoreEpoch = r.ReadUInt64();
            LastRetentionMs = r.ReadInt64() is >= 0 and var last ? last : null;
        }
        for (var left = r.ReadInt32(); left > 0; left--)
        {
            var day = DateOnly.FromDayNumber(r.ReadInt32());
            var destroyMs = version > 1 ? r.ReadInt64() : RetentionPeriod.DestroyMs(day, RetentionPeriod.Zone);
            var secret = DaySecret.Import(r.ReadBytes(32));
            _days[secret.Id] = new(day, destroyMs, secret, r.ReadBytes(32));
        }
        for (var left = version > 1 || r.BaseStream.Position < plain.Length ? r.ReadInt32() : 0; left > 0; left--) _months[r.ReadString()] = DaySecret.Import(r.ReadBytes(32));
        if (version > 1) LoadEnds(r);
        CryptographicOperations.ZeroMemory(plain);
    }

    private void LoadEnds(BinaryReader r)
    {
        for (var left = r.ReadInt32(); left > 0; left--)
        {
            var hold = r.ReadString();
            var secret = DaySecret.Import(r.ReadBytes(32));
            _holds[secret.Id] = new(hold, secret, r.ReadBytes(32));
        }
        for (var left = r.ReadInt32(); left > 0; left--)
        {
            var kid = KeyId.Read(r.ReadBytes(16));
            _destroyedDays[kid] = new(DateOnly.FromDayNumber(r.ReadInt32()), kid, r.ReadInt64(), r.ReadInt64());
        }
        for (var left = r.ReadInt32(); left > 0; left--) _destroyedCalls[CallId.Read(r.ReadBytes(16))] = r.ReadInt64();
        // A file from before central kept anything of its own ends here.
        for (var left = r.BaseStream.Position < r.BaseStream.Length ? r.ReadInt32() : 0; left > 0; left--) _own[r.ReadString()] = DaySecret.Import(r.ReadBytes(32));
    }
}
