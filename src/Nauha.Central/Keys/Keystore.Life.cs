using System.Security.Cryptography;
using System.Text;
using Nauha.Format;

namespace Nauha.Central.Keys;

// How keys come and go: made ahead, granted on, destroyed for good; and what a restored store must not bring back.
public sealed partial class Keystore
{
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

    /// <summary>An account or an appliance has lost its rights: no older copy of the store gives them back.</summary>
    public void EndRights(string id)
    {
        lock (_one)
        {
            if (_ended.Add(id)) Save();
        }
    }

    /// <summary>It was given rights again, in the way in which they are given.</summary>
    public void LetRights(string id)
    {
        lock (_one)
        {
            if (_ended.Remove(id)) Save();
        }
    }

    public IReadOnlyList<string> EndedRights()
    {
        lock (_one) return [.. _ended];
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
}
