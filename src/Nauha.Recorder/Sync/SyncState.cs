namespace Nauha.Recorder.Sync;

/// <summary>How the box stands with central. Replaced as a whole.</summary>
public sealed record SyncState
{
    public bool Connected { get; init; }

    public DateTimeOffset? LastContact { get; init; }

    public DateTimeOffset? LastReceipt { get; init; }

    /// <summary>Recordings without receipt.</summary>
    public int Backlog { get; init; }

    public long SentBytes { get; init; }

    public bool Sending { get; init; }

    /// <summary>Why there is no connection: <c>revoked</c>, <c>certificate</c>, <c>network</c>; null where there is one.</summary>
    public string? Trouble { get; init; }

    /// <summary>Receipts and documents that were not believed.</summary>
    public int Disbelieved { get; init; }

    /// <summary>Central's audit log shrank or forked since this box last saw it.</summary>
    public bool HistoryBroken { get; init; }
}
