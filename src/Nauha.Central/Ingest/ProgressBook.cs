using System.Collections.Concurrent;
using Nauha.Format;

namespace Nauha.Central.Ingest;

/// <summary>How far recordings in progress were said to be, by those who make them: a salvaged file that is shorter is contradicted. In memory; it informs.</summary>
internal sealed class ProgressBook(TimeProvider time)
{
    private const int Most = 4_096;
    private static readonly TimeSpan Life = TimeSpan.FromHours(48);
    private readonly ConcurrentDictionary<(ApplianceId, CallId), (uint Frames, DateTimeOffset At)> _book = new();

    public void Take(ApplianceId appliance, Progress progress)
    {
        var now = time.GetUtcNow();
        if (_book.Count >= Most)
            foreach (var (key, entry) in _book)
                if (now - entry.At > Life || _book.Count >= Most) _book.TryRemove(key, out _);
        _book[(appliance, progress.Call)] = (progress.Frames, now);
    }

    public uint FramesOf(ApplianceId appliance, CallId call) => _book.GetValueOrDefault((appliance, call)).Frames;
}
