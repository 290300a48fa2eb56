using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nauha.Format;

namespace Nauha.Recorder.Vault;

// What chain and numbers stand on besides the journals: state.json, and the heads of the sealed files. A start goes on
// whatever became of either.
public sealed partial class CallVault
{
    /// <summary>Which of state.json and its copy were not as they were written at this start, and why.</summary>
    internal IReadOnlyList<(string Path, string Why)> DamagedState { get; private set; } = [];

    // A damaged one goes aside with an alarm. The copy beside it says the same; without either, journals, heads and central do.
    private void ReadState(bool mend)
    {
        var known = VaultState.Read(_disk, _data, out var damaged);
        known?.Tell(_index);
        if (!mend) DamagedState = damaged;
        if (!mend || damaged.Count == 0) return;
        foreach (var (path, why) in damaged)
        {
            var aside = $"{path}{Damage}-{Convert.ToHexStringLower(SHA256.HashData(Disk.Readable(_disk, path, out _)))[..8]}";
            Endures($"{Path.GetFileName(path)} cannot be set aside", () =>
            {
                _disk.Rename(path, aside);
                _disk.SyncFolder(_data);
            });
            StateDamaged(Path.GetFileName(path), why, Path.GetFileName(aside));
        }
        if (known is not null) Endures("state.json cannot be written anew", () => known.Write(_disk, _data));
    }

    // A sealed file without a record: its record was there, synced, before the file was. Its number is not given again.
    private void SeeHeads()
    {
        foreach (var folder in Directory.EnumerateDirectories(_folder).Where(f => TryDayOf(f, out _)))
            foreach (var path in Directory.EnumerateFiles(folder, "*.nauha*"))
                if ((!CallId.TryParse(Path.GetFileName(path).Split('.')[0], out var call) || _index.Find(call) is null) && HeadOf(path) is { } head)
                {
                    _index.SeenOnFlash(head.Line.Number, head.CallNumber);
                    WithoutRecord(head.CallNumber, head.Line.Number);
                }
    }

    /// <summary>
    /// Calls of which the index on this flash knows, by line and number: where the journals have lost them, their numbers are
    /// still not given again.
    /// </summary>
    internal void SeenInIndex(IEnumerable<(LineId Line, ulong Number)> calls) => Locked(() =>
    {
        foreach (var (line, number) in calls) _index.SeenOnFlash(line.Number, number);
    });

    /// <summary>A record names this sealed file; those that a running recorder has written since the journals were read count too.</summary>
    internal bool IsRecorded(string path)
    {
        if (!CallId.TryParse(Path.GetFileName(path).Split('.')[0], out var call)) return false;
        if (Read(index => index.Find(call)) is not null) return true;
        var (journal, named) = (Path.Combine(Path.GetDirectoryName(path)!, "records"), false);
        if (File.Exists(journal)) JournalCodec.ReadAll(Disk.Readable(_disk, journal, out _), entry => named |= OpenRecord(entry, isVouched: false)?.Record.Call == call);
        return named;
    }

    /// <summary>
    /// The head of a sealed file of this box. Nothing signs a file that is still open, but the checksum of its first frame
    /// covers the head: without one whole frame, what stands there is nobody's word.
    /// </summary>
    internal SealedHeader? HeadOf(string path)
    {
        try
        {
            using var open = _disk.OpenToRead(path);
            using var file = new DiskStream(open);
            return SealedFile.HeadOf(file) is { } head && head.Fleet == _identity.Fleet && head.Appliance == _identity.Appliance ? head : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;   // freed since it was listed, or on a bad place of the card
        }
    }

    internal static bool TryDayOf(string folder, out DateOnly day) => DateOnly.TryParseExact(Path.GetFileName(folder), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);

    [LoggerMessage(EventId = 4112, Level = LogLevel.Error, Message = "{File} {Why}: it is kept as {Aside}, and chain and numbers are taken from its copy, the journals, the sealed files and central. Is the storage failing?")]
    private partial void StateDamaged(string file, string why, string aside);

    [LoggerMessage(EventId = 4113, Level = LogLevel.Error, Message = "Call {Number} of line {Line}: its sealed file is here and its records are not; the number is not given again. Is the storage failing, or was the vault set back?")]
    private partial void WithoutRecord(ulong number, int line);
}
