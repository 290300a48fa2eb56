namespace Nauha.Recorder.Vault;

/// <summary>How much room is left where the vault lies.</summary>
public class FlashRoom(string data)
{
    /// <summary>Below this no audio is written any more: what is left is for the journal, so that every call still gets its number.</summary>
    public const long Reserve = 32L << 20;

    public virtual long FreeBytes => Drive.AvailableFreeSpace;

    public virtual int UsedPercent => Drive.TotalSize is > 0 and var size ? (int)(100 - (FreeBytes * 100 / size)) : 0;

    /// <summary>Calls are numbered but not recorded.</summary>
    public bool IsFull => FreeBytes < Reserve;

    private DriveInfo Drive => new(Path.GetFullPath(data));
}
