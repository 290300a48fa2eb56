namespace Nauha.Recorder.Vault;

/// <summary>
/// What the recording path asks of a file system, call by call. There are two: <see cref="Flash"/>, and one in the tests
/// on which every call can fail and every byte is remembered.
/// </summary>
internal interface IDisk
{
    /// <summary>A file that is not there yet, for us alone; its name is durable only when the folder was synced.</summary>
    IDiskFile Create(string path);

    /// <summary>A file to be read and written, made where it is not there.</summary>
    IDiskFile Open(string path);

    /// <summary>A file that is there, to be read alone; somebody may be writing behind it.</summary>
    IDiskFile OpenToRead(string path);

    /// <summary>A second name for a file: what it holds stays where it is, whatever becomes of the first. One that is there already is no fault.</summary>
    void Link(string from, string to);

    void Rename(string from, string to);

    void Delete(string path);

    void CreateFolder(string path);

    /// <summary>An empty one.</summary>
    void DeleteFolder(string path);

    /// <summary>After a create, rename or delete: the folder's entries are durable when this returns.</summary>
    void SyncFolder(string path);
}

/// <summary>One open file. Every failure is an <see cref="IOException"/>.</summary>
internal interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <summary>One write. What came of it is certain only when it returned and <see cref="Sync"/> did.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    int Read(Span<byte> bytes, long offset);

    void SetLength(long length);

    /// <summary>The bytes, and the length needed to read them, are on the disk when this returns.</summary>
    void Sync();
}
