using System.Security.Cryptography;
using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Tests.Vault;

/// <summary>
/// The vault and state.json as a power cut leaves them after some steps. Of each file's writes since its last sync any may
/// be there or not; names (created, renamed, deleted) come onto the disk in their order, as a journaling file system keeps
/// them, those of a synced folder first.
/// </summary>
internal static class CutStore
{
    private sealed class Inode(byte[] synced)
    {
        public byte[] Synced { get; set; } = synced;

        public List<Step> Pending { get; } = [];
    }

    private sealed record Name(Act Act, string Path, Inode? File, string? To)
    {
        public string Folder => System.IO.Path.GetDirectoryName(Path)!;
    }

    /// <param name="choose">Of one file's writes and cuts since its last sync, those that reached the disk.</param>
    /// <param name="names">Of so many names that no folder sync covers yet, how many are there: the first ones.</param>
    /// <returns>Content by path below the data folder.</returns>
    public static SortedDictionary<string, byte[]> After(string before, string data, IEnumerable<Step> steps, Func<List<Step>, List<Step>> choose, Func<int, int> names)
    {
        var (now, waiting) = (new SortedDictionary<string, Inode>(StringComparer.Ordinal), new List<Name>());
        foreach (var path in Files(before)) now[path.Replace(before, data, StringComparison.Ordinal)] = new(File.ReadAllBytes(path));
        var durable = new SortedDictionary<string, Inode>(now, StringComparer.Ordinal);
        foreach (var step in steps)
            switch (step.Act)
            {
                case Act.Create or Act.Open when !now.ContainsKey(step.Path):
                    Happens(new(Act.Create, step.Path, new([]), null));
                    break;
                case Act.Write or Act.SetLength:
                    now[step.Path].Pending.Add(step);
                    break;
                case Act.Sync:
                    var file = now[step.Path];
                    file.Synced = Apply(file.Synced, file.Pending);
                    file.Pending.Clear();
                    break;
                case Act.Rename or Act.Delete:
                    Happens(new(step.Act, step.Path, null, step.To));
                    break;
                case Act.SyncFolder:
                    for (var i = 0; i < waiting.Count;)
                        if (waiting[i].Folder == step.Path) Reaches(i);
                        else i++;
                    break;
                default:
                    break;
            }
        for (var left = names(waiting.Count); left > 0; left--) Reaches(0);
        var there = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (path, file) in durable) there[Path.GetRelativePath(data, path)] = Apply(file.Synced, choose(file.Pending));
        return there;

        void Happens(Name name)
        {
            Do(now, name);
            waiting.Add(name);
        }

        void Reaches(int which)
        {
            var name = waiting[which];
            waiting.RemoveAt(which);
            Do(durable, name);
            if (name is { Act: Act.Rename, To: { } to })
                for (var i = 0; i < waiting.Count; i++)
                    if (waiting[i].Path.StartsWith(name.Path + "/", StringComparison.Ordinal)) waiting[i] = waiting[i] with { Path = to + waiting[i].Path[name.Path.Length..], To = waiting[i].To is { } target ? to + target[name.Path.Length..] : null };
        }
    }

    // A file, or a folder with all in it.
    private static void Do(SortedDictionary<string, Inode> there, Name name)
    {
        if (name.File is { } made) there[name.Path] = made;
        else if (name.Act == Act.Delete) there.Remove(name.Path);
        else
            foreach (var path in there.Keys.Where(p => p == name.Path || p.StartsWith(name.Path + "/", StringComparison.Ordinal)).ToList())
                if (there.Remove(path, out var moved)) there[name.To + path[name.Path.Length..]] = moved;
    }

    private static IEnumerable<string> Files(string data) =>
        Directory.EnumerateFiles(CallVault.FolderOf(data), "*", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(data, "state.json*"));

    /// <summary>Blocks are written whole; which of them, nobody knows: the first or the second half of a write.</summary>
    public static Step Half(Step write, bool head)
    {
        var half = Math.Max(1, (write.Bytes!.Length / FlashFile.Block) + 1) / 2 * FlashFile.Block;
        half = Math.Min(half, write.Bytes.Length);
        return head ? write with { Bytes = write.Bytes[..half] } : write with { At = write.At + half, Bytes = write.Bytes[half..] };
    }

    private static byte[] Apply(byte[] content, List<Step> steps)
    {
        foreach (var step in steps)
        {
            var length = step.Act == Act.SetLength ? (int)step.At : Math.Max(content.Length, step.Bytes!.Length == 0 ? 0 : (int)step.At + step.Bytes.Length);
            var next = content[..Math.Min(content.Length, length)];
            Array.Resize(ref next, length);
            if (step.Bytes is { Length: > 0 } bytes) bytes.CopyTo(next, (int)step.At);   // half of a short write may be nothing at all
            content = next;
        }
        return content;
    }

    public static string Hash(SortedDictionary<string, byte[]> files) =>
        Convert.ToHexString(SHA256.HashData([.. files.SelectMany(f => (byte[])[.. System.Text.Encoding.UTF8.GetBytes(f.Key), 0, .. SHA256.HashData(f.Value)])]));

    /// <summary>The box as it was before, with this vault.</summary>
    public static void Materialise(string before, SortedDictionary<string, byte[]> files, string data)
    {
        Trial.Copy(before, data);
        foreach (var path in Files(data).ToList()) File.Delete(path);
        Directory.Delete(CallVault.FolderOf(data), recursive: true);
        Directory.CreateDirectory(CallVault.FolderOf(data));
        foreach (var (path, bytes) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(data, path))!);
            File.WriteAllBytes(Path.Combine(data, path), bytes);
        }
    }
}
