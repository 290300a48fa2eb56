namespace Nauha.Recorder.Ledger;

/// <summary>A file whose every flush reaches the disk: LiteDB 5 flushes its streams, and a plain FileStream keeps that from the device.</summary>
internal sealed class SyncedStream(string path) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1)
{
    public override void Flush() => Flush(flushToDisk: true);

    public override void Flush(bool flushToDisk) => base.Flush(flushToDisk: true);

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        Flush(flushToDisk: true);
        return Task.CompletedTask;
    }
}
