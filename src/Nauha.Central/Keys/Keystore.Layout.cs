using System.Security.Cryptography;
using System.Text;
using Nauha.Format;

namespace Nauha.Central.Keys;

// How all of it lies in the file, and how files of older versions are read.
public sealed partial class Keystore
{
    private const byte FileVersion = 3;

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
        w.Write(_ended.Count);
        foreach (var id in _ended) w.Write(id);
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
        var version = r.PeekChar() is > 0 and <= FileVersion ? r.ReadByte() : 1;
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
        for (var left = version > 2 ? r.ReadInt32() : 0; left > 0; left--) _ended.Add(r.ReadString());
        for (var left = version > 2 ? r.ReadInt32() : 0; left > 0; left--) _own[r.ReadString()] = DaySecret.Import(r.ReadBytes(32));
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
    }
}
