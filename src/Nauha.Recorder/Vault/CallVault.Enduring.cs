using Microsoft.Extensions.Logging;

namespace Nauha.Recorder.Vault;

// What a medium that fails may cost, and what not: a start records calls whatever it could not read, close or delete. That is
// said once, stays as it lies, and is tried again.
public sealed partial class CallVault
{
    private readonly Dictionary<string, Action> _aside = [];        // journals that are still to be set aside, by path
    private readonly List<string> _unreadable = [];                 // journals, day and name
    private readonly List<JournalCall> _unclosed = [];              // left open by an earlier life, and not closed yet
    private readonly HashSet<string> _said = [];

    /// <summary>Journals that could not be read to their end, as <c>day/name</c>.</summary>
    public IReadOnlyCollection<string> UnreadableJournals => _unreadable;

    // Before anything is written behind what can be read: what lies there must not be overwritten.
    private void SetAside(string path, Action act)
    {
        try
        {
            Disk.Twice(act);
            _aside.Remove(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _aside[path] = act;
            Once($"aside {path}", () => NotYet(e, $"{Path.GetFileName(path)} cannot be set aside"));
        }
    }

    // The journal itself keeps what could be read; the file as it was found keeps another name, and goes with its day.
    private void KeepReadable(string path, byte[] bytes, int good)
    {
        var aside = $"{path}{Damage}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..8]}";
        SetAside(path, () =>
        {
            _disk.Link(path, aside);
            Disk.Replace(_disk, path, bytes.AsSpan(0, good));
        });
    }

    /// <summary>A file of the vault, to be read.</summary>
    internal Stream Look(string path) => new DiskStream(_disk.OpenToRead(path), owns: true);

    // False: said, and to be tried again.
    private bool Endures(string what, Action act)
    {
        try
        {
            act();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or VaultException)
        {
            Once(what, () => NotYet(e, what));
            return false;
        }
    }

    private void Once(string what, Action say)
    {
        lock (_said)
            if (!_said.Add(what)) return;
        say();
    }

    private void CloseOpen(IEnumerable<JournalCall> calls)
    {
        foreach (var call in calls.ToList())
            if (Endures($"call {call.CallNumber} of line {call.Line.Number} cannot be closed", () => Close(call))) _unclosed.Remove(call);
            else if (!_unclosed.Contains(call)) _unclosed.Add(call);
    }

    [LoggerMessage(EventId = 4115, Level = LogLevel.Error, Message = "{Journal} cannot be read beyond {Bytes} bytes: {Why}. What can be read is kept as the journal, and the file as it is beside it. Is the storage failing?")]
    private partial void JournalUnreadable(string journal, long bytes, string why);

    [LoggerMessage(EventId = 4116, Level = LogLevel.Error, Message = "{What}; it stays as it is, and is tried again. Is the storage full or failing?")]
    private partial void NotYet(Exception reason, string what);
}
