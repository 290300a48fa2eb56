using System.Globalization;
using Nauha.Format;

namespace Nauha.Central.Storage;

/// <summary>Sealed recordings as they came, a folder a key day; and those on their way, or kept aside.</summary>
public sealed class BlobFolder
{
    private readonly string _blobs, _incoming, _aside;
    private readonly Lock _days = new();   // no day's folder goes while something is moved into it

    public BlobFolder(string data)
    {
        (_blobs, _incoming, _aside) = (Path.Combine(data, "blobs"), Path.Combine(data, "incoming"), Path.Combine(data, "aside"));
        foreach (var folder in new[] { _blobs, _incoming, _aside }) Durable.CreateFolder(folder);
    }

    /// <summary>What of a recording has come, without a hole from the beginning.</summary>
    public string PathOfPart(ApplianceId appliance, CallId call)
    {
        var folder = Path.Combine(_incoming, appliance.Text);
        Durable.CreateFolder(folder);
        return Path.Combine(folder, $"{call}.part");
    }

    public IEnumerable<(CallId Call, long Bytes)> Incomplete(ApplianceId appliance)
    {
        var folder = Path.Combine(_incoming, appliance.Text);
        if (!Directory.Exists(folder)) yield break;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.part"))
            if (CallId.TryParse(Path.GetFileNameWithoutExtension(file.Name), out var call)) yield return (call, file.Length);
    }

    /// <summary>Makes a whole recording durable under its day (yyyy-MM-dd): file and folders are synced when this returns.</summary>
    /// <returns>Its path within the blobs.</returns>
    public string Keep(string part, string name, CallId call)
    {
        var folder = Path.Combine(_blobs, name);
        lock (_days)
        {
            Durable.CreateFolder(folder);
            Move(part, Path.Combine(folder, $"{call}.nauha"));
            Durable.SyncFolder(_blobs);
        }
        return $"{name}/{call}.nauha";
    }

    /// <summary>Keeps what cannot be believed or opened, for people to look at.</summary>
    public void Aside(string part, CallId call, string why) => Move(part, Path.Combine(_aside, $"{call}.{why}"));

    /// <summary>Keeps a record that contradicts another one: envelope bytes, as they came.</summary>
    public void AsideRecord(ApplianceId appliance, ulong seq, string hash, ReadOnlySpan<byte> envelope)
    {
        var path = Path.Combine(_aside, string.Create(CultureInfo.InvariantCulture, $"{appliance.Text}-{seq}-{hash[..16]}.record"));
        if (!File.Exists(path)) Durable.Replace(path, envelope);
    }

    /// <summary>Deletes what nobody may hear any more. No error where it is gone already.</summary>
    public void Discard(string path)
    {
        if (!File.Exists(path)) return;
        File.Delete(path);
        Durable.SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Deletes every copy of a call: its recording, what of it was under way, what was set aside.</summary>
    public void Destroy(ApplianceId appliance, CallId call, string? blob)
    {
        if (blob is not null)
        {
            Discard(Path.Combine(_blobs, blob));
            RemoveIfEmpty(Path.GetDirectoryName(Path.Combine(_blobs, blob))!);
        }
        Discard(Path.Combine(_incoming, appliance.Text, $"{call}.part"));
        foreach (var aside in Directory.EnumerateFiles(_aside, $"{call}.*")) Discard(aside);
    }

    /// <summary>Deletes a day's folder with whatever is left in it, but for what is named.</summary>
    /// <returns>Recordings that stay.</returns>
    public int DestroyDay(string day, IReadOnlySet<string> except)
    {
        var folder = Path.Combine(_blobs, day);
        if (!Directory.Exists(folder)) return 0;
        var stay = 0;
        foreach (var file in Directory.EnumerateFiles(folder))
            if (except.Contains($"{day}/{Path.GetFileName(file)}")) stay++;
            else Discard(file);
        if (stay == 0) RemoveIfEmpty(folder);
        return stay;
    }

    // Not even the date of a day is left of what is gone.
    private void RemoveIfEmpty(string folder)
    {
        lock (_days)
        {
            if (!Directory.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).Any()) return;
            Directory.Delete(folder);
            Durable.SyncFolder(_blobs);
        }
    }

    /// <summary>What was set aside before this moment, or is under way since before it: it has no day that could be trusted.</summary>
    public int DestroyOlder(long beforeMs)
    {
        var old = Directory.EnumerateFiles(_aside).Concat(Directory.EnumerateFiles(_incoming, "*.part", SearchOption.AllDirectories)).Where(f => new DateTimeOffset(File.GetLastWriteTimeUtc(f), TimeSpan.Zero).ToUnixTimeMilliseconds() < beforeMs).ToList();
        foreach (var file in old) Discard(file);
        return old.Count;
    }

    /// <summary>When what was set aside or is under way was written last.</summary>
    public IReadOnlyList<long> Unsorted => [.. Directory.EnumerateFiles(_aside).Concat(Directory.EnumerateFiles(_incoming, "*.part", SearchOption.AllDirectories)).Select(f => new DateTimeOffset(File.GetLastWriteTimeUtc(f), TimeSpan.Zero).ToUnixTimeMilliseconds())];

    /// <summary>Days that have a folder, oldest first.</summary>
    public IReadOnlyList<string> Days => [.. Directory.EnumerateDirectories(_blobs).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public FileStream Open(string path) => new(Path.Combine(_blobs, path), FileMode.Open, FileAccess.Read, FileShare.Read);

    public bool Exists(string path) => File.Exists(Path.Combine(_blobs, path));

    private static void Move(string from, string to)
    {
        using (var file = File.OpenHandle(from, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(file);
        File.Move(from, to, overwrite: true);
        Durable.SyncFolder(Path.GetDirectoryName(to)!);
    }
}
