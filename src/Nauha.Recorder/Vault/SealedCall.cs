using Nauha.Format;
using Nauha.Recorder.Recordings;

namespace Nauha.Recorder.Vault;

/// <summary>
/// One sealed file while it is written: a frame is sealed once, written with one write, synced at once. A frame that could
/// not be written is the last: nothing is sealed after it, and what is on the disk is closed as salvage would close it.
/// </summary>
public sealed class SealedCall : IDisposable
{
    private readonly FlashFile _file;
    private readonly SealedFileWriter _writer;
    private readonly IDisk _disk;
    private readonly ApplianceSigner _signer;
    private readonly string _path;
    private readonly Lock _one = new();

    internal SealedCall(IDisk disk, string path, SealedFileWriter writer, ApplianceSigner signer)
    {
        (_disk, _path, _writer, _signer) = (disk, path, writer, signer);
        try
        {
            _file = new(disk, path);
            _file.Append(writer.Start());
            Disk.Twice(() => disk.SyncFolder(Path.GetDirectoryName(path)!));
        }
        catch (IOException e)
        {
            _file?.Dispose();
            writer.Dispose();
            throw new VaultException($"{path} cannot be created: {e.Message}", e);
        }
    }

    public long Bytes => _file.End;

    /// <summary>Why nothing more could be written; null while all is well.</summary>
    public VaultException? Failure { get; private set; }

    /// <summary>On disk when it returns.</summary>
    /// <exception cref="VaultException">Not even the second try was written; nothing after this frame can be.</exception>
    public void Append(RecordedFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        lock (_one)
        {
            if (Failure is { } before) throw before;
            Write(_writer.Frame((ulong)frame.FirstSample, (uint)frame.Samples, frame.Packets.Span, frame.Events).Span);
        }
    }

    /// <summary>Closes the file: in order, or, after a failure, by salvage of what is on the disk.</summary>
    /// <param name="events">What happened after the last frame; null: nothing.</param>
    /// <exception cref="VaultException">It could not be closed now; later it may.</exception>
    public SealedFileFacts Close(IReadOnlyList<SealedEvent>? events = null)
    {
        lock (_one)
        {
            if (Failure is null)
            {
                try
                {
                    Write(_writer.Final(events ?? []));
                    _file.Finish();
                    return _writer.Facts!;
                }
                catch (VaultException)
                {
                    // Remembered in Failure; what was written before is worth closing.
                }
                catch (IOException e)
                {
                    Failure = Unwritable(e);
                }
            }
            return CloseBroken();
        }
    }

    /// <summary>Of a closed file: events for which no frame had room.</summary>
    public int EventsLost => _writer.Facts is null ? 0 : _writer.EventsLeft;

    /// <summary>What is on the disk, for progress; null when a frame could not be written.</summary>
    public (uint Frames, long Bytes, byte[] Hash)? Progress()
    {
        lock (_one) return Failure is null ? (_writer.Frames, _writer.Bytes, _writer.RunningHash()) : null;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file.Append(bytes);
        }
        catch (IOException e)
        {
            throw Failure = Unwritable(e);
        }
    }

    private SealedFileFacts CloseBroken()
    {
        try
        {
            // Only what was synced: what a failed sync left behind may be in memory alone.
            if (_writer.Facts is null) _file.CutBack();
            using var file = _disk.Open(_path);
            using var stream = new DiskStream(file);
            var outcome = Salvage.Close(stream, _signer);
            stream.Flush();
            return outcome switch
            {
                SalvageOutcome.Done done => done.Facts,
                SalvageOutcome.AlreadyClosed when _writer.Facts is { } facts => facts,
                _ => throw Failure!,
            };
        }
        catch (IOException e)
        {
            throw Unwritable(e);
        }
    }

    private VaultException Unwritable(IOException e) => new($"{_path} cannot be written: {e.Message}. Is the storage full or failing?", e);

    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }
}
