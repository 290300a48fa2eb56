using System.Net;
using System.Net.Sockets;
using Nauha.Central.Audit;

namespace Nauha.Central;

/// <summary>
/// Bounds what strangers can cost: so many failed tries a minute and source of what needs no session (sign-in, enrolment).
/// Each of those is an entry of the log; what is turned away above them is counted, and its number becomes one entry
/// when the minute ends; so is what was asked without a session. Who has the machine's own socket is not bounded.
/// </summary>
internal sealed class Tries : IDisposable
{
    public const int Most = 10;
    private const string NoSession = "no-session";
    private const int MostSources = 4_096;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly IAuditLog _audit;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _one = new();
    private readonly Dictionary<(string Act, string Source), Count> _counts = [];

    private sealed class Count
    {
        public DateTimeOffset Until { get; set; }

        public int Failed { get; set; }

        public long TurnedAway { get; set; }
    }

    public Tries(IAuditLog audit, TimeProvider time)
    {
        (_audit, _time) = (audit, time);
        _timer = time.CreateTimer(_ => Sweep(_time.GetUtcNow()), null, Window, Window);
    }

    /// <summary>Runs one try; <paramref name="act"/> gives null where it failed.</summary>
    /// <returns>Null failed; <paramref name="turnedAway"/> was not even looked at.</returns>
    public async Task<(T? Result, bool TurnedAway)> TryAsync<T>(string act, HttpContext http, Func<Task<T?>> tries) where T : class
    {
        if (SourceOf(http) is not { } source) return (await tries(), false);
        if (Begin(act, source) is not { } count) return (null, true);
        // Counted before, given back on success: a hundred at once are a hundred tries.
        var result = await tries();
        if (result is not null) GiveBack(count);
        return (result, false);
    }

    /// <summary>Somebody without a session asked for what needs one: counted a source, one entry a minute.</summary>
    public void Stranger(HttpContext http)
    {
        if (SourceOf(http) is not { } source) return;
        lock (_one)
        {
            var key = (NoSession, _counts.Count < MostSources || _counts.ContainsKey((NoSession, source)) ? source : "others");
            if (!_counts.TryGetValue(key, out var count)) _counts[key] = count = new() { Until = _time.GetUtcNow() + Window };
            count.TurnedAway++;
        }
    }

    private Count? Begin(string act, string source)
    {
        lock (_one)
        {
            var key = (act, source);
            var now = _time.GetUtcNow();
            if (!_counts.TryGetValue(key, out var count))
            {
                // More sources than anybody honest has: those who come now share one count.
                if (_counts.Count >= MostSources) key = (act, "others");
                if (!_counts.TryGetValue(key, out count)) _counts[key] = count = new() { Until = now + Window };
            }
            if (count.Until <= now)
            {
                Write(key, count);
                (count.Failed, count.TurnedAway, count.Until) = (0, 0, now + Window);
            }
            if (count.Failed < Most)
            {
                count.Failed++;
                return count;
            }
            count.TurnedAway++;
            return null;
        }
    }

    private void GiveBack(Count count)
    {
        lock (_one)
            if (count.Failed > 0) count.Failed--;
    }

    private void Sweep(DateTimeOffset now)
    {
        lock (_one)
        {
            foreach (var (key, count) in _counts.Where(c => c.Value.Until <= now).ToList())
            {
                Write(key, count);
                _counts.Remove(key);
            }
        }
    }

    private void Write((string Act, string Source) key, Count count)
    {
        if (count.TurnedAway > 0) _audit.Append(new("unknown", key.Act, key.Act == NoSession ? "refused" : "limited", Sealed: new Dictionary<string, string> { ["from"] = key.Source }, Detail: $"{count.TurnedAway} tries"));
    }

    // One household or office of IPv6 has a /64.
    private static string? SourceOf(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } address) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"{new IPAddress([.. address.GetAddressBytes().AsSpan(0, 8), .. new byte[8]])}/64" : address.ToString();
    }

    /// <summary>What was turned away is in the log before the program ends.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Sweep(DateTimeOffset.MaxValue);
    }
}
