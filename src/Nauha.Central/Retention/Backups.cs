using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Audit;
using Nauha.Central.Keys;
using Nauha.Format;

namespace Nauha.Central.Retention;

/// <summary>
/// A copy of everything but the keystore, as one tar file: what is in it opens only with the keystore as it is when it is
/// opened, so a backup of any age gives nothing back that was destroyed since.
/// </summary>
public sealed class Backups(IDbContextFactory<CentralDb> database, CentralOptions options, AuditLog audit, Keystore keys, TimeProvider time)
{
    /// <summary>What an appliance keeps after a receipt: two backups must fit into it, so that a restore can ask for what is missing.</summary>
    public static readonly TimeSpan KeptOnAppliances = TimeSpan.FromDays(7);

    private const string Manifest = "manifest.json";
    private static readonly string[] Folders = ["blobs", "aside", "ca"];

    /// <returns>Files in it, and its length.</returns>
    public async Task<(int Files, long Bytes)> WriteAsync(string path, string actor, CancellationToken cancel)
    {
        if (File.Exists(path)) throw new CentralException($"{path} exists already; nothing is overwritten.");
        audit.Append(new(actor, "backup", "done"));
        var work = Directory.CreateTempSubdirectory("nauha-backup-").FullName;
        var beside = path + ".new";
        try
        {
            var copy = Path.Combine(work, "central.db");
            await using (var db = await database.CreateDbContextAsync(cancel)) await db.Database.ExecuteSqlAsync($"VACUUM INTO {copy}", cancel);
            audit.Still(() => Copy(Path.Combine(options.Data, "audit"), Path.Combine(work, "audit")));
            var files = new List<(string Name, string Path)> { ("central.db", copy), ("store.json", Path.Combine(options.Data, "store.json")) };
            files.AddRange(FilesIn(Path.Combine(work, "audit"), "audit"));
            foreach (var folder in Folders) files.AddRange(FilesIn(Path.Combine(options.Data, folder), folder));
            await using (var target = new FileStream(beside, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                await using (var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true)) await PackAsync(tar, files, cancel);
                target.Flush(flushToDisk: true);
            }
            File.Move(beside, path);
            Durable.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return (files.Count, new FileInfo(path).Length);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
            File.Delete(beside);
        }
    }

    private async Task PackAsync(TarWriter tar, List<(string Name, string Path)> files, CancellationToken cancel)
    {
        var listed = new List<object>();
        foreach (var (name, path) in files)
        {
            // A recording may be destroyed between listing and packing: then it is not in the backup, as it should be.
            if (!File.Exists(path)) continue;
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var sha = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
            file.Position = 0;
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = file, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, ModificationTime = time.GetUtcNow() }, cancel);
            listed.Add(new { name, bytes = file.Length, sha256 = sha });
        }
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new { v = 1, fleet = keys.Fleet.Text, atMs = time.GetUtcNow().ToUnixTimeMilliseconds(), files = listed });
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Manifest) { DataStream = new MemoryStream(manifest), Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, ModificationTime = time.GetUtcNow() }, cancel);
    }

    /// <summary>
    /// Puts a backup in the place of a store, beside the keystore that is there. Only where no server runs. The log of the
    /// store stays if there is one: it knows more than the backup's.
    /// </summary>
    /// <exception cref="CentralException">The backup is damaged, or there is a store that was not to be replaced.</exception>
    public static void Restore(string path, string data, bool replace)
    {
        if (!File.Exists(Path.Combine(data, "keystore", "keys"))) throw new CentralException($"{Path.Combine(data, "keystore")} holds no keystore: a backup has none, and opens with its own alone. Put it there first.");
        if (!replace && File.Exists(Path.Combine(data, "central.db"))) throw new CentralException($"{data} holds a store. --replace puts the backup in its place.");
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();   // none of them may go on with the file that goes
        var work = Path.Combine(data, "restore.new");
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        Durable.CreateFolder(work);
        Unpack(path, work);
        var keepsLog = File.Exists(Path.Combine(data, "audit", "checkpoint"));
        foreach (var name in new[] { "central.db", "central.db-wal", "central.db-shm", "store.json" }) File.Delete(Path.Combine(data, name));
        foreach (var folder in Folders.Append("incoming")) if (Directory.Exists(Path.Combine(data, folder))) Directory.Delete(Path.Combine(data, folder), recursive: true);
        foreach (var entry in Directory.EnumerateFileSystemEntries(work))
        {
            var target = Path.Combine(data, Path.GetFileName(entry));
            if (Path.GetFileName(entry) == "audit" && keepsLog) continue;
            if (Directory.Exists(entry)) Directory.Move(entry, target);
            else File.Move(entry, target);
        }
        Directory.Delete(work, recursive: true);
        Durable.SyncFolder(data);
    }

    private static void Unpack(string path, string work)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        JsonElement? manifest = null;
        try
        {
            using var file = File.OpenRead(path);
            using var tar = new TarReader(file);
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.DataStream is null || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) throw new CentralException($"{path} holds something that is no file ({entry.Name}): it is no backup of central.");
                if (entry.Name == Manifest)
                {
                    using var document = JsonDocument.Parse(entry.DataStream);
                    manifest = document.RootElement.Clone();
                    continue;
                }
                var target = Path.GetFullPath(Path.Combine(work, entry.Name));
                if (!target.StartsWith(work + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw new CentralException($"{path} names a file outside itself: it is no backup of central.");
                Directory.CreateDirectory(Path.GetDirectoryName(target)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                using (var output = new FileStream(target, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                {
                    entry.DataStream.CopyTo(output);
                    output.Flush(flushToDisk: true);
                    output.Position = 0;
                    seen[entry.Name] = Convert.ToHexStringLower(SHA256.HashData(output));
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or JsonException or EndOfStreamException)
        {
            throw new CentralException($"{path} is damaged, or no backup of central: {e.Message}", e);
        }
        if (manifest is not { } list) throw new CentralException($"{path} ends too early: its list of files is missing.");
        var wanted = list.GetProperty("files").EnumerateArray().ToDictionary(f => f.GetProperty("name").GetString()!, f => f.GetProperty("sha256").GetString()!);
        if (wanted.FirstOrDefault(w => seen.GetValueOrDefault(w.Key) != w.Value) is { Key: { } wrong }) throw new CentralException($"{path}: {wrong} is missing or damaged. Nothing was changed.");
    }

    private static IEnumerable<(string Name, string Path)> FilesIn(string folder, string name) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".new", StringComparison.Ordinal)).Select(f => ($"{name}/{Path.GetRelativePath(folder, f)}", f)) : [];

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            using var read = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var write = File.Create(Path.Combine(to, Path.GetFileName(file)));
            read.CopyTo(write);
        }
    }
}

/// <summary>What has to be done once when a store was restored: newer knowledge than the backup's stands in the keystore.</summary>
public sealed class AfterRestore(IDbContextFactory<CentralDb> database, Keystore keys, Destroyer destroyer, EarlyDestruction early, AuditLog audit, TimeProvider time)
{
    public async Task<(int Calls, ulong Epoch)> RunAsync(string actor, CancellationToken cancel)
    {
        audit.Append(new(actor, "restore", "done"));
        keys.RaiseEpoch();
        await using (var db = await database.CreateDbContextAsync(cancel))
        {
            // Holds that ended since have no keys any more; holds that came since are not in the backup.
            var kids = new HashSet<string>();
            foreach (var hold in await db.Holds.Where(h => h.State != "ended").ToListAsync(cancel))
            {
                kids.Add(hold.Kid);
                if (KeyId.TryParse(hold.Kid, out var kid) && keys.HasHold(kid)) continue;
                (hold.State, hold.EndedMs, hold.Sealed, hold.CaseToken) = ("ended", time.GetUtcNow().ToUnixTimeMilliseconds(), null, null);
                db.HoldCalls.RemoveRange(db.HoldCalls.Where(c => c.Hold == hold.Id));
                db.Grants.RemoveRange(db.Grants.Where(g => g.Hold == hold.Id));
            }
            if (keys.Holds().Any(h => !kids.Contains(h.ToString()))) await Fleet.Alarms.RaiseAsync(db, "hold-lost", null, null, time.GetUtcNow().ToUnixTimeMilliseconds(), cancel);
            // Nor does it give back rights that somebody has lost since.
            var ended = keys.EndedRights();
            foreach (var appliance in await db.Appliances.Where(a => ended.Contains(a.Id) && a.State == "enrolled").ToListAsync(cancel)) (appliance.State, appliance.Online) = ("revoked", false);
            foreach (var account in await db.Users.Where(u => ended.Contains(u.Id) && u.ActivatedMs != null).ToListAsync(cancel)) (account.ActivatedBy, account.ActivatedMs, account.SecurityStamp) = (null, null, Guid.NewGuid().ToString("n"));
            await db.SaveChangesAsync(cancel);
        }
        await early.CleanAsync(cancel);
        return (await destroyer.CleanAsync(cancel), keys.StoreEpoch);
    }
}

/// <summary>Writes a backup every so many hours into a folder; the newest fourteen stay.</summary>
internal sealed partial class BackupRounds(CentralOptions options, Backups backups, TimeProvider time, ILogger<BackupRounds> log) : BackgroundService
{
    private const int Kept = 14;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.BackupFolder is not { } folder) return;
        using var timer = new PeriodicTimer(TimeSpan.FromHours(options.BackupHours), time);
        do
        {
            try
            {
                Durable.CreateFolder(folder);
                await backups.WriteAsync(Path.Combine(folder, $"nauha-{time.GetUtcNow():yyyyMMdd-HHmmss}.tar"), "central", stoppingToken);
                foreach (var old in Directory.EnumerateFiles(folder, "nauha-*.tar").OrderDescending(StringComparer.Ordinal).Skip(Kept)) File.Delete(old);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CentralException or Microsoft.Data.Sqlite.SqliteException)
            {
                NotWritten(e, folder);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 9301, Level = LogLevel.Error, Message = "A backup could not be written to {Folder}")]
    private partial void NotWritten(Exception reason, string folder);
}
