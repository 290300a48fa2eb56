using System.ComponentModel.DataAnnotations;

namespace Nauha.Recorder.Vault;

/// <summary>How long and how much is kept on the box of what central has already. What it has not is kept whatever stands here.</summary>
public sealed class StorageOptions
{
    /// <summary>Days for which a local copy is kept after its receipt, where there is room. 7 to 180: central asks for what a restore lacks, and its backups rely on a week.</summary>
    [Range(7, 180)]
    public int KeepDays { get; set; } = 7;

    /// <summary>Bytes that the vault may take at most; null: all that its file system has. 128 MiB to 16 TiB: 32 MiB of it are the journal's.</summary>
    [Range(128L << 20, 16L << 40)]
    public long? MaxBytes { get; set; }
}
