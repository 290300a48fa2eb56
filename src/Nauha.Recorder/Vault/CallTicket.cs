using Nauha.Format;
using Nauha.Recorder.Recordings;

namespace Nauha.Recorder.Vault;

/// <summary>A call that the journal accounts for.</summary>
public sealed record CallTicket(CallId Call, LineId Line, ulong CallNumber, TimeMark Started, DayKeyEntry Day, bool DayFlagged, string Folder)
{
    /// <summary>
    /// The call's moment is the off-hook edge once there is one. The key stays: where midnight lies between ring and lift
    /// the first ring remains the moment, so that moment, key and folder always name the same day.
    /// </summary>
    public CallTicket StartedAt(TimeMark moment) => Day.FromMs <= moment.UnixMs && moment.UnixMs < Day.UntilMs ? this with { Started = moment } : this;
}

/// <summary>One sealed file while it is written: a frame is sealed once, written with one write, synced at once.</summary>
public sealed class SealedCall : IDisposable
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly SealedFileWriter _writer;
    private readonly string _path;
    private long _offset;

    internal SealedCall(string path, SealedFileWriter writer)
    {
        _path = path;
        _writer = writer;
        try
        {
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Write(writer.Start());
            Disk.SyncFolder(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _file?.Dispose();
            throw new VaultException($"{path} cannot be created: {e.Message}", e);
        }
    }

    public long Bytes => _writer.Bytes;

    public uint Frames => _writer.Frames;

    /// <summary>SHA-256 of the bytes so far.</summary>
    public byte[] RunningHash() => _writer.RunningHash();

    /// <summary>On disk when it returns.</summary>
    /// <exception cref="VaultException">Not even the second try was written; nothing after this frame can be.</exception>
    public void Append(RecordedFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Write(_writer.Frame((ulong)frame.FirstSample, (uint)frame.Samples, frame.Packets.Span, frame.Events).Span);
    }

    public SealedFileFacts Close()
    {
        Write(_writer.Final([]));
        return _writer.Facts!;
    }

    // A retry writes the identical bytes at the same place: no second ciphertext exists under one counter.
    private void Write(ReadOnlySpan<byte> bytes)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                RandomAccess.Write(_file, bytes, _offset);
                Disk.SyncData(_file);
                _offset += bytes.Length;
                return;
            }
            catch (IOException e)
            {
                if (attempt == 2) throw new VaultException($"{_path} cannot be written: {e.Message}. Is the storage full or failing?", e);
                RandomAccess.SetLength(_file, _offset);
            }
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }
}
