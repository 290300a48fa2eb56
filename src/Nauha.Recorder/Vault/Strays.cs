using Nauha.Format;

namespace Nauha.Recorder.Vault;

/// <summary>What lies in the vault and no record accounts for, and what was set aside because it was damaged: each is somebody's call, or says that one is gone.</summary>
internal static class Strays
{
    private const string Keep = "Keep an image of the card for whoever can read more of it; the file goes with its day.";

    /// <summary>Sentences: what lies where, and what to do.</summary>
    public static List<string> Find(string data, CallVault vault)
    {
        var findings = new List<string>();
        foreach (var (path, why) in vault.DamagedState) findings.Add($"{Path.GetFileName(path)} {why}: the next start of the recorder sets it aside and goes on.");
        foreach (var path in Directory.EnumerateFiles(data, "state.json*" + CallVault.Damage + "-*")) findings.Add($"{Path.GetFileName(path)}: chain and numbers were taken from what else is here, and from central. Is the card failing? Delete the file when somebody has looked at it.");
        foreach (var day in vault.ShrunkDays) findings.Add($"{day}: its journals are shorter, or others, than this box has signed that they were. {Keep}");
        foreach (var folder in Directory.EnumerateDirectories(CallVault.FolderOf(data)).Where(f => CallVault.TryDayOf(f, out _)).Order(StringComparer.Ordinal)) Look(folder, vault, findings);
        return findings;
    }

    private static void Look(string folder, CallVault vault, List<string> findings)
    {
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                var (name, at) = (Path.GetFileName(path), $"{Path.GetFileName(folder)}/{Path.GetFileName(path)}");
                if (name.StartsWith(DayMark.FileName + CallVault.Damage, StringComparison.Ordinal)) findings.Add($"{at}: the journals of that day have been longer, or others, than they were at a later start. {Keep}");
                else if (name.Contains(CallVault.Damage + "-", StringComparison.Ordinal)) findings.Add($"{at}: a journal that was broken in its middle, as it was found. {Keep}");
                else if (name.EndsWith(".nauha" + CallVault.Damage, StringComparison.Ordinal)) findings.Add($"{at}: the damaged sealed file of {Call(path, vault)}. {Keep}");
                else if (name.EndsWith(".nauha", StringComparison.Ordinal) && !vault.IsRecorded(path)) findings.Add($"{at}: the sealed file of {Call(path, vault)} is here, and its records are not. Compare with central, and keep an image of the card; the file goes with its day.");
            }
        }
        catch (DirectoryNotFoundException)
        {
            // The running recorder has taken the day since it was listed: law 9.
        }
    }

    private static string Call(string path, CallVault vault) => vault.HeadOf(path) is { } head ? $"line {head.Line.Number}, call {head.CallNumber}" : "a call whose line and number cannot be read any more";
}
