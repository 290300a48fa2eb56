using System.Collections.Concurrent;
using System.Security.Cryptography;
using Nauha.Central.Audit;
using Nauha.Format;

namespace Nauha.Central.Access;

/// <summary>Listenings in progress: one reason and one audit entry, however many requests a player makes. They end by themselves.</summary>
public sealed class Listenings(CallAudio audio, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(30);
    private readonly ConcurrentDictionary<string, (string Account, byte[] Wav, DateTimeOffset Until)> _open = new();

    public async Task<string?> BeginAsync(CallId call, Account account, Reason reason, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(reason);
        foreach (var (old, listening) in _open)
            if (listening.Until < time.GetUtcNow()) _open.TryRemove(old, out _);
        if (await audio.OpenAsync(call, new AuditEntry(account.Id, "listen", "done", call, reason.Purpose, reason.ToSealed()), cancel) is not { } wav) return null;
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _open[id] = (account.Id, wav, time.GetUtcNow() + Life);
        return id;
    }

    /// <summary>The sound, for the person who began the listening.</summary>
    public byte[]? Find(string listening, string account) => _open.TryGetValue(listening, out var found) && found.Account == account && found.Until >= time.GetUtcNow() ? found.Wav : null;
}
