namespace Nauha.Recorder.Vault;

/// <summary>How full the flash is, for those who must know: the worst first is the loudest.</summary>
public enum FlashLevel
{
    Good,

    /// <summary>80 % and more, and nothing that central has is left to go.</summary>
    High,

    /// <summary>90 % and more.</summary>
    VeryHigh,

    /// <summary>Calls are numbered and not recorded.</summary>
    Full,
}

/// <summary>How much room is left where the vault lies.</summary>
/// <param name="data">The data folder.</param>
/// <param name="mostBytes">What the vault may take at most; null: what the file system has.</param>
public class FlashRoom(string data, long? mostBytes = null)
{
    /// <summary>Below this no audio is written any more: what is left is for the journal, so that every call still gets its number.</summary>
    public const long Reserve = 32L << 20;

    /// <summary>Per cent used from which the copies go that central has, and what cannot go is an alarm.</summary>
    public const int HighPercent = 80;

    /// <summary>Per cent used from which the alarm is a louder one.</summary>
    public const int VeryHighPercent = 90;

    private readonly DriveInfo _drive = new(Path.GetFullPath(data));   // asked anew each time, for every frame
    private long _own;

    public virtual long FreeBytes => mostBytes is { } most ? Math.Clamp(most - Interlocked.Read(ref _own), 0, _drive.AvailableFreeSpace) : _drive.AvailableFreeSpace;

    public virtual int UsedPercent
    {
        get
        {
            var used = _drive.TotalSize is > 0 and var size ? (int)(100 - (_drive.AvailableFreeSpace * 100 / size)) : 0;
            return mostBytes is { } most ? Math.Max(used, (int)Math.Min(100, (Interlocked.Read(ref _own) * 100 / most))) : used;
        }
    }

    /// <summary>Calls are numbered but not recorded.</summary>
    public bool IsFull => FreeBytes < Reserve;

    public FlashLevel Level => IsFull ? FlashLevel.Full : UsedPercent switch { >= VeryHighPercent => FlashLevel.VeryHigh, >= HighPercent => FlashLevel.High, _ => FlashLevel.Good };

    /// <summary>Counts what the vault itself has on the disk. Between two counts eight lines write less than half a megabyte.</summary>
    public virtual void Count()
    {
        if (mostBytes is null || !Directory.Exists(CallVault.FolderOf(data))) return;
        long own = 0;
        foreach (var file in new DirectoryInfo(CallVault.FolderOf(data)).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            try
            {
                own += file.Length;
            }
            catch (FileNotFoundException)
            {
                // gone since it was listed
            }
        }
        Interlocked.Exchange(ref _own, own);
    }

    /// <summary>A file of the vault is gone.</summary>
    public virtual void Freed(long bytes) => Interlocked.Add(ref _own, -bytes);
}
