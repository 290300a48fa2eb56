using System.Collections;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Nauha.Central.Audit;
using Nauha.Format;

namespace Nauha.Central.Access;

/// <summary>
/// Listenings in progress: one reason and one entry, however many requests a player makes; and an entry for every second
/// that is released, once, before it is sent. They end by themselves, and with their call.
/// </summary>
public sealed class Listenings : IDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(30);
    private readonly CallAudio _audio;
    private readonly IAuditLog _audit;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<string, Listening> _open = new();

    private sealed record Listening(string Account, OpenedCall Call, ReleasedSeconds Released, DateTimeOffset Until);

    public Listenings(CallAudio audio, IAuditLog audit, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_audio, _audit, _time) = (audio, audit, time);
        _timer = time.CreateTimer(_ => End(l => l.Until <= _time.GetUtcNow()), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
    }

    public int Count => _open.Count;

    public async Task<string?> BeginAsync(CallId call, Account account, Reason reason, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(reason);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        // The log names a listening by a hash: its id is what lets the player in.
        var name = NameOf(id);
        if (await _audio.OpenAsync(call, new AuditEntry(account.Id, "listen", "done", call, reason.Purpose, reason.ToSealed(), Subject: name), cancel) is not { } opened) return null;
        _open[id] = new(account.Id, opened, new(_audit, new(account.Id, "release", "done", call, reason.Purpose, Subject: name), opened.Seconds), _time.GetUtcNow() + Life);
        return id;
    }

    /// <summary>The sound, for the person who began the listening.</summary>
    internal WavStream? Find(string listening, string account)
    {
        if (!_open.TryGetValue(listening, out var found) || found.Account != account || found.Until <= _time.GetUtcNow()) return null;
        return found.Call.Sound(found.Released.Release);
    }

    /// <summary>A call that is destroyed is heard no further.</summary>
    public void End(CallId call) => End(l => l.Call.Call == call);

    private void End(Func<Listening, bool> which)
    {
        foreach (var (id, listening) in _open)
            if (which(listening) && _open.TryRemove(id, out _)) listening.Call.Dispose();
    }

    internal static string NameOf(string listening) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(listening)))[..16];

    public void Dispose()
    {
        _timer.Dispose();
        End(_ => true);
    }
}

/// <summary>Which seconds of a call one listening or export has let out. Each stands in the log once, durable before it is sent.</summary>
internal sealed class ReleasedSeconds(IAuditLog audit, AuditEntry entry, long seconds)
{
    private readonly Lock _one = new();
    private readonly BitArray _out = new((int)seconds);

    /// <param name="until">The first second that is not let out.</param>
    public void Release(long from, long until)
    {
        lock (_one)
        {
            var fresh = new List<string>();
            for (var at = (int)from; at < Math.Min(until, seconds); at++)
            {
                if (_out[at]) continue;
                var begin = at;
                while (at < Math.Min(until, seconds) && !_out[at]) at++;
                fresh.Add($"{begin}-{at}");
            }
            if (fresh.Count == 0) return;
            audit.Append(entry with { Detail = $"seconds {string.Join(", ", fresh)}" });
            for (var at = (int)from; at < Math.Min(until, seconds); at++) _out[at] = true;
        }
    }
}
