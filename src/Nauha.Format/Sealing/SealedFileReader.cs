namespace Nauha.Format;

/// <summary>Opens a sealed file frame by frame: bounded memory at any length.</summary>
public sealed class SealedFileReader(Stream file) : IDisposable
{
    private readonly SealedFileScanner _scan = new(file);
    private readonly FrameOpener _opener = new();
    private ulong _after;

    public SealedHeader? Header => _scan.Header;

    /// <summary>Known once frame 0 was read.</summary>
    public StreamInfo? Stream => _opener.Stream;

    public IReadOnlyList<SealedEvent> FinalEvents => _opener.FinalEvents;

    /// <summary>Reads the head and checks the data key against the commitment.</summary>
    public FileFault Begin(ReadOnlySpan<byte> dek)
    {
        var fault = _scan.Begin();
        if (fault != FileFault.None) return fault;
        return _opener.Begin(dek, _scan.Header!.Call, _scan.Start, _scan.Head) ? FileFault.None : FileFault.WrongKey;
    }

    /// <summary>The next frame; null for the final one. False: the end (no fault), or a fault.</summary>
    public bool Next(out OpenedFrame? frame, out FileFault fault)
    {
        frame = null;
        if (!_scan.Next(out fault)) return false;
        fault = _opener.Open(_scan.FrameHeader, _scan.Cipher, out frame);
        if (fault == FileFault.None && frame is not null)
        {
            if (frame.FirstSample < _after) fault = FileFault.BadItems;   // time goes on
            _after = frame.End;
        }
        return fault == FileFault.None;
    }

    public void Dispose()
    {
        _opener.Dispose();
        _scan.Dispose();
    }
}
