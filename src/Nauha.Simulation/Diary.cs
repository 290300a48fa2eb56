using System.Globalization;
using System.Text;
using Nauha.Format;

namespace Nauha.Simulation;

/// <summary>
/// What truly happens on the lines of a scenario, for somebody outside who compares it with what a recorder says: each
/// thing one line, <c>diary UNIX-MS LINE SAMPLE WHAT</c>, handed to the system at once, so that it outlives a killed
/// program. A file, which grows, or a pipe such as /dev/stderr.
/// </summary>
/// <exception cref="ScenarioException">It cannot be opened.</exception>
internal sealed class Diary : IDisposable
{
    private readonly Lock _one = new();
    private readonly FileStream _file;
    private readonly TimeProvider _time;

    public Diary(string path, TimeProvider time)
    {
        _time = time;
        try
        {
            _file = new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            if (_file.CanSeek) _file.Seek(0, SeekOrigin.End);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"{path} cannot be written: {e.Message}");
        }
    }

    public void Write(LineId line, Truth truth)
    {
        lock (_one) _file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"diary {_time.GetUtcNow().ToUnixTimeMilliseconds()} {line.Number} {truth.At} {truth.What}\n")));
    }

    /// <summary>Nobody needs to: a scenario lasts as long as its program.</summary>
    public void Dispose() => _file.Dispose();
}
