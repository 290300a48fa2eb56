using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Tests.Vault;

internal enum Act { Create, Open, Write, SetLength, Sync, Close, Rename, Delete, CreateFolder, SyncFolder, DeleteFolder, Attempt, Link }

internal enum Fault { NoSpace, IoError, ReadOnly, ShortWrite, LateError }

/// <param name="Bytes">What was written; for a short write, that part.</param>
internal sealed record Step(Act Act, string Path, long At = 0, byte[]? Bytes = null, string? To = null)
{
    public override string ToString() => $"{Act} {System.IO.Path.GetFileName(Path)} {At} {Bytes?.Length}";
}

/// <summary>
/// The second disk: real files underneath, every step remembered, and any step can be made to fail, once or from then on.
/// A late error is one that a sync reports after the system has dropped what it could not write.
/// </summary>
internal sealed class TrialDisk : IDisk
{
    private readonly Lock _one = new();
    private int _count;
    private long _read;

    public long BytesRead => Interlocked.Read(ref _read);

    /// <summary>A place of the medium that cannot be read, for good: by file, and byte in it.</summary>
    public Func<string, long, bool>? Unreadable { get; set; }

    /// <summary>Steps that fail as long as it says so, with <see cref="Fault"/>.</summary>
    public Func<Step, bool>? Refuses { get; set; }

    /// <summary>The step that fails, from 0; none where it is negative.</summary>
    public int FailAt { get; set; } = -1;

    public Fault Fault { get; set; }

    /// <summary>All steps after it fail as well.</summary>
    public bool FailsOn { get; set; }

    public List<Step> Steps { get; } = [];

    /// <summary>The step that was made to fail.</summary>
    public Step? Failed { get; private set; }

    public int Count
    {
        get
        {
            lock (_one) return _count;
        }
    }

    /// <summary>Something that the recorder was told is safe, at this point of the steps.</summary>
    public void Note(string what)
    {
        lock (_one) Steps.Add(new((Act)(-1), what));
    }

    // True: this step fails.
    private bool Strikes(Step step)
    {
        lock (_one)
        {
            var n = _count++;
            var strikes = Refuses?.Invoke(step) == true || n == FailAt || (FailsOn && FailAt >= 0 && n > FailAt);
            if (n == FailAt) Failed = step;
            // What was to be written was on its way, and counts where two ciphertexts are looked for.
            if (!strikes) Steps.Add(step);
            else if (step.Act == Act.Write) Steps.Add(step with { Act = Act.Attempt });
            return strikes;
        }
    }

    private IOException Error() => Fault switch
    {
        Fault.NoSpace => new IOException("No space left on device", 28),
        Fault.ReadOnly => new IOException("Read-only file system", 30),
        _ => new IOException("Input/output error", 5),
    };

    private void Do(Step step, Action act)
    {
        if (Strikes(step)) throw Error();
        act();
    }

    public IDiskFile Create(string path)
    {
        IDiskFile? file = null;
        Do(new(Act.Create, path), () => file = Flash.Real.Create(path));
        return new Opened(this, path, file!);
    }

    public IDiskFile Open(string path)
    {
        IDiskFile? file = null;
        Do(new(Act.Open, path), () => file = Flash.Real.Open(path));
        return new Opened(this, path, file!);
    }

    public IDiskFile OpenToRead(string path) => new Looked(this, path, Flash.Real.OpenToRead(path));

    public void Link(string from, string to) => Do(new(Act.Link, from, To: to), () => Flash.Real.Link(from, to));

    private int Read(IDiskFile file, string path, Span<byte> bytes, long offset)
    {
        for (var at = offset; at < Math.Min(offset + bytes.Length, file.Length); at = (at / 512 * 512) + 512)
            if (Unreadable?.Invoke(path, at) == true) throw new IOException("Input/output error", 5);
        var read = file.Read(bytes, offset);
        Interlocked.Add(ref _read, read);
        return read;
    }

    private sealed class Looked(TrialDisk disk, string path, IDiskFile file) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> bytes, long offset) => disk.Read(file, path, bytes, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => throw new NotSupportedException();

        public void SetLength(long length) => throw new NotSupportedException();

        public void Sync() => throw new NotSupportedException();

        public void Dispose() => file.Dispose();
    }

    public void Rename(string from, string to) => Do(new(Act.Rename, from, To: to), () => Flash.Real.Rename(from, to));

    public void Delete(string path) => Do(new(Act.Delete, path), () => Flash.Real.Delete(path));

    public void CreateFolder(string path) => Do(new(Act.CreateFolder, path), () => Flash.Real.CreateFolder(path));

    public void DeleteFolder(string path) => Do(new(Act.DeleteFolder, path), () => Flash.Real.DeleteFolder(path));

    public void SyncFolder(string path) => Do(new(Act.SyncFolder, path), () => Flash.Real.SyncFolder(path));

    private sealed class Opened(TrialDisk disk, string path, IDiskFile file) : IDiskFile
    {
        private byte[] _synced = disk.FailAt < 0 ? [] : File.ReadAllBytes(path);   // where nothing fails, nobody asks

        public long Length => file.Length;

        public int Read(Span<byte> bytes, long offset) => disk.Read(file, path, bytes, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var part = bytes.ToArray();
            if (!disk.Strikes(new(Act.Write, path, offset, part)))
            {
                file.Write(bytes, offset);
                return;
            }
            if (disk.Fault == Fault.ShortWrite)
            {
                // Half of it arrived; it is remembered as written.
                part = part[..(part.Length / 2)];
                lock (disk._one) disk.Steps.Add(new(Act.Write, path, offset, part));
                using var plain = Flash.Real.Open(path);
                plain.Write(part, offset);
            }
            throw disk.Error();
        }

        public void SetLength(long length) => disk.Do(new(Act.SetLength, path, length), () => file.SetLength(length));

        public void Sync()
        {
            if (!disk.Strikes(new(Act.Sync, path)))
            {
                file.Sync();
                if (disk.FailAt >= 0) _synced = File.ReadAllBytes(path);
                return;
            }
            if (disk.Fault == Fault.LateError) DropUnsynced();
            throw disk.Error();
        }

        private void DropUnsynced()
        {
            using var plain = Flash.Real.Open(path);
            plain.SetLength(0);
            plain.Write(_synced, 0);
        }

        public void Dispose()
        {
            // A close that fails says nothing to the program: what was not synced may be gone.
            if (disk.Strikes(new(Act.Close, path)) && File.Exists(path)) DropUnsynced();
            file.Dispose();
        }
    }
}
